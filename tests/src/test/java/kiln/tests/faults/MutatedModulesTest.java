package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutants of real modules are refused with an error, or compiled and executed: they trap, end or are stopped, and never
 * kill the JVM; and unoptimised code does what optimised code does. {@code -Dkiln.fuzz=N} asks for N mutants,
 * {@code -Dkiln.seed=S} for those from seed S on.
 */
class MutatedModulesTest {
    @Test
    void areRefusedOrRun(@TempDir Path dir) throws Exception {
        long first = Long.getLong("kiln.seed", 0);
        int rounds = Integer.getInteger("kiln.fuzz", Corpus.SAMPLED ? 40 : 500);
        ChildBatches batches = new ChildBatches(dir, FuzzWorker.class, 2000);
        batches.run(first, rounds);
        System.out.println(rounds + " mutants from seed " + first + ": " + batches.counts);
        assertTrue(
                batches.failures.isEmpty(),
                () -> batches.failures.size() + " failures:\n" + String.join("\n", batches.failures));
        assertTrue(batches.counts.getOrDefault("executed", 0) > rounds / 10, batches.counts::toString);
    }
}
