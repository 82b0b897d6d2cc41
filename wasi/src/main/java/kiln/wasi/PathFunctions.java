package kiln.wasi;

import java.io.IOException;
import kiln.wasi.PathResolver.LastLink;

/** The functions path_*: what they do about files by name. Errors are those that POSIX and Linux name. */
final class PathFunctions {
    private final FdTable table;
    private final Stop stop;

    PathFunctions(FdTable table, Stop stop) {
        this.table = table;
        this.stop = stop;
    }

    private static ResolvedPath resolve(GuestMemory m, Directory base, int path, int length, LastLink lastLink)
            throws IOException {
        return PathResolver.resolve(base.handle(), m.path(path, length), lastLink);
    }

    // ---- open

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
        boolean create = (openFlags & Flags.CREATE) != 0;
        boolean exclusive = create && (openFlags & Flags.EXCLUSIVE) != 0;
        boolean directory = (openFlags & Flags.DIRECTORY) != 0;
        boolean truncate = (openFlags & Flags.TRUNCATE) != 0;
        if (create && directory) {
            throw Errno.INVAL.error();
        }
        Directory base = table.directory(fd, Rights.PATH_OPEN);
        if (create) {
            base.need(Rights.PATH_CREATE_FILE);
        }
        if (truncate) {
            base.need(Rights.PATH_FILESTAT_SET_SIZE);
        }
        if ((rights & ~base.inheriting() & (Rights.FD_READ | Rights.FD_WRITE)) != 0) {
            throw Errno.NOTCAPABLE.error();
        }
        long granted = rights & base.inheriting();
        long passedOn = inheriting & base.inheriting();
        m.check(result, 4, 1);
        table.reserve();

