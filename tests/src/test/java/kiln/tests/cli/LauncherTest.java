package kiln.tests.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kiln.tests.Corpus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What the launcher has the compile server do is what the command would do, whatever becomes of either. In a small
 * address space no JVM starts, so a command that succeeds there was served without one.
 */
@DisabledIfSystemProperty(named = "kiln.emulated", matches = "true", disabledReason = "the scripts are the same there")
class LauncherTest {
    /** Exports {@code f: (i32) -> i32}, the successor. */
    private static final byte[] MODULE =
            HexFormat.of().parseHex("0061736d0100000001060160017f017f03020100070501016600000a09010700200041016a0b");

    private static final String NO_JVM = "ulimit -v 300000; ";

    @TempDir
    Path dir;

    private String[] shell;
    private Path socket;
    private Process server;
    private byte[] expected;

    @BeforeEach
    void files() throws Exception {
        Path servers = Files.createDirectories(dir.resolve("cache/kiln/server"));
        Files.setPosixFilePermissions(servers, PosixFilePermissions.fromString("rwx------"));
        socket = servers.resolve("id");
        Files.writeString(dir.resolve("kiln.id"), "id " + System.getProperty("java.home") + "\n");
        Files.write(dir.resolve("in.wasm"), MODULE);
        assertEquals(
                0,
                Cli.run("compile", "--no-server", path("in.wasm"), "-o", path("expected"))
                        .status());
        expected = Files.readAllBytes(dir.resolve("expected"));
    }

    @AfterEach
    void end() throws Exception {
        if (server != null) {
            signal("CONT", server.pid());
            server.destroyForcibly().waitFor();
        }
    }

    private String path(String name) {
        return dir.resolve(name).toString();
    }

    /** Makes {@code ./kiln} start the launcher in a shell, and starts a server. */
    private void start(String name) throws Exception {
        shell = name.split(" ");
        assumeTrue(
                Stream.of(System.getenv("PATH").split(":"))
                        .anyMatch(folder -> Files.isExecutable(Path.of(folder, shell[0]))),
                "there is no " + shell[0]);
        Files.writeString(dir.resolve("launch"), """
                set -eu
                dist='%s' jar='%s' launcher='%s'
                export JAVA_HOME='%s'
                . '%s/tools/launch.sh'
                """.formatted(
                        dir,
                        System.getProperty("java.class.path"),
                        path("kiln"),
                        System.getProperty("java.home"),
                        Corpus.root()));
        Path kiln = Files.writeString(
                dir.resolve("kiln"), "#!/bin/sh\nexec " + name + " '" + path("launch") + "' \"$@\"\n");
        Files.setPosixFilePermissions(kiln, PosixFilePermissions.fromString("rwxr-xr-x"));
        server = new ProcessBuilder(kiln.toString(), "compile-server", socket.toString())
                .redirectErrorStream(true)
                .redirectOutput(dir.resolve("server.log").toFile())
                .start();
        for (int i = 0; i < 600 && Files.notExists(socket); i++) {
            assertTrue(server.isAlive(), () -> read("server.log"));
            Thread.sleep(50);
        }
    }

    private String read(String name) {
        try {
            return Files.readString(dir.resolve(name));
        } catch (IOException e) {
            return e.toString();
        }
    }

    private record Outcome(int status, String said) {}

    private Process begin(String script) throws IOException {
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", script).directory(dir.toFile());
        builder.environment().put("XDG_CACHE_HOME", path("cache"));
        builder.environment().remove("KILN_SERVER");
        builder.environment().remove("JDK_JAVA_OPTIONS");
        builder.environment().remove("JAVA_TOOL_OPTIONS");
        return builder.redirectErrorStream(true)
                .redirectOutput(dir.resolve("said").toFile())
                .start();
    }

