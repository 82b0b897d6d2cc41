package kiln.disasm;

/**
 * The Capstone library could not be loaded, or is of a version that is not supported; the message says what to install.
 */
public final class CapstoneMissingException extends RuntimeException {
    CapstoneMissingException(String message, Throwable cause) {
        super(message, cause);
    }
}
