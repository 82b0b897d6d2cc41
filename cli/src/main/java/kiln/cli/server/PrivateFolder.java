package kiln.cli.server;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** The folder of the socket: what comes out of the socket is executed, so nobody else may put one there. */
final class PrivateFolder {
    private static final int PERMISSIONS = 0777;
    private static final int OWNER_ONLY = 0700;

    private PrivateFolder() {}

    /** Whether {@code folder} is a folder, and no link to one, of this process's user, for that user only. */
    static boolean isSafe(Path folder) {
        try {
            int mode = (Integer) Files.getAttribute(folder, "unix:mode", LinkOption.NOFOLLOW_LINKS);
            Object owner = Files.getAttribute(folder, "unix:uid", LinkOption.NOFOLLOW_LINKS);
            // This process's entry belongs to its effective user.
            Object user = Files.getAttribute(Path.of("/proc/self"), "unix:uid");
            return (mode & 0170000) == 0040000 && (mode & PERMISSIONS) == OWNER_ONLY && owner.equals(user);
        } catch (IOException | UnsupportedOperationException _) {
            return false;
        }
    }
}
