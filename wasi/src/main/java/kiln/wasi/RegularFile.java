package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/**
 * An open file. Java reads and writes open files but tells and changes their attributes only by path; so the path is
 * kept up to date when the guest renames something, and the attributes are kept when it removes the file.
 */
final class RegularFile extends FileDescriptor {
    private final FileChannel channel;
    private Path path;
    /** As it was when last seen. */
    private FileStatus known;

    RegularFile(FileChannel channel, Path path, long rights, long inheriting, int flags) throws IOException {
        super(rights, inheriting, flags);
        this.channel = channel;
        this.path = path;
        this.known = FileStatus.of(path);
    }

    Path path() {
        return path;
    }

    /** The guest renamed it, or a folder above. */
    void moved(Path to) {
        path = to;
    }

    /** The guest is about to remove its name. */
    void remember() throws IOException {
        status();
    }

    @Override
    FileType type() {
        return known.type();
    }

    /** Whether the path still leads to this file. */
    private boolean refresh() throws IOException {
        try {
            FileStatus now = FileStatus.of(path);
            if (Objects.equals(now.key(), known.key())) {
                known = now;
                return true;
            }
        } catch (NoSuchFileException _) {
            // It was removed: what is known must do.
        }
        return false;
    }

    @Override
    FileStatus status() throws IOException {
        return refresh() ? known : known.withoutLinks(channel.size());
    }

    @Override
    void setTimes(FileTimes times) throws IOException {
        if (refresh()) {
            times.apply(path);
        } else {
            known = times.apply(known);
        }
    }

    @Override
    long read(ByteBuffer[] buffers, int count) throws IOException {
        return Math.max(0, count == 1 ? channel.read(buffers[0]) : channel.read(buffers, 0, count));
    }

    @Override
    long write(ByteBuffer[] buffers, int count) throws IOException {
        if (is(Flags.APPEND)) {
            channel.position(channel.size());
        }
        return count == 1 ? channel.write(buffers[0]) : channel.write(buffers, 0, count);
    }

    @Override
    int read(ByteBuffer buffer, long offset) throws IOException {
        return Math.max(0, channel.read(buffer, offset));
    }

    @Override
    int write(ByteBuffer buffer, long offset) throws IOException {
        return channel.write(buffer, offset);
    }

    @Override
    long readable() throws IOException {
        return Math.max(0, channel.size() - channel.position());
    }

    @Override
    long position() throws IOException {
        return channel.position();
    }

    @Override
    void position(long offset) throws IOException {
        channel.position(offset);
    }

    @Override
    long size() throws IOException {
        return channel.size();
    }

    @Override
    void setSize(long size) throws IOException {
        if (size > channel.size()) {
            channel.write(ByteBuffer.allocate(1), size - 1);
        } else {
            long position = channel.position();
            channel.truncate(size);
            channel.position(position);
        }
    }

    @Override
    void sync(boolean metadata) throws IOException {
        channel.force(metadata);
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
