package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.tests.ChildJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory or stack runs out, and is there again: nothing has been lost for good, and nothing waits for ever. */
class ScarcityTest {
    @TempDir
    Path dir;

    private void run(String name, String... options) throws Exception {
        Path output = dir.resolve(name);
        Process child = ChildJvm.start(output, List.of(options), Scarcity.class.getName(), List.of(name));
        boolean ended = ChildJvm.ends(child, 3);
        String text = Files.readString(output);
        assertTrue(ended, () -> "still running after " + text);
        assertEquals("DONE\n", text);
    }

    @Test
    void theWatchingThreadSurvivesAFullHeap() throws Exception {
        run("watch", "-Xmx32m");
    }

    @Test
    void compilationFailsInAFullHeapButEnds() throws Exception {
        run("load", "-Xmx24m", "-XX:ActiveProcessorCount=8");
    }
}
