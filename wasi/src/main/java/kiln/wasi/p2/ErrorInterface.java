package kiln.wasi.p2;

import java.util.List;

/** {@code wasi:io/error}. */
final class ErrorInterface extends HostInterface {
    ErrorInterface() {
        super("wasi:io/error", List.of(new ResourceType("error", IoError.class)), "[method]error.to-debug-string");
    }

    @Override
    Object call(String function, Object[] a) {
        if (!function.equals("[method]error.to-debug-string")) {
            throw unknown(function);
        }
        return ((IoError) a[0]).text();
    }
}
