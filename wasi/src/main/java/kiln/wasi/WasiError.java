package kiln.wasi;

/** A function of WASI failed; becomes the error number that it returns. */
final class WasiError extends RuntimeException {
    private final Errno errno;

    WasiError(Errno errno) {
        // Without a stack trace: programs probe for files, so that failing must be cheap.
        super(errno.name(), null, false, false);
        this.errno = errno;
    }

    Errno errno() {
        return errno;
    }
}
