package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * One wrong field of a compiled file, with checksums that fit or that nobody looks at, is an ArtifactException or does
 * no harm.
 */
class FieldDamageTest {
    /** Every so manieth case is tried; a prime, so that all kinds of damage have their turns. */
    private static final int STEP = Corpus.WHOLE ? 1 : Corpus.EMULATED ? 997 : 37;

    @Test
    void damagedFieldsAreRefusedOrHarmless(@TempDir Path dir) throws Exception {
        int cases = (FieldDamage.cases() - 1) / STEP + 1;
        ChildBatches batches = new ChildBatches(dir, FieldDamage.class, 100_000, List.of("-Dkiln.fields.step=" + STEP));
        batches.run(0, cases);
        System.out.println(cases + " damaged fields: " + batches.counts);
        assertTrue(
                batches.failures.isEmpty(),
                () -> batches.failures.size() + " failures:\n" + String.join("\n", batches.failures));
        int tried = batches.counts.values().stream().mapToInt(Integer::intValue).sum();
        assertEquals(2 * cases, tried);
        for (String outcome : List.of("sealed, refused", "sealed, instantiated", "unchecked, refused")) {
            assertTrue(batches.counts.getOrDefault(outcome, 0) > cases / 20, batches.counts::toString);
        }
    }
}
