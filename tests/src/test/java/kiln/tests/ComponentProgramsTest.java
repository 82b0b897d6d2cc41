package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentLinker;
import kiln.tests.cross.CrossCompiler;
import kiln.wasi.ExitException;
import kiln.wasi.p2.Wasi2;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Real programs for WASI 0.2: output and exit status as recorded with another engine. */
class ComponentProgramsTest {
    /** A JavaScript engine: under emulation it takes minutes. */
    private static final String LARGE = "component-js-spidermonkey";

    /** Reads a file that its case names in words only. */
    private static final String NEEDS_INPUT = "component-kotlin-richards";

    @TempDir
    static Path scratch;

    private static int run;
    private static final List<String> LEFT_OUT = new ArrayList<>();

    @TestFactory
    Stream<DynamicTest> programs() {
        Path programs = Corpus.require().resolve("programs");
        return StreamSupport.stream(Corpus.read(programs.resolve("cases.json")).spliterator(), false)
                .filter(c -> c.path("kind").asText().equals("component"))
                .filter(ComponentProgramsTest::isRun)
                .map(c -> DynamicTest.dynamicTest(c.path("id").asText(), () -> execute(programs, c)));
    }

    private static boolean isRun(JsonNode c) {
        String id = c.path("id").asText();
        boolean runs = Corpus.isExecuted(c.path("requires")) && !(Corpus.SAMPLED && id.equals(LARGE));
        if (!runs) {
            LEFT_OUT.add(id);
        }
        return runs;
    }

    @AfterAll
    static void printRuns() {
        System.out.println("components: " + run + " programs run, left out: " + LEFT_OUT);
    }

    private static void execute(Path programs, JsonNode c) throws Exception {
        Path wasm = programs.resolve(c.path("wasm").asText());
        byte[] bytes = Files.readAllBytes(wasm);
        byte[] compiled = CrossCompiler.IS_NEEDED
                ? CrossCompiler.compile(wasm.toString(), bytes, CompilerOptions.defaults())
                : Compiler.compile(wasm.toString(), bytes, CompilerOptions.defaults());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Wasi2.Builder builder =
                Wasi2.builder().stdout(out).stderr(err).stdin(new ByteArrayInputStream(stdin(programs, c)));
        List<String> argv = new ArrayList<>(List.of(wasm.getFileName().toString()));
        c.path("args").forEach(a -> argv.add(a.asText()));
        builder.args(argv);
        c.path("env")
                .properties()
                .forEach(e -> builder.env(e.getKey(), e.getValue().asText()));
        for (JsonNode p : c.path("preopens")) {
            Path folder = Files.createTempDirectory(scratch, "preopen");
            builder.preopen(folder, p.path("guest").asText());
        }
        if (c.path("id").asText().equals(NEEDS_INPUT)) {
            Path folder = Files.createTempDirectory(scratch, "input");
            Files.copy(programs.resolve("inputs/kotlin-richards.default.input"), folder.resolve("default.input"));
            builder.preopen(folder, ".");
        }
        int status = run(compiled, builder);
        assertEquals(c.path("exit_code").asInt(), status, () -> "exit status; stderr: " + err);
        JsonNode expected = c.path("stdout");
        if (expected.has("file")) {
            byte[] text =
                    Files.readAllBytes(programs.resolve(expected.path("file").asText()));
            assertEquals(new String(text, StandardCharsets.UTF_8), out.toString(StandardCharsets.UTF_8));
            assertArrayEquals(text, out.toByteArray());
        }
        for (JsonNode part : expected.path("contains")) {
            assertTrue(
                    out.toString(StandardCharsets.UTF_8).contains(part.asText()),
                    () -> "no " + part + " in the output");
        }
        run++;
    }

    private static int run(byte[] compiled, Wasi2.Builder builder) throws IOException {
        try (Engine engine = new Engine();
                Component component = Component.load(engine, compiled);
                Store store = new Store(engine);
                Wasi2 wasi = builder.build()) {
            ComponentLinker linker = new ComponentLinker(engine);
            wasi.addTo(linker);
            linker.func("bench", "start", (_, _) -> null);
            linker.func("bench", "end", (_, _) -> null);
            try {
                return wasi.run(linker.instantiate(store, component));
            } catch (ExitException e) {
                return e.code();
            }
        }
    }

    private static byte[] stdin(Path programs, JsonNode c) throws IOException {
        return c.path("stdin").isTextual()
                ? Files.readAllBytes(programs.resolve(c.path("stdin").asText()))
                : new byte[0];
    }
}
