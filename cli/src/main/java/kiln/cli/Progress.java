package kiln.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
        return new Progress(title, isTerminal(Path.of("/proc/self/fd/2")));
    }

    /** Java tells only whether standard input and output are a terminal both, and takes long to. */
    static boolean isTerminal(Path descriptor) {
        if ("dumb".equals(System.getenv("TERM"))) {
            return false;
        }
        try {
            String device = Files.readSymbolicLink(descriptor).toString();
            return device.startsWith("/dev/pts/") || device.startsWith("/dev/tty") || device.equals("/dev/console");
        } catch (IOException _) {
            return false;
        }
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
