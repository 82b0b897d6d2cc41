package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.tests.cli.Cli.Outcome;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Where {@code compile -o} can write: files, links, pipes, devices and descriptors; and what is never lost. */
@DisabledIfSystemProperty(
        named = "kiln.emulated",
        matches = "true",
        disabledReason = "files are written in the same way there")
class OutputFilesTest {
    @TempDir
    Path dir;

    private byte[] expected;

    @BeforeEach
    void files() throws IOException {
        byte[] wasm = Cli.resource("commands.wasm");
        Files.write(dir.resolve("good.wasm"), wasm);
        expected = Compiler.compile("good.wasm", wasm, CompilerOptions.defaults());
    }

    private void assertWritten(String file) throws IOException {
        assertArrayEquals(expected, Files.readAllBytes(dir.resolve(file)), file);
    }

    private static byte[] around(String before, byte[] bytes, String after) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(before.getBytes(StandardCharsets.UTF_8));
        out.writeBytes(bytes);
        out.writeBytes(after.getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    private void assertNothingElse(String pattern) throws IOException {
        try (Stream<Path> all = Files.list(dir)) {
            assertTrue(all.noneMatch(p -> p.toString().contains(pattern)), "a temporary file was left");
        }
    }

    @Test
    void pipes() throws Exception {
        String script = """
                kiln compile good.wasm -o /dev/stdout | cat >stdout
                kiln compile good.wasm -o /dev/fd/3 3>&1 >/dev/null | cat >third
                mkfifo pipe
                cat pipe >named &
                kiln compile good.wasm -o pipe
                wait
                test -p pipe
                """;
        assertEquals("", Shell.run(dir, script, 3));
        assertWritten("stdout");
        assertWritten("third");
        assertWritten("named");
    }

    @Test
    void permissionsAreWhatTheUmaskLeaves() throws Exception {
        String script = """
                (umask 077; kiln compile good.wasm -o private)
                (umask 002; kiln compile good.wasm -o shared)
                stat -c %a private shared
                """;
        assertEquals("600\n664\n", Shell.run(dir, script, 2));
    }

    /** Others that write to the same descriptor lose nothing, and neither does a file that is appended to. */
    @Test
    void descriptorsOfFiles() throws Exception {
        String script = """
                (echo before; kiln compile good.wasm -o /dev/stdout; echo after) >both
                echo before >appended
                kiln compile good.wasm -o /dev/stdout >>appended
                kiln compile good.wasm -o /proc/self/fd/3 3>third
                echo before >fourth
                kiln compile good.wasm -o /dev/fd/4 4>>fourth
                """;
        assertEquals("", Shell.run(dir, script, 4));
        assertArrayEquals(around("before\n", expected, "after\n"), Files.readAllBytes(dir.resolve("both")));
        assertArrayEquals(around("before\n", expected, ""), Files.readAllBytes(dir.resolve("appended")));
        assertWritten("third");
        assertArrayEquals(around("before\n", expected, ""), Files.readAllBytes(dir.resolve("fourth")));
    }

    @Test
    void pipesThatNobodyReads() throws Exception {
        String said = Shell.run(dir, "{ kiln compile good.wasm -o /dev/stdout 2>said; echo $? >status; } | true", 2);
        assertEquals("", said);
        assertEquals("2\n", Files.readString(dir.resolve("status")));
        assertEquals("kiln: /dev/stdout: broken pipe\n", Files.readString(dir.resolve("said")));
    }

    /** Through its name in /proc anything that a process has open for reading could be opened for writing. */
    @Test
    void descriptorsThatAreNotForWriting() throws Exception {
        String script = """
                echo old >old
                kiln compile good.wasm -o /dev/fd/9 9<old
                cat old
                kiln compile good.wasm -o /dev/fd/200
                """;
        assertEquals(
                "kiln: /dev/fd/9: not open for writing\nold\nkiln: /dev/fd/200: no such file\nstatus 2\n",
                Shell.run(dir, script, 2));
    }

    @Test
    void linksAreFollowed() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("folder"));
        Files.createSymbolicLink(dir.resolve("link"), Path.of("folder/second"));
        Files.createSymbolicLink(folder.resolve("second"), Path.of("file.cwasm"));
        // First to nothing, then to a file.
        for (int i = 0; i < 2; i++) {
            assertEquals(new Outcome(0, "", ""), Cli.kiln(dir, "compile @good.wasm -o @link"));
            assertTrue(Files.isSymbolicLink(dir.resolve("link")) && Files.isSymbolicLink(folder.resolve("second")));
            assertWritten("folder/file.cwasm");
        }
        Files.createSymbolicLink(dir.resolve("elsewhere"), Path.of("missing/file.cwasm"));
        Files.createSymbolicLink(dir.resolve("around"), Path.of("around"));
        Files.createSymbolicLink(dir.resolve("in"), folder);
        assertEquals(
                new Outcome(2, "", "kiln: " + dir + "/elsewhere: no such file\n"),
                Cli.kiln(dir, "compile @good.wasm -o @elsewhere"));
        assertEquals(
                new Outcome(2, "", "kiln: " + dir + "/around: too many levels of symbolic links\n"),
                Cli.kiln(dir, "compile @good.wasm -o @around"));
        assertEquals(
                new Outcome(2, "", "kiln: " + dir + "/in: is a directory\n"),
                Cli.kiln(dir, "compile @good.wasm -o @in"));
        assertNothingElse(".tmp");
    }

    @Test
    void namesAsLongAsTheSystemAllows() throws IOException {
        String name = "n".repeat(255);
        assertEquals(new Outcome(0, "", ""), Cli.kiln(dir, "compile @good.wasm -o @" + name));
        assertWritten(name);
        Outcome longer = Cli.kiln(dir, "compile @good.wasm -o @" + name + "n");
        assertEquals(2, longer.status());
        assertTrue(longer.err().contains("too long"), longer.err());
        assertNothingElse(".tmp");
    }

    @Test
    void foldersThatCannotBeWrittenTo() throws IOException {
        Path folder = Files.createDirectory(dir.resolve("closed"));
        Files.writeString(folder.resolve("old.cwasm"), "old");
        assumeTrue(folder.toFile().setWritable(false) && !Files.isWritable(folder), "this user may write everywhere");
        try {
            for (String name : new String[] {"old.cwasm", "new.cwasm"}) {
                Outcome o = Cli.kiln(dir, "compile @good.wasm -o @closed/" + name);
                assertEquals(new Outcome(2, "", "kiln: " + dir + "/closed/" + name + ": permission denied\n"), o);
            }
            assertEquals("old", Files.readString(folder.resolve("old.cwasm")));
            assertFalse(Files.exists(folder.resolve("new.cwasm")));
        } finally {
            assertTrue(folder.toFile().setWritable(true));
        }
    }
}
