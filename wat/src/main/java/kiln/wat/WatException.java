package kiln.wat;

/** A text that is no module. The message says where and why: {@code file:line:column: reason}. */
public final class WatException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    WatException(String message) {
        super(message);
    }
}
