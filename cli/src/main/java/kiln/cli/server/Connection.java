package kiln.cli.server;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;

/**
 * One side of a connection. It is closed when the other side neither takes nor gives a byte for
 * some time while this side waits for that; what waits ends with an IOException.
 */
final class Connection implements AutoCloseable {
    private final SocketChannel channel;
    private final Thread watch = new Thread(this::watch, "kiln-socket");
    /** When the wait that is under way began, in nanoseconds, or 0 if there is none. */
    private volatile long waiting;

    private final long silenceMillis;
    private volatile boolean closed;
    final DataInputStream in;
    final DataOutputStream out;

    /** @param silenceMillis how long to wait for the other side's next bytes, at least 1 */
    Connection(SocketChannel channel, long silenceMillis) {
        this.channel = channel;
        this.silenceMillis = silenceMillis;
        in = new DataInputStream(new BufferedInputStream(new FromChannel()));
        out = new DataOutputStream(new BufferedOutputStream(new ToChannel(), 1 << 16));
        watch.setDaemon(true);
        watch.start();
    }

    private void watch() {
        long limit = silenceMillis * 1_000_000;
        while (!closed) {
            long since = waiting;
            if (since != 0 && System.nanoTime() - since > limit) {
                close();
            }
            try {
                Thread.sleep(Math.max(1, silenceMillis / 4));
            } catch (InterruptedException _) {
                return;
            }
        }
    }

    private void begin() {
        waiting = System.nanoTime() | 1;
    }

    /** Single bytes go through the buffers. */
    private final class FromChannel extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] b, int off, int len) throws IOException {
            begin();
            try {
                return channel.read(ByteBuffer.wrap(b, off, len));
            } finally {
                waiting = 0;
            }
        }
    }

    private final class ToChannel extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] b, int off, int len) throws IOException {
            ByteBuffer left = ByteBuffer.wrap(b, off, len);
            try {
                while (left.hasRemaining()) {
                    begin();
                    // In pieces, since a piece that is taken is a sign of life.
                    int end = left.limit();
                    left.limit(Math.min(end, left.position() + (1 << 16)));
                    channel.write(left);
                    left.limit(end);
                }
            } finally {
                waiting = 0;
            }
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            channel.close();
        } catch (IOException _) {
            // It is of no use any more in any case.
        }
        watch.interrupt();
    }
}
