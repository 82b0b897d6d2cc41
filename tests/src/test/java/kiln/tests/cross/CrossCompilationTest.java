package kiln.tests.cross;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.tests.Corpus;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A file's bytes are decided by the module and the options alone: another process gives the same, with another number
 * of threads, on another kind of JVM, and (where this one is emulated) on another machine.
 */
class CrossCompilationTest {
    @TestFactory
    Stream<DynamicTest> everyJvmGivesTheSameBytes() throws IOException {
        Path root = Corpus.root();
        Path resources = root.resolve("tests/src/test/resources/kiln/tests");
        return Stream.of(
                        root.resolve("examples/raytrace.wasm"),
                        resources.resolve("linking/app.wasm"),
                        resources.resolve("linking/tailcalls.wasm"),
                        resources.resolve("runtime/memories.wasm"),
                        resources.resolve("runtime/unwind.wasm"),
                        resources.resolve("runtime/values.wasm"))
                .flatMap(file -> Stream.of(Target.values())
                        .map(target -> DynamicTest.dynamicTest(
                                file.getFileName() + " for " + target.label(), () -> check(file, target))));
    }

    private static void check(Path file, Target target) throws IOException {
        byte[] wasm = Files.readAllBytes(file);
        for (int level : new int[] {0, 2}) {
            for (Set<String> cpu : Set.of(Set.<String>of(), target.knownFeatures())) {
                CrossCompiler.check(
                        file.toString(),
                        wasm,
                        CompilerOptions.defaults()
                                .withTarget(target)
                                .withOptLevel(level)
                                .withCpu(cpu)
                                .withInterruptible(level == 0));
            }
        }
    }
}
