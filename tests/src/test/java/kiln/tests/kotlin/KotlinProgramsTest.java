package kiln.tests.kotlin;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import kiln.wasi.Wasi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs in Kotlin print what they print elsewhere. They are built here by Kotlin's own compiler; without it, the
 * benchmark is run as it was built before.
 */
@Timeout(value = 30, unit = TimeUnit.MINUTES)
class KotlinProgramsTest {
    private static final Path BENCHMARK = Path.of("../bench/programs/kotlin");

    @TempDir
    Path dir;

    private byte[] build(String name, byte[] source) throws IOException, InterruptedException {
        KotlinCompiler compiler = KotlinCompiler.require();
        Files.write(dir.resolve(name + ".kt"), source);
        return compiler.build(dir, name);
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream in = KotlinProgramsTest.class.getResourceAsStream(name)) {
            return in.readAllBytes();
        }
    }

    /** What the program prints; its {@code main} is called by {@code _initialize}. */
    private static String output(String name, byte[] wasm, int level) throws IOException {
        byte[] file = CrossCompiler.compile(
                name,
                wasm,
                CompilerOptions.defaults().withJobs(1).withCheck(true).withOptLevel(level));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, file);
                Store store = new Store(engine);
                Wasi wasi = Wasi.builder().args(name).stdout(out).stderr(out).build()) {
            Linker linker = new Linker(engine);
            wasi.addTo(linker);
            wasi.initialize(linker.instantiate(store, module));
            wasi.flush();
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static void prints(String expected, String name, byte[] wasm) throws IOException {
        for (int level : new int[] {2, 0}) {
            assertEquals(expected, output(name, wasm, level), "level " + level);
        }
    }

    @Test
    void whatKotlinProgramsAreMadeOf() throws Exception {
        byte[] wasm = build("features", resource("features.kt"));
        prints(new String(resource("features.txt"), StandardCharsets.UTF_8), "features", wasm);
    }

    @Test
    void theBenchmarkIsWhatItsSourceGives() throws Exception {
        assumeFalse(Corpus.EMULATED, "nothing is executed but Kotlin's compiler");
        byte[] wasm = build("main", Files.readAllBytes(BENCHMARK.resolve("main.kt")));
        assertArrayEquals(Files.readAllBytes(BENCHMARK.resolve("kotlin.wasm")), wasm, "build it anew and keep it");
    }

    @Test
    void theBenchmarkComputesWhatItDoesElsewhere() throws Exception {
        String expected = Files.readString(BENCHMARK.resolve("expected.txt"));
        prints(expected, "kotlin", Files.readAllBytes(BENCHMARK.resolve("kotlin.wasm")));
    }
}
