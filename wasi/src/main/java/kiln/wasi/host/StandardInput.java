package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The guest's standard input. */
public final class StandardInput extends FileDescriptor {
    private final InputSource source;
    private final int processFd;
    private final Stop stop;

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    public StandardInput(InputSource source, int processFd, Stop stop) {
        super(Rights.INPUT, 0, 0);
        this.source = source;
        this.processFd = processFd;
        this.stop = stop;
    }

    @Override
    public FileType type() {
        return ProcessStreams.type(processFd);
    }

    @Override
    public FileStatus status() {
        return FileStatus.ofStream(type());
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
