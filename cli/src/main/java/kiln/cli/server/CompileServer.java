package kiln.cli.server;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicInteger;
import kiln.artifact.PathBytes;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;

/**
 * A process that compiles for {@code kiln compile} and {@code kiln run} of the same user, version and JVM, and ends by
 * itself when nobody has asked for a while. By its socket it gets modules and gives compiled files; for
 * {@link Launchers} it reads and writes them. See docs/compile-server.md.
 */
public final class CompileServer {
    /** More commands at a time than this compile by themselves. */
    private static final int MAX_CONNECTIONS = 4 * Runtime.getRuntime().availableProcessors();

    private static final long GRACE_MILLIS = 200;

    /** As it is at the start: a file that takes the jar's place later is not what runs here. */
    private final String identity = Protocol.identity();

    private final Path socket;
    private final long idleNanos;
    private final long silenceMillis;
    private final AtomicInteger connections = new AtomicInteger();
    private volatile long lastUse = System.nanoTime();
    private ServerSocketChannel listener;
    /** Null where only the socket is served. */
    private Launchers launchers;

    private CompileServer(Path socket, long idleNanos, long silenceMillis) {
        this.silenceMillis = silenceMillis;
        this.socket = socket;
        this.idleNanos = idleNanos;
    }

    /** {@code CompileServer SOCKET SECONDS}: listens until nobody has asked for so many seconds. */
    public static void main(String[] args) throws IOException {
        Path socket = Path.of(args[0]).toAbsolutePath();
        CompileServer server =
                new CompileServer(socket, Long.parseLong(args[1]) * 1_000_000_000L, Protocol.SILENCE_MILLIS);
        server.launchers = Launchers.of(socket, server.identity, server::isBusy);
        server.serve();
        // Threads of connections that hang do not keep the process.
        Runtime.getRuntime().halt(0);
    }

    /** Locked as long as there is a server. */
    static Path lockFile(Path socket) {
        return socket.resolveSibling(socket.getFileName() + ".lock");
    }

    /** Returns when there is another server at this socket, when nobody may, or when it was idle for long. */
    static void serve(Path socket, long idleNanos, long silenceMillis) throws IOException {
        new CompileServer(socket, idleNanos, silenceMillis).serve();
    }

    private void serve() throws IOException {
        Path folder = socket.getParent();
        if (!PrivateFolder.isSafe(folder)) {
            return;
        }
        try (FileChannel file = FileChannel.open(
                        lockFile(socket),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        LinkOption.NOFOLLOW_LINKS);
                FileLock lock = file.tryLock()) {
            if (lock != null) {
                file.truncate(0);
                if (launchers != null) {
                    file.write(ByteBuffer.wrap(PathBytes.encode(launchers.address())));
                    Thread reader = new Thread(() -> launchers.listen(this::work), "kiln-launchers");
                    reader.setDaemon(true);
                    reader.start();
                }
                listen();
            }
        }
    }

    /** Does something on a thread of its own, before which the server does not end. */
    private void work(Runnable task) {
        lastUse = System.nanoTime();
        connections.incrementAndGet();
        Thread.ofPlatform().daemon().name("kiln-connection").start(() -> {
            try {
                task.run();
            } finally {
                lastUse = System.nanoTime();
                connections.decrementAndGet();
            }
        });
    }

    private void listen() throws IOException {
        // Left behind by a server that was killed: with the lock held, nobody listens there.
        Files.deleteIfExists(socket);
        Thread clock = new Thread(this::endWhenIdle, "kiln-idle");
        clock.setDaemon(true);
        try (ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener = channel;
            channel.bind(UnixDomainSocketAddress.of(socket));
            clock.start();
            while (true) {
                SocketChannel client = channel.accept();
                work(() -> {
                    try (client;
                            Connection connection = new Connection(client, silenceMillis)) {
                        answer(connection);
                    } catch (IOException _) {
                        // The command has gone, or sends nonsense: it compiles by itself, if anybody.
                    }
                });
            }
        } catch (ClosedChannelException _) {
            // Idle: closed while it waited, or between two commands.
        } finally {
            clock.interrupt();
            Files.deleteIfExists(socket);
        }
    }

    private boolean isBusy() {
        return connections.get() > MAX_CONNECTIONS;
    }

    private void endWhenIdle() {
        try {
            while (true) {
                long rest = lastUse + idleNanos - System.nanoTime();
                if (rest <= 0 && connections.get() == 0) {
                    // Commands that come from now on find no socket. One that is in the queue sees the connection end.
                    Files.deleteIfExists(socket);
                    // A launcher that has seen the socket asks a little later.
                    Thread.sleep(GRACE_MILLIS);
                }
                Thread.sleep(Math.clamp(rest / 1_000_000, 10, 1000));
                // Removed, by this server or by somebody else: nobody can ask any more.
                if (!Files.exists(socket) && connections.get() == 0) {
                    listener.close();
                    return;
                }
            }
        } catch (InterruptedException | IOException _) {
            // The server ends for another reason.
        }
    }

    private void answer(Connection client) throws IOException {
        if (client.in.readInt() != Protocol.MAGIC || !Protocol.string(client.in).equals(identity) || isBusy()) {
            client.out.write(Protocol.REFUSED);
            client.out.flush();
            return;
        }
        Protocol.Request request;
        try {
            request = Protocol.readRequest(client.in);
        } catch (RuntimeException e) {
            throw new IOException(e);
        }
        Reply reply = new Reply(client);
        try {
            byte[] compiled = Compiler.link(request.modules(), request.options(), reply::compiled);
            reply.end(Protocol.RESULT, compiled);
        } catch (CompileException e) {
            reply.end(Protocol.ERROR, e.getMessage().getBytes(StandardCharsets.UTF_8));
        } catch (RuntimeException | Error _) {
            // The command meets the same, and reports it.
            reply.end(Protocol.REFUSED, null);
        }
    }

    /**
     * The frames of an answer; a pulse tells the command that the server is alive, and the server that the command is.
     */
    private static final class Reply {
        private final Connection client;
        private final Thread worker = Thread.currentThread();
        private final Thread pulse = new Thread(this::beat, "kiln-pulse");
        private volatile int done;
        private volatile int total;
        private boolean ended;

        Reply(Connection client) {
            this.client = client;
            pulse.setDaemon(true);
            pulse.start();
        }

        void compiled(int done, int total) {
            this.done = done;
            this.total = total;
        }

        private void beat() {
            try {
                while (true) {
                    Thread.sleep(Protocol.PULSE_MILLIS);
                    synchronized (this) {
                        if (ended) {
                            return;
                        }
                        client.out.write(Protocol.PROGRESS);
                        client.out.writeInt(done);
                        client.out.writeInt(total);
                        client.out.flush();
                    }
                }
            } catch (InterruptedException _) {
                // The answer is there.
            } catch (IOException _) {
                // The command has gone: nobody waits for the result.
                worker.interrupt();
            }
        }

        void end(int frame, byte[] content) throws IOException {
            synchronized (this) {
                ended = true;
            }
            pulse.interrupt();
            client.out.write(frame);
            if (content != null) {
                Protocol.bytes(client.out, content);
            }
            client.out.flush();
        }
    }
}
