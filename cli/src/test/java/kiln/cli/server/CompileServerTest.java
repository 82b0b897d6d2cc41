package kiln.cli.server;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import kiln.cli.Main;
import kiln.compiler.CompileException;
import kiln.compiler.CompileProgress;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the server makes is what the command would make, and a command does not depend on any server. */
class CompileServerTest {
    /** Exports {@code f: (i32) -> i32}, the successor. */
    private static final byte[] MODULE =
            HexFormat.of().parseHex("0061736d0100000001060160017f017f03020100070501016600000a09010700200041016a0b");
    /** Imports the function from module m, and exports g, which calls it. */
    private static final byte[] USER = HexFormat.of()
            .parseHex("0061736d0100000001060160017f017f0207010" + "16d016600000302010007050101670001"
                    + "0a08010600200010000b");

    /** A component around the module, which exports its function as {@code f: func(x: u32) -> u32}. */
    private static final byte[] COMPONENT = HexFormat.of()
            .parseHex("0061736d0d000100" + "01" + HexFormat.of().toHexDigits((byte) MODULE.length)
                    + HexFormat.of().formatHex(MODULE)
                    + "020401000000" + "06070100000100" + "0166" + "0708014001017879" + "0079" + "0806010000000000"
                    + "0b070100016601" + "0000");
    /** Imports {@code f}, and exports it again as {@code g}. */
    private static final byte[] APP = HexFormat.of()
            .parseHex(
                    "0061736d0d000100" + "0708014001017879" + "0079" + "0a06010001660100" + "0b070100016701" + "0000");

    private static final long LONG = 600_000;
    private static final long SHORT = 200;
    private static final CompilerOptions OPTIONS = CompilerOptions.defaults();

    @TempDir
    Path folder;

    private Path socket;
    private Thread server;

    @BeforeEach
    void names() {
        socket = folder.resolve("s");
        System.clearProperty("kiln.server");
    }

    @AfterEach
    void end() throws InterruptedException, IOException {
        System.clearProperty("kiln.server");
        Files.deleteIfExists(socket);
        if (server != null) {
            server.join();
        }
    }

    private static List<Compiler.Input> one(byte[] wasm) {
        return List.of(new Compiler.Input(null, "one.wasm", wasm));
    }

    private byte[] ask(List<Compiler.Input> modules, CompilerOptions options, long silence) {
        return CompileClient.compile(socket, silence, modules, options, CompileProgress.NONE);
    }

