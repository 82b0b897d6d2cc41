package kiln.wasi.host;

import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.FileChannel;

/** Tells Java's streams that cannot block from others. */
public final class PlainFile {
    private PlainFile() {}

    /** Whether it is Java's own stream of a file that has a position; pipes and terminals have none. */
    public static boolean isBehind(InputStream in) {
        return in.getClass() == FileInputStream.class && hasPosition(((FileInputStream) in).getChannel());
    }

    public static boolean isBehind(OutputStream out) {
        return out.getClass() == FileOutputStream.class && hasPosition(((FileOutputStream) out).getChannel());
    }

    @SuppressWarnings("ReturnValueIgnored") // that it has one is what counts
    private static boolean hasPosition(FileChannel channel) {
        try {
            channel.position();
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
