package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged compiled files are refused when they are loaded. Where the checksums are skipped, what is not refused can be
 * loaded, looked through and instantiated without harm as long as none of its code runs. {@code -Dkiln.fuzz=N} asks for
 * N mutants, {@code -Dkiln.seed=S} for those from seed S on.
 */
class MutatedFilesTest {
    @Test
    void areRefusedOrHarmless(@TempDir Path dir) throws Exception {
        long first = Long.getLong("kiln.seed", 0);
        int rounds = Integer.getInteger("kiln.fuzz", Corpus.SAMPLED ? 600 : 2000);
        ChildBatches batches = new ChildBatches(dir, FileFuzzWorker.class, 20_000);
        batches.run(first, rounds);
        System.out.println(rounds + " damaged files from seed " + first + ": " + batches.counts);
        assertTrue(
                batches.failures.isEmpty(),
                () -> batches.failures.size() + " failures:\n" + String.join("\n", batches.failures));
        assertEquals(rounds, batches.counts.get("refused by checksums"));
        assertTrue(batches.counts.getOrDefault("loaded unchecked", 0) > rounds / 10, batches.counts::toString);
        // About one in three hundred has no code that would run.
        assertTrue(batches.counts.getOrDefault("instantiated", 0) > rounds / 2000, batches.counts::toString);
    }
}
