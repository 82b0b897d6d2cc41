package kiln.cli;

/** The user asked for something that cannot be done; the message is all that they see. */
final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1;

    UserError(String message) {
        super(message);
    }
}
