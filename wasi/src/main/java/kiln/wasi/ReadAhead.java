package kiln.wasi;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;

/** Reads one chunk of a stream on another thread, so that one can wait for it with a time limit. */
final class ReadAhead {
    private final InputStream in;
    private final byte[] chunk;
    /** Whether a chunk was asked for and is not yet used up. */
    private boolean busy;

    private boolean done;
    private int next;
    /** End of the chunk; 0 if the stream has ended. */
    private int end;

    private IOException failure;

    ReadAhead(InputStream in, int chunkSize) {
        this.in = in;
        this.chunk = new byte[chunkSize];
    }

    synchronized boolean isIdle() {
        return !busy;
    }

    synchronized void start() {
        busy = true;
        done = false;
        // A daemon, since nothing may ever come.
        Thread.ofPlatform().daemon().name("wasi-stdin").start(this::run);
    }

    private void run() {
        int n = 0;
        IOException problem = null;
        try {
            n = Math.max(0, in.read(chunk, 0, chunk.length));
        } catch (IOException e) {
            problem = e;
        } finally {
            finish(n, problem);
        }
    }

    private synchronized void finish(int length, IOException problem) {
        next = 0;
        end = length;
        failure = problem;
        done = true;
        notifyAll();
    }

    /** Bytes that have come, 0 at the end of the stream or after a failure, -1 if nothing has come yet. */
    synchronized int buffered() {
        return done ? end - next : -1;
    }

    synchronized void await(long nanos) throws InterruptedException {
        long limit = System.nanoTime() + nanos;
        for (long left = nanos; !done && left > 0; left = limit - System.nanoTime()) {
            TimeUnit.NANOSECONDS.timedWait(this, left);
        }
    }

    /** Waits for the chunk and takes from it what fits; 0 at the end. */
    synchronized int take(ByteBuffer to) throws IOException {
        try {
            while (!done) {
                wait();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Errno.INTR.error();
        }
        int n = Math.min(to.remaining(), end - next);
        to.put(chunk, next, n);
        next += n;
        if (next == end) {
            busy = false;
        }
        if (failure != null) {
            throw failure;
        }
        return n;
    }
}
