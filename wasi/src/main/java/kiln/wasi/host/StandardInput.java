package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The guest's standard input. */
public final class StandardInput extends StandardStream {
    private final InputSource source;
    private final Stop stop;

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    public StandardInput(InputSource source, int processFd, Stop stop) {
        super(Rights.INPUT, processFd);
        this.source = source;
        this.stop = stop;
    }

    @Override
    public boolean isStream() {
        return true;
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) throws IOException {
        long n = source.read(buffers, count);
        while (n < 0) {
            if (is(Flags.NONBLOCK)) {
                throw Errno.AGAIN.error();
            }
            source.await(Stop.SLICE_NANOS);
            n = source.read(buffers, count);
            if (n < 0) {
                stop.checkWaiting();
            }
        }
        return n;
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) {
        throw Errno.BADF.error();
    }

    @Override
    public long readable() throws IOException {
        return source.readable();
    }

    /**
     * Waits for {@link #readable} to say something else than -1, which must have been called before.
     *
     * @param nanos at most so long
     */
    public void await(long nanos) throws IOException {
        source.await(nanos);
    }

    @Override
    public void sync(boolean metadata) {}

    @Override
    public void close() throws IOException {
        source.close();
    }
}
