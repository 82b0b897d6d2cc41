package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipOutputStream;
import kiln.cli.Main;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user's mistakes cost an error message of one or two lines that says what is wrong with what, a status other than 0,
 * and nothing else.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "texts are the same there")
class MistakesTest {
    @TempDir
    static Path dir;

    private static byte[] wasm;
    private static byte[] cwasm;

    @BeforeAll
    static void files() throws IOException {
        wasm = Cli.resource("commands.wasm");
        cwasm = compile(Target.host());
        Files.createDirectory(dir.resolve("folder"));
        write("good.wasm", wasm);
        write("good.cwasm", cwasm);
        write("empty", new byte[0]);
        try (RandomAccessFile huge =
                new RandomAccessFile(dir.resolve("huge.wasm").toFile(), "rw")) {
            huge.write(wasm, 0, 8);
            huge.setLength(5L << 30);
        }
        write("text", "(module (func))\n".getBytes(StandardCharsets.UTF_8));
        write("short", new byte[] {0});
        write("truncated.wasm", Arrays.copyOf(wasm, wasm.length - 5));
        write("header.wasm", Arrays.copyOf(wasm, 8 + 3));
        write("component.wasm", new byte[] {0, 'a', 's', 'm', 13, 0, 1, 0, 99});
        write("truncated.cwasm", Arrays.copyOf(cwasm, cwasm.length / 2));
        byte[] flipped = cwasm.clone();
        flipped[cwasm.length / 2] ^= 1;
        write("flipped.cwasm", flipped);
        write("other.cwasm", compile(other()));
        byte[] elf = Arrays.copyOf(cwasm, 4096);
        Arrays.fill(elf, 64, elf.length, (byte) 0);
        write("foreign.elf", elf);
        write("unknown.wasm", Cli.resource("needs.wasm"));
        write("list.json", "{\"commands\": 3}".getBytes(StandardCharsets.UTF_8));
        write("broken.json", "{\"commands\": [".getBytes(StandardCharsets.UTF_8));
        new ZipOutputStream(Files.newOutputStream(dir.resolve("empty.zip"))).close();
        write("broken.zip", "PK\3\4 no zip at all".getBytes(StandardCharsets.UTF_8));
    }

    private static Target other() {
        return Target.host() == Target.X86_64_LINUX ? Target.AARCH64_LINUX : Target.X86_64_LINUX;
    }

    private static byte[] compile(Target target) {
        return Compiler.compile(
                "commands.wasm", wasm, CompilerOptions.defaults().withTarget(target));
    }

    private static void write(String name, byte[] bytes) throws IOException {
        Files.write(dir.resolve(name), bytes);
    }

    // What is wrong, and a part of what must be said

    /** Files that no command can use, and what is said of each. */
    private static final String[][] BAD_FILES = {
        {"missing", "no such file"},
        {"folder", "is a directory"},
        {"missing/below", "no such file"},
        {"good.wasm/below", "not a directory"},
        {"empty", ""},
        {"text", ""},
        {"short", ""},
        {"foreign.elf", ""},
        {"truncated.cwasm", "truncated"},
        {"flipped.cwasm", "checksum"},
    };

