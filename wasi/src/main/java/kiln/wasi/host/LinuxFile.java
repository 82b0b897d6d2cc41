package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import kiln.loader.HostFiles;

/** A file of the operating system's: a descriptor. */
public final class LinuxFile implements FileHandle {
    private static final long SECOND = 1_000_000_000;

    private final HostFiles files;
    private final int descriptor;
    private final FileType type;
    private boolean append;
    private boolean closed;

    private LinuxFile(HostFiles files, int descriptor, FileType type, boolean append) {
        this.files = files;
        this.descriptor = descriptor;
        this.type = type;
        this.append = append;
    }

    /** Takes over a descriptor; if this fails, it is closed. */
    public static LinuxFile of(HostFiles files, int descriptor, boolean append) throws IOException {
        boolean done = false;
        try {
            FileType type = FileType.ofMode(files.status(descriptor).mode());
            if (type == FileType.DIRECTORY) {
                throw Errno.ISDIR.error();
            }
            done = true;
            return new LinuxFile(files, descriptor, type, append);
        } finally {
            if (!done) {
                files.close(descriptor);
            }
        }
    }

    /** As the operating system takes them. */
    public static long[] times(FileTimes t) {
        long[] times = {0, HostFiles.OMIT, 0, HostFiles.OMIT};
        time(t.setsAccessed(), t.accessedNow(), t.accessed(), times, 0);
        time(t.setsModified(), t.modifiedNow(), t.modified(), times, 2);
        return times;
    }

    private static void time(boolean set, boolean now, long nanos, long[] times, int at) {
        if (now) {
            times[at + 1] = HostFiles.NOW;
        } else if (set) {
            times[at] = Math.floorDiv(nanos, SECOND);
            times[at + 1] = Math.floorMod(nanos, SECOND);
        }
    }

    @Override
    public FileType type() {
        return type;
    }

    @Override
    public FileStatus status() throws IOException {
        return LinuxDirectory.status(files.status(descriptor));
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        files.setTimes(descriptor, times(times));
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) throws IOException {
        return files.read(descriptor, buffers, count);
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) throws IOException {
        return files.write(descriptor, buffers, count);
    }

    @Override
    public int read(ByteBuffer buffer, long offset) throws IOException {
        return files.read(descriptor, buffer, offset);
    }

    @Override
    public int write(ByteBuffer buffer, long offset) throws IOException {
        if (!append) {
            return files.write(descriptor, buffer, offset);
        }
        files.setAppend(descriptor, false);
        try {
            return files.write(descriptor, buffer, offset);
        } finally {
            files.setAppend(descriptor, true);
        }
    }

    @Override
    public boolean await(boolean write, int milliseconds) throws IOException {
        return type == FileType.REGULAR_FILE || files.await(descriptor, write, milliseconds);
    }

    @Override
    public void setAppend(boolean on) throws IOException {
        files.setAppend(descriptor, on);
        append = on;
    }

    @Override
    public long position() throws IOException {
        return files.position(descriptor);
    }

    @Override
    public void position(long offset) throws IOException {
        files.setPosition(descriptor, offset);
    }

    @Override
    public long size() throws IOException {
        return files.status(descriptor).size();
    }

    @Override
    public void setSize(long size) throws IOException {
        files.setSize(descriptor, size);
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        files.sync(descriptor, metadata);
    }

    @Override
    public void close() throws IOException {
        // Closed twice, the number may be another file's.
        if (!closed) {
            closed = true;
            files.close(descriptor);
        }
    }
}
