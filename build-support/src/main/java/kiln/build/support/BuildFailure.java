package kiln.build.support;

/** A mistake in the build's configuration or files, which its user has to mend; the message says what, in one line. */
public final class BuildFailure extends Exception {
    private static final long serialVersionUID = 1;

    BuildFailure(String message) {
        super(message);
    }
}
