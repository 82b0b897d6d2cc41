package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where a standard output goes. */
public interface OutputSink {
    /**
     * Writes the first {@code count} buffers.
     *
     * @param some whether to write only what is taken at once, if it is anything
     * @return number of bytes
     */
    long write(ByteBuffer[] buffers, int count, boolean some) throws IOException;

    /** Hands on what is buffered, unless an earlier write still hangs. */
    void flush() throws IOException;

    /** Gives back what was opened besides the stream itself, which is its owner's to close. */
    void close() throws IOException;
}
