package kiln.cli;

import java.nio.file.Path;
import kiln.artifact.Printable;

/** The user asked for something that cannot be done; the message is all that they see. */
final class UserError extends RuntimeException {
    private static final long serialVersionUID = 1;

    UserError(String message) {
        super(message);
    }

    /** Something is wrong with a file that the user named. */
    UserError(Path file, String problem) {
        this(Printable.file(file) + ": " + problem);
    }
}
