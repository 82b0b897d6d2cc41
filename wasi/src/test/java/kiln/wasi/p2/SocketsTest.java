package kiln.wasi.p2;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.ConnectException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import kiln.runtime.TrapException;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** {@code wasi:sockets} on the loopback address. */
@Timeout(900)
class SocketsTest {
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private static Host open() {
        return new Host(Wasi2.builder()
                .network((address, use) -> address.getAddress().isLoopbackAddress())
                .nameLookup(name -> name.equals("localhost")));
    }

    private static Variant address(int port) {
        return Sockets.value(new InetSocketAddress(LOOPBACK, port));
    }

    private static Object tcp(Host h) {
        return Host.ok(h.call("sockets/tcp-create-socket#create-tcp-socket", "ipv4"));
    }

    private static Object on(Host h, Object socket, String function, Object... args) {
        Object[] all = new Object[args.length + 1];
        all[0] = socket;
        System.arraycopy(args, 0, all, 1, args.length);
        String resource = socket instanceof TcpSocket ? "tcp#[method]tcp-socket." : "udp#[method]udp-socket.";
        return h.call("sockets/" + resource + function, all);
    }

    private static Object network(Host h) {
        return h.call("sockets/instance-network#instance-network");
    }

    private static int port(Object address) {
        return Short.toUnsignedInt((Short) ((List<?>) ((Variant) address).payload()).get(0));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void nothingWithoutPermission() throws IOException {
        try (Host h = new Host(Wasi2.builder());
                ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            Object s = tcp(h);
            assertEquals("access-denied", Host.error(on(h, s, "start-bind", network(h), address(0))));
            assertEquals(
                    "access-denied", Host.error(on(h, s, "start-connect", network(h), address(server.getLocalPort()))));
            Object u = Host.ok(h.call("sockets/udp-create-socket#create-udp-socket", "ipv4"));
            assertEquals("access-denied", Host.error(on(h, u, "start-bind", network(h), address(0))));
            assertEquals(
                    "access-denied",
                    Host.error(h.call("sockets/ip-name-lookup#resolve-addresses", network(h), "localhost")));
        }
    }

    @Test
    void permissionIsForAddresses() {
        try (Host h = open()) {
            Variant elsewhere =
                    new Variant("ipv4", List.of((short) 80, List.of((byte) 192, (byte) 0, (byte) 2, (byte) 1)));
            assertEquals("access-denied", Host.error(on(h, tcp(h), "start-connect", network(h), elsewhere)));
            Variant any = new Variant("ipv4", List.of((short) 80, List.of((byte) 0, (byte) 0, (byte) 0, (byte) 0)));
            assertEquals("invalid-argument", Host.error(on(h, tcp(h), "start-connect", network(h), any)));
            assertEquals("access-denied", Host.error(on(h, tcp(h), "start-bind", network(h), any)));
            assertEquals("invalid-argument", Host.error(on(h, tcp(h), "start-connect", network(h), address(0))));
            Object six = Host.ok(h.call("sockets/tcp-create-socket#create-tcp-socket", "ipv6"));
            assertEquals("invalid-argument", Host.error(on(h, six, "start-bind", network(h), address(0))));
        }
    }

    @Test
    void connectingAndTalking() throws Exception {
        byte[] large = new byte[1_000_000];
        new Random(1).nextBytes(large);
        try (Host h = open();
                ServerSocket server = new ServerSocket(0, 1, LOOPBACK)) {
            CompletableFuture<byte[]> peer = CompletableFuture.supplyAsync(() -> {
                try (Socket s = server.accept()) {
                    byte[] read = s.getInputStream().readNBytes(large.length);
                    s.getOutputStream().write(bytes("thanks"));
                    return read;
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            Object s = tcp(h);
            assertEquals("not-in-progress", Host.error(on(h, s, "finish-connect")));
            Host.ok(on(h, s, "start-connect", network(h), address(server.getLocalPort())));
            h.block("sockets/tcp#[method]tcp-socket.subscribe", s);
            List<?> streams = Host.ok(on(h, s, "finish-connect"));
            Object in = streams.get(0);
            Object out = streams.get(1);
            for (int at = 0; at < large.length; ) {
                long room = Host.<Long>ok(h.out("check-write", out));
                if (room == 0) {
                    h.block("io/streams#[method]output-stream.subscribe", out);
                    continue;
                }
                int n = (int) Math.min(room, large.length - at);
                Host.ok(h.out("write", out, Arrays.copyOfRange(large, at, at + n)));
                at += n;
            }
            Host.ok(h.out("blocking-flush", out));
            assertArrayEquals(large, peer.get());
            assertArrayEquals(bytes("thanks"), Host.<byte[]>ok(h.in("blocking-read", in, 100L)));
            assertEquals("closed", Host.error(h.in("blocking-read", in, 100L)));
            assertEquals(server.getLocalPort(), port(Host.ok(on(h, s, "remote-address"))));
            assertEquals("invalid-state", Host.error(on(h, s, "start-connect", network(h), address(1))));
            assertThrows(TrapException.class, () -> h.drop(s));
            h.drop(in);
            h.drop(out);
            h.drop(s);
        }
    }

    @Test
    void listeningAndAccepting() throws Exception {
        try (Host h = open()) {
            Object s = tcp(h);
            assertEquals("invalid-state", Host.error(on(h, s, "start-listen")));
            assertEquals("invalid-state", Host.error(on(h, s, "local-address")));
            Host.ok(on(h, s, "start-bind", network(h), address(0)));
            Host.ok(on(h, s, "finish-bind"));
            assertEquals("invalid-state", Host.error(on(h, s, "start-bind", network(h), address(0))));
            Host.ok(on(h, s, "start-listen"));
            Host.ok(on(h, s, "finish-listen"));
            assertTrue((Boolean) on(h, s, "is-listening"));
            assertEquals("would-block", Host.error(on(h, s, "accept")));
            int port = port(Host.ok(on(h, s, "local-address")));
            CompletableFuture<String> peer = CompletableFuture.supplyAsync(() -> {
                try (Socket c = new Socket(LOOPBACK, port)) {
                    c.getOutputStream().write(bytes("ping"));
                    c.shutdownOutput();
                    return new String(c.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            h.block("sockets/tcp#[method]tcp-socket.subscribe", s);
            List<?> accepted = Host.ok(on(h, s, "accept"));
            assertArrayEquals(bytes("ping"), Host.<byte[]>ok(h.in("blocking-read", accepted.get(1), 10L)));
            Host.ok(h.out("blocking-write-and-flush", accepted.get(2), bytes("pong")));
            Host.ok(on(h, accepted.get(0), "shutdown", "both"));
            assertEquals("pong", peer.get());
            assertEquals("closed", Host.error(h.out("check-write", accepted.get(2))));
        }
    }

    @Test
    void nobodyListens() throws IOException {
        int port;
        try (ServerSocket gone = new ServerSocket(0, 1, LOOPBACK)) {
            port = gone.getLocalPort();
        }
        try (Host h = open()) {
            Object s = tcp(h);
            Host.ok(on(h, s, "start-connect", network(h), address(port)));
            h.block("sockets/tcp#[method]tcp-socket.subscribe", s);
            assertEquals("connection-refused", Host.error(on(h, s, "finish-connect")));
            assertEquals("invalid-state", Host.error(on(h, s, "start-connect", network(h), address(port))));
        }
    }

    @Test
    void optionsAreKept() {
        try (Host h = open()) {
            Object s = tcp(h);
            assertEquals(false, Host.ok(on(h, s, "keep-alive-enabled")));
            Host.ok(on(h, s, "set-keep-alive-enabled", true));
            Host.ok(on(h, s, "set-keep-alive-idle-time", 5_000_000_000L));
            assertEquals("invalid-argument", Host.error(on(h, s, "set-keep-alive-count", 0)));
            assertEquals("invalid-argument", Host.error(on(h, s, "set-receive-buffer-size", 0L)));
            assertEquals("invalid-argument", Host.error(on(h, s, "set-hop-limit", (byte) 0)));
            assertEquals("not-supported", Host.error(on(h, s, "hop-limit")));
            assertEquals("invalid-argument", Host.error(on(h, s, "set-listen-backlog-size", 0L)));
            assertEquals(true, Host.ok(on(h, s, "keep-alive-enabled")));
            assertEquals(5_000_000_000L, Host.<Long>ok(on(h, s, "keep-alive-idle-time")));
            assertEquals("ipv4", on(h, s, "address-family"));
        }
    }

    @Test
    void datagrams() throws Exception {
        try (Host h = open();
                DatagramSocket peer = new DatagramSocket(0, LOOPBACK)) {
            Object s = Host.ok(h.call("sockets/udp-create-socket#create-udp-socket", "ipv4"));
            assertEquals("invalid-state", Host.error(on(h, s, "stream", Optional.empty())));
            Host.ok(on(h, s, "start-bind", network(h), address(0)));
            Host.ok(on(h, s, "finish-bind"));
            List<?> streams = Host.ok(on(h, s, "stream", Optional.empty()));
            assertThrows(TrapException.class, () -> on(h, s, "stream", Optional.empty()));
            String in = "sockets/udp#[method]incoming-datagram-stream.";
            String out = "sockets/udp#[method]outgoing-datagram-stream.";
            List<Object> datagram = List.of(bytes("ping"), Optional.of(address(peer.getLocalPort())));
            assertThrows(TrapException.class, () -> h.call(out + "send", streams.get(1), List.of(datagram)));
            assertTrue(Host.<Long>ok(h.call(out + "check-send", streams.get(1))) > 0);
            assertEquals(1L, Host.<Long>ok(h.call(out + "send", streams.get(1), List.of(datagram))));
            DatagramPacket got = new DatagramPacket(new byte[100], 100);
            peer.receive(got);
            assertEquals("ping", new String(got.getData(), 0, got.getLength(), StandardCharsets.UTF_8));
            assertEquals(List.of(), Host.ok(h.call(in + "receive", streams.get(0), 10L)));
            peer.send(new DatagramPacket(bytes("pong"), 4, got.getSocketAddress()));
            h.block(in + "subscribe", streams.get(0));
            List<?> received = Host.ok(h.call(in + "receive", streams.get(0), 10L));
            assertArrayEquals(bytes("pong"), (byte[]) ((List<?>) received.getFirst()).get(0));
            assertEquals(peer.getLocalPort(), port(((List<?>) received.getFirst()).get(1)));
            Host.<Long>ok(h.call(out + "check-send", streams.get(1)));
            List<Object> nowhere = List.of(bytes("x"), Optional.empty());
            assertEquals("invalid-argument", Host.error(h.call(out + "send", streams.get(1), List.of(nowhere))));
            h.drop(streams.get(0));
            h.drop(streams.get(1));
            Host.ok(on(h, s, "stream", Optional.of(address(peer.getLocalPort()))));
            assertEquals(peer.getLocalPort(), port(Host.ok(on(h, s, "remote-address"))));
        }
    }

    @Test
    void whatIsLeftOpenIsClosedWithTheGuest() throws IOException {
        int port;
        try (Host h = open()) {
            Object s = tcp(h);
            Host.ok(on(h, s, "start-bind", network(h), address(0)));
            Host.ok(on(h, s, "finish-bind"));
            port = port(Host.ok(on(h, s, "local-address")));
            new Socket(LOOPBACK, port).close();
        }
        assertThrows(ConnectException.class, () -> new Socket(LOOPBACK, port).close());
    }

    @Test
    void thereIsALimit() {
        try (Host h = open()) {
            Object network = network(h);
            List<Object> sockets = new ArrayList<>();
            for (int i = 0; i <= Connections.MOST; i++) {
                Object s = Host.ok(h.call("sockets/udp-create-socket#create-udp-socket", "ipv4"));
                Host.ok(on(h, s, "start-bind", network, address(0)));
                sockets.add(s);
                if (i < Connections.MOST) {
                    Host.ok(on(h, s, "finish-bind"));
                } else {
                    assertEquals("new-socket-limit", Host.error(on(h, s, "finish-bind")));
                }
            }
            // Those that are closed count no longer.
            h.drop(sockets.getFirst());
            Object last = sockets.getLast();
            Host.ok(on(h, last, "start-bind", network, address(0)));
            Host.ok(on(h, last, "finish-bind"));
        }
    }

    @Test
    void namesAreLookedUp() {
        try (Host h = open()) {
            String lookUp = "sockets/ip-name-lookup#resolve-addresses";
            assertEquals("access-denied", Host.error(h.call(lookUp, network(h), "example.org")));
            Object found = Host.ok(h.call(lookUp, network(h), "localhost"));
            String stream = "sockets/ip-name-lookup#[method]resolve-address-stream.";
            h.block(stream + "subscribe", found);
            Optional<?> first = Host.ok(h.call(stream + "resolve-next-address", found));
            assertFalse(first.isEmpty());
            h.drop(found);
        }
    }

    /** A look-up has a thread until it has its answer, whether the guest still wants it or not. */
    @Test
    void lookUpsThatAreDroppedCount() throws Exception {
        CountDownLatch answer = new CountDownLatch(1);
        try (Host h = open()) {
            NameLookup names =
                    new NameLookup(h.wasi.context(), new NetworkPolicy((address, use) -> false, name -> true), name -> {
                        try {
                            answer.await();
                        } catch (InterruptedException e) {
                            throw new UnknownHostException(name);
                        }
                        return new InetAddress[] {LOOPBACK};
                    });
            Object[] args = {network(h), "name"};
            for (int i = 0; i < NameLookup.MOST; i++) {
                h.drop(Host.ok(names.call("resolve-addresses", args)));
            }
            assertEquals("temporary-resolver-failure", Host.error(names.call("resolve-addresses", args)));
            answer.countDown();
            Object result = names.call("resolve-addresses", args);
            while (result instanceof Result.Err<?, ?>) {
                Thread.sleep(1);
                result = names.call("resolve-addresses", args);
            }
        }
    }

    /** Preparing a name of a million letters for look-up would take hours. */
    @Test
    void namesHaveALimit() {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < 1_000_000; i++) {
            name.append((char) (0x4e00 + i % 20_000));
        }
        try (Host h = new Host(Wasi2.builder().nameLookup(n -> true))) {
            String lookUp = "sockets/ip-name-lookup#resolve-addresses";
            assertEquals("invalid-argument", Host.error(h.call(lookUp, network(h), name.toString())));
        }
    }
}
