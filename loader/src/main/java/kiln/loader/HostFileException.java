package kiln.loader;

import java.io.IOException;

/**
 * The operating system refused something about a file. Without a stack trace: programs probe for files, so that failing
 * must be cheap.
 */
public final class HostFileException extends IOException {
    private static final long serialVersionUID = 1L;

    public static final int ENOENT = 2;
    public static final int EAGAIN = 11;
    public static final int EACCES = 13;
    public static final int EEXIST = 17;
    public static final int ENOTDIR = 20;
    public static final int EINVAL = 22;
    public static final int ENOTTY = 25;
    public static final int EMFILE = 24;
    public static final int ELOOP = 40;

    static final int EINTR = 4;

    private final int errno;

    HostFileException(int errno) {
        super(null, null);
        this.errno = errno;
    }

    /** The system's number of the error, as in Linux's errno.h. */
    public int errno() {
        return errno;
    }

    @Override
    public String getMessage() {
        return "error " + errno + " of the operating system";
    }

    @Override
    public synchronized Throwable fillInStackTrace() {
        return this;
    }
}
