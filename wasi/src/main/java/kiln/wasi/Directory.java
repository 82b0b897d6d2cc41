package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An open folder: one that the host gave, or one below. Paths that the guest looks up in it stay inside. */
final class Directory extends FileDescriptor {
    private final DirectoryHandle handle;
    /** Name for the guest of a folder that the host gave, else null. */
    private final byte[] guestName;

    private DirectoryListing listing;

    Directory(DirectoryHandle handle, byte[] guestName, long rights, long inheriting, int flags) {
        super(rights, inheriting, flags);
        this.handle = handle;
        this.guestName = guestName;
    }

    DirectoryHandle handle() {
        return handle;
    }

    byte[] guestName() {
        return guestName;
    }

    /** The names in it, read anew if {@code rewind}. */
    DirectoryListing listing(boolean rewind) throws IOException {
        if (rewind || listing == null) {
            listing = DirectoryListing.of(handle);
        }
        return listing;
    }

    @Override
    FileType type() {
        return FileType.DIRECTORY;
    }

    @Override
    FileStatus status() throws IOException {
        return handle.status();
    }

    @Override
    void setTimes(FileTimes times) throws IOException {
        handle.setTimes(times);
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
        handle.sync(metadata);
    }

    @Override
    public void close() throws IOException {
        handle.close();
    }
}