    /** Command lines ({@code @x}: the file x of the folder), and what is said. */
    private static final String[][] BAD_LINES = {
        {"compile @truncated.wasm", "truncated.wasm", "0x"},
        {"compile @header.wasm", "header.wasm", "0x"},
        {"compile @component.wasm", "component.wasm"},
        {"explore @component.wasm -o @x", "is a component"},
        {"bench @component.wasm", "is a component"},
        {"bindgen @good.wasm -o @x -p com.example", "is no component"},
        {"bindgen @good.cwasm -o @x -p com.example", "is no component"},
        {"bindgen @component.wasm -o @x -p com.int", "com.int"},
        {"compile @good.cwasm", "good.cwasm"},
        {"compile @good.wasm -o @folder", "folder", "is a directory"},
        {"compile @good.wasm -o @missing/out.cwasm", "missing/out.cwasm", "no such file"},
        {"compile @good.wasm -o @good.wasm/out.cwasm", "good.wasm/out.cwasm", "not a directory"},
        {"compile @good.wasm -o /proc/kiln.cwasm", "/proc/kiln.cwasm"},
        {"compile @good.wasm -o /dev/full", "/dev/full", "o space left"},
        {"compile @good.wasm -O 3 -o @x", "3"},
        {"compile @good.wasm -O fast -o @x", "fast"},
        {"compile @good.wasm --target pdp11 -o @x", "pdp11"},
        {"compile @good.wasm --cpu warp -o @x", "warp"},
        {"compile @good.wasm --cpu bmi1,,bmi2 -o @x", "CPU feature"},
        {"wast --cpu warp @good.wasm", "warp"},
        {"wast --relaxed-simd fast @good.wasm", "--relaxed-simd=fast", "known are"},
        {"compile @good.wasm -o @good.wasm", "good.wasm", "is the input"},
        {"compile @good.wasm -o @folder/../good.wasm", "is the input"},
        {"compile @good.wasm --name a --name b -o @x", "more names"},
        {"compile @huge.wasm -o @x", "huge.wasm", "larger than"},
        {"run @huge.wasm", "huge.wasm", "larger than"},
        {"help frobnicate", "frobnicate"},
        {"compile @good.wasm --jobs 0 -o @x", "job"},
        {"compile @good.wasm --jobs -2 -o @x", "job"},
        {"compile @good.wasm --jobs many -o @x", "many"},
        {"compile @good.wasm --strip everything -o @x", "everything"},
        {"compile @good.wasm --frobnicate -o @x", "--frobnicate"},
        {"compile", "IN.wasm"},
        {"frobnicate", "frobnicate"},
        {"", "subcommand"},
        {"run", "FILE"},
        {"run @other.cwasm", "other.cwasm", Target.host().architecture(), other().architecture()},
        {
            "run --target " + other().label() + " --invoke add @good.wasm 1 2",
            "--target",
            Target.host().label()
        },
        {"run @text", "text", "neither WebAssembly nor a compiled file", "*.wat"},
        {"run @short", "short", "neither WebAssembly nor a compiled file"},
        {"run @empty", "is empty"},
        {"info @text", "neither WebAssembly nor a compiled file"},
        {"objdump @empty", "is empty"},
        {"explore @text -o @x", "neither WebAssembly nor a compiled file"},
        {"run @truncated.wasm --no-cache", "truncated.wasm", "0x"},
        {"run --trusted --invoke add @good.wasm 1 2", "good.wasm", "--trusted", ".cwasm"},
        {"run --trusted --invoke add @missing.cwasm 1 2", "missing.cwasm", "no such file"},
        {"run @good.wasm", "_start", "add"},
        {"run --invoke nothing @good.wasm", "nothing", "add"},
        {"run --invoke memory @good.wasm", "memory"},
        {"run --invoke add @good.wasm", "add", "2"},
        {"run --invoke add @good.wasm 1", "2", "1"},
        {"run --invoke add @good.wasm 1 2 3", "2", "3"},
        {"run --invoke add @good.wasm 1 two", "two", "i32"},
        {"run --invoke add @good.wasm 1 4294967296", "4294967296", "i32"},
        {"run --invoke add @good.wasm 1 1.5", "1.5", "i32"},
        {"run --invoke add @good.wasm 0x 1", "0x", "i32"},
        {"run --invoke add @good.wasm -- --1 1", "--1", "i32"},
        {"run --invoke half @good.wasm 1d", "1d", "f64"},
        {"run --invoke half @good.wasm nan:0x10000000000000", "nan:0x", "f64"},
        {"run --invoke half @good.wasm one", "one", "f64"},
        {"run --invoke refer @good.wasm 1", "externref"},
        {"run @unknown.wasm", "env.missing", "env.table"},
        {"run --unknown-imports=ignore @unknown.wasm", "ignore"},
        {"run --unknown-imports=trap @unknown.wasm", "env.table"},
        {"run --timeout soon @good.wasm", "soon"},
        {"run --timeout -1 --invoke add @good.wasm 1 2", "-1"},
        {"run --timeout 1 --invoke loop @good.cwasm", "good.cwasm", "--interruptible"},
        {"run --timeout NaN --invoke add @good.wasm 1 2", "NaN"},
        {"run --dir @missing @good.wasm", "missing"},
        {"run --dir @good.cwasm @good.wasm", "good.cwasm"},
        {"run --dir ::x @good.wasm", "::x"},
        {"run --dir /tmp:: @good.wasm", "/tmp::"},
        {"run --env NAME @good.wasm", "NAME"},
        {"run --env =x @good.wasm", "=x"},
        {"objdump @truncated.wasm", "truncated.wasm", "0x"},
        {"validate @truncated.wasm @good.wasm", "truncated.wasm", "0x"},
        {"validate @flipped.cwasm", "flipped.cwasm", "checksum"},
        {"validate --features 9 @good.wasm", "9"},
        {"objdump @good.cwasm --function nothing", "nothing"},
        {"objdump @good.cwasm --section nothing", "nothing"},
        {"objdump @good.cwasm --section traps --function nothing", "nothing"},
        {"objdump @good.cwasm --section names --function add", "--function"},
        {"explore @good.cwasm -o @x", "good.cwasm", "no WebAssembly"},
        {"explore @missing.wasm -o @x", "no such file"},
        {"explore @good.wasm --function nothing -o @x", "nothing"},
        {"info @header.wasm", "header.wasm", "0x"},
        {"cache --older-than 1d", "--clean"},
        {"cache --clean --older-than ever", "ever"},
        {"completion fish", "fish"},
        {"completino", "did you mean completion"},
        {"@good.wasm", "_start"},
        {"--invoke nothing @good.wasm", "nothing"},
        {"--frobnicate @good.wasm", "--frobnicate"},
        {"run --tiemout 1 @good.wasm", "did you mean --timeout"},
        {"run --invoke ad @good.wasm", "did you mean add"},
        {"run --timeout 1sec @good.wasm", "1sec", "100ms"},
        {"run --max-memory big @good.wasm", "big", "64M"},
        {"run --max-memory 1K --invoke add @good.wasm 1 2", "1024 bytes"},
        {"run --preload x @good.wasm", "NAME=FILE"},
        {"run --preload env=missing.wasm @good.wasm", "missing.wasm", "no such file"},
        {"run --dir @missing:ro @good.wasm", "missing"},
        {"run --dir :ro @good.wasm", ":ro"},
        {"info @good.cwasm --why nothing", "nothing"},
        {"wast @list.json", "list.json"},
        {"wast @broken.json", "broken.json"},
        {"wast @broken.zip", "broken.zip"},
        {"wast @empty.zip", "empty.zip", "no script"},
        {"wast @folder", "folder"},
        {"wast @text", "text", ".wast"},
        {"wast --features 9 @list.json", "9"},
        {"wast -O 7 @list.json", "7"},
        {"bench @good.wasm", "_start"},
        {"bench --iterations none @good.wasm", "none"},
        {"bench --iterations 0 @good.wasm", "0"},
        {"bench @unknown.wasm", "env.missing"},
    };

