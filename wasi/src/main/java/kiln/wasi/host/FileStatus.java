package kiln.wasi.host;

/**
 * What fd_filestat_get and path_filestat_get tell about a file.
 *
 * @param device number of the file system; with {@code inode} it tells a file from all others
 * @param accessed nanoseconds since 1970, as are the other times
 */
public record FileStatus(
        long device, long inode, FileType type, long links, long size, long accessed, long modified, long changed) {
    /** Of what is not a file of the host's. */
    public static FileStatus ofStream(FileType type) {
        return new FileStatus(0, 0, type, 1, 0, 0, 0, 0);
    }

    public boolean isDirectory() {
        return type == FileType.DIRECTORY;
    }

    public boolean isLink() {
        return type == FileType.SYMBOLIC_LINK;
    }

    public void write(GuestMemory memory, int address) {
        memory.check(address, 64, 1);
        memory.putLong(address, device);
        memory.putLong(address + 8, inode);
        // The type's byte and the padding behind it.
        memory.putLong(address + 16, type.code());
        memory.putLong(address + 24, links);
        memory.putLong(address + 32, size);
        memory.putLong(address + 40, accessed);
        memory.putLong(address + 48, modified);
        memory.putLong(address + 56, changed);
    }
}
