package kiln.loader;

/** The operating system refused something. The message names the operation and the system's reason. */
public final class HostException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int errno;

    public HostException(String message, int errno) {
        super(message);
        this.errno = errno;
    }

    /** The system's error number, or 0 if there is none. */
    public int errno() {
        return errno;
    }
}
