package kiln.runtime;

/**
 * Something went wrong in running or linking WebAssembly; the common supertype of what this package throws on purpose.
 */
public class WasmException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public WasmException(String message) {
        super(message);
    }

    public WasmException(String message, Throwable cause) {
        super(message, cause);
    }
}
