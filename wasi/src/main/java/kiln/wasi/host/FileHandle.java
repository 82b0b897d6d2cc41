package kiln.wasi.host;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file of the host's. Buffers are direct; what becomes of their positions is left open. */
public interface FileHandle extends Closeable {
    /** What it is, which stays. */
    FileType type();

    FileStatus status() throws IOException;

    void setTimes(FileTimes times) throws IOException;

    /** Reads at the position into the first {@code count} buffers; 0 at the end; AGAIN if nothing has come yet. */
    long read(ByteBuffer[] buffers, int count) throws IOException;

    /**
     * Writes at the position, or at the end, from the first {@code count} buffers; AGAIN if nothing can be taken yet.
     */
    long write(ByteBuffer[] buffers, int count) throws IOException;

    int read(ByteBuffer buffer, long offset) throws IOException;

    /** Writes where it says, even if other writes go to the end. */
    int write(ByteBuffer buffer, long offset) throws IOException;

    /**
     * Whether a pipe or device can be read or written without waiting, after having waited so long. Files can always.
     */
    boolean await(boolean write, int milliseconds) throws IOException;

    /** Whether writes go to the end from now on. */
    void setAppend(boolean append) throws IOException;

    long position() throws IOException;

    void position(long offset) throws IOException;

    long size() throws IOException;

    void setSize(long size) throws IOException;

    void sync(boolean metadata) throws IOException;
}
