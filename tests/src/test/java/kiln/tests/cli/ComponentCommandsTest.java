package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.cli.Main;
import kiln.tests.ChildJvm;
import kiln.tests.ComponentBytes;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import kiln.tests.wasi.HttpServiceTest;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code kiln run} and {@code kiln serve} with components. */
class ComponentCommandsTest {
    private static final String HERE = " --no-cache --no-server ";
    private static final String CURL = "/usr/bin/curl";

    @TempDir
    static Path dir;

    @BeforeAll
    static void files() throws IOException {
        try (InputStream in = HttpServiceTest.class.getResourceAsStream("handler.wasm")) {
            Files.write(dir.resolve("handler.wasm"), in.readAllBytes());
        }
        Files.write(dir.resolve("module.wasm"), new byte[] {0, 'a', 's', 'm', 1, 0, 0, 0});
        assertEquals(
                0,
                Cli.kiln(dir, "compile --no-server @handler.wasm -o @handler.cwasm")
                        .status());
    }

    private static void fails(String line, String said) {
        Outcome o = Cli.kiln(dir, line);
        assertEquals(2, o.status(), o.err());
        assertTrue(o.err().contains(said), o.err());
    }

    @Test
    void mistakes() {
        for (String file : List.of("@handler.wasm", "@handler.cwasm")) {
            fails("run" + HERE + file, "the component exports no wasi:cli/run of version 0.2");
            fails("run --invoke f" + HERE + file, "--invoke f: arguments are missing");
            fails("run --invoke f()" + HERE + file, "no exported function f");
            fails("run --unknown-imports trap" + HERE + file, "--unknown-imports is for modules");
        }
        fails("serve @module.wasm", "this is no component");
        fails("serve" + HERE + "@handler.wasm --addr nowhere", "not of the form HOST:PORT");
        fails("serve" + HERE + "@handler.wasm --addr 127.0.0.1:70000", "not of the form HOST:PORT");
        fails("serve" + HERE + "@handler.wasm --requests 0", "requests at once: 0");
    }

    /** Exports double: a tuple of numbers to one twice the first; and, within an interface, the same again. */
    private static byte[] doubling() {
        return new ComponentBytes()
                .module("(module (func (export \"f\") (param i32 i32) (result i32)"
                        + " (if (i32.eqz (local.get 0)) (then unreachable))"
                        + " (i32.mul (local.get 0) (i32.const 2))))")
                .one(ComponentBytes.CORE_INSTANCE, 0, 0, 0)
                .one(ComponentBytes.ALIAS, 0, 0, 1, 0, "f")
                .one(ComponentBytes.TYPE, 0x6F, 2, 0x79, 0x74)
                .one(ComponentBytes.TYPE, 0x40, 1, "x", 0, 0, 0x79)
                .one(ComponentBytes.CANON, 0, 0, 0, 0, 1)
                .one(ComponentBytes.EXPORT, 0, "double", 1, 0, 0)
                .one(ComponentBytes.INSTANCE, 1, 1, 0, "twice", 1, 0)
                .one(ComponentBytes.EXPORT, 0, "demo:calc/numbers", 5, 0, 0)
                .toArray();
    }

    private static void works(String line) {
        Outcome o = Cli.kiln(dir, line);
        assertEquals(0, o.status(), o.err());
    }

    @Test
    void bindingsOfCompiledFiles() throws IOException {
        Files.write(dir.resolve("bound.wasm"), doubling());
        works("compile --no-server @bound.wasm -o @bound.cwasm");
        works("bindgen @bound.wasm -o @a -p com.example");
        works("bindgen @bound.cwasm -o @b -p com.example");
        for (String file : List.of("com/example/Exports.java", "com/example/demo/calc/Numbers.java")) {
            assertEquals(
                    Files.readString(dir.resolve("a").resolve(file)),
                    Files.readString(dir.resolve("b").resolve(file)));
        }
        works("compile --no-server --strip all @bound.wasm -o @bare.cwasm");
        fails("bindgen @bare.cwasm -o @c -p com.example", "has no types");
    }