    @TestFactory
    Stream<DynamicTest> filesThatCannotBeUsed() {
        return Stream.of("compile", "run", "objdump", "info", "validate", "wast", "bench")
                .flatMap(command -> Arrays.stream(BAD_FILES)
                        .map(f -> test(
                                command + " @" + f[0],
                                f[0],
                                List.of("wast", "compile", "validate").contains(command) ? "" : f[1])));
    }

    @TestFactory
    Stream<DynamicTest> commandLinesThatMakeNoSense() {
        // An emulated JVM cannot load the disassembler.
        boolean disassembles = !Corpus.EMULATED;
        return Arrays.stream(BAD_LINES)
                .filter(l -> disassembles || !l[0].contains("--function"))
                .map(l -> test(l[0], Arrays.copyOfRange(l, 1, l.length)));
    }

    private static DynamicTest test(String line, String... parts) {
        return DynamicTest.dynamicTest("kiln " + line, () -> {
            Outcome o = kiln(line);
            String said = "status " + o.status() + ", out: " + o.out() + ", err: " + o.err();
            assertNotEquals(0, o.status(), said);
            assertNotEquals(70, o.status(), said);
            assertTrue(o.err().lines().count() <= 2 && !o.err().isBlank(), said);
            assertFalse(o.err().contains("\tat ") || o.err().contains("xception"), said);
            for (String part : parts) {
                assertTrue(o.err().contains(part), () -> "\"" + part + "\" is not said; " + said);
            }
            assertFalse(Files.exists(dir.resolve("x")), "an output was written");
            try (Stream<Path> all = Files.list(dir)) {
                assertTrue(all.noneMatch(p -> p.toString().endsWith(".tmp")), "a temporary file was left");
            }
        });
    }

