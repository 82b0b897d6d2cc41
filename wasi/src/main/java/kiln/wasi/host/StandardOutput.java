package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A standard output of the guest's. */
public final class StandardOutput extends StandardStream {
    private final OutputSink sink;

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    public StandardOutput(OutputSink sink, int processFd) {
        super(Rights.OUTPUT, processFd);
        this.sink = sink;
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) {
        throw Errno.BADF.error();
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) throws IOException {
        return sink.write(buffers, count, is(Flags.NONBLOCK));
    }

    @Override
    public long readable() {
        throw Errno.BADF.error();
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        sink.flush();
    }

    @Override
    public void flush() throws IOException {
        sink.flush();
    }

    @Override
    public void close() throws IOException {
        sink.close();
    }
}
