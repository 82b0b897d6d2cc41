package kiln.runtime;

/**
 * Compiler and runtime disagree: a defect of Kiln, never of the WebAssembly program. The message has what a report
 * needs.
 */
public final class KilnBug extends InternalError {
    private static final long serialVersionUID = 1L;

    KilnBug(String message) {
        super(message);
    }

    KilnBug(String message, Throwable cause) {
        super(message, cause);
    }
}
