package kiln.wasi.p2;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A guest's UDP socket. */
final class UdpSocket extends GuestSocket {
    /** Datagrams that one call takes or gives. */
    private static final int MOST = 16;

    private InetSocketAddress binding;
    /** Null until it is bound. */
    private DatagramChannel channel;
    /** The only one with whom it speaks, or null. */
    private InetSocketAddress remote;

    private int streams;

    UdpSocket(GuestContext context, NetworkPolicy policy, StandardProtocolFamily family) {
        super(context, policy, family);
    }

    @Override
    void startBind(Object address) throws IOException {
        if (channel != null || binding != null) {
            throw new SocketError("invalid-state");
        }
        InetSocketAddress local = Sockets.address(address, family);
        policy.check(local, AddressUse.UDP_BIND);
        binding = local;
    }

    @Override
    void finishBind() throws IOException {
        if (binding == null) {
            throw new SocketError("not-in-progress");
        }
        InetSocketAddress local = binding;
        binding = null;
        DatagramChannel opened = context.connections().hold(DatagramChannel.open(family));
        try {
            opened.configureBlocking(false);
            options.applyTo(opened);
            opened.bind(local);
        } catch (IOException | RuntimeException e) {
            opened.close();
            throw new SocketError(SocketError.code(e));
        }
        channel = opened;
    }

    private DatagramChannel bound() throws SocketError {
        if (channel == null) {
            throw new SocketError("invalid-state");
        }
        return channel;
    }

    List<Object> stream(Optional<?> address) throws IOException {
        bound();
        if (streams > 0) {
            throw Traps.trap("a UDP socket's streams are asked for while older ones are in use");
        }
        InetSocketAddress to = null;
        if (address.isPresent()) {
            to = Sockets.remote(address.get(), family);
            policy.check(to, AddressUse.UDP_CONNECT);
        }
        channel.disconnect();
        remote = null;
        if (to != null) {
            channel.connect(to);
            remote = to;
        }
        return List.of(new Incoming(), new Outgoing());
    }

    @Override
    InetSocketAddress localAddress() throws IOException {
        return (InetSocketAddress) bound().getLocalAddress();
    }

    @Override
    InetSocketAddress remoteAddress() throws IOException {
        if (remote == null) {
            throw new SocketError("invalid-state");
        }
        return remote;
    }

    @Override
    Object option(String name, Object[] a) throws IOException {
        return options.call(name, channel, a);
    }

    @Override
    void close() throws IOException {
        if (channel != null) {
            channel.close();
        }
    }

    /** What it receives. */
    final class Incoming extends Resource implements Waitable {
        Incoming() {
            super(UdpSocket.this);
            streams++;
        }

        List<Object> receive(long most) throws IOException {
            List<Object> datagrams = new ArrayList<>();
            long limit = most < 0 ? MOST : Math.min(most, MOST);
            while (datagrams.size() < limit) {
                ByteBuffer b = context.piece(GuestContext.PIECE);
                InetSocketAddress from;
                try {
                    from = (InetSocketAddress) channel.receive(b);
                } catch (IOException e) {
                    if (datagrams.isEmpty()) {
                        throw e;
                    }
                    break;
                }
                if (from == null) {
                    break;
                }
                byte[] bytes = new byte[b.flip().remaining()];
                b.get(bytes);
                datagrams.add(List.of(bytes, Sockets.value(from)));
            }
            return datagrams;
        }

        @Override
        public boolean ready() throws IOException {
            return context.isReady(channel, SelectionKey.OP_READ);
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public int operations() {
            return SelectionKey.OP_READ;
        }

        @Override
        void close() {
            streams--;
        }
    }

    /** Where it sends. */
    final class Outgoing extends Resource implements Waitable {
        private long permitted;

        Outgoing() {
            super(UdpSocket.this);
            streams++;
        }

        long checkSend() throws IOException {
            permitted = ready() ? MOST : 0;
            return permitted;
        }

        long send(List<?> datagrams) throws IOException {
            if (datagrams.size() > permitted) {
                throw Traps.trap("more datagrams are sent than check-send has permitted");
            }
            permitted -= datagrams.size();
            long sent = 0;
            for (Object d : datagrams) {
                try {
                    if (!send((byte[]) ((List<?>) d).get(0), (Optional<?>) ((List<?>) d).get(1))) {
                        break;
                    }
                } catch (IOException e) {
                    if (sent == 0) {
                        throw e;
                    }
                    break;
                }
                sent++;
            }
            return sent;
        }

        private boolean send(byte[] bytes, Optional<?> address) throws IOException {
            InetSocketAddress to = address.isPresent() ? Sockets.remote(address.get(), family) : remote;
            if (to == null || remote != null && !to.equals(remote)) {
                throw new SocketError("invalid-argument");
            }
            if (remote == null) {
                policy.check(to, AddressUse.UDP_CONNECT);
            }
            if (bytes.length >= GuestContext.PIECE) {
                throw new SocketError("datagram-too-large");
            }
            ByteBuffer b = context.piece(bytes.length).put(bytes).flip();
            // 0 for one that is not taken, but also for one that is empty.
            return channel.send(b, to) > 0 || bytes.length == 0;
        }

        @Override
        public boolean ready() throws IOException {
            return context.isReady(channel, SelectionKey.OP_WRITE);
        }

        @Override
        public SelectableChannel channel() {
            return channel;
        }

        @Override
        public int operations() {
            return SelectionKey.OP_WRITE;
        }

        @Override
        void close() {
            streams--;
        }
    }
}
