package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An open file; also a pipe or device that lies in a folder. */
public final class RegularFile extends FileDescriptor {
    private final FileHandle file;
    private final Stop stop;

    public RegularFile(FileHandle file, long rights, long inheriting, int flags, Stop stop) {
        super(rights, inheriting, flags);
        this.file = file;
        this.stop = stop;
    }

    @Override
    public FileType type() {
        return file.type();
    }

    @Override
    public FileStatus status() throws IOException {
        return file.status();
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        file.setTimes(times);
    }

    @Override
    public void setFlags(int flags) throws IOException {
        boolean append = is(Flags.APPEND);
        super.setFlags(flags);
        if (is(Flags.APPEND) != append) {
            file.setAppend(!append);
        }
    }

    /**
     * The host's descriptor never waits. So that a pipe that nobody has opened yet is not at its end, this waits
     * before, too.
     */
    private void await(boolean write) throws IOException {
        if (file.type() == FileType.REGULAR_FILE || is(Flags.NONBLOCK)) {
            return;
        }
        while (!file.await(write, Stop.SLICE_MILLISECONDS)) {
            stop.checkWaiting();
        }
    }

    @Override
    public boolean isStream() {
        return file.type() != FileType.REGULAR_FILE;
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) throws IOException {
        await(false);
        return file.read(buffers, count);
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) throws IOException {
        await(true);
        return file.write(buffers, count);
    }

    @Override
    public int read(ByteBuffer buffer, long offset) throws IOException {
        return file.read(buffer, offset);
    }

    @Override
    public int write(ByteBuffer buffer, long offset) throws IOException {
        return file.write(buffer, offset);
    }

    @Override
    public long readable() throws IOException {
        if (file.type() == FileType.REGULAR_FILE) {
            return Math.max(0, file.size() - file.position());
        }
        return file.await(false, 0) ? 1 : -1;
    }

    @Override
    public long position() throws IOException {
        return file.position();
    }

    @Override
    public void position(long offset) throws IOException {
        file.position(offset);
    }

    @Override
    public long size() throws IOException {
        return file.size();
    }

    @Override
    public void setSize(long size) throws IOException {
        file.setSize(size);
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        file.sync(metadata);
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
