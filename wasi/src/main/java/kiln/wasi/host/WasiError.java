package kiln.wasi.host;

/** A function of WASI failed; becomes the error number that it returns. */
public final class WasiError extends RuntimeException {
    private final Errno errno;

    public WasiError(Errno errno) {
        // Without a stack trace: programs probe for files, so that failing must be cheap.
        super(errno.name(), null, false, false);
        this.errno = errno;
    }

    public Errno errno() {
        return errno;
    }
}