        LastLink lastLink = PathResolver.lastLink(lookupFlags);
        boolean write = (granted & (Rights.FD_WRITE | Rights.FD_ALLOCATE | Rights.FD_FILESTAT_SET_SIZE)) != 0;
        boolean read = !write || (granted & Rights.FD_READ) != 0;
        OpenMode mode = new OpenMode(read, write, create, exclusive, truncate, flags);
        FileDescriptor opened = null;
        boolean done = false;
        try {
            try (ResolvedPath r = resolve(m, base, path, length, exclusive ? LastLink.KEEP : lastLink)) {
                opened = open(r, directory, mode, granted, passedOn);
            }
            m.putInt(result, table.add(opened));
            done = true;
        } finally {
            if (!done && opened != null) {
                opened.close();
            }
        }
    }

    private FileDescriptor open(ResolvedPath r, boolean directory, OpenMode mode, long rights, long inheriting)
            throws IOException {
        if (r.exists() && mode.exclusive()) {
            throw Errno.EXIST.error();
        } else if (r.isLink()) {
            throw Errno.LOOP.error();
        } else if (r.isDirectory()) {
            if (mode.create() || mode.truncate() || (rights & Rights.FD_WRITE) != 0) {
                throw Errno.ISDIR.error();
            }
            return new Directory(r.openDirectory(), null, rights & Rights.DIRECTORY, inheriting, mode.flags());
        } else if (r.exists() && (directory || r.slash())) {
            throw Errno.NOTDIR.error();
        } else if (!r.exists() && !mode.create()) {
            throw Errno.NOENT.error();
        } else if (!r.exists() && r.slash()) {
            throw Errno.ISDIR.error();
        }
        return new RegularFile(r.folder().file(r.name(), mode), rights & Rights.FILE, inheriting, mode.flags(), stop);
    }

    // ---- attributes

    void filestatGet(GuestMemory m, int fd, int lookupFlags, int path, int length, int result) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_FILESTAT_GET);
        try (ResolvedPath r = resolve(m, base, path, length, PathResolver.lastLink(lookupFlags))) {
            r.mustExist().status().write(m, result);
        }
    }

    void filestatSetTimes(
            GuestMemory m, int fd, int lookupFlags, int path, int length, long accessed, long modified, int flags)
            throws IOException {
        Directory base = table.directory(fd, Rights.PATH_FILESTAT_SET_TIMES);
        FileTimes times = new FileTimes(accessed, modified, flags);
        try (ResolvedPath r = resolve(m, base, path, length, PathResolver.lastLink(lookupFlags))) {
            r.mustExist();
            if (r.name() == null) {
                r.folder().setTimes(times);
            } else {
                r.folder().setTimes(r.name(), times);
            }
        }
    }

    // ---- making

    void createDirectory(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_CREATE_DIRECTORY);
        try (ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS)) {
            if (r.exists()) {
                throw Errno.EXIST.error();
            }
            r.folder().createDirectory(r.name());
        }
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
        try (ResolvedPath from = resolve(m, oldBase, oldPath, oldLength, PathResolver.lastLink(lookupFlags))) {
            from.mustExist();
            try (ResolvedPath to = resolve(m, newBase, newPath, newLength, LastLink.KEEP_ALWAYS)) {
                to.mustNotExist(false);
                if (from.isDirectory()) {
                    throw Errno.PERM.error();
                }
                from.folder().createLink(from.name(), to.folder(), to.name());
            }
        }
    }

    void symlink(GuestMemory m, int target, int targetLength, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_SYMLINK);
        String text = m.path(target, targetLength);
        if (text.isEmpty()) {
            throw Errno.NOENT.error();
        }
        if (text.startsWith("/")) {
            throw Errno.PERM.error();
        }
        try (ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS)) {
            r.mustNotExist(false).folder().createSymbolicLink(text, r.name());
        }
    }

    void readlink(GuestMemory m, int fd, int path, int length, int buffer, int bufferLength, int result)
            throws IOException {
        Directory base = table.directory(fd, Rights.PATH_READLINK);
        try (ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP)) {
            byte[] target = r.mustExist().isLink() ? r.folder().readLink(r.name()) : null;
            if (target == null) {
                throw Errno.INVAL.error();
            }
            m.check(buffer, bufferLength, 1);
            int n = (int) Math.min(target.length, Integer.toUnsignedLong(bufferLength));
            m.putBytes(buffer, target, 0, n);
            m.putInt(result, n);
        }
    }

    // ---- removing and renaming

    void unlinkFile(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_UNLINK_FILE);
        try (ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS)) {
            if (r.isDirectory()) {
                throw Errno.ISDIR.error();
            }
            r.mustExist().folder().removeFile(r.name());
        }
    }

    void removeDirectory(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_REMOVE_DIRECTORY);
        try (ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS)) {
            if (!r.mustExist().isDirectory()) {
                throw Errno.NOTDIR.error();
            }
            if (r.name() == null) {
                throw Errno.INVAL.error();
            }
            r.folder().removeDirectory(r.name());
        }
    }

    void rename(GuestMemory m, int oldFd, int oldPath, int oldLength, int newFd, int newPath, int newLength)
            throws IOException {
        Directory oldBase = table.directory(oldFd, Rights.PATH_RENAME_SOURCE);
        Directory newBase = table.directory(newFd, Rights.PATH_RENAME_TARGET);
        try (ResolvedPath from = resolve(m, oldBase, oldPath, oldLength, LastLink.KEEP_ALWAYS)) {
            from.mustExist();
            try (ResolvedPath to = resolve(m, newBase, newPath, newLength, LastLink.KEEP_ALWAYS)) {
                if (from.name() == null || to.name() == null) {
                    throw Errno.BUSY.error();
                }
                if (from.isDirectory()) {
                    if (to.exists() && !to.isDirectory()) {
                        throw Errno.NOTDIR.error();
                    }
                } else if (to.isDirectory()) {
                    throw Errno.ISDIR.error();
                } else if (to.slash()) {
                    throw Errno.NOTDIR.error();
                }
                from.folder().rename(from.name(), to.folder(), to.name());
            }
        }
    }
}