    @Test
    void calls() throws IOException {
        Path file = dir.resolve("doubling.wasm");
        Files.write(file, doubling());
        assertEquals("42\n", invoke(file, "double((21, 'x'))").out());
        assertEquals(
                "4294967294\n",
                invoke(file, " demo:calc/numbers#twice ( (4294967295, 'y') ) ").out());
        assertEquals("2\n", invoke(file, "twice((1, '\\n'))").out());
        Outcome trapped = invoke(file, "double((0, 'x'))");
        assertEquals(134, trapped.status());
        assertTrue(trapped.err().contains("instance0.f"), trapped.err());
        for (String[] mistake : new String[][] {
            {"double((-1, 'x'))", "double is func(x: tuple<u32, char>) -> u32: -1 is no u32 (at character 3)"},
            {"double()", "argument x of tuple is missing"},
            {"doubel()", "no exported function doubel"},
            {"double", "--invoke double: arguments are missing"},
        }) {
            Outcome o = invoke(file, mistake[0]);
            assertEquals(2, o.status(), o.err());
            assertTrue(o.err().contains(mistake[1]), o.err());
        }
    }

    private static Outcome invoke(Path file, String call) {
        return Cli.run("run", "--no-cache", "--no-server", "--invoke", call, file.toString());
    }

    @Test
    void aProgramRuns() throws Exception {
        Path wasm = Corpus.require().resolve("programs/components/hello-c-p2.wasm");
        Path cwasm = dir.resolve("hello.cwasm");
        assertEquals(
                0,
                Cli.run("compile", "--no-server", wasm.toString(), "-o", cwasm.toString())
                        .status());
        for (Path file : List.of(wasm, cwasm)) {
            Path said = dir.resolve("said");
            Process p = ChildJvm.start(
                    said,
                    List.of(),
                    Main.class.getName(),
                    List.of("run", "--no-cache", "--no-server", file.toString(), "two words"));
            assertTrue(ChildJvm.ends(p, 60), "does not end");
            String text = Files.readString(said);
            assertTrue(text.endsWith(file.getFileName() + "\ntwo words\n"), text);
        }
    }

    /** What is done with a service, given its address. */
    @FunctionalInterface
    private interface Visit {
        void at(String address) throws Exception;
    }

    /** Runs {@code kiln serve} for as long as the visit takes. */
    private static void whileServing(Visit visit) throws Exception {
        Path said = Files.createTempFile(dir, "served", ".txt");
        Process p = ChildJvm.start(
                said,
                List.of(),
                Main.class.getName(),
                List.of(
                        "serve",
                        "--addr",
                        "127.0.0.1:0",
                        dir.resolve("handler.cwasm").toString()));
        try {
            String text = "";
            while (p.isAlive() && !text.endsWith("/\n")) {
                Thread.sleep(20);
                text = Files.readString(said);
            }
            visit.at(text.substring(text.indexOf("http://")).strip());
        } finally {
            p.destroy();
        }
    }

    @Test
    void requestsAreServed() throws Exception {
        whileServing(address -> {
            try (HttpClient client = HttpClient.newHttpClient()) {
                HttpResponse<String> r = client.send(
                        HttpRequest.newBuilder(URI.create(address + "it")).build(),
                        HttpResponse.BodyHandlers.ofString());
                assertEquals("/it", r.body());
            }
        });
    }

    /** Another client than the JDK's: a large body there and back, and 300 requests, 30 of them under way at once. */
    @Test
    void curlIsServed() throws Exception {
        assumeTrue(Files.isExecutable(Path.of(CURL)), "there is no curl here");
        byte[] body = new byte[3_000_000];
        new Random(1).nextBytes(body);
        Path sent = Files.write(dir.resolve("body"), body);
        Path came = dir.resolve("came");
        whileServing(address -> {
            curl("--data-binary", "@" + sent, "-o", came.toString(), address + "echo");
            assertEquals(-1, Files.mismatch(sent, came));
            String codes = curl(
                    "--parallel",
                    "--parallel-max",
                    "30",
                    "-o",
                    came + "#1",
                    "-w",
                    "%{http_code}\n",
                    address + "many/[1-300]");
            assertEquals("200\n".repeat(300), codes);
            for (int i = 1; i <= 300; i++) {
                assertEquals("/many/" + i, Files.readString(Path.of(came + Integer.toString(i))));
            }
        });
    }

    private static String curl(String... options) throws Exception {
        List<String> command = new ArrayList<>(List.of(CURL, "-sS", "--fail", "--max-time", "120"));
        command.addAll(List.of(options));
        Path out = Files.createTempFile(dir, "curl", ".txt");
        Process p = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(out.toFile())
                .start();
        assertEquals(0, p.waitFor(), () -> String.join(" ", command));
        return Files.readString(out);
    }
}
