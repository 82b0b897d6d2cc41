package kiln.wasi.p2;

import java.io.IOException;
import java.net.BindException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.PortUnreachableException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.AlreadyBoundException;
import java.nio.channels.AlreadyConnectedException;
import java.nio.channels.ConnectionPendingException;
import java.nio.channels.NotYetConnectedException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.channels.UnsupportedAddressTypeException;
import java.util.Map;

/** A function of {@code wasi:sockets} failed, with one of its error codes. */
final class SocketError extends IOException {
    private static final long serialVersionUID = 1L;

    /** Linux's words, all that the JDK says about most errors. */
    private static final Map<String, String> WORDS = Map.of(
            "Address already in use", "address-in-use",
            "Cannot assign requested address", "address-not-bindable",
            "Connection refused", "connection-refused",
            "Connection reset", "connection-reset",
            "Broken pipe", "connection-reset",
            "Connection timed out", "timeout",
            "Network is unreachable", "remote-unreachable",
            "No route to host", "remote-unreachable",
            "Permission denied", "access-denied",
            "Message too long", "datagram-too-large");

    private final String code;

    SocketError(String code) {
        super(code);
        this.code = code;
    }

    String code() {
        return code;
    }

    /** The code for what Java's channels throw. */
    static String code(Exception e) {
        if (e instanceof SocketError s) {
            return s.code;
        }
        String message = String.valueOf(e.getMessage());
        for (Map.Entry<String, String> w : WORDS.entrySet()) {
            if (message.contains(w.getKey())) {
                return w.getValue();
            }
        }
        return switch (e) {
            case BindException _ -> "address-in-use";
            case PortUnreachableException _ -> "connection-refused";
            case NoRouteToHostException _ -> "remote-unreachable";
            case ConnectException _ -> "connection-refused";
            case SocketTimeoutException _ -> "timeout";
            case UnknownHostException _ -> "name-unresolvable";
            case AlreadyBoundException _ -> "invalid-state";
            case AlreadyConnectedException _ -> "invalid-state";
            case NotYetConnectedException _ -> "invalid-state";
            case ConnectionPendingException _ -> "concurrency-conflict";
            case UnsupportedAddressTypeException _ -> "invalid-argument";
            case UnresolvedAddressException _ -> "invalid-argument";
            default -> "unknown";
        };
    }
}
