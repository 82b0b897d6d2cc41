package kiln.wasi;

import java.io.IOException;
import kiln.wasi.host.Directory;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.FileTimes;
import kiln.wasi.host.Flags;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.PathOperations;
import kiln.wasi.host.PathOperations.HowToOpen;
import kiln.wasi.host.PathResolver;
import kiln.wasi.host.PathResolver.LastLink;
import kiln.wasi.host.Rights;
import kiln.wasi.host.Stop;

/** The functions path_*: reads their arguments from memory, and writes results there. */
final class PathFunctions {
    private final FdTable table;
    private final PathOperations operations;

    PathFunctions(FdTable table, Stop stop) {
        this.table = table;
        this.operations = new PathOperations(stop);
    }

    void open(
            GuestMemory m,
            int fd,
            int lookupFlags,
            int path,
            int length,
            int openFlags,
            long rights,
            long inheriting,
            int flags,
            int result)
            throws IOException {
        Flags.check(openFlags, Flags.CREATE | Flags.DIRECTORY | Flags.EXCLUSIVE | Flags.TRUNCATE);
        Flags.check(flags, Flags.APPEND | Flags.DSYNC | Flags.NONBLOCK | Flags.RSYNC | Flags.SYNC);
        HowToOpen how = new HowToOpen(
                (openFlags & Flags.CREATE) != 0,
                (openFlags & Flags.DIRECTORY) != 0,
                (openFlags & Flags.EXCLUSIVE) != 0,
                (openFlags & Flags.TRUNCATE) != 0);
        Directory base = table.directory(fd, Rights.PATH_OPEN);
        PathOperations.checkOpen(base, how, rights);
        m.check(result, 4, 1);
        table.reserve();
        LastLink lastLink = PathResolver.lastLink(lookupFlags);
        FileDescriptor opened = operations.open(base, m.path(path, length), lastLink, how, rights, inheriting, flags);
        boolean done = false;
        try {
            m.putInt(result, table.add(opened));
            done = true;
        } finally {
            if (!done) {
                opened.close();
            }
        }
    }

    void filestatGet(GuestMemory m, int fd, int lookupFlags, int path, int length, int result) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_FILESTAT_GET);
        String name = m.path(path, length);
        PathOperations.status(base, name, PathResolver.lastLink(lookupFlags)).write(m, result);
    }

    void filestatSetTimes(
            GuestMemory m, int fd, int lookupFlags, int path, int length, long accessed, long modified, int flags)
            throws IOException {
        Directory base = table.directory(fd, Rights.PATH_FILESTAT_SET_TIMES);
        FileTimes times = new FileTimes(accessed, modified, flags);
        PathOperations.setTimes(base, m.path(path, length), PathResolver.lastLink(lookupFlags), times);
    }

    void createDirectory(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_CREATE_DIRECTORY);
        PathOperations.createDirectory(base, m.path(path, length));
    }

    void link(
            GuestMemory m,
            int oldFd,
            int lookupFlags,
            int oldPath,
            int oldLength,
            int newFd,
            int newPath,
            int newLength)
            throws IOException {
        Directory oldBase = table.directory(oldFd, Rights.PATH_LINK_SOURCE);
        Directory newBase = table.directory(newFd, Rights.PATH_LINK_TARGET);
        LastLink lastLink = PathResolver.lastLink(lookupFlags);
        PathOperations.link(oldBase, m.path(oldPath, oldLength), lastLink, newBase, m.path(newPath, newLength));
    }

    void symlink(GuestMemory m, int target, int targetLength, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_SYMLINK);
        PathOperations.symlink(m.path(target, targetLength), base, m.path(path, length));
    }

    void readlink(GuestMemory m, int fd, int path, int length, int buffer, int bufferLength, int result)
            throws IOException {
        Directory base = table.directory(fd, Rights.PATH_READLINK);
        byte[] target = PathOperations.readlink(base, m.path(path, length));
        m.check(buffer, bufferLength, 1);
        int n = (int) Math.min(target.length, Integer.toUnsignedLong(bufferLength));
        m.putBytes(buffer, target, 0, n);
        m.putInt(result, n);
    }

    void unlinkFile(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_UNLINK_FILE);
        PathOperations.unlinkFile(base, m.path(path, length));
    }

    void removeDirectory(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_REMOVE_DIRECTORY);
        PathOperations.removeDirectory(base, m.path(path, length));
    }

    void rename(GuestMemory m, int oldFd, int oldPath, int oldLength, int newFd, int newPath, int newLength)
            throws IOException {
        Directory oldBase = table.directory(oldFd, Rights.PATH_RENAME_SOURCE);
        Directory newBase = table.directory(newFd, Rights.PATH_RENAME_TARGET);
        PathOperations.rename(oldBase, m.path(oldPath, oldLength), newBase, m.path(newPath, newLength));
    }
}
