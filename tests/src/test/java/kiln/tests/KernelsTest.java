package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.FuncType;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The benchmarks' kernels compute what another engine computed: they trap otherwise. */
class KernelsTest {
    private static final Path FOLDER = Path.of("../bench/kernels");

    static Stream<String> kernels() {
        try {
            return Files.readAllLines(FOLDER.resolve("expected.txt")).stream().map(line -> line.split(" ")[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void kernelComputesWhatIsExpected(String name) throws IOException {
        byte[] wasm = Files.readAllBytes(FOLDER.resolve(name + ".wasm"));
        for (int level = 1; level <= 2; level++) {
            byte[] file = CrossCompiler.compile(
                    name,
                    wasm,
                    CompilerOptions.defaults().withJobs(1).withCheck(true).withOptLevel(level));
            int[] marks = new int[1];
            try (Engine engine = new Engine();
                    CompiledModule module = CompiledModule.load(engine, file);
                    Store store = new Store(engine)) {
                Linker linker = new Linker(engine);
                linker.func("bench", "start", FuncType.ofVoid(), (_, _, _) -> marks[0]++);
                linker.func("bench", "end", FuncType.ofVoid(), (_, _, _) -> marks[0]++);
                linker.instantiate(store, module).func("_start").call();
            }
            assertEquals(2, marks[0], "level " + level);
        }
    }

    @Test
    void everySourceIsCompiledAndNamed() throws IOException {
        try (Stream<Path> files = Files.list(FOLDER)) {
            String sources = files.map(f -> f.getFileName().toString())
                    .filter(f -> f.matches("(?!kernel\\.).*\\.(c|rs|ts|zig)"))
                    .map(f -> f.substring(0, f.indexOf('.')))
                    .sorted()
                    .reduce("", (a, b) -> a + b + "\n");
            assertEquals(sources, kernels().sorted().reduce("", (a, b) -> a + b + "\n"));
        }
    }
}
