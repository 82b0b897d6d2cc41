package kiln.cli.server;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
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
        String socket = System.getProperty(SOCKET);
        if (socket == null || !Protocol.takes(modules, options)) {
            return null;
        }
        return compile(Path.of(socket).toAbsolutePath(), Protocol.SILENCE_MILLIS, modules, options, progress);
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
                return ask(server, new Protocol.Request(modules, options), progress);
            }
        } catch (IOException | UnsupportedOperationException _) {
            return null;
        }
    }

    private static byte[] ask(Connection server, Protocol.Request request, CompileProgress progress)
            throws IOException {
        server.out.writeInt(Protocol.MAGIC);
        Protocol.string(server.out, Protocol.identity());
        Protocol.write(server.out, request);
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
