package kiln.wasi.host;

/** A name in a folder, as the bytes that the guest gets to see, with what a listing tells about the file. */
public record DirectoryEntry(byte[] name, long inode, FileType type) {}
