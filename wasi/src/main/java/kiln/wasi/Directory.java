package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** An open folder: one that the host gave, or one below. Paths that the guest looks up in it stay inside. */
final class Directory extends FileDescriptor {
    /** The folder that the host gave. */
    private Path root;
    /** Name for the guest of a folder that the host gave, else null. */
    private final byte[] guestName;

    private Path path;
    private DirectoryListing listing;

    Directory(Path root, byte[] guestName, Path path, long rights, long inheriting, int flags) {
        super(rights, inheriting, flags);
        this.root = root;
        this.guestName = guestName;
        this.path = path;
    }

    Path root() {
        return root;
    }

    Path path() {
        return path;
    }

    byte[] guestName() {
        return guestName;
    }

    /** The guest renamed it, or a folder above: what it is called now, and the given folder in which that is. */
    void moved(Path to, Path newRoot) {
        path = to;
        root = newRoot;
    }

    /** The names in it, read anew if {@code rewind}. */
    DirectoryListing listing(boolean rewind) throws IOException {
        if (rewind || listing == null) {
            listing = DirectoryListing.of(this);
        }
        return listing;
    }

    @Override
    FileType type() {
        return FileType.DIRECTORY;
    }

    @Override
    FileStatus status() throws IOException {
        return FileStatus.of(path);
    }

    @Override
    void setTimes(FileTimes times) throws IOException {
        times.apply(path);
    }

    @Override
    long read(ByteBuffer[] buffers, int count) {
        throw Errno.ISDIR.error();
    }

    @Override
    long write(ByteBuffer[] buffers, int count) {
        throw Errno.ISDIR.error();
    }

    @Override
    long readable() {
        throw Errno.BADF.error();
    }

    @Override
    void sync(boolean metadata) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(metadata);
        }
    }

    @Override
    public void close() {}
}
