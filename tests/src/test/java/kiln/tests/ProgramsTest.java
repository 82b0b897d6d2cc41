package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import kiln.cli.Main;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import kiln.tests.cross.CrossCompiler;
import kiln.wasi.ExitException;
import kiln.wasi.Wasi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Real programs: output, exit status and traps as recorded with another engine, from WebAssembly and from files that
 * another process has compiled.
 */
class ProgramsTest {
    @TempDir
    static Path scratch;

    /** Longer ones run once, from the compiled file. */
    private static final double LONG_SECONDS = 1;

    /** Under emulation, those that are quicker run, unless everything was asked for. */
    private static final double QUICK_SECONDS = 0.5;

    /** Cases run from .wasm, cases run from .cwasm. */
    private static final int[] RUNS = new int[2];

    /** By the module: its file compiled by another process. */
    private static final Map<String, Path> COMPILED = new LinkedHashMap<>();

    @TestFactory
    Stream<DynamicTest> programs() {
        Path programs = Corpus.require().resolve("programs");
        List<JsonNode> cases = StreamSupport.stream(
                        Corpus.read(programs.resolve("cases.json")).spliterator(), false)
                // What needs an embedder has one in the examples, and runs in ExamplesTest.
                .filter(c -> !c.path("embedder").asBoolean())
                .filter(c -> c.path("kind").asText().equals("module") && Corpus.isExecuted(c.path("requires")))
                .filter(c -> !Corpus.SAMPLED || c.path("v8_seconds").asDouble() < QUICK_SECONDS)
                .toList();
        for (JsonNode c : cases) {
            COMPILED.computeIfAbsent(c.path("wasm").asText(), _ -> scratch.resolve(COMPILED.size() + ".cwasm"));
        }
        return Stream.concat(
                Stream.of(
                        DynamicTest.dynamicTest("compile in another process", () -> compileInAnotherProcess(programs))),
                cases.stream().map(c -> DynamicTest.dynamicTest(c.path("id").asText(), () -> run(programs, c))));
    }

    /** Another JVM, which runs {@code kiln compile} for each of its arguments {@code IN OUT}. */
    static final class CompileAll {
        public static void main(String[] args) {
            for (int i = 0; i < args.length; i += 2) {
                assertEquals(0, Main.run("compile", "--jobs", "2", args[i], "-o", args[i + 1]));
            }
            System.exit(0);
        }
    }

    private static void compileInAnotherProcess(Path programs) throws Exception {
        if (CrossCompiler.IS_NEEDED) {
            for (var e : COMPILED.entrySet()) {
                Path wasm = programs.resolve(e.getKey());
                Files.write(
                        e.getValue(),
                        CrossCompiler.compile(wasm.toString(), Files.readAllBytes(wasm), CompilerOptions.defaults()));
            }
            return;
        }
        List<String> args = new ArrayList<>();
        COMPILED.forEach(
                (wasm, cwasm) -> args.addAll(List.of(programs.resolve(wasm).toString(), cwasm.toString())));
        Path said = scratch.resolve("said");
        Process p = ChildJvm.start(said, List.of(), CompileAll.class.getName(), args);
        assertTrue(ChildJvm.ends(p, 60), "does not end");
        assertEquals(0, p.exitValue(), () -> "failed; see " + said);
        assertEquals("", Files.readString(said), "nothing is said where nobody watches");
    }

    private static void run(Path programs, JsonNode c) throws Exception {
        Path wasm = programs.resolve(c.path("wasm").asText());
        Path artifact = COMPILED.get(c.path("wasm").asText());
        if (c.path("compile_only").asBoolean()) {
            try (Engine engine = new Engine();
                    CompiledModule module = CompiledModule.load(engine, artifact)) {
                assertNotNull(module.exports());
            }
            return;
        }
        execute(programs, artifact, c);
        RUNS[1]++;
        if (!Corpus.isSampled(c.path("id").asText(), 10)) {
            return;
        }
        if (c.path("v8_seconds").asDouble() < LONG_SECONDS) {
            execute(programs, wasm, c);
        } else {
            byte[] here = Compiler.compile(
                    wasm.toString(),
                    Files.readAllBytes(wasm),
                    CompilerOptions.defaults().withJobs(1));
            assertArrayEquals(Files.readAllBytes(artifact), here, "compiling does not always give the same");
        }
        RUNS[0]++;
    }

    @AfterAll
    static void printRuns() {
        System.out.printf(
                "programs: %d cases run from files that another process compiled, %d from WebAssembly%n",
                RUNS[1], RUNS[0]);
    }

    private static void execute(Path programs, Path file, JsonNode c) throws Exception {
        // As main threads have it; the stack-overflow case must also end on a large stack.
        onThread(() -> {
            int tries = 1;
            while (!executeOnce(programs, file, c)) {
                assertTrue(++tries <= 3, "the program measured itself wrongly three times");
            }
        });
    }

    /** A body that may throw. */
    interface Body {
        void run() throws Exception;
    }

    private static void onThread(Body body) throws Exception {
        Throwable[] failure = new Throwable[1];
        Thread t = new Thread(
                null,
                () -> {
                    try {
                        body.run();
                    } catch (Throwable e) {
                        failure[0] = e;
                    }
                },
                "program",
                8 << 20);
        t.start();
        t.join();
        switch (failure[0]) {
            case null -> {}
            case Exception e -> throw e;
            case Throwable e -> throw (Error) e;
        }
    }

