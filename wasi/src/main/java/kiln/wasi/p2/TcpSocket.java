package kiln.wasi.p2;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.NetworkChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.List;

/**
 * A guest's TCP socket. Java has one class for sockets that listen and one for those that connect, where POSIX decides
 * late; so one that is bound is a server until it is to connect, and then is bound again.
 */
final class TcpSocket extends GuestSocket implements Waitable {
    private enum State {
        UNBOUND,
        BINDING,
        BOUND,
        LISTEN_STARTED,
        LISTENING,
        CONNECTING,
        CONNECTED,
        CLOSED
    }

    private static final int BACKLOG = 128;

    private State state = State.UNBOUND;
    private ServerSocketChannel server;
    private SocketChannel client;
    private InetSocketAddress bound;
    private int backlog = BACKLOG;
    /** What connecting has failed with at once. */
    private SocketError failure;

    private boolean readsNoMore;
    private boolean writesNoMore;

    TcpSocket(GuestContext context, NetworkPolicy policy, StandardProtocolFamily family) {
        super(context, policy, family);
    }

    boolean isListening() {
        return state == State.LISTENING;
    }

    private void need(State wanted, String otherwise) throws SocketError {
        if (state != wanted) {
            throw new SocketError(otherwise);
        }
    }

    @Override
    void startBind(Object address) throws IOException {
        need(State.UNBOUND, "invalid-state");
        InetSocketAddress local = Sockets.unicast(Sockets.address(address, family));
        policy.check(local, AddressUse.TCP_BIND);
        bound = local;
        state = State.BINDING;
    }

    @Override
    void finishBind() throws IOException {
        need(State.BINDING, "not-in-progress");
        state = State.UNBOUND;
        // The port is taken from now on, by a channel that can listen.
        ServerSocketChannel opened = context.connections().hold(ServerSocketChannel.open(family));
        try {
            opened.configureBlocking(false);
            opened.setOption(StandardSocketOptions.SO_REUSEADDR, true);
            options.applyTo(opened);
            opened.bind(bound, backlog);
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw new SocketError(SocketError.code(e));
        }
        server = opened;
        bound = (InetSocketAddress) opened.getLocalAddress();
        state = State.BOUND;
    }

    void startConnect(Object address) throws IOException {
        if (state != State.UNBOUND && state != State.BOUND) {
            throw new SocketError("invalid-state");
        }
        InetSocketAddress remote = Sockets.unicast(Sockets.remote(address, family));
        policy.check(remote, AddressUse.TCP_CONNECT);
        SocketChannel opened = context.connections().hold(SocketChannel.open(family));
        try {
            opened.configureBlocking(false);
            options.applyTo(opened);
            if (state == State.BOUND) {
                server.close();
                opened.setOption(StandardSocketOptions.SO_REUSEADDR, true);
                opened.bind(bound);
            }
            opened.connect(remote);
        } catch (IOException | RuntimeException e) {
            opened.close();
            // What POSIX says when asked whether it has connected.
            failure = new SocketError(SocketError.code(e));
        }
        client = opened;
        state = State.CONNECTING;
    }

    List<Object> finishConnect() throws IOException {
        need(State.CONNECTING, "not-in-progress");
        if (failure != null) {
            state = State.CLOSED;
            throw failure;
        }
        try {
            if (!client.finishConnect()) {
                throw new SocketError("would-block");
            }
        } catch (SocketError e) {
            throw e;
        } catch (IOException e) {
            state = State.CLOSED;
            client.close();
            throw new SocketError(SocketError.code(e));
        }
        state = State.CONNECTED;
        return List.of(new Input(), new Output());
    }

    void startListen() throws IOException {
        need(State.BOUND, "invalid-state");
        state = State.LISTEN_STARTED;
    }

    void finishListen() throws IOException {
        need(State.LISTEN_STARTED, "not-in-progress");
        state = State.LISTENING;
    }

    List<Object> accept() throws IOException {
        need(State.LISTENING, "invalid-state");
        SocketChannel accepted = server.accept();
        if (accepted == null) {
            throw new SocketError("would-block");
        }
        context.connections().hold(accepted).configureBlocking(false);
        TcpSocket s = new TcpSocket(context, policy, family);
        options.copyTo(s.options);
        s.options.applyTo(accepted);
        s.client = accepted;
        s.state = State.CONNECTED;
        return List.of(s, s.new Input(), s.new Output());
    }

