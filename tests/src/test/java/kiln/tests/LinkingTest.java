package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import kiln.cli.Main;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A compilation uses nothing that the JVM's ahead-of-time cache cannot hold already linked, see docs/architecture.md:
 * pattern switches and what records have by themselves.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "class files are the same there")
class LinkingTest {
    @ParameterizedTest
    @ValueSource(strings = {"x86_64-linux", "aarch64-linux"})
    void compilationsLinkNothingThatNoCacheHolds(String target, @TempDir Path dir) throws Exception {
        Path output = dir.resolve("output");
        Process child = ChildJvm.start(
                output,
                List.of("-Djava.lang.invoke.MethodHandle.TRACE_METHOD_LINKAGE=true"),
                Main.class.getName(),
                List.of(
                        "compile",
                        "--target=" + target,
                        "../tools/training.wasm",
                        "-o",
                        dir.resolve("out.cwasm").toString()));
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
