package kiln.wasi;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A stream of the host's that the guest writes to. Several buffers of one call reach it in one piece. */
final class StandardOutput extends FileDescriptor {
    private static final int CHUNK = 1 << 16;

    private final OutputStream out;
    private final int processFd;
    private byte[] chunk = {};

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    StandardOutput(OutputStream out, int processFd) {
        super(Rights.OUTPUT, 0, 0);
        this.out = out;
        this.processFd = processFd;
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
    long read(ByteBuffer[] buffers, int count) {
        throw Errno.BADF.error();
    }

    @Override
    long write(ByteBuffer[] buffers, int count) throws IOException {
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
                    out.write(chunk, 0, used);
                    used = 0;
                }
            }
        }
        if (used > 0) {
            out.write(chunk, 0, used);
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

    @Override
    long readable() {
        throw Errno.BADF.error();
    }

    @Override
    void sync(boolean metadata) throws IOException {
        out.flush();
    }

    @Override
    void flush() throws IOException {
        out.flush();
    }

    /** The stream is its owner's to close. */
    @Override
    public void close() throws IOException {
        out.flush();
    }
}
