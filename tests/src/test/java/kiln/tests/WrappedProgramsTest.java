package kiln.tests;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentLinker;
import kiln.tests.cross.CrossCompiler;
import kiln.tests.npm.Npm;
import kiln.wasi.p2.Wasi2;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Programs for preview 1, made components by jco and its adapter: on WASI 0.2 they give the results of their module
 * forms, but for the number of a failure, of which the adapter passes on that it is one. On request only, by
 * {@code -Dkiln.npm=true}; needs Node.
 */
class WrappedProgramsTest {
    private static final String SCRIPT = """
            import { componentNew } from '@bytecodealliance/jco';
            import { readFileSync, writeFileSync } from 'node:fs';
            const [, , adapterFile, list] = process.argv;
            const adapter = new Uint8Array(readFileSync(adapterFile));
            for (const line of readFileSync(list, 'utf8').split('\\n').filter((l) => l)) {
              const [from, to] = line.split('\\t');
              try {
                const module = new Uint8Array(readFileSync(from));
                writeFileSync(to, await componentNew(module, [['wasi_snapshot_preview1', adapter]]));
              } catch (e) {
                console.log(from + ': ' + String(e.message ?? e).split('\\n')[0]);
              }
            }
            """;

    /** Longer ones are run as modules, elsewhere. */
    private static final double LONG_SECONDS = 1;

    private static final String MEMORY = "its allocator takes memory for its own that the adapter had got before";

    /**
     * Modules, or runs of them, that do not work with the adapter, each with the reason. Each was seen to fail with
     * {@code jco run} in Node, too, those with a trap at the same offset; bzip2 after jco's standard streams were made
     * to say that they are no terminals.
     */
    private static final Map<String, String> EXCEPTIONS = Map.of(
            "sqlite3-clang14.wasm", MEMORY,
            "bzip2-clang14.wasm", MEMORY,
            "minigzip-clang14-9", MEMORY,
            "minigzip-clang14-h", MEMORY,
            "args_get-multiple-arguments.wasm", MEMORY,
            "environ_get-multiple-variables.wasm", MEMORY,
            "fd_write-to-invalid-fd.wasm", "the adapter has another error number");

    @TempDir
    static Path scratch;

    /** By module: what jco made of it; nothing if jco refused it. */
    private static final Map<Path, Path> WRAPPED = new LinkedHashMap<>();

    private static final List<Path> REFUSED = new ArrayList<>();
    private static int run;

