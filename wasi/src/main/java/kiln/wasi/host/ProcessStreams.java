package kiln.wasi.host;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What the process's own standard streams are. */
public final class ProcessStreams {
    /** In place of a stream's number: some other stream. */
    public static final int OTHER = -1;

    /** Major device numbers of Linux's terminals: tty, console, and the pseudo-terminals. */
    private static final int TTY = 4;

    private static final int CONSOLE = 5;
    private static final int FIRST_PTS = 136;
    private static final int LAST_PTS = 143;

    private ProcessStreams() {}

    /**
     * The type of stream {@code fd}, 0 to 2, or of another. A character device only if it is a terminal: C libraries
     * take every one without a position for one, and write to it line by line.
     */
    public static FileType type(int fd) {
        if (fd == OTHER) {
            return FileType.UNKNOWN;
        }
        try {
            Map<String, Object> a = Files.readAttributes(Path.of("/dev/fd/" + fd), "unix:mode,rdev");
            FileType type = FileType.ofMode((int) a.get("mode"));
            // A file behind a stream cannot be positioned by the guest, so it is not shown as one.
            return type == FileType.CHARACTER_DEVICE && isTerminal((long) a.get("rdev")) ? type : FileType.UNKNOWN;
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException _) {
            return System.console() != null && System.console().isTerminal()
                    ? FileType.CHARACTER_DEVICE
                    : FileType.UNKNOWN;
        }
    }

    private static boolean isTerminal(long device) {
        if (!System.getProperty("os.name").equals("Linux")) {
            return System.console() != null && System.console().isTerminal();
        }
        long major = device >>> 8 & 0xfff;
        return major == TTY || major == CONSOLE || major >= FIRST_PTS && major <= LAST_PTS;
    }
}
