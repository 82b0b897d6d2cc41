package kiln.wasi.p2;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;

/** Bytes on their way from the guest to a thread of the host's that reads them as they come. */
final class BytePipe extends InputStream {
    private final byte[] ring = new byte[GuestContext.PIECE];
    private final GuestContext context;
    private int start;
    private int used;
    private boolean isFinished;
    /** Nobody reads any more, or what was written is not all; why. */
    private IOException broken;

    BytePipe(GuestContext context) {
        this.context = context;
    }

    // ---- the guest

    /** Bytes that {@link #put} takes. */
    synchronized int room() throws IOException {
        if (broken != null) {
            throw new IOException(broken.getMessage(), broken);
        }
        return ring.length - used;
    }

    /** Takes all of a buffer that has no more bytes than there is room for. */
    synchronized void put(ByteBuffer from) {
        while (from.hasRemaining()) {
            int end = (start + used) % ring.length;
            int n = Math.min(from.remaining(), Math.min(ring.length - used, ring.length - end));
            from.get(ring, end, n);
            used += n;
        }
        notifyAll();
    }

    synchronized boolean isEmpty() {
        return used == 0;
    }

    /** That was all. */
    synchronized void finish() {
        isFinished = true;
        notifyAll();
    }

    /** No more comes, though that was not all; or nobody wants any more. */
    void breakOff(String why) {
        synchronized (this) {
            if (!isFinished && broken == null) {
                broken = new IOException(why);
            }
            notifyAll();
        }
        context.wake();
    }

    // ---- the reader

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int at, int most) throws IOException {
        int n = most == 0 ? 0 : take(to, at, most);
        context.wake();
        return n;
    }

    private synchronized int take(byte[] to, int at, int most) throws IOException {
        while (used == 0 && !isFinished && broken == null) {
            try {
                wait();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
        }
        if (broken != null) {
            throw new IOException(broken.getMessage(), broken);
        }
        if (used == 0) {
            return -1;
        }
        int n = Math.min(most, Math.min(used, ring.length - start));
        System.arraycopy(ring, start, to, at, n);
        start = (start + n) % ring.length;
        used -= n;
        return n;
    }

    /** By the reader: it wants no more. */
    @Override
    public void close() {
        breakOff("nobody reads what is written");
    }
}
