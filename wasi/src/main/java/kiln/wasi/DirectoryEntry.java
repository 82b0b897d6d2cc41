package kiln.wasi;

/** A name in a folder, as the bytes that the guest gets to see, with what a listing tells about the file. */
record DirectoryEntry(byte[] name, long inode, FileType type) {}
