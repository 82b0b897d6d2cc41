package kiln.wasi.p2;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import kiln.runtime.component.Result;

/** {@code wasi:sockets/udp}. */
final class UdpInterface extends HostInterface {
    private static final String METHOD = "[method]udp-socket.";

    UdpInterface(GuestContext context, NetworkPolicy policy) {
        super(
                "wasi:sockets/udp",
                List.of(
                        new ResourceType("udp-socket", UdpSocket.class),
                        new ResourceType("incoming-datagram-stream", UdpSocket.Incoming.class),
                        new ResourceType("outgoing-datagram-stream", UdpSocket.Outgoing.class)),
                "[method]udp-socket.start-bind",
                "[method]udp-socket.finish-bind",
                "[method]udp-socket.stream",
                "[method]udp-socket.local-address",
                "[method]udp-socket.remote-address",
                "[method]udp-socket.address-family",
                "[method]udp-socket.unicast-hop-limit",
                "[method]udp-socket.set-unicast-hop-limit",
                "[method]udp-socket.receive-buffer-size",
                "[method]udp-socket.set-receive-buffer-size",
                "[method]udp-socket.send-buffer-size",
                "[method]udp-socket.set-send-buffer-size",
                "[method]udp-socket.subscribe",
                "[method]incoming-datagram-stream.receive",
                "[method]incoming-datagram-stream.subscribe",
                "[method]outgoing-datagram-stream.check-send",
                "[method]outgoing-datagram-stream.send",
                "[method]outgoing-datagram-stream.subscribe");
    }

    @Override
    Object call(String function, Object[] a) {
        if (function.endsWith(".subscribe")) {
            return new Pollable((Resource) a[0], a[0] instanceof Waitable w ? w : Waitable.ALWAYS);
        }
        try {
            return switch (function) {
                case "[method]udp-socket.address-family" -> Sockets.label(((UdpSocket) a[0]).family());
                case "[method]incoming-datagram-stream.receive" ->
                    Result.ok(((UdpSocket.Incoming) a[0]).receive((Long) a[1]));
                case "[method]outgoing-datagram-stream.check-send" ->
                    Result.ok(((UdpSocket.Outgoing) a[0]).checkSend());
                case "[method]outgoing-datagram-stream.send" ->
                    Result.ok(((UdpSocket.Outgoing) a[0]).send((List<?>) a[1]));
                default -> Result.ok(call(function.substring(METHOD.length()), (UdpSocket) a[0], a));
            };
        } catch (IOException | RuntimeException e) {
            return Sockets.failed(e);
        }
    }

    private static Object call(String name, UdpSocket s, Object[] a) throws IOException {
        switch (name) {
            case "start-bind" -> s.startBind(a[2]);
            case "finish-bind" -> s.finishBind();
            case "stream" -> {
                return s.stream((Optional<?>) a[1]);
            }
            case "local-address" -> {
                return Sockets.value(s.localAddress());
            }
            case "remote-address" -> {
                return Sockets.value(s.remoteAddress());
            }
            default -> {
                return s.option(name, a);
            }
        }
        return null;
    }

    /** {@code wasi:sockets/udp-create-socket}. */
    static final class Create extends HostInterface {
        private final GuestContext context;
        private final NetworkPolicy policy;

        Create(GuestContext context, NetworkPolicy policy) {
            super("wasi:sockets/udp-create-socket", List.of(), "create-udp-socket");
            this.context = context;
            this.policy = policy;
        }

        @Override
        Object call(String function, Object[] a) {
            return Result.ok(new UdpSocket(context, policy, Sockets.family(a[0])));
        }
    }
}
