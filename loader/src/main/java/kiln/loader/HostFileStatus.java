package kiln.loader;

/**
 * What the operating system tells about a file.
 *
 * @param mode type and permissions, as in Linux's stat.h
 * @param device number of the file system; with {@code inode} it tells a file from all others
 * @param size bytes
 * @param accessed nanoseconds since 1970, as are the other times
 */
public record HostFileStatus(
        int mode, long device, long inode, long links, long size, long accessed, long modified, long changed) {}
