package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.tests.cross.CrossCompiler;
import kiln.wasi.Wasi;
import kiln.wasi.WasiThreads;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * The WASI test suite, preview 1 and threads: programs that check by themselves what they are given, and fail by
 * trapping or their exit code.
 */
class WasiSuiteTest {
    /** Tests that do not pass, each with the reason. */
    private static final Map<String, String> EXCEPTIONS = Map.of();

    private static final AtomicInteger RUN = new AtomicInteger();
    private static final AtomicInteger PASSED = new AtomicInteger();

    @TempDir
    static Path scratch;

    @TestFactory
    Stream<DynamicTest> preview1() throws IOException {
        return tests(Corpus.require().resolve("wasi").resolve("preview1"));
    }

    /** The tests of wasi-threads. */
    @TestFactory
    Stream<DynamicTest> threads() throws IOException {
        return tests(Corpus.require().resolve("wasi").resolve("wasi-threads"));
    }

    private static Stream<DynamicTest> tests(Path suite) throws IOException {
        List<Path> programs;
        try (Stream<Path> files = Files.walk(suite)) {
            programs =
                    files.filter(p -> p.toString().endsWith(".wasm")).sorted().toList();
        }
        return programs.stream()
                .map(p -> suite.relativize(p).toString())
                .filter(name -> !EXCEPTIONS.containsKey(name))
                .map(name -> DynamicTest.dynamicTest(name, () -> {
                    RUN.incrementAndGet();
                    run(suite.resolve(name));
                    PASSED.incrementAndGet();
                }));
    }

    @AfterAll
    static void count() {
        System.out.println(
                "WASI preview 1 and threads: " + PASSED + " of " + RUN + " tests passed; excepted: " + EXCEPTIONS);
    }

    private static void run(Path wasm) throws Exception {
        String name = wasm.getFileName().toString();
        Path description = wasm.resolveSibling(name.replace(".wasm", ".json"));
        JsonNode d = Files.exists(description) ? Corpus.read(description) : Corpus.JSON.createObjectNode();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Wasi.Builder builder = Wasi.builder().stdout(out).stderr(err);
        if (name.endsWith("_read.wasm")) {
            // Nobody writes, so that who reads waits.
            builder.stdin(new PipedInputStream(new PipedOutputStream()));
        }
        List<String> args = new ArrayList<>(List.of(name));
        d.path("args").forEach(a -> args.add(a.asText()));
        builder.args(args);
        d.path("env")
                .properties()
                .forEach(e -> builder.env(e.getKey(), e.getValue().asText()));
        if (d.has("root")) {
            builder.preopen(copy(wasm.resolveSibling(d.path("root").asText())), "/");
        }
        byte[] artifact = CrossCompiler.compile(
                name, Files.readAllBytes(wasm), CompilerOptions.defaults().withJobs(2));
        int status;
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, artifact);
                Store store = new Store(engine);
                Wasi wasi = builder.build()) {
            Linker linker = new Linker(engine);
            wasi.addTo(linker);
            if (WasiThreads.isNeededBy(module)) {
                try (WasiThreads threads = new WasiThreads(wasi, linker, module)) {
                    status = threads.run();
                }
            } else {
                status = wasi.run(linker.instantiate(store, module));
            }
        } catch (TrapException e) {
            throw new AssertionError("trapped; stderr: " + err.toString(StandardCharsets.UTF_8), e);
        }
        assertEquals(
                d.path("exit_code").asInt(),
                status,
                () -> "exit code; stderr: " + err.toString(StandardCharsets.UTF_8));
        if (d.has("stdout")) {
            assertEquals(d.path("stdout").asText(), out.toString(StandardCharsets.UTF_8));
        }
    }

    private static Path copy(Path folder) throws IOException {
        Path target = Files.createTempDirectory(scratch, "root");
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path p : (Iterable<Path>) files::iterator) {
                Path to = target.resolve(folder.relativize(p).toString());
                if (Files.isDirectory(p)) {
                    Files.createDirectories(to);
                } else {
                    Files.copy(p, to);
                }
            }
        }
        return target;
    }
}
