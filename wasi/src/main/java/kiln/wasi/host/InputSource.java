package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where a standard input comes from. Nothing here waits but {@link #await}. */
public interface InputSource {
    /**
     * Reads into the first {@code count} buffers what has come.
     *
     * @return number of bytes, 0 at the end, -1 if nothing has come yet
     */
    long read(ByteBuffer[] buffers, int count) throws IOException;

    /** Bytes that have come, 0 at the end, -1 if nothing has come yet. */
    long readable() throws IOException;

    /**
     * Waits, after one of the other two has returned -1, until it might return something else.
     *
     * @param nanos at most so long
     */
    void await(long nanos) throws IOException;

    /** Gives back what was opened besides the stream itself, which is its owner's to close. */
    void close() throws IOException;
}
