package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import kiln.cli.Main;
import kiln.compiler.Target;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the commands print, write and return when nothing is wrong. */
class CommandLineTest {
    private static final String MANY_JVMS =
            "starts several JVMs, which takes an emulated one long: only with -Dkiln.whole=true";

    @TempDir
    static Path dir;

    @BeforeAll
    static void files() throws IOException {
        for (String name :
                List.of("values.wasm", "commands.wasm", "needs.wasm", "reactor.wasm", "stops.wasm", "kinds.wasm")) {
            Files.write(dir.resolve(name), Cli.resource(name));
        }
        assertEquals(new Outcome(0, "", ""), kiln("compile @values.wasm"));
    }

    private static Outcome kiln(String line) {
        return Cli.kiln(dir, line);
    }

    /** An export of values.cwasm with one argument, which it returns. */
    private static String identity(String function, String argument) {
        Outcome o = kiln("run --unknown-imports=trap --invoke " + function + " @values.cwasm " + argument);
        assertEquals(new Outcome(0, o.out(), ""), o);
        return o.out().strip();
    }

    @Test
    void valuesOfAllTypes() {
        assertEquals("-1", identity("i32", "4294967295"));
        assertEquals("-2147483648", identity("i32", "-0x80000000"));
        assertEquals("-1", identity("i64", "0xffffffffffffffff"));
        assertEquals("0.1", identity("f32", "0.1"));
        assertEquals("1.5", identity("f64", "0x1.8"));
        assertEquals("-0.0", identity("f64", "-0"));
        assertEquals("null", identity("ref", "null"));
        Outcome many = kiln("run --unknown-imports=trap --invoke many @values.cwasm");
        assertEquals(new Outcome(0, "-1\n-2\n1.5\n-nan:0x4000000000001\nnull\n", ""), many);
        assertEquals(
                "",
                kiln("run --unknown-imports=trap --invoke none @values.cwasm").out());
    }

    @Test
    void whatIsPrintedCanBeGiven() {
        for (String f : List.of("inf", "-inf", "nan", "-nan", "nan:0x1", "-nan:0x200000", "1.0E-7", "3.4028235E38")) {
            assertEquals(f, identity("f32", f));
        }
        for (String f : List.of("inf", "-inf", "nan", "-nan", "nan:0x1", "-nan:0xfffffffffffff", "4.9E-324")) {
            assertEquals(f, identity("f64", f));
        }
    }

    @Test
    void backtracesHaveNamesAndOffsets() {
        Outcome inner = kiln("run --unknown-imports=trap --invoke oob @values.cwasm");
        assertEquals(134, inner.status());
        assertTrue(
                inner.err()
                        .matches("kiln: trap: out of bounds memory access\n {4}at values.inner@0x[0-9a-f]+\n"
                                + " {4}at values.oob@0x[0-9a-f]+\n"),
                inner.err());
        Outcome host = kiln("run --unknown-imports=trap --invoke host @values.cwasm");
        assertEquals(134, host.status());
        assertTrue(
                host.err().matches("kiln: trap: call of the unknown import env.f\n {4}at values.host@0x[0-9a-f]+\n"),
                host.err());
        Outcome late = kiln("run --no-cache --unknown-imports=trap --timeout 0.05 --invoke loop @values.wasm");
        assertTrue(late.err().startsWith("kiln: trap: interrupted after 0.05 seconds (--timeout)\n"), late.err());
    }

    @Test
    void unknownImports() {
        Outcome refused = kiln("run --invoke host @values.cwasm");
        assertEquals(2, refused.status());
        assertTrue(refused.err().contains("env.f (func [] -> [i64, f32])"), refused.err());
        assertEquals(
                "0\n0.0\n",
                kiln("run --unknown-imports=default --invoke host @values.cwasm")
                        .out());
    }

