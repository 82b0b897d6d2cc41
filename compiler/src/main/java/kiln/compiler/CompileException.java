package kiln.compiler;

/** The input cannot be compiled with these options; the message says why, for the user. */
public final class CompileException extends RuntimeException {
    public CompileException(String message) {
        super(message);
    }

    public CompileException(String message, Throwable cause) {
        super(message, cause);
    }
}
