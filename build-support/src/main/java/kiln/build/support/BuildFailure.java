package kiln.build.support;

/** Something that whoever runs the build has to mend; the message says what, in one line. */
public final class BuildFailure extends Exception {
    private static final long serialVersionUID = 1;

    BuildFailure(String message) {
        super(message);
    }
}
