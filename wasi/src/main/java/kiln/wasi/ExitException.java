package kiln.wasi;

import kiln.runtime.Unseen;

/** The guest ended itself with {@code proc_exit}. Comes out of the call into WebAssembly that Java made. */
public final class ExitException extends RuntimeException implements Unseen {
    private final int code;

    /** @param code as the guest gave it, 0 for success */
    public ExitException(int code) {
        // No stack trace: leaving is not an error.
        super("the guest exited with code " + Integer.toUnsignedString(code), null, false, false);
        this.code = code;
    }

    /** The exit code as the guest gave it; an operating system keeps only its low 8 bits. */
    public int code() {
        return code;
    }
}
