package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** An open folder: one that the host gave, or one below. Paths that the guest looks up in it stay inside. */
public final class Directory extends FileDescriptor {
    private final DirectoryHandle handle;
    /** Name for the guest of a folder that the host gave, else null. */
    private final byte[] guestName;

    private DirectoryListing listing;

    public Directory(DirectoryHandle handle, byte[] guestName, long rights, long inheriting, int flags) {
        super(rights, inheriting, flags);
        this.handle = handle;
        this.guestName = guestName;
    }

    public DirectoryHandle handle() {
        return handle;
    }

    public byte[] guestName() {
        return guestName;
    }

    /** The names in it, read anew if {@code rewind}. */
    public DirectoryListing listing(boolean rewind) throws IOException {
        if (rewind || listing == null) {
            listing = DirectoryListing.of(handle);
        }
        return listing;
    }

    @Override
    public FileType type() {
        return FileType.DIRECTORY;
    }

    @Override
    public FileStatus status() throws IOException {
        return handle.status();
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        handle.setTimes(times);
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) {
        throw Errno.ISDIR.error();
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) {
        throw Errno.ISDIR.error();
    }

    @Override
    public long readable() {
        throw Errno.BADF.error();
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        handle.sync(metadata);
    }

    @Override
    public void close() throws IOException {
        handle.close();
    }
}