    /** A server that listens; it ends when its socket is removed. */
    private void start(long silence) throws InterruptedException {
        server = new Thread(() -> {
            try {
                CompileServer.serve(socket, Long.MAX_VALUE / 2, silence);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        server.start();
        while (true) {
            // The socket is there a little before somebody listens.
            try (SocketChannel _ = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                return;
            } catch (IOException _) {
                assertTrue(server.isAlive());
                Thread.sleep(1);
            }
        }
    }

    @Test
    void filesAreTheSame() throws Exception {
        start(LONG);
        List<Compiler.Input> linked =
                List.of(new Compiler.Input("u", "u.wasm", USER), new Compiler.Input("m", "m.wasm", MODULE));
        for (CompilerOptions options : List.of(
                OPTIONS,
                OPTIONS.withTarget(Target.X86_64_LINUX).withCpu(Set.of("avx", "bmi1")),
                OPTIONS.withTarget(Target.AARCH64_LINUX).withOptLevel(0).withJobs(1),
                OPTIONS.withInterruptible(true).withStrip(CompilerOptions.Strip.NAMES),
                OPTIONS.withExplicitBounds(true).withKeepAll(true).withStrip(CompilerOptions.Strip.ALL),
                OPTIONS.withRelaxedSimd(CompilerOptions.RelaxedSimd.DETERMINISTIC)
                        .withCanonicalNans(true),
                OPTIONS.withInlining(false).withEagerTables(true))) {
            assertArrayEquals(Compiler.link(one(MODULE), options), ask(one(MODULE), options, LONG), options.describe());
            assertArrayEquals(Compiler.link(linked, options), ask(linked, options, LONG), options.describe());
        }
    }

    @Test
    void componentsAreTheSame() throws Exception {
        start(LONG);
        List<Compiler.Input> composed = List.of(
                new Compiler.Input(null, "folder/app.wasm", APP), new Compiler.Input(null, "lib.wasm", COMPONENT));
        for (CompilerOptions options :
                List.of(OPTIONS, OPTIONS.withTarget(Target.AARCH64_LINUX).withOptLevel(0))) {
            assertArrayEquals(Compiler.link(one(COMPONENT), options), ask(one(COMPONENT), options, LONG));
            assertArrayEquals(Compiler.link(composed, options), ask(composed, options, LONG));
        }
        byte[] invalid = COMPONENT.clone();
        invalid[invalid.length - 2] = 7;
        List<Compiler.Input> mixed =
                List.of(one(MODULE).getFirst(), one(COMPONENT).getFirst());
        for (List<Compiler.Input> wrong : List.of(one(invalid), mixed)) {
            String expected = assertThrows(CompileException.class, () -> Compiler.link(wrong, OPTIONS))
                    .getMessage();
            assertEquals(
                    expected,
                    assertThrows(CompileException.class, () -> ask(wrong, OPTIONS, LONG))
                            .getMessage());
        }
    }

    @Test
    void errorsAreTheSame() throws Exception {
        start(LONG);
        byte[] invalid = MODULE.clone();
        invalid[invalid.length - 2] = (byte) 0xff;
        String expected = assertThrows(CompileException.class, () -> Compiler.link(one(invalid), OPTIONS))
                .getMessage();
        assertEquals(
                expected,
                assertThrows(CompileException.class, () -> ask(one(invalid), OPTIONS, LONG))
                        .getMessage());
    }

    /** What the server's request does not say is left to the command. */
    @Test
    void onlyWhatTheRequestSaysIsAskedFor() {
        assertTrue(Protocol.takes(one(MODULE), OPTIONS));
        assertFalse(Protocol.takes(one(MODULE), OPTIONS.withCheck(true)));
        assertFalse(Protocol.takes(one(MODULE), OPTIONS.withFeatures(kiln.wasm.Features.WASM1.names())));
        assertFalse(Protocol.takes(one(new byte[(int) Protocol.MAX_BYTES + 1]), OPTIONS));
    }

    @Test
    void anotherVersionIsRefused() throws Exception {
        start(LONG);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
                Connection c = new Connection(channel, LONG)) {
            c.out.writeInt(Protocol.MAGIC);
            Protocol.string(c.out, Protocol.identity() + "x");
            Protocol.write(c.out, one(MODULE), OPTIONS);
            c.out.flush();
            assertEquals(Protocol.REFUSED, c.in.read());
        }
    }

    @Test
    void nobodyListens() throws IOException {
        assertNull(ask(one(MODULE), OPTIONS, LONG));
        // Left behind by a process that was killed.
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))
                .close();
        Files.createFile(CompileServer.lockFile(socket));
        assertTrue(Files.exists(socket));
        assertNull(ask(one(MODULE), OPTIONS, LONG));
        assertFalse(Files.exists(socket), "no other server would be started");
    }

    @Test
    void aSocketThatWasLeftBehindIsReplaced() throws Exception {
        ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                .bind(UnixDomainSocketAddress.of(socket))
                .close();
        start(LONG);
        assertNotNull(ask(one(MODULE), OPTIONS, LONG));
    }

