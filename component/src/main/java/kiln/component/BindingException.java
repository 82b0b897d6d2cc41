package kiln.component;

/** A component has a type that cannot be declared in Java; the message names it, and says why. */
public final class BindingException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public BindingException(String message) {
        super(message);
    }
}
