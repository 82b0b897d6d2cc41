package kiln.wasi.p2;

import java.io.IOException;
import java.util.List;
import kiln.runtime.component.Result;

/** {@code wasi:sockets/tcp}. */
final class TcpInterface extends HostInterface {
    private static final String METHOD = "[method]tcp-socket.";

    TcpInterface() {
        super(
                "wasi:sockets/tcp",
                List.of(new ResourceType("tcp-socket", TcpSocket.class)),
                "[method]tcp-socket.start-bind",
                "[method]tcp-socket.finish-bind",
                "[method]tcp-socket.start-connect",
                "[method]tcp-socket.finish-connect",
                "[method]tcp-socket.start-listen",
                "[method]tcp-socket.finish-listen",
                "[method]tcp-socket.accept",
                "[method]tcp-socket.local-address",
                "[method]tcp-socket.remote-address",
                "[method]tcp-socket.is-listening",
                "[method]tcp-socket.address-family",
                "[method]tcp-socket.set-listen-backlog-size",
                "[method]tcp-socket.keep-alive-enabled",
                "[method]tcp-socket.set-keep-alive-enabled",
                "[method]tcp-socket.keep-alive-idle-time",
                "[method]tcp-socket.set-keep-alive-idle-time",
                "[method]tcp-socket.keep-alive-interval",
                "[method]tcp-socket.set-keep-alive-interval",
                "[method]tcp-socket.keep-alive-count",
                "[method]tcp-socket.set-keep-alive-count",
                "[method]tcp-socket.hop-limit",
                "[method]tcp-socket.set-hop-limit",
                "[method]tcp-socket.receive-buffer-size",
                "[method]tcp-socket.set-receive-buffer-size",
                "[method]tcp-socket.send-buffer-size",
                "[method]tcp-socket.set-send-buffer-size",
                "[method]tcp-socket.subscribe",
                "[method]tcp-socket.shutdown");
    }

    @Override
    Object call(String function, Object[] a) {
        TcpSocket s = (TcpSocket) a[0];
        String name = function.substring(METHOD.length());
        switch (name) {
            case "is-listening" -> {
                return s.isListening();
            }
            case "address-family" -> {
                return Sockets.label(s.family);
            }
            case "subscribe" -> {
                return new Pollable(s, s);
            }
            default -> {
                try {
                    return Result.ok(call(name, s, a));
                } catch (IOException | IllegalStateException | IllegalArgumentException e) {
                    return Result.err(SocketError.code(e));
                }
            }
        }
    }

    private static Object call(String name, TcpSocket s, Object[] a) throws IOException {
        switch (name) {
            case "start-connect" -> s.startConnect(a[2]);
            case "finish-connect" -> {
                return s.finishConnect();
            }
            case "start-listen" -> s.startListen();
            case "finish-listen" -> s.finishListen();
            case "accept" -> {
                return s.accept();
            }
            case "set-listen-backlog-size" -> s.backlog((Long) a[1]);
            case "shutdown" -> s.shutdown(a[1]);
            default -> {
                return s.call(name, a);
            }
        }
        return null;
    }
}
