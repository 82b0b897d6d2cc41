package kiln.wasi.p2;

import java.io.IOException;
import kiln.wasi.host.Errno;
import kiln.wasi.host.HostErrors;
import kiln.wasi.host.WasiError;

/** What went wrong with a stream. */
final class IoError extends Resource {
    private final Exception cause;

    IoError(Exception cause) {
        super(null);
        this.cause = cause;
    }

    Exception cause() {
        return cause;
    }

    /** Of a file's or standard stream's error. */
    static Errno errno(Exception cause) {
        return switch (cause) {
            case WasiError e -> e.errno();
            case IOException e -> HostErrors.errno(e);
            case RuntimeException e -> HostErrors.errno(e);
            default -> Errno.IO;
        };
    }

    String text() {
        String message = cause.getMessage();
        return message == null ? cause.getClass().getSimpleName() : message;
    }
}
