package kiln.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What starts quickly asks the server for the same, writes and says the same, and leaves what it does not know. */
class QuickCompileTest {
    private static final byte[] MODULE = HexFormat.of().parseHex("0061736d01000000");
    private static final byte[] RESULT = {'R', 0, 0, 0, 3, 1, 2, 3};

    @TempDir
    Path folder;

    private Path socket;
    private Path in;
    private Path out;

    @BeforeEach
    void files() throws IOException {
        socket = Files.createDirectory(
                        folder.resolve("server"),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")))
                .resolve("s");
        System.setProperty("kiln.server", socket.toString());
        in = Files.write(folder.resolve("in.wasm"), MODULE);
        out = folder.resolve("in.cwasm");
    }

    @AfterEach
    void end() {
        System.clearProperty("kiln.server");
    }

    private String[] arguments(String line) {
        List<String> args = new ArrayList<>(List.of("compile"));
        for (String word : line.isEmpty() ? new String[0] : line.split(" ")) {
            args.add(word.startsWith("%") ? folder.resolve(word.substring(1)).toString() : word);
        }
        return args.toArray(String[]::new);
    }

    private record Outcome(int status, String err, byte[] request) {}

    /** Runs a command beside a server that gives an answer, and takes down what it was asked. */
    private Outcome beside(byte[] answer, Callable<Integer> command) throws Exception {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(socket));
            FutureTask<byte[]> server = new FutureTask<>(() -> {
                try (SocketChannel c = listener.accept()) {
                    c.write(ByteBuffer.wrap(answer));
                    return Channels.newInputStream(c).readAllBytes();
                } catch (IOException _) {
                    return null; // Nobody asked.
                }
            });
            Thread thread = new Thread(server);
            thread.start();
            int status = command.call();
            if (status < 0) {
                listener.close();
            }
            return new Outcome(status, err.toString(StandardCharsets.UTF_8), server.get());
        } finally {
            System.setErr(before);
            Files.delete(socket);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "%in.wasm",
                "%in.wasm -o %other.cwasm",
                "-o %other.cwasm %in.wasm",
                "-O 0 %in.wasm",
                "%in.wasm -O 1",
                "-O 2 %in.wasm",
                "--interruptible %in.wasm --explicit-bounds",
                "--keep-all --no-inlining %in.wasm",
                "--eager-tables --debug-info %in.wasm"
            })
    void asksForTheSame(String line) throws Exception {
        String[] args = arguments(line);
        Path written = line.contains("-o") ? folder.resolve("other.cwasm") : out;
        Outcome usual = beside(RESULT, () -> Main.run(args));
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(written));
        Files.delete(written);
        Outcome quick = beside(RESULT, () -> QuickCompile.run(args));
        assertEquals(0, usual.status);
        assertEquals(0, quick.status);
        assertArrayEquals(usual.request, quick.request);
        assertArrayEquals(new byte[] {1, 2, 3}, Files.readAllBytes(written));
        assertEquals("rw-r--r--", PosixFilePermissions.toString(Files.getPosixFilePermissions(written)));
        assertEquals("", usual.err + quick.err);
    }

    @Test
    void saysTheSame() throws Exception {
        byte[] mistake = {'E', 0, 0, 0, 5, 'w', 'r', 'o', 'n', 'g'};
        for (String line : List.of("%in.wasm", "%in.wasm -o %missing/out.cwasm")) {
            byte[] answer = line.contains("missing") ? RESULT : mistake;
            Outcome usual = beside(answer, () -> Main.run(arguments(line)));
            Outcome quick = beside(answer, () -> QuickCompile.run(arguments(line)));
            assertEquals(Mistakes.USER_ERROR, quick.status);
            assertEquals(usual.status, quick.status);
            assertEquals(usual.err, quick.err);
            assertTrue(quick.err.startsWith("kiln: "), quick.err);
        }
        assertEquals(Mistakes.USER_ERROR, QuickCompile.run(arguments("%in.wasm -o %in.wasm")));
        assertArrayEquals(MODULE, Files.readAllBytes(in));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "-",
                "%in.wat",
                "%in.wasm %in.wasm -o %out.cwasm",
                "%in.wasm -o",
                "%in.wasm -o -",
                "%in.wasm -o @file",
                "@%in.wasm",
                "%in.wasm -o %out.cwasm -o %out.cwasm",
                "-O 3 %in.wasm",
                "-O2 %in.wasm",
                "-O 1 -O 1 %in.wasm",
                "--cpu native %in.wasm",
                "--no-server %in.wasm",
                "--unknown %in.wasm",
                "--help",
                "%missing.wasm",
                "%folder.wasm"
            })
    void leavesWhatItDoesNotKnow(String line) throws Exception {
        Files.createDirectory(folder.resolve("folder.wasm"));
        Files.copy(in, folder.resolve("in.wat"));
        Outcome quick = beside(RESULT, () -> QuickCompile.run(arguments(line)));
        assertTrue(quick.status < 0);
        assertNull(quick.request);
        assertEquals("", quick.err);
    }

    @Test
    void leavesWhatTheServerRefuses() throws Exception {
        assertTrue(beside(new byte[] {'N'}, () -> QuickCompile.run(arguments("%in.wasm"))).status < 0);
        assertTrue(QuickCompile.run(arguments("%in.wasm")) < 0, "nobody listens");
        Files.write(in, Collections.nCopies(1, "x".repeat(5 << 20)));
        assertTrue(QuickCompile.run(arguments("%in.wasm")) < 0, "too large");
        assertTrue(Files.notExists(out));
    }
}
