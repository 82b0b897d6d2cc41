package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * A file of any file system of Java's. Java tells and changes attributes of files by name only: as long as the file has
 * the name by which it was opened; then it is known as it was last seen.
 */
public final class PortableFile implements FileHandle {
    private final SeekableByteChannel channel;
    private final PortableDirectory folder;
    private final String name;
    /** Tells the file from others, or null where the file system does not tell. */
    private final Object key;

    private FileStatus known;
    private boolean append;

    public PortableFile(
            SeekableByteChannel channel,
            PortableDirectory folder,
            String name,
            Object key,
            FileStatus known,
            boolean append) {
        this.channel = channel;
        this.folder = folder;
        this.name = name;
        this.key = key;
        this.known = known;
        this.append = append;
    }

    @Override
    public FileType type() {
        return known.type();
    }

    /** Whether the name still leads to this file. */
    private boolean refresh() throws IOException {
        BasicFileAttributes now = folder.attributes(name);
        if (now == null || key == null || !key.equals(now.fileKey())) {
            return false;
        }
        known = folder.status(now, folder.path(name));
        return true;
    }

    @Override
    public FileStatus status() throws IOException {
        if (!refresh()) {
            known = new FileStatus(
                    known.device(),
                    known.inode(),
                    known.type(),
                    key == null ? 1 : 0,
                    channel.size(),
                    known.accessed(),
                    known.modified(),
                    known.changed());
        }
        return known;
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        if (!refresh()) {
            throw Errno.NOTSUP.error();
        }
        folder.setTimes(name, times);
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) throws IOException {
        if (channel instanceof FileChannel f) {
            return Math.max(0, f.read(buffers, 0, count));
        }
        long total = 0;
        for (int i = 0; i < count; i++) {
            int wanted = buffers[i].remaining();
            int n = Math.max(0, channel.read(buffers[i]));
            total += n;
            if (n < wanted) {
                break;
            }
        }
        return total;
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) throws IOException {
        if (append) {
            channel.position(channel.size());
        }
        if (channel instanceof FileChannel f) {
            return f.write(buffers, 0, count);
        }
        long total = 0;
        for (int i = 0; i < count; i++) {
            int wanted = buffers[i].remaining();
            int n = channel.write(buffers[i]);
            total += n;
            if (n < wanted) {
                break;
            }
        }
        return total;
    }

    @Override
    public int read(ByteBuffer buffer, long offset) throws IOException {
        if (channel instanceof FileChannel f) {
            return Math.max(0, f.read(buffer, offset));
        }
        long position = channel.position();
        try {
            return Math.max(0, channel.position(offset).read(buffer));
        } finally {
            channel.position(position);
        }
    }

    @Override
    public int write(ByteBuffer buffer, long offset) throws IOException {
        if (channel instanceof FileChannel f) {
            return f.write(buffer, offset);
        }
        long position = channel.position();
        try {
            return channel.position(offset).write(buffer);
        } finally {
            channel.position(position);
        }
    }

    @Override
    public boolean await(boolean write, int milliseconds) {
        return true;
    }

    @Override
    public void setAppend(boolean on) {
        append = on;
    }

    @Override
    public long position() throws IOException {
        return channel.position();
    }

    @Override
    public void position(long offset) throws IOException {
        channel.position(offset);
    }

    @Override
    public long size() throws IOException {
        return channel.size();
    }

    @Override
    public void setSize(long size) throws IOException {
        long position = channel.position();
        if (size > channel.size()) {
            write(ByteBuffer.allocateDirect(1), size - 1);
        } else {
            channel.truncate(size);
        }
        channel.position(position);
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        if (channel instanceof FileChannel f) {
            f.force(metadata);
        }
    }

    @Override
    public void close() throws IOException {
        try {
            channel.close();
        } finally {
            folder.close();
        }
    }
}