    @Test
    void librariesAreInitialised() {
        assertEquals(new Outcome(0, "42\n", ""), kiln("run --no-cache --invoke ready @reactor.wasm"));
        assertEquals(new Outcome(0, "", ""), kiln("run --no-cache @reactor.wasm"));
        assertEquals(new Outcome(7, "", ""), kiln("run --no-cache @stops.wasm"));
    }

    @Test
    void aSingleModuleCanBeNamed() {
        assertEquals(
                0, kiln("compile @values.wasm --name other -o @named.cwasm").status());
        assertTrue(kiln("info @named.cwasm").out().contains("module 0     other\n"));
        String err =
                kiln("run --unknown-imports=trap --invoke oob @named.cwasm").err();
        assertTrue(err.contains("at other.inner"), err);
    }

    @Test
    void cpuFeatures() {
        Target host = Target.host();
        String names = String.join(",", host.knownFeatures());
        assertEquals(
                0,
                kiln("compile @values.wasm --cpu " + names + "," + names + " -o @cpu.cwasm")
                        .status());
        String info = kiln("info @cpu.cwasm").out();
        String help = kiln("compile --help").out().replaceAll("\\s+", " ");
        for (Target target : Target.values()) {
            for (String name : target.knownFeatures()) {
                assertTrue(help.contains(name), "the help does not name " + name);
                assertTrue(target != host || info.contains(" + " + name), info);
            }
        }
    }

    @Test
    void infoTellsTypes() {
        String info = kiln("info @values.cwasm").out();
        assertTrue(info.contains("import     env.f: func [] -> [i64, f32]\n"), info);
        assertTrue(info.contains("export     ref: func [externref] -> [externref]\n"), info);
        assertEquals(0, kiln("compile @commands.wasm").status());
        assertTrue(kiln("info @commands.cwasm").out().contains("export     memory: memory 1 or more pages\n"));
        assertEquals(0, kiln("compile @kinds.wasm").status());
        String kinds = kiln("info @kinds.cwasm").out();
        assertTrue(kinds.contains("export     wide: memory 1 to 2 pages, 64-bit\n"), kinds);
        assertTrue(kinds.contains("export     bytes: memory 5 or more pages of 1 byte\n"), kinds);
        assertTrue(kinds.contains("export     table: table 3 or more of funcref, 64-bit\n"), kinds);
        assertEquals(0, kiln("compile @needs.wasm").status());
        String needs = kiln("info @needs.cwasm").out();
        assertTrue(needs.contains("import     env.table: table 1 or more of funcref\n"), needs);
    }

    @Test
    void objdumpOfOneFunction() {
        assertEquals(
                1,
                kiln("objdump @values.cwasm --function oob --section index")
                        .out()
                        .lines()
                        .count());
        assertTrue(kiln("objdump @values.cwasm --section index").out().lines().count() > 5);
        String traps =
                kiln("objdump @values.cwasm --function inner --section traps").out();
        assertTrue(traps.lines().count() <= 1, traps);
        Outcome offsets = kiln("objdump @values.cwasm --function loop --section offsets");
        assertEquals(0, offsets.status());
    }

    @Test
    void helpIsTheSameInBothForms() {
        assertEquals(kiln("run --help"), kiln("help run"));
        assertEquals(kiln("--help"), kiln("help"));
        for (String command :
                List.of("compile", "run", "objdump", "info", "wast", "bench", "keygen", "sign", "validate", "cache")) {
            Outcome o = kiln(command + " --help");
            assertEquals(0, o.status());
            assertTrue(o.out().startsWith("Usage: kiln " + command), o.out());
            // A parameter without an explanation is followed by the next one.
            assertFalse(o.out().matches("(?s).*\n {6}\\S+\n {6}\\S.*"), o.out());
        }
    }