    @Override
    InetSocketAddress localAddress() throws IOException {
        if (client != null && client.isOpen()) {
            return (InetSocketAddress) client.getLocalAddress();
        }
        if (server == null || !server.isOpen()) {
            throw new SocketError("invalid-state");
        }
        return (InetSocketAddress) server.getLocalAddress();
    }

    @Override
    InetSocketAddress remoteAddress() throws IOException {
        need(State.CONNECTED, "invalid-state");
        return (InetSocketAddress) client.getRemoteAddress();
    }

    /** Only what is set before binding can be passed on; later it is a hint that is ignored. */
    void backlog(long size) throws SocketError {
        if (size == 0) {
            throw new SocketError("invalid-argument");
        }
        if (state == State.CONNECTING || state == State.CONNECTED) {
            throw new SocketError("invalid-state");
        }
        backlog = (int) (size < 0 ? Short.MAX_VALUE : Math.min(size, Short.MAX_VALUE));
    }

    @Override
    Object option(String name, Object[] a) throws IOException {
        NetworkChannel channel = client != null ? client : server;
        return options.call(name, channel != null && channel.isOpen() ? channel : null, a);
    }

    void shutdown(Object type) throws IOException {
        need(State.CONNECTED, "invalid-state");
        if (!type.equals("send") && !readsNoMore) {
            readsNoMore = true;
            client.shutdownInput();
        }
        if (!type.equals("receive") && !writesNoMore) {
            writesNoMore = true;
            client.shutdownOutput();
        }
    }

    // ---- waiting

    @Override
    public boolean ready() throws IOException {
        return switch (state) {
            case CONNECTING -> failure != null || context.isReady(client, SelectionKey.OP_CONNECT);
            case LISTENING -> context.isReady(server, SelectionKey.OP_ACCEPT);
            default -> true;
        };
    }

    @Override
    public SelectableChannel channel() {
        return switch (state) {
            case CONNECTING -> client;
            case LISTENING -> server;
            default -> null;
        };
    }

    @Override
    public int operations() {
        return state == State.CONNECTING ? SelectionKey.OP_CONNECT : SelectionKey.OP_ACCEPT;
    }

    @Override
    void close() throws IOException {
        state = State.CLOSED;
        if (server != null) {
            server.close();
        }
        if (client != null) {
            client.close();
        }
    }

    // ---- streams

    private final class Input extends InputStreamResource {
        Input() {
            super(TcpSocket.this, context);
        }

        @Override
        int read(ByteBuffer to) throws IOException {
            if (readsNoMore) {
                return -1;
            }
            try {
                return client.read(to);
            } catch (IOException e) {
                throw new SocketError(SocketError.code(e));
            }
        }

        @Override
        public boolean ready() throws IOException {
            return readsNoMore || context.isReady(client, SelectionKey.OP_READ);
        }

        @Override
        public SelectableChannel channel() {
            return client;
        }

        @Override
        public int operations() {
            return SelectionKey.OP_READ;
        }

        @Override
        void close() throws IOException {
            if (!readsNoMore && client.isOpen() && client.isConnected()) {
                readsNoMore = true;
                client.shutdownInput();
            }
        }
    }

    private final class Output extends OutputStreamResource {
        /** What the system did not take at once. */
        private final ByteBuffer pending =
                ByteBuffer.allocate(GuestContext.PIECE).limit(0);

        Output() {
            super(TcpSocket.this, context);
        }

        private void send() throws IOException {
            try {
                while (pending.hasRemaining() && client.write(pending) > 0) {}
            } catch (IOException e) {
                throw new SocketError(SocketError.code(e));
            }
        }

        @Override
        long room() throws IOException {
            if (writesNoMore) {
                return -1;
            }
            send();
            return pending.hasRemaining() || !context.isReady(client, SelectionKey.OP_WRITE) ? 0 : GuestContext.PIECE;
        }

        @Override
        void write(ByteBuffer from) throws IOException {
            // Room was given while nothing was pending; a second write under the same permit finds less.
            pending.compact();
            if (from.remaining() > pending.remaining()) {
                throw new SocketError("would-block");
            }
            pending.put(from).flip();
            send();
        }

        @Override
        void flush() throws IOException {
            send();
        }

        @Override
        boolean isFlushed() throws IOException {
            send();
            return !pending.hasRemaining();
        }

        @Override
        public SelectableChannel channel() {
            return client;
        }

        @Override
        public int operations() {
            return SelectionKey.OP_WRITE;
        }

        @Override
        void close() throws IOException {
            if (!writesNoMore && client.isOpen() && client.isConnected()) {
                send();
                writesNoMore = true;
                client.shutdownOutput();
            }
        }
    }
}
