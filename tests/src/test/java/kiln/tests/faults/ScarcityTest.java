package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Memory or stack runs out, and is there again: nothing has been lost for good, and nothing waits for ever. */
class ScarcityTest {
    @TempDir
    Path dir;

    private void run(String name, String... options) throws Exception {
        run(List.of(name), options);
    }

    private void run(List<String> args, String... options) throws Exception {
        Path output = dir.resolve("output");
        Process child = ChildJvm.start(output, List.of(options), Scarcity.class.getName(), args);
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
        assumeTrue(!Corpus.SAMPLED, "takes an emulated JVM minutes: only with -Dkiln.whole=true");
        run("load", "-Xmx24m", "-XX:ActiveProcessorCount=8");
    }

    @Test
    void nothingIsLostWhereTheStackEndsTheFirstTime() throws Exception {
        assumeTrue(!Corpus.SAMPLED, "takes an emulated JVM minutes: only with -Dkiln.whole=true");
        // Frames that do not change their size on the way.
        run("stack", "-Xint");
        Path file = dir.resolve("storm.cwasm");
        CompilerOptions options = CompilerOptions.defaults().withInterruptible(true);
        Files.write(file, Compiler.compile("storm", Storm.wasm(), options));
        run(List.of("compiled", file.toString()), "-Xint");
    }
}
