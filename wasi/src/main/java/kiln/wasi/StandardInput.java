package kiln.wasi;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A stream of the host's that the guest reads. */
final class StandardInput extends FileDescriptor {
    private static final int CHUNK = 1 << 16;

    private final InputStream in;
    private final int processFd;
    private final ReadAhead ahead;
    private byte[] chunk = {};

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    StandardInput(InputStream in, int processFd) {
        super(Rights.INPUT, 0, 0);
        this.in = in;
        this.processFd = processFd;
        this.ahead = new ReadAhead(in, CHUNK);
    }

    @Override
    FileType type() {
        return ProcessStreams.type(processFd);
    }

    @Override
    FileStatus status() {
        return FileStatus.ofStream(type());
    }

    @Override
    long read(ByteBuffer[] buffers, int count) throws IOException {
        if (is(Flags.NONBLOCK) && readable() < 0) {
            throw Errno.AGAIN.error();
        }
        long total = 0;
        for (int i = 0; i < count; i++) {
            int wanted = buffers[i].remaining();
            // A guest that has some bytes must not be made to wait for more.
            if (total > 0 && (ahead.isIdle() ? in.available() : ahead.buffered()) <= 0) {
                break;
            }
            int n = ahead.isIdle() ? readNow(buffers[i]) : ahead.take(buffers[i]);
            total += n;
            if (n < wanted) {
                break;
            }
        }
        return total;
    }

    private int readNow(ByteBuffer buffer) throws IOException {
        int wanted = Math.min(buffer.remaining(), CHUNK);
        if (chunk.length < wanted) {
            chunk = new byte[Math.min(CHUNK, Math.max(1024, wanted))];
        }
        int n = in.read(chunk, 0, wanted);
        if (n <= 0) {
            return 0;
        }
        buffer.put(chunk, 0, n);
        return n;
    }

    @Override
    long write(ByteBuffer[] buffers, int count) {
        throw Errno.BADF.error();
    }

    @Override
    long readable() throws IOException {
        if (ahead.isIdle()) {
            int available = in.available();
            if (available > 0) {
                return available;
            }
            // Streams do not tell the end from a pause without being read.
            ahead.start();
        }
        return ahead.buffered();
    }

    /**
     * Waits for {@link #readable} to say something else than -1, which must have been called before.
     *
     * @param nanos at most so long
     */
    void await(long nanos) throws InterruptedException {
        ahead.await(nanos);
    }

    @Override
    void sync(boolean metadata) {}

    /** The stream is its owner's to close. */
    @Override
    public void close() {}
}