    @Test
    void benchmarksAsJson() throws IOException {
        Files.write(dir.resolve("start.wasm"), new byte[] {
            0, 'a', 's', 'm', 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 7, 10, 1, 6, '_', 's', 't', 'a', 'r', 't', 0,
            0, 10, 4, 1, 2, 0, 0x0b
        });
        Outcome o = kiln("bench --json --iterations 3 @start.wasm");
        assertEquals(0, o.status(), o.err());
        assertEquals(1, o.out().lines().count());
        JsonNode line = new ObjectMapper().readTree(o.out());
        assertEquals(dir.resolve("start.wasm").toString(), line.path("file").asText());
        for (String number : List.of("compile_cpu_ms", "cwasm_bytes", "load_us", "instantiate_us")) {
            assertTrue(line.path(number).isNumber(), number);
        }
        for (String list : List.of("exec_cpu_ms", "exec_wall_ms")) {
            assertEquals(3, line.path(list).size(), list);
        }
    }

    // In processes of their own

    /** @param input of the process, or null */
    private static Outcome child(Map<String, String> environment, Path input, String... args) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(ChildJvm.command(List.of(), Main.class.getName(), List.of(args)))
                .redirectInput(input == null ? Path.of("/dev/null").toFile() : input.toFile())
                .redirectOutput(dir.resolve("out").toFile())
                .redirectError(dir.resolve("err").toFile());
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().putAll(environment);
        Process p = builder.start();
        assertTrue(ChildJvm.ends(p, 5));
        return new Outcome(p.exitValue(), Files.readString(dir.resolve("out")), Files.readString(dir.resolve("err")));
    }

    private static List<Path> entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        }
    }

    @Test
    void theCacheHealsItself() throws Exception {
        assumeTrue(!Corpus.SAMPLED, MANY_JVMS);
        Path home = Files.createDirectory(dir.resolve("home"));
        Path cache = home.resolve(".cache/kiln");
        String wasm = dir.resolve("commands.wasm").toString();
        List<Map<String, String>> places = List.of(
                Map.of("HOME", home.toString()),
                Map.of("HOME", home.toString(), "XDG_CACHE_HOME", "relative/path"),
                Map.of(
                        "HOME",
                        "/nowhere",
                        "XDG_CACHE_HOME",
                        home.resolve(".cache").toString()));
        List<Path> before = List.of();
        byte[] whole = null;
        Outcome five = new Outcome(0, "5\n", "");
        for (Map<String, String> place : places) {
            assertEquals(five, child(place, null, "run", "--invoke", "add", wasm, "2", "3"));
            assertEquals(1, entries(cache).size());
            Path entry = entries(cache).getFirst();
            if (whole == null) {
                whole = Files.readAllBytes(entry);
                byte[] damaged = whole.clone();
                damaged[damaged.length / 2] ^= 1;
                Files.write(entry, damaged);
            } else if (before.isEmpty()) {
                assertArrayEquals(whole, Files.readAllBytes(entry), "the damaged entry was not replaced");
                before = entries(cache);
                Files.delete(entry);
                Files.createDirectory(entry);
            } else {
                assertArrayEquals(whole, Files.readAllBytes(entry), "the folder in the entry's place was not replaced");
            }
        }
        Map<String, String> place = places.getFirst();
        assertEquals(five, child(place, null, "run", "-O0", "--invoke", "add", wasm, "2", "3"));
        assertEquals(2, entries(cache).size(), "the options are not a part of the key");
        assertEquals(five, child(place, null, "run", "-O1", "--no-cache", "--invoke", "add", wasm, "2", "3"));
        assertEquals(2, entries(cache).size());
        // Where there can be no cache, programs run.
        Map<String, String> nowhere = Map.of("HOME", "/dev/null");
        assertEquals(five, child(nowhere, null, "run", "--invoke", "add", wasm, "2", "3"));
    }

    @Test
    void programsComeThroughPipes() throws Exception {
        assumeTrue(!Corpus.SAMPLED, MANY_JVMS);
        assertEquals(0, kiln("compile @commands.wasm -o @piped.cwasm").status());
        assertEquals(0, kiln("keygen -o @piped").status());
        assertEquals(0, kiln("sign @piped.cwasm --key @piped.key").status());
        String key = dir.resolve("piped.pub").toString();
        for (List<String> options : List.of(
                List.of("commands.wasm"), List.of("piped.cwasm"), List.of("piped.cwasm", "--require-signature", key))) {
            List<String> command = new ArrayList<>(List.of("sh", "-c", "cat \"$1\" | { shift; exec \"$@\"; }", "sh"));
            command.add(dir.resolve(options.getFirst()).toString());
            List<String> args = new ArrayList<>(List.of("run", "--no-cache", "--invoke", "add"));
            args.addAll(options.subList(1, options.size()));
            args.addAll(List.of("-", "2", "3"));
            command.addAll(ChildJvm.command(List.of(), Main.class.getName(), args));
            Process p = new ProcessBuilder(command).redirectErrorStream(true).start();
            String text = new String(p.getInputStream().readAllBytes());
            assertTrue(ChildJvm.ends(p, 2));
            assertEquals("5\n", text);
        }
    }

    @Test
    void textComesThroughPipes() throws Exception {
        assumeTrue(!Corpus.SAMPLED, MANY_JVMS);
        Files.writeString(dir.resolve("seven.txt"), "\n(module (func (export \"seven\") (result i32) (i32.const 7)))");
        String said = Shell.run(dir, """
                cat seven.txt | kiln run --no-cache --invoke seven -
                kiln run --no-cache --invoke seven - < seven.txt
                cat seven.txt | kiln compile - -o - | kiln run --invoke seven -
                cat seven.txt | kiln validate -
                """, 5);
        assertEquals("7\n7\n7\n", said);
    }

    /** {@code kiln … | head -1} ends without a message. */
    @Test
    void aReaderThatHasSeenEnough() throws Exception {
        assumeTrue(!Corpus.SAMPLED, MANY_JVMS);
        String kiln = String.join(
                "' '",
                ChildJvm.command(
                        List.of(),
                        Main.class.getName(),
                        List.of("info", dir.resolve("values.cwasm").toString())));
        Process p = new ProcessBuilder("sh", "-c", "{ '" + kiln + "'; echo \"status $?\" >&2; } | sleep 0")
                .redirectError(dir.resolve("said").toFile())
                .start();
        assertTrue(ChildJvm.ends(p, 2));
        assertEquals("status 141\n", Files.readString(dir.resolve("said")));
    }

    @Test
    void textIsReadLikeBinary(@TempDir Path texts) throws IOException {
        Path module = texts.resolve("adder.wat");
        Files.writeString(
                module, "(func (export \"add\") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)");
        assertEquals(
                "5\n",
                Cli.run("run", "--invoke", "add", module.toString(), "2", "3").out());
        assertEquals(new Outcome(0, "", ""), Cli.run("compile", module.toString()));
        Path compiled = texts.resolve("adder.cwasm");
        assertEquals(
                "5\n",
                Cli.run("run", "--invoke", "add", compiled.toString(), "2", "3").out());
        Files.writeString(module, "(module\n  (func (i32.ad)))");
        assertEquals(
                new Outcome(2, "", "kiln: " + module + ":2:10: unknown operator i32.ad\n"),
                Cli.run("compile", module.toString()));
        Path script = texts.resolve("adder.wast");
        Files.writeString(
                script,
                "(module (func (export \"f\") (result i32) i32.const 1))\n"
                        + "(assert_return (invoke \"f\") (i32.const 1))\n(assert_return (invoke \"f\") (i32.const 2))");
        Outcome ran = Cli.run("wast", script.toString());
        String report = ran.out();
        assertEquals(1, ran.status());
        assertTrue(report.contains("2 passed, 1 failed") && report.contains("adder.wast:3"), report);
    }
}
