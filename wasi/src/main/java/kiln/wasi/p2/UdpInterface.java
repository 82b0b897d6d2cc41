package kiln.wasi.p2;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import kiln.runtime.component.Result;

/** {@code wasi:sockets/udp}. */
final class UdpInterface extends HostInterface {
    private static final String METHOD = "[method]udp-socket.";

    UdpInterface() {
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
                case "[method]udp-socket.address-family" -> Sockets.label(((UdpSocket) a[0]).family);
                case "[method]udp-socket.stream" -> Result.ok(((UdpSocket) a[0]).stream((Optional<?>) a[1]));
                case "[method]incoming-datagram-stream.receive" ->
                    Result.ok(((UdpSocket.Incoming) a[0]).receive((Long) a[1]));
                case "[method]outgoing-datagram-stream.check-send" ->
                    Result.ok(((UdpSocket.Outgoing) a[0]).checkSend());
                case "[method]outgoing-datagram-stream.send" ->
                    Result.ok(((UdpSocket.Outgoing) a[0]).send((List<?>) a[1]));
                default -> Result.ok(((UdpSocket) a[0]).call(function.substring(METHOD.length()), a));
            };
        } catch (IOException | IllegalStateException | IllegalArgumentException e) {
            return Result.err(SocketError.code(e));
        }
    }
}
