package kiln.cli;

import kiln.compiler.CompileProgress;

/** A line on the terminal that counts functions, redrawn a few times a second; silent in a pipe. */
final class Progress implements CompileProgress, AutoCloseable {
    private static final long REDRAW_NANOS = 200_000_000;

    private final String title;
    private final boolean visible;
    private long lastDrawn = System.nanoTime();
    private boolean drawn;

    private Progress(String title, boolean visible) {
        this.title = title;
        this.visible = visible;
    }

    static Progress onTerminal(String title) {
        // The console belongs to standard output; progress goes to standard error only when both are a terminal.
        return new Progress(title, System.console() != null && System.console().isTerminal());
    }

    @Override
    public synchronized void compiled(int done, int total) {
        long now = System.nanoTime();
        if (visible && now - lastDrawn > REDRAW_NANOS) {
            lastDrawn = now;
            drawn = true;
            System.err.print("\r" + title + ": " + done + " of " + total + " functions");
            System.err.flush();
        }
    }

    @Override
    public void close() {
        if (drawn) {
            System.err.print("\r\033[K");
            System.err.flush();
        }
    }
}
