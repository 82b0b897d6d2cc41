package kiln.wasi.host;

/** The call that is under way was asked to stop. Without a stack trace: what is thrown in its place has one. */
public final class StoppedException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public StoppedException() {
        super("stopped", null, false, false);
    }
}
