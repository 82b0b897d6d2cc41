package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import kiln.loader.Host;
import kiln.loader.HostFileException;
import kiln.loader.HostFiles;

/**
 * A standard stream of the process, by its descriptor. Descriptors that others use, too, cannot be told not to wait; so
 * pipes and devices are opened once more where the system allows it.
 */
public final class ProcessStream implements InputSource, OutputSink {
    /** What a pipe that can be written takes without waiting (POSIX, _POSIX_PIPE_BUF is less; Linux, PIPE_BUF). */
    private static final int PIPE_BYTES = 4096;

    private final HostFiles files = Host.current().files();
    private final int fd;
    private final boolean output;
    private final Stop stop;
    /** What is read or written: {@link #fd}, or the same opened once more; -1 before the first time. */
    private int file = -1;
    /** Whether calls return at once, whatever the stream's state. */
    private boolean isPrompt;

    public ProcessStream(int fd, boolean output, Stop stop) {
        this.fd = fd;
        this.output = output;
        this.stop = stop;
    }

    private void open() throws IOException {
        FileType type = FileType.ofMode(files.status(fd).mode());
        if (type == FileType.REGULAR_FILE || type == FileType.BLOCK_DEVICE) {
            isPrompt = true;
        } else {
            try {
                file = files.openAgain(fd, output);
                isPrompt = true;
                return;
            } catch (HostFileException e) {
                // A socket; somebody else's terminal; no /proc.
            }
        }
        file = fd;
    }

    private static boolean isAgain(HostFileException e) {
        return e.errno() == HostFileException.EAGAIN;
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) throws IOException {
        if (file < 0) {
            open();
        }
        if (!isPrompt && !files.await(file, false, 0)) {
            return -1;
        }
        try {
            return files.read(file, buffers, count);
        } catch (HostFileException e) {
            if (isAgain(e)) {
                return -1;
            }
            throw e;
        }
    }

    @Override
    public long readable() throws IOException {
        if (file < 0) {
            open();
        }
        return files.await(file, false, 0) ? files.available(file) : -1;
    }

    @Override
    public void await(long nanos) throws IOException {
        files.await(file, output, (int) Math.max(1, nanos / 1_000_000));
    }

    @Override
    public long write(ByteBuffer[] buffers, int count, boolean some) throws IOException {
        if (file < 0) {
            open();
        }
        long total = 0;
        int first = 0;
        while (true) {
            while (first < count && !buffers[first].hasRemaining()) {
                first++;
            }
            if (first == count) {
                return total;
            }
            long n = first == 0 ? writeSome(buffers, count) : writeSome(new ByteBuffer[] {buffers[first]}, 1);
            if (n < 0) {
                if (some) {
                    if (total == 0) {
                        throw Errno.AGAIN.error();
                    }
                    return total;
                }
                stop.checkWaiting();
                await(Stop.SLICE_NANOS);
            } else {
                total += n;
                for (int i = first; n > 0; i++) {
                    int part = (int) Math.min(n, buffers[i].remaining());
                    buffers[i].position(buffers[i].position() + part);
                    n -= part;
                }
            }
        }
    }

    /**
     * Writes from the first buffer, which is not empty, and perhaps the others; returns -1 if nothing can be written.
     */
    private long writeSome(ByteBuffer[] buffers, int count) throws IOException {
        try {
            if (isPrompt) {
                return files.write(file, buffers, count);
            } else if (!files.await(file, true, 0)) {
                return -1;
            }
            ByteBuffer b = buffers[0];
            return files.write(file, new ByteBuffer[] {b.slice(b.position(), Math.min(b.remaining(), PIPE_BYTES))}, 1);
        } catch (HostFileException e) {
            if (isAgain(e)) {
                return -1;
            }
            throw e;
        }
    }

    /** There is nothing between the guest and the system. */
    @Override
    public void flush() {}

    @Override
    public void close() throws IOException {
        if (file >= 0 && file != fd) {
            int opened = file;
            file = -1;
            files.close(opened);
        }
    }
}