    /** Runs a script, in which ./kiln is the command. */
    private Outcome run(String script) throws Exception {
        Process p = begin("umask 022; " + script);
        try {
            assertTrue(p.waitFor(1, TimeUnit.MINUTES), "does not end: " + script);
        } finally {
            p.destroyForcibly().waitFor();
        }
        return new Outcome(p.exitValue(), read("said"));
    }

    private static void signal(String name, long process) throws Exception {
        new ProcessBuilder("kill", "-" + name, Long.toString(process)).start().waitFor();
    }

    private void assertWritten(String output) throws IOException {
        assertWritten(output, "rw-r--r--");
    }

    private void assertWritten(String output, String permissions) throws IOException {
        Path file = dir.resolve(output);
        assertArrayEquals(expected, Files.readAllBytes(file), output);
        assertEquals(permissions, PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        Files.delete(file);
        try (Stream<Path> left = Files.list(file.getParent())) {
            assertTrue(left.noneMatch(f -> f.toString().endsWith(".tmp")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox ash"})
    void writesTheSameWithoutAJvm(String name) throws Exception {
        start(name);
        Files.createDirectories(dir.resolve("a b/ä"));
        Files.write(dir.resolve("a b/ä/ü 'x' $y.wasm"), MODULE);
        Files.createSymbolicLink(dir.resolve("linked.wasm"), Path.of("in.wasm"));
        Files.createSymbolicLink(dir.resolve("folder"), Path.of("a b"));
        Outcome none = new Outcome(0, "");
        for (String line : List.of(
                "./kiln compile in.wasm=in.cwasm",
                "./kiln compile linked.wasm=linked.cwasm",
                "./kiln compile -o out in.wasm=out",
                "./kiln compile in.wasm -o \"$PWD/folder/out.cwasm\"=a b/out.cwasm",
                "cd 'a b'; ../kiln compile ../in.wasm -o ä/out.cwasm=a b/ä/out.cwasm",
                "cd 'a b'; ../kiln compile \"ä/ü 'x' \\$y.wasm\"=a b/ä/ü 'x' $y.cwasm",
                "echo x >out.cwasm; ./kiln compile in.wasm -o out.cwasm=out.cwasm",
                "./kiln compile in.wasm 0<&- 1>&- 2>&-=in.cwasm",
                "cp in.wasm \"$(printf '\\377.wasm')\"; ./kiln compile ./?.wasm -o out=out",
                "LC_ALL=C ./kiln compile -O 2 in.wasm=in.cwasm")) {
            String[] parts = line.split("=(?=[^=]*$)");
            assertEquals(none, run(NO_JVM + parts[0]), parts[0]);
            assertWritten(parts[1]);
        }
        for (String[] mask : new String[][] {{"077", "rw-------"}, {"002", "rw-rw-r--"}}) {
            assertEquals(none, run(NO_JVM + "umask " + mask[0] + "; ./kiln compile in.wasm"));
            assertWritten("in.cwasm", mask[1]);
        }
        for (String options : List.of(
                "-O 0",
                "-O 1 --interruptible",
                "--explicit-bounds --keep-all",
                "--no-inlining --eager-tables",
                "--debug-info")) {
            assertEquals(none, run(NO_JVM + "./kiln compile " + options + " in.wasm -o asked"), options);
            List<String> args = new ArrayList<>(List.of("compile", "--no-server", path("in.wasm"), "-o"));
            args.add(path("alone"));
            args.addAll(List.of(options.split(" ")));
            assertEquals(0, Cli.run(args.toArray(String[]::new)).status());
            assertArrayEquals(
                    Files.readAllBytes(dir.resolve("alone")), Files.readAllBytes(dir.resolve("asked")), options);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox ash"})
    void saysTheSame(String name) throws Exception {
        start(name);
        byte[] wrong = MODULE.clone();
        wrong[wrong.length - 2] = (byte) 0xff;
        Files.createDirectory(dir.resolve("ä b"));
        Files.write(dir.resolve("ä b/wrong.wasm"), wrong);
        Files.write(dir.resolve("empty.wasm"), new byte[0]);
        for (String file : List.of("'ä b//wrong.wasm'", "empty.wasm", "\"$PWD/empty.wasm\"")) {
            Outcome alone = run("KILN_SERVER=off ./kiln compile " + file);
            assertEquals(2, alone.status);
            assertTrue(alone.said.startsWith("kiln: "), alone.said);
            assertEquals(alone, run(NO_JVM + "./kiln compile " + file));
        }
    }

    /** These need a JVM of their own, and come out as they do without a server. */
    @ParameterizedTest
    @ValueSource(strings = "dash")
    void leavesTheRest(String name) throws Exception {
        start(name);
        Files.createSymbolicLink(dir.resolve("link.wasm"), Path.of("in.wasm"));
        Files.createSymbolicLink(dir.resolve("linked.cwasm"), Path.of("target.cwasm"));
        Files.createDirectory(dir.resolve("folder.cwasm"));
        Files.write(dir.resolve("large.wasm"), new byte[5 << 20]);
        Files.write(dir.resolve("a\nb.wasm"), new byte[] {1});
        for (String script : List.of(
                "./kiln compile missing.wasm",
                "./kiln compile in.wasm -o missing/out",
                "./kiln compile in.wasm -o in.wasm",
                "./kiln compile in.wasm -o ./link.wasm",
                "./kiln compile in.wasm -o linked.cwasm; test -L linked.cwasm && rm target.cwasm",
                "./kiln compile in.wasm -o folder.cwasm",
                "./kiln compile in.wasm -o /dev/stdout | wc -c",
                "./kiln compile in.wasm -o - | wc -c",
                "./kiln compile -O 3 in.wasm",
                "./kiln compile -O 1 -O 1 in.wasm",
                "./kiln compile --keep-all --keep-all in.wasm",
                "./kiln compile in.wasm -o a -o b",
                "./kiln compile \"$(printf 'a\\nb.wasm')\"",
                "./kiln compile large.wasm",
                "umask 0200; ./kiln compile in.wasm && cat in.cwasm | wc -c; rm -f in.cwasm",
                "ulimit -f 100000; ./kiln compile in.wasm && rm in.cwasm",
                "KILN_JAVA_OPTS=-Da=b ./kiln compile in.wasm && rm in.cwasm",
                "JDK_JAVA_OPTIONS=-Da=b ./kiln compile in.wasm && rm in.cwasm",
                "mkdir gone && cd gone && rmdir ../gone && ../kiln compile ../in.wasm -o out")) {
            Outcome alone = run("export KILN_SERVER=off; " + script);
            assertEquals(alone, run(script), script);
            assertNotEquals(alone, run(NO_JVM + script), () -> "it was served: " + script);
            assertTrue(Files.exists(socket), () -> "others were kept from asking: " + script);
            assertArrayEquals(MODULE, Files.readAllBytes(dir.resolve("in.wasm")), script);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox ash"})
    void aServerThatWasKilledIsNotAsked(String name) throws Exception {
        start(name);
        server.destroyForcibly().waitFor();
        assertTrue(Files.exists(socket));
        assertEquals(new Outcome(0, ""), run("./kiln compile in.wasm"));
        assertWritten("in.cwasm");
        assertFalse(Files.exists(socket), "no other server would be started");
    }

    /** Once; and what was asked for is not done when it goes on. */
    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox ash"})
    void aServerThatIsStoppedIsLeft(String name) throws Exception {
        start(name);
        signal("STOP", server.pid());
        // Nor does a pipe that takes no more keep anybody: with so much in it, it does not.
        assertEquals(0, run("head -c 65536 /dev/zero | tr '\\0' x >/proc/" + server.pid() + "/fd/0").status);
        assertEquals(new Outcome(0, ""), run("./kiln compile in.wasm"));
        assertWritten("in.cwasm");
        assertFalse(Files.exists(socket));
        signal("CONT", server.pid());
        assertTrue(server.waitFor(1, TimeUnit.MINUTES), "it ends, since nobody finds it");
        assertFalse(Files.exists(dir.resolve("in.cwasm")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox ash"})
    void nothingIsWrittenForACommandThatWasKilled(String name) throws Exception {
        start(name);
        signal("STOP", server.pid());
        Process command = begin("exec ./kiln compile in.wasm");
        while (command.descendants()
                .noneMatch(p -> p.info().command().orElse("").matches(".*(sleep|busybox)"))) {
            assertTrue(command.isAlive());
            Thread.sleep(5);
        }
        command.destroyForcibly().waitFor();
        signal("CONT", server.pid());
        assertEquals(new Outcome(0, ""), run(NO_JVM + "./kiln compile in.wasm -o later"));
        assertWritten("later");
        assertFalse(Files.exists(dir.resolve("in.cwasm")));
    }

    /** A request as the launcher makes it: with a reader of the answer, with none, and of others. */
    @ParameterizedTest
    @ValueSource(strings = "dash")
    void whoDoesNotWaitGetsNothing(String name) throws Exception {
        start(name);
        String request = "exec 2>/dev/null 3<in.wasm 4<. 5>/proc/" + server.pid() + "/fd/0; "
                + "{ read -r self _ </proc/self/stat; sleep 0.2; "
                + "{ exec >&5; printf 'KLN2\\t%s\\t%s\\t0\\t\\tin.wasm\\tout\\n' $self $$; } & exec sleep 20; } | ";
        assertEquals(new Outcome(0, ".0;"), run(request + "cat"));
        assertWritten("out");
        assertEquals(new Outcome(0, ""), run(request + "true"));
        assertFalse(Files.exists(dir.resolve("out")));
        for (String wrong : List.of(
                request.replace(" 5>", " 6>").replace(">&5", ">&6"),
                request.replace("KLN2", "KLN1"),
                request.replace("\\t0\\t\\t", "\\t0\\t--unknown\\t"))) {
            assertEquals(new Outcome(0, ""), run(wrong.replace("sleep 20", "sleep 0.5") + "cat"));
        }
        // A process that has nothing to do with it.
        Process other = new ProcessBuilder("sleep", "60").start();
        run("printf 'KLN2\\t%s\\t%s\\t0\\t\\tin.wasm\\tout\\nx\\ty\\n\\n' " + other.pid() + " " + other.pid()
                + " >/proc/" + server.pid() + "/fd/0");
        assertEquals(new Outcome(0, ".0;"), run(request + "cat"));
        assertTrue(other.isAlive());
        other.destroy();
    }

    @ParameterizedTest
    @ValueSource(strings = {"dash", "bash", "busybox ash"})
    void servesManyAtATime(String name) throws Exception {
        start(name);
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < 12; i++) {
            all.append("./kiln compile in.wasm -o out").append(i).append(" & ");
        }
        assertEquals(new Outcome(0, ""), run(all + "wait"));
        for (int i = 0; i < 12; i++) {
            assertWritten("out" + i);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = "dash")
    void anotherJarIsNotAsked(String name) throws Exception {
        start(name);
        Files.writeString(dir.resolve("launch"), read("launch").replace("jar='", "jar='" + path("other.jar") + ":"));
        assertNotEquals(0, run(NO_JVM + "./kiln compile in.wasm").status);
        assertEquals(new Outcome(0, ""), run("./kiln compile in.wasm"));
        assertWritten("in.cwasm");
        Files.setPosixFilePermissions(socket.getParent(), PosixFilePermissions.fromString("rwxr-x---"));
        Files.writeString(dir.resolve("launch"), read("launch").replace(path("other.jar") + ":", ""));
        assertNotEquals(0, run(NO_JVM + "./kiln compile in.wasm").status, "others may use the folder");
    }
}