    @BeforeAll
    static void wrap() throws Exception {
        Npm.assumeWanted();
        Path jco = Npm.fetch(scratch, "@bytecodealliance/jco", "1.35.0");
        for (Path p : suite()) {
            WRAPPED.put(p, scratch.resolve(WRAPPED.size() + ".wasm"));
        }
        for (JsonNode c : programCases()) {
            WRAPPED.computeIfAbsent(module(c), _ -> scratch.resolve(WRAPPED.size() + ".wasm"));
        }
        StringBuilder list = new StringBuilder();
        WRAPPED.forEach((from, to) -> list.append(from).append('\t').append(to).append('\n'));
        // In the package's folder, so that Node finds what it imports.
        Path script = Files.writeString(jco.resolve("kiln-wrap.mjs"), SCRIPT);
        Process node;
        try {
            node = new ProcessBuilder(
                            "node",
                            script.toString(),
                            jco.resolve("lib/wasi_snapshot_preview1.command.wasm")
                                    .toString(),
                            Files.writeString(scratch.resolve("list"), list).toString())
                    .redirectErrorStream(true)
                    .redirectOutput(scratch.resolve("said").toFile())
                    .start();
        } catch (IOException e) {
            abort("there is no Node here: " + e.getMessage());
            return;
        }
        assertTrue(node.waitFor(10, TimeUnit.MINUTES), "Node does not end");
        assertEquals(0, node.exitValue(), () -> read(scratch.resolve("said")));
        WRAPPED.forEach((from, to) -> {
            if (!Files.exists(to)) {
                REFUSED.add(from.getFileName());
            }
        });
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return e.toString();
        }
    }

    @AfterAll
    static void count() {
        if (run == 0) {
            return;
        }
        System.out.println("wrapped: " + run + " runs of " + (WRAPPED.size() - REFUSED.size())
                + " components; excepted: " + EXCEPTIONS
                + "; refused by jco: " + REFUSED + "\n" + read(scratch.resolve("said")));
    }

    private static List<Path> suite() throws IOException {
        try (Stream<Path> files = Files.walk(Corpus.require().resolve("wasi").resolve("preview1"))) {
            return files.filter(p -> p.toString().endsWith(".wasm")).sorted().toList();
        }
    }

    private static Path programs() {
        return Corpus.require().resolve("programs");
    }

    private static Path module(JsonNode c) {
        return programs().resolve(c.path("wasm").asText());
    }

    /** Programs that import nothing but preview 1, and whose output is recorded. */
    private static List<JsonNode> programCases() {
        return StreamSupport.stream(
                        Corpus.read(programs().resolve("cases.json")).spliterator(), false)
                .filter(c -> c.path("kind").asText().equals("module") && Corpus.isExecuted(c.path("requires")))
                .filter(c -> c.path("imports").size() == 1
                        && c.path("imports").get(0).asText().equals("wasi_snapshot_preview1"))
                .filter(c -> !c.has("invoke") && !c.has("reactor") && !c.has("embedder") && !c.has("compile_only"))
                .filter(c -> c.path("v8_seconds").asDouble() < LONG_SECONDS)
                .toList();
    }

    private static boolean works(Path module) {
        return Files.exists(WRAPPED.get(module))
                && !EXCEPTIONS.containsKey(module.getFileName().toString());
    }

    @TestFactory
    Stream<DynamicTest> suitePasses() throws IOException {
        return suite().stream()
                .filter(WrappedProgramsTest::works)
                .map(p -> DynamicTest.dynamicTest(p.getFileName().toString(), () -> runSuite(p)));
    }

    @TestFactory
    Stream<DynamicTest> programsPrintTheSame() {
        return programCases().stream()
                .filter(c ->
                        works(module(c)) && !EXCEPTIONS.containsKey(c.path("id").asText()))
                .map(c -> DynamicTest.dynamicTest(c.path("id").asText(), () -> runProgram(c)));
    }

    /** What a component did. */
    private record Outcome(int status, String trap, byte[] out, String err) {}

    private static void runSuite(Path wasm) throws Exception {
        String name = wasm.getFileName().toString();
        Path description = wasm.resolveSibling(name.replace(".wasm", ".json"));
        JsonNode d = Files.exists(description) ? Corpus.read(description) : Corpus.JSON.createObjectNode();
        Wasi2.Builder builder = builder(name, d);
        if (name.endsWith("_read.wasm")) {
            // Nobody writes, so that who reads waits.
            builder.stdin(new PipedInputStream(new PipedOutputStream()));
        }
        if (d.has("root")) {
            builder.preopen(copy(wasm.resolveSibling(d.path("root").asText())), "/");
        }
        Outcome o = run(wasm, builder);
        assertEquals(null, o.trap, o.err);
        assertEquals(d.path("exit_code").asInt() == 0 ? 0 : 1, o.status, o.err);
        if (d.has("stdout")) {
            assertEquals(d.path("stdout").asText(), new String(o.out, StandardCharsets.UTF_8));
        }
    }

    private static void runProgram(JsonNode c) throws Exception {
        Path wasm = module(c);
        Wasi2.Builder builder = builder(wasm.getFileName().toString(), c);
        builder.stdin(
                c.path("stdin").isTextual()
                        ? new ByteArrayInputStream(Files.readAllBytes(
                                programs().resolve(c.path("stdin").asText())))
                        : InputStream.nullInputStream());
        for (JsonNode p : c.path("preopens")) {
            Path folder = p.path("dir").isNull()
                    ? Files.createTempDirectory(scratch, "preopen")
                    : copy(programs().resolve(p.path("dir").asText()));
            builder.preopen(folder, p.path("guest").asText());
        }
        Outcome o = run(wasm, builder);
        if (c.has("trap")) {
            assertTrue(o.trap != null, "did not trap");
        } else {
            assertEquals(null, o.trap, o.err);
            assertEquals(c.path("exit_code").asInt() == 0 ? 0 : 1, o.status, o.err);
        }
        JsonNode expected = c.path("stdout");
        if (expected.has("sha256")) {
            assertEquals(
                    expected.path("sha256").asText(),
                    HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(o.out)),
                    () -> new String(o.out, StandardCharsets.UTF_8));
        }
        for (JsonNode part : expected.path("contains")) {
            assertTrue(new String(o.out, StandardCharsets.UTF_8).contains(part.asText()), part.asText());
        }
    }

    private static Wasi2.Builder builder(String name, JsonNode d) {
        List<String> args = new ArrayList<>(List.of(name));
        d.path("args").forEach(a -> args.add(a.asText()));
        Wasi2.Builder builder = Wasi2.builder().args(args);
        d.path("env")
                .properties()
                .forEach(e -> builder.env(e.getKey(), e.getValue().asText()));
        return builder;
    }

    private static Outcome run(Path module, Wasi2.Builder builder) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        builder.stdout(out).stderr(err);
        byte[] artifact = CrossCompiler.compile(
                module.getFileName().toString(),
                Files.readAllBytes(WRAPPED.get(module)),
                CompilerOptions.defaults().withJobs(2));
        int status = 0;
        String trap = null;
        try (Engine engine = new Engine();
                Component component = Component.load(engine, artifact);
                Store store = new Store(engine);
                Wasi2 wasi = builder.build()) {
            ComponentLinker linker = new ComponentLinker(engine);
            wasi.addTo(linker);
            try {
                status = wasi.run(linker.instantiate(store, component));
            } catch (TrapException e) {
                trap = e.getMessage();
            }
        }
        run++;
        return new Outcome(status, trap, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    private static Path copy(Path from) throws IOException {
        Path to = Files.createTempDirectory(scratch, "root");
        ProgramsTest.copy(from, to);
        return to;
    }
}