    private static Outcome kiln(String line) {
        return Cli.kiln(dir, line);
    }

    @Test
    void emptyNames() {
        String good = dir.resolve("good.wasm").toString();
        for (String[] line : new String[][] {
            {"run", ""}, {"compile", ""}, {"info", ""}, {"validate", ""}, {"compile", good, "-o", ""}
        }) {
            Outcome o = Cli.run(line);
            assertEquals(2, o.status(), o.err());
            assertTrue(o.err().contains("the name of a file is empty"), o.err());
        }
    }

    /** {@code -} is standard input, which has neither a name nor a second beginning. */
    @Test
    void standardInputThatIsWrong() throws Exception {
        String said = Shell.run(dir, """
                kiln run - < text
                kiln run --invoke nothing - < good.wasm
                cat truncated.wasm | kiln validate -
                cat truncated.cwasm | kiln run -
                cat empty | kiln info -
                kiln compile - < good.wasm
                kiln explore - < good.wasm
                cat component.wasm | kiln run -
                """, 5);
        String[] lines = said.split("\n");
        assertEquals(8, lines.length - 1, said);
        assertEquals("status 2", lines[8]);
        String[] parts = {
            "neither _start nor",
            "(there are: ",
            "0x",
            "truncated",
            "is empty",
            "give one with -o",
            "give one with -o",
            "is a component"
        };
        for (int i = 0; i < parts.length; i++) {
            assertTrue(lines[i].contains(parts[i]), lines[i]);
        }
    }

