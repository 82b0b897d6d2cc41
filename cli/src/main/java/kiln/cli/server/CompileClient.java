package kiln.cli.server;

import java.io.File;
import java.io.IOException;
import java.net.ConnectException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Set;
import kiln.compiler.CompileException;
import kiln.compiler.CompileProgress;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;

/** Asks the compile server, where there is one; see docs/compile-server.md. */
public final class CompileClient {
    /** Names the server's socket; the launcher sets it where there is one. */
    private static final String SOCKET = "kiln.server";

    private CompileClient() {}

    /**
     * Has the server compile and link modules.
     *
     * @return the compiled file; null if there is no server, or none that can be trusted, is the same version, and
     *     answers in time: the caller is to compile then
     * @throws CompileException as the compiler
     */
    public static byte[] compile(List<Compiler.Input> modules, CompilerOptions options, CompileProgress progress) {
        start();
        String socket = System.getProperty(SOCKET);
        if (socket == null || !Protocol.takes(modules, options)) {
            return null;
        }
        return compile(Path.of(socket).toAbsolutePath(), Protocol.SILENCE_MILLIS, modules, options, progress);
    }

    /**
     * Starts a server for those who come next, if the launcher says so. Not by the launcher, whose descriptors it would
     * inherit: a reader of what is a pipe there would wait for the server's end. Its standard input is a pipe, which
     * {@link Launchers} needs.
     */
    private static void start() {
        String socket = System.getProperty("kiln.server.start");
        String launcher = System.getProperty("kiln.launcher");
        if (socket == null || launcher == null) {
            return;
        }
        ProcessBuilder server = new ProcessBuilder(launcher, "compile-server", socket)
                .directory(new File("/"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD);
        server.environment().keySet().retainAll(Set.of("PATH", "JAVA_HOME"));
        try {
            server.start();
        } catch (IOException _) {
            // There is none, then.
        }
    }

    /** Removes the socket of a server that was killed, so that another one is started. */
    private static void removeIfDead(Path socket) {
        try (FileChannel file = FileChannel.open(CompileServer.lockFile(socket), StandardOpenOption.WRITE);
                FileLock lock = file.tryLock()) {
            if (lock != null) {
                Files.deleteIfExists(socket);
            }
        } catch (IOException | OverlappingFileLockException _) {
            // It is alive, or nothing can be done.
        }
    }

    static byte[] compile(
            Path socket,
            long silenceMillis,
            List<Compiler.Input> modules,
            CompilerOptions options,
            CompileProgress progress) {
        if (!PrivateFolder.isSafe(socket.getParent())) {
            return null;
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            // Connecting to a socket of this kind waits only for room in the listener's queue: a server whose queue is
            // full is refused, too.
            channel.configureBlocking(false);
            if (!channel.connect(UnixDomainSocketAddress.of(socket))) {
                return null;
            }
            channel.configureBlocking(true);
            try (Connection server = new Connection(channel, silenceMillis)) {
                return ask(server, modules, options, progress);
            }
        } catch (ConnectException _) {
            removeIfDead(socket);
            return null;
        } catch (IOException | UnsupportedOperationException _) {
            return null;
        }
    }

    private static byte[] ask(
            Connection server, List<Compiler.Input> modules, CompilerOptions options, CompileProgress progress)
            throws IOException {
        server.out.writeInt(Protocol.MAGIC);
        Protocol.string(server.out, Protocol.identity());
        Protocol.write(server.out, modules, options);
        server.out.flush();
        while (true) {
            int frame = server.in.read();
            switch (frame) {
                case Protocol.PROGRESS -> progress.compiled(server.in.readInt(), server.in.readInt());
                case Protocol.RESULT -> {
                    return Protocol.bytes(server.in, Integer.MAX_VALUE);
                }
                case Protocol.ERROR -> throw new CompileException(Protocol.string(server.in));
                default -> {
                    return null;
                }
            }
        }
    }
}
