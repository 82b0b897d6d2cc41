package kiln.artifact.api;

/**
 * A compiled file cannot be used: truncated, damaged, foreign, for another machine, not signed by who was asked for; or
 * a key file cannot. The message says which and where.
 */
public final class ArtifactException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public ArtifactException(String message) {
        super(message);
    }

    public ArtifactException(String message, Throwable cause) {
        super(message, cause);
    }
}
