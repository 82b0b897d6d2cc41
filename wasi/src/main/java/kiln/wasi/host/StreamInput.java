package kiln.wasi.host;

import java.io.ByteArrayInputStream;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/**
 * A stream of the host's that the guest reads. What it says is available is read at once. Otherwise a thread of its own
 * reads, for reading may block for ever; also if it is a single byte, which the JDK's decompressing streams always
 * claim to have.
 */
public final class StreamInput implements InputSource {
    private static final int CHUNK = 1 << 16;

    private final InputStream in;
    private final boolean neverBlocks;
    private final Ahead ahead = new Ahead();
    private byte[] chunk = {};
    /** Bytes that the stream has said are available, and that have not been read. */
    private int promised;

    public StreamInput(InputStream in) {
        this.in = in;
        // The second class is InputStream.nullInputStream()'s.
        neverBlocks = PlainFile.isBehind(in)
                || in.getClass() == ByteArrayInputStream.class
                || in.getClass() == InputStream.nullInputStream().getClass();
    }

    /** Reads a chunk on another thread. */
    private final class Ahead extends StreamCall {
        private byte[] bytes = {};
        private int wanted;
        /** What is left of the chunk that has been read. */
        private int next;

        private int end;

        @Override
        int call() throws IOException {
            return in.read(bytes, 0, wanted);
        }

        void start(int most) {
            wanted = Math.min(most, CHUNK);
            if (bytes.length < wanted) {
                bytes = new byte[Math.max(1024, wanted)];
            }
            start();
        }

        /** Whether some bytes are left, after taking over what has come. */
        boolean hasBytes() {
            return next < end;
        }

        void put(ByteBuffer to) {
            int n = Math.min(to.remaining(), end - next);
            to.put(bytes, next, n);
            next += n;
        }

        /** Takes over the result of a call that has ended; false at the end of the stream. */
        boolean accept() {
            next = 0;
            end = 0;
            end = Math.max(0, finish());
            return end > 0;
        }
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) throws IOException {
        long total = 0;
        for (int i = 0; i < count; i++) {
            ByteBuffer b = buffers[i];
            while (b.hasRemaining()) {
                int n = ahead.hasBytes() || !ahead.isIdle() ? readAhead(b) : readNow(b, total == 0);
                if (n <= 0) {
                    // A guest that has some bytes must not be made to wait for more.
                    return total > 0 ? total : n;
                }
                total += n;
            }
        }
        return total;
    }

    /** Returns 0 at the end, -1 if nothing has come yet. */
    private int readAhead(ByteBuffer b) {
        if (!ahead.hasBytes()) {
            if (ahead.isRunning()) {
                return -1;
            } else if (!ahead.accept()) {
                return 0;
            }
        }
        int before = b.remaining();
        ahead.put(b);
        return before - b.remaining();
    }

    private int readNow(ByteBuffer b, boolean start) throws IOException {
        int wanted = Math.min(b.remaining(), CHUNK);
        if (!neverBlocks) {
            if (promised == 0) {
                int available = in.available();
                promised = available > 1 ? Math.min(available, CHUNK) : 0;
            }
            if (promised == 0) {
                if (start) {
                    ahead.start(wanted);
                }
                return -1;
            }
            wanted = Math.min(wanted, promised);
            promised -= wanted;
        }
        if (chunk.length < wanted) {
            chunk = new byte[Math.min(CHUNK, Math.max(1024, wanted))];
        }
        int n = in.read(chunk, 0, wanted);
        if (n < wanted) {
            promised = 0;
        }
        if (n <= 0) {
            return 0;
        }
        b.put(chunk, 0, n);
        return n;
    }

    @Override
    public long readable() throws IOException {
        if (ahead.hasBytes()) {
            return ahead.end - ahead.next;
        }
        if (ahead.isIdle()) {
            int available = in.available();
            if (available > 1 || neverBlocks && in.getClass() != FileInputStream.class) {
                return available;
            }
            // Streams do not tell the end from a pause without being read.
            ahead.start(CHUNK);
        }
        if (ahead.isRunning()) {
            return -1;
        }
        if (ahead.hasFailed()) {
            // Reading tells it. Told to one who only waits it would be lost, and the stream seem to go on.
            return 0;
        }
        ahead.accept();
        return ahead.end;
    }

    @Override
    public void await(long nanos) {
        ahead.await(nanos);
    }

    @Override
    public void close() {}
}