    private static boolean ends(List<String> command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).start().waitFor() == 0;
    }

    @Test
    void interruptedFromTheKeyboard() throws Exception {
        Path loop = dir.resolve("loop.cwasm");
        Files.write(loop, cwasm);
        Path said = dir.resolve("said");
        // Whoever starts the tests in the background may have told them to ignore the signal.
        List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
        assumeTrue(ends(List.of("env", "--default-signal=INT", "true")), "env is not GNU's");
        command.addAll(
                ChildJvm.command(List.of(), Main.class.getName(), List.of("run", "--invoke", "loop", loop.toString())));
        Process p = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        Path maps = Path.of("/proc/" + p.pid() + "/maps");
        while (p.isAlive() && !Files.readString(maps).contains("kiln.cwasm")) {
            Thread.sleep(20);
        }
        new ProcessBuilder("kill", "-INT", "" + p.pid()).inheritIO().start().waitFor();
        assertTrue(ChildJvm.ends(p, 2));
        assertEquals(130, p.exitValue());
        assertEquals("", Files.readString(said));
        Files.delete(loop);
        Files.delete(said);
    }

    @Test
    void whatMayNotBeRead() throws IOException {
        Path file = dir.resolve("secret.wasm");
        Files.write(file, wasm);
        assumeTrue(file.toFile().setReadable(false) && !Files.isReadable(file), "this user may read everything");
        for (String command : List.of("compile", "run", "objdump", "info", "wast", "bench")) {
            Outcome o = kiln(command + " @secret.wasm");
            assertEquals(2, o.status());
            assertTrue(o.err().contains("secret.wasm") && o.err().contains("permission denied"), o.err());
        }
    }

    @Test
    void theOldOutputIsKept() throws IOException {
        Path out = dir.resolve("kept.cwasm");
        Files.write(out, cwasm);
        assertNotEquals(0, kiln("compile @truncated.wasm -o @kept.cwasm").status());
        assertArrayEquals(cwasm, Files.readAllBytes(out));
        assertEquals(0, kiln("compile @good.wasm -o @kept.cwasm").status());
        assertEquals(0, kiln("compile @good.wasm -o /dev/null").status());
        assertFalse(Files.isRegularFile(Path.of("/dev/null")));
        Path link = dir.resolve("link.cwasm");
        Files.createSymbolicLink(link, out);
        assertEquals(0, kiln("compile @good.wasm -O 0 -o @link.cwasm").status());
        assertTrue(Files.isSymbolicLink(link));
        Files.delete(link);
    }

    /** The limit on the size of files is the full disk that every user can have. */
    @Test
    void aFullDiskLeavesTheOldOutput() throws Exception {
        Path out = dir.resolve("full.cwasm");
        Files.write(out, new byte[] {1, 2, 3});
        Path said = dir.resolve("said");
        String java = String.join(
                "' '",
                ChildJvm.command(
                        List.of("-XX:-UsePerfData"),
                        Main.class.getName(),
                        List.of("compile", dir.resolve("good.wasm").toString(), "-o", out.toString())));
        Process p = new ProcessBuilder("sh", "-c", "ulimit -f 4; exec '" + java + "' 2>'" + said + "'").start();
        assertTrue(ChildJvm.ends(p, 2));
        String text = Files.readString(said);
        assertEquals(2, p.exitValue(), text);
        assertTrue(text.lines().count() <= 2 && text.contains("full.cwasm"), text);
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(out));
        Files.delete(said);
        try (Stream<Path> all = Files.list(dir)) {
            assertTrue(all.noneMatch(f -> f.toString().endsWith(".tmp")), "a temporary file was left");
        }
    }

    /** A full standard output is no reason to say nothing or to end well. */
    @Test
    void standardOutputThatIsFull() throws Exception {
        assumeTrue(Files.exists(Path.of("/dev/full")), "there is no /dev/full");
        for (String line : List.of(
                "run --no-cache --invoke add good.wasm 1 2", "info good.cwasm", "objdump --section index good.cwasm")) {
            List<String> args = Arrays.stream(line.split(" "))
                    .map(a -> a.startsWith("good") ? dir.resolve(a).toString() : a)
                    .toList();
            Process p = new ProcessBuilder(ChildJvm.command(List.of(), Main.class.getName(), args))
                    .redirectOutput(Path.of("/dev/full").toFile())
                    .redirectError(dir.resolve("said").toFile())
                    .start();
            assertTrue(ChildJvm.ends(p, 2));
            String text = Files.readString(dir.resolve("said"));
            assertEquals(2, p.exitValue(), line + ": " + text);
            assertTrue(text.contains("standard output") && text.lines().count() <= 2, line + ": " + text);
        }
    }

    @Test
    void resultsAndStatus() {
        assertEquals(new Outcome(0, "5\n", ""), kiln("run --no-cache --invoke add @good.wasm 2 3"));
        assertEquals(new Outcome(0, "5\n", ""), kiln("run --trusted --invoke add @good.cwasm 2 3"));
        assertEquals(new Outcome(0, "-1\n", ""), kiln("run --invoke add @good.cwasm 0xffffffff 0"));
        assertEquals(new Outcome(0, "-1\n", ""), kiln("run --invoke add @good.cwasm -- -1 0"));
        assertEquals(new Outcome(0, "1.25\n", ""), kiln("run --invoke half @good.cwasm 2.5"));
        assertEquals(new Outcome(0, "7\n-8\n0.5\nnull\n", ""), kiln("run --invoke several @good.cwasm"));
        assertEquals(new Outcome(0, "", ""), kiln("run --invoke nothingToSay @good.cwasm"));
        Outcome trap = kiln("run --invoke divide @good.cwasm 1 0");
        assertEquals(134, trap.status());
        assertTrue(trap.err().contains("integer divide by zero") && trap.err().contains("divide"), trap.err());
        Outcome stopped = kiln("run --no-cache --timeout 0.05 --invoke loop @good.wasm");
        assertEquals(134, stopped.status());
        assertTrue(stopped.err().contains("interrupted"), stopped.err());
    }
}