    /**
     * Runs and checks a program. False if it has to run again: CoreMark first measures how long it must run, and on a
     * machine whose load changes in between finds at the end that this was too short.
     */
    private static boolean executeOnce(Path programs, Path file, JsonNode c) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Wasi.Builder builder =
                Wasi.builder().stdout(out).stderr(err).stdin(new ByteArrayInputStream(stdin(programs, c)));
        List<String> argv = new ArrayList<>(
                List.of(Path.of(c.path("wasm").asText()).getFileName().toString()));
        c.path("args").forEach(a -> argv.add(a.asText()));
        builder.args(argv);
        c.path("env")
                .properties()
                .forEach(e -> builder.env(e.getKey(), e.getValue().asText()));
        for (JsonNode p : c.path("preopens")) {
            Path folder = Files.createTempDirectory(scratch, "preopen");
            if (!p.path("dir").isNull()) {
                copy(programs.resolve(p.path("dir").asText()), folder);
            }
            builder.preopen(folder, p.path("guest").asText());
        }
        String trap = null;
        int status = 0;
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, file);
                Store store = new Store(engine);
                Wasi wasi = builder.build()) {
            Linker linker = new Linker(engine);
            wasi.addTo(linker);
            linker.func("bench", "start", FuncType.ofVoid(), (_, _, _) -> {});
            linker.func("bench", "end", FuncType.ofVoid(), (_, _, _) -> {});
            // A benchmark that wants at least ten seconds gets them at once, however busy the machine is.
            AtomicLong clock = new AtomicLong();
            linker.func(
                    "env",
                    "clock_ms",
                    FuncType.of(ValType.I64),
                    (_, _, results) -> results[0] = clock.addAndGet(20_000));
            try {
                Instance instance = linker.instantiate(store, module);
                if (c.has("invoke")) {
                    invoke(instance, c.path("invoke"));
                } else {
                    instance.func(c.path("reactor").asBoolean() ? "_initialize" : "_start")
                            .call();
                }
            } catch (ExitException e) {
                status = e.code();
            } catch (TrapException e) {
                trap = e.code().message();
            }
            wasi.flush();
        }
        if (out.toString(StandardCharsets.ISO_8859_1).contains("Must execute for at least 10 secs")) {
            return false;
        }
        if (c.has("trap")) {
            // The recording engine has one name for both ways in which a conversion to an integer can fail.
            String expected = c.path("trap").asText();
            assertEquals(
                    expected,
                    expected.equals("invalid conversion to integer") && "integer overflow".equals(trap)
                            ? expected
                            : trap);
        } else {
            if (trap != null) {
                fail("trapped: " + trap + "; stderr: " + err);
            }
            assertEquals(c.path("exit_code").asInt(), status, () -> "exit status; stderr: " + err);
        }
        output(programs, c.path("stdout"), out.toByteArray());
        if (c.path("stderr").has("text")) {
            assertEquals(c.path("stderr").path("text").asText(), err.toString(StandardCharsets.UTF_8));
        }
        return true;
    }

    private static byte[] stdin(Path programs, JsonNode c) throws IOException {
        return c.path("stdin").isTextual()
                ? Files.readAllBytes(programs.resolve(c.path("stdin").asText()))
                : new byte[0];
    }

    private static void output(Path programs, JsonNode expected, byte[] actual) throws Exception {
        if (expected.has("sha256")) {
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(actual));
            if (!digest.equals(expected.path("sha256").asText())) {
                assertEquals(
                        Files.readString(programs.resolve(expected.path("file").asText()), StandardCharsets.ISO_8859_1),
                        new String(actual, StandardCharsets.ISO_8859_1));
                fail("output differs from the recorded digest");
            }
        }
        for (JsonNode part : expected.path("contains")) {
            assertTrue(
                    new String(actual, StandardCharsets.UTF_8).contains(part.asText()),
                    () -> "no " + part + " in the output");
        }
    }

    private static void invoke(Instance instance, JsonNode calls) {
        for (JsonNode call : calls) {
            Object[] args = StreamSupport.stream(call.path("args").spliterator(), false)
                    .map(a -> value(a.asText()))
                    .toArray();
            Object result = instance.func(call.path("field").asText()).invoke(args);
            for (JsonNode e : call.path("expected")) {
                if (e.asText().endsWith(":>0")) {
                    assertTrue(((Number) result).doubleValue() > 0, call + " gave " + result);
                } else {
                    assertEquals(value(e.asText()), result, call.toString());
                }
            }
        }
    }

    private static Object value(String text) {
        String v = text.substring(4);
        return switch (text.substring(0, 3)) {
            case "i32" -> Integer.valueOf(v);
            case "i64" -> Long.valueOf(v);
            case "f32" -> Float.valueOf(v);
            case "f64" -> Double.valueOf(v);
            default -> throw new IllegalArgumentException(text);
        };
    }

    static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path p : files.toList()) {
                Path target = to.resolve(from.relativize(p).toString());
                if (Files.isDirectory(p)) {
                    Files.createDirectories(target);
                } else {
                    Files.copy(p, target);
                }
            }
        }
    }
}
