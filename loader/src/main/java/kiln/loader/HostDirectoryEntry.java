package kiln.loader;

/**
 * A name in a folder.
 *
 * @param name bytes, which need not be UTF-8
 * @param mode the file's type as the upper bits of {@link HostFileStatus#mode}, or 0 where the file system does not
 *     tell
 */
public record HostDirectoryEntry(byte[] name, long inode, int mode) {}
