package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.cli.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * A compilation and a run use nothing that the JVM's ahead-of-time cache cannot hold already linked, see
 * docs/architecture.md: pattern switches and what records have by themselves.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "class files are the same there")
class LinkingTest {
    @TempDir
    private Path dir;

    @ParameterizedTest
    @CsvSource({
        "x86_64-linux,  ../tools/training.wasm",
        "aarch64-linux, ../tools/training.wasm",
        "x86_64-linux,  ../examples/raytrace.wasm",
        "aarch64-linux, ../examples/raytrace.wasm"
    })
    void compilationsLinkNothingThatNoCacheHolds(String target, String module) throws Exception {
        linkNothing(
                "compile",
                "--no-server",
                "--target=" + target,
                module,
                "-o",
                dir.resolve("out.cwasm").toString());
    }

    @Test
    void programsAreRunWithoutLinkingWhatNoCacheHolds() throws Exception {
        linkNothing("run", "--no-server", "--no-cache", "../examples/hello.wasm");
    }

    private void linkNothing(String... command) throws Exception {
        Path output = dir.resolve("output");
        Process child = ChildJvm.start(
                output,
                List.of("-Djava.lang.invoke.MethodHandle.TRACE_METHOD_LINKAGE=true"),
                Main.class.getName(),
                List.of(command));
        assertTrue(ChildJvm.ends(child, 2));
        assertEquals(0, child.exitValue());
        List<String> linked = Files.readAllLines(output).stream()
                .filter(l -> l.startsWith("linkCallSite kiln."))
                .toList();
        assertFalse(linked.isEmpty(), "this JVM tells nothing");
        assertEquals(
                List.of(),
                linked.stream()
                        .filter(l -> l.contains("SwitchBootstraps") || l.contains("ObjectMethods"))
                        .toList());
    }
}