    @Test
    void aFolderThatOthersCanUseIsNotTrusted() throws Exception {
        start(LONG);
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x---"));
        assertFalse(PrivateFolder.isSafe(folder));
        assertNull(ask(one(MODULE), OPTIONS, LONG));
        CompileServer.serve(folder.resolve("other"), LONG, LONG);
        assertFalse(Files.exists(folder.resolve("other")));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
        assertTrue(PrivateFolder.isSafe(folder));
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder);
        assertFalse(PrivateFolder.isSafe(link));
        assertFalse(PrivateFolder.isSafe(folder.resolve("missing")));
        assertFalse(PrivateFolder.isSafe(Path.of("/proc/1/task")));
    }

    /** Each of these answers to the whole request, or to none of it. */
    @Test
    void aServerThatDoesNotAnswerIsLeft() throws Exception {
        byte[] garbage = {0x55, 1, 2, 3};
        byte[] half = {Protocol.RESULT, 0, 0, 1, 0, 7};
        byte[] huge = {Protocol.RESULT, -1, -1, -1, -1};
        for (byte[] answer : new byte[][] {{}, garbage, half, huge}) {
            for (boolean closes : new boolean[] {true, false}) {
                fake(answer, closes, () -> assertNull(ask(one(MODULE), OPTIONS, SHORT)));
            }
        }
    }

    /** Runs something beside a server that gives one command this answer. */
    private void fake(byte[] answer, boolean closes, Runnable command) throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            Thread thread = new Thread(() -> {
                try (SocketChannel c = listener.accept()) {
                    c.write(ByteBuffer.wrap(answer));
                    if (closes) {
                        c.shutdownOutput();
                    }
                    Channels.newInputStream(c).readAllBytes();
                } catch (IOException _) {
                    // The command has gone.
                }
            });
            thread.start();
            command.run();
            thread.join();
        }
        Files.delete(socket);
    }

    /** A queue that nobody empties is full at some time. */
    @Test
    void aServerThatDoesNotAcceptIsLeft() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket), 1);
            for (int i = 0; i < 5; i++) {
                assertNull(ask(one(MODULE), OPTIONS, SHORT));
            }
        }
    }

    @Test
    void aCommandThatSaysNothingIsLeft() throws Exception {
        start(SHORT);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void nonsenseDoesNotEndTheServer() throws Exception {
        start(LONG);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(Protocol.MAGIC);
        Protocol.string(out, Protocol.identity());
        Protocol.string(out, "pdp11-linux");
        out.writeInt(-5);
        try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            channel.write(ByteBuffer.wrap(bytes.toByteArray()));
            assertEquals(-1, channel.read(ByteBuffer.allocate(1)));
        }
        assertNotNull(ask(one(MODULE), OPTIONS, LONG));
    }

    @Test
    void oneServerListensAtATimeAndEndsWhenIdle() throws Exception {
        start(LONG);
        // In one process the JVM tells that the lock is held by an exception, among several it is not given.
        assertThrows(
                java.nio.channels.OverlappingFileLockException.class, () -> CompileServer.serve(socket, LONG, LONG));
        Files.delete(socket);
        server.join();
        CompileServer.serve(socket, 1_000_000, LONG);
        assertFalse(Files.exists(socket));
    }

    /** The command writes what it gets, as if it had made it, and asks only if it may. */
    @Test
    void theCommandAsksTheServer() throws Exception {
        Path in = Files.write(folder.resolve("in.wasm"), MODULE);
        Path out = folder.resolve("out.cwasm");
        byte[] answer = {Protocol.PROGRESS, 0, 0, 0, 1, 0, 0, 0, 2, Protocol.RESULT, 0, 0, 0, 3, 1, 2, 3};
        System.setProperty("kiln.server", socket.toString());
        fake(answer, true, () -> assertEquals(0, Main.run("compile", in.toString(), "-o", out.toString())));
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(out));
        byte[] expected = Compiler.compile(in.toString(), MODULE, OPTIONS);
        assertEquals(0, Main.run("compile", in.toString(), "-o", out.toString()));
        assertArrayEquals(expected, Files.readAllBytes(out));
        Files.delete(out);
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket)).configureBlocking(false);
            assertEquals(0, Main.run("compile", "--no-server", in.toString(), "-o", out.toString()));
            assertNull(listener.accept(), "it asked");
        }
        assertArrayEquals(expected, Files.readAllBytes(out));
    }
}
