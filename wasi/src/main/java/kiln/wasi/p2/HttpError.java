package kiln.wasi.p2;

import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.ProtocolException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.security.cert.CertificateException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import kiln.runtime.component.Variant;

/** HTTP failed, with one of the error codes of {@code wasi:http}. */
final class HttpError extends IOException {
    private static final long serialVersionUID = 1L;
    private final transient Variant code;

    HttpError(Variant code) {
        super(code.toString());
        this.code = code;
    }

    Variant code() {
        return code;
    }

    /** The error code for what Java's client throws. */
    static Variant code(Throwable thrown) {
        Throwable t = thrown instanceof CompletionException && thrown.getCause() != null ? thrown.getCause() : thrown;
        for (Throwable c = t; c != null; c = c.getCause()) {
            if (c instanceof UnresolvedAddressException || c instanceof UnknownHostException) {
                return new Variant("DNS-error", List.of(Optional.empty(), Optional.empty()));
            } else if (c instanceof CertificateException) {
                return new Variant("TLS-certificate-error", null);
            }
        }
        return switch (t) {
            case HttpError e -> e.code;
            case HttpConnectTimeoutException _ -> new Variant("connection-timeout", null);
            case HttpTimeoutException _ -> new Variant("connection-read-timeout", null);
            case ConnectException _ -> new Variant("connection-refused", null);
            case SSLPeerUnverifiedException _ -> new Variant("TLS-certificate-error", null);
            case SSLException _ -> new Variant("TLS-protocol-error", null);
            case ProtocolException _ -> new Variant("HTTP-protocol-error", null);
            case EOFException _ -> new Variant("connection-terminated", null);
            default -> new Variant("internal-error", Optional.of(String.valueOf(t.getMessage())));
        };
    }
}
