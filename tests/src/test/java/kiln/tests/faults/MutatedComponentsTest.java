package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import kiln.tests.Corpus;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Mutants of the suites' components are refused with an error, or compiled, instantiated and called: they trap, end or
 * are stopped, and never kill the JVM. {@code -Dkiln.fuzz=N} asks for N mutants, {@code -Dkiln.seed=S} for those from
 * seed S on.
 */
class MutatedComponentsTest {
    @BeforeEach
    void corpus() {
        Corpus.require();
    }

    @Test
    void areRefusedOrRun(@TempDir Path dir) throws Exception {
        long first = Long.getLong("kiln.seed", 0);
        int rounds = Integer.getInteger("kiln.fuzz", Corpus.SAMPLED ? 40 : 400);
        ChildBatches batches = new ChildBatches(dir, ComponentFuzzWorker.class, 2000);
        batches.run(first, rounds);
        System.out.println(rounds + " mutants from seed " + first + ": " + batches.counts);
        assertTrue(
                batches.failures.isEmpty(),
                () -> batches.failures.size() + " failures:\n" + String.join("\n", batches.failures));
        assertTrue(batches.counts.getOrDefault("instantiated", 0) > rounds / 20, batches.counts::toString);
        assertTrue(batches.counts.getOrDefault("calls that return", 0) > 0, batches.counts::toString);
    }
}
