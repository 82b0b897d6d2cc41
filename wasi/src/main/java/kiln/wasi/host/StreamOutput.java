package kiln.wasi.host;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/**
 * A stream of the host's that the guest writes to. Several buffers of one call reach it in one piece. The JDK's streams
 * may block for ever, and are called on a thread of their own, but for those that only keep what they get and for
 * files; streams of the host's own classes are called on the guest's thread, like functions of the host, and like these
 * have to look themselves whether they are to stop.
 */
public final class StreamOutput implements OutputSink {
    private static final int CHUNK = 1 << 16;

    private final OutputStream out;
    private final Stop stop;
    private final boolean direct;
    private final Call call = new Call();
    private byte[] chunk = {};

    public StreamOutput(OutputStream out, Stop stop) {
        this.out = out;
        this.stop = stop;
        // The last class is OutputStream.nullOutputStream()'s.
        direct = out.getClass().getClassLoader() != null
                || PlainFile.isBehind(out)
                || out.getClass() == ByteArrayOutputStream.class
                || out.getClass() == OutputStream.nullOutputStream().getClass();
    }

    /** Writes the chunk, or flushes, on another thread. */
    private final class Call extends StreamCall {
        /** Negative: flush. */
        private int length;

        @Override
        int call() throws IOException {
            if (length < 0) {
                out.flush();
            } else {
                out.write(chunk, 0, length);
            }
            return 0;
        }
    }

    @Override
    public long write(ByteBuffer[] buffers, int count, boolean some) throws IOException {
        // One that was given up must have come to its end.
        await();
        long total = 0;
        int used = 0;
        for (int i = 0; i < count; i++) {
            ByteBuffer b = buffers[i];
            while (b.hasRemaining()) {
                int n = Math.min(b.remaining(), CHUNK - used);
                reserve(used, n);
                b.get(chunk, used, n);
                used += n;
                total += n;
                if (used == CHUNK) {
                    put(used);
                    used = 0;
                }
            }
        }
        if (used > 0) {
            put(used);
        }
        return total;
    }

    private void reserve(int used, int more) {
        if (chunk.length < used + more) {
            byte[] larger = new byte[Math.min(CHUNK, Math.max(1024, 2 * (used + more)))];
            System.arraycopy(chunk, 0, larger, 0, used);
            chunk = larger;
        }
    }

    private void put(int length) throws IOException {
        if (direct) {
            out.write(chunk, 0, length);
        } else {
            call.length = length;
            call.start();
            await();
        }
    }

    /** Waits for a call that is under way. */
    private void await() {
        while (!call.isIdle()) {
            if (call.await(Stop.SLICE_NANOS)) {
                call.finish();
            } else {
                stop.checkWaiting();
            }
        }
    }

    @Override
    public void flush() throws IOException {
        if (direct) {
            out.flush();
        } else {
            flushElsewhere();
        }
    }

    private void flushElsewhere() {
        if (call.isRunning()) {
            return;
        }
        await();
        call.length = -1;
        call.start();
        while (!call.await(Stop.SLICE_NANOS) && !stop.hasStopped()) {
            stop.check();
        }
        if (!call.isRunning()) {
            call.finish();
        }
    }

    @Override
    public void close() throws IOException {
        flush();
    }
}
