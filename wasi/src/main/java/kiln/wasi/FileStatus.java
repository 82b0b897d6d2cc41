package kiln.wasi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What fd_filestat_get and path_filestat_get tell about a file.
 *
 * @param key the same for two paths exactly if they are the same file, or null where the host cannot tell
 * @param accessed nanoseconds since 1970, as are the other times
 */
record FileStatus(
        Object key,
        long device,
        long inode,
        FileType type,
        long links,
        long size,
        long accessed,
        long modified,
        long changed) {
    private static final String ATTRIBUTES =
            "unix:fileKey,dev,ino,mode,nlink,size,lastAccessTime,lastModifiedTime,ctime";

    /** Of what is not a file of the host's. */
    static FileStatus ofStream(FileType type) {
        return new FileStatus(null, 0, 0, type, 1, 0, 0, 0, 0);
    }

    /** Of a file or folder; of a symbolic link itself. */
    static FileStatus of(Path path) throws IOException {
        if (!isUnix(path)) {
            return ofBasic(path, attributes(path));
        }
        Map<String, Object> a = Files.readAttributes(path, ATTRIBUTES, LinkOption.NOFOLLOW_LINKS);
        return new FileStatus(
                a.get("fileKey"),
                (long) a.get("dev"),
                (long) a.get("ino"),
                FileType.ofMode((int) a.get("mode")),
                (int) a.get("nlink"),
                (long) a.get("size"),
                nanos((FileTime) a.get("lastAccessTime")),
                nanos((FileTime) a.get("lastModifiedTime")),
                nanos((FileTime) a.get("ctime")));
    }

    private static FileStatus ofBasic(Path path, BasicFileAttributes a) {
        long modified = nanos(a.lastModifiedTime());
        return new FileStatus(
                a.fileKey(),
                0,
                standInInode(path),
                type(a),
                1,
                a.size(),
                nanos(a.lastAccessTime()),
                modified,
                modified);
    }

    /** What a look-up needs; cheaper than all. */
    static BasicFileAttributes attributes(Path path) throws IOException {
        return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    }

    /** Number and type of a file, which is what a folder's listing shows. */
    record Entry(long inode, FileType type) {}

    static Entry entry(Path path) throws IOException {
        if (!isUnix(path)) {
            return new Entry(standInInode(path), type(attributes(path)));
        }
        Map<String, Object> a = Files.readAttributes(path, "unix:ino,mode", LinkOption.NOFOLLOW_LINKS);
        return new Entry((long) a.get("ino"), FileType.ofMode((int) a.get("mode")));
    }

    private static boolean isUnix(Path path) {
        return path.getFileSystem().supportedFileAttributeViews().contains("unix");
    }

    static FileType type(BasicFileAttributes a) {
        if (a.isRegularFile()) {
            return FileType.REGULAR_FILE;
        } else if (a.isDirectory()) {
            return FileType.DIRECTORY;
        }
        return a.isSymbolicLink() ? FileType.SYMBOLIC_LINK : FileType.UNKNOWN;
    }

    /** Programs compare inode numbers to see whether two files are one: where there are none, paths must do. */
    private static long standInInode(Path path) {
        long hash = 0xcbf29ce484222325L;
        String s = path.toString();
        for (int i = 0; i < s.length(); i++) {
            hash = (hash ^ s.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    private static long nanos(FileTime time) {
        return time.to(TimeUnit.NANOSECONDS);
    }

    FileStatus withoutLinks(long newSize) {
        return new FileStatus(key, device, inode, type, 0, newSize, accessed, modified, changed);
    }

    FileStatus withTimes(long newAccessed, long newModified) {
        return new FileStatus(key, device, inode, type, links, size, newAccessed, newModified, changed);
    }

    void write(GuestMemory memory, int address) {
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
