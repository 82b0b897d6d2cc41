package kiln.component;

/** Components that cannot be put together; the message names their files. */
public final class CompositionException extends RuntimeException {
    CompositionException(String message) {
        super(message);
    }
}
