package kiln.wasi.host;

import java.io.IOException;
import kiln.wasi.host.PathResolver.LastLink;

/**
 * What a guest can do about files by name, whichever version of WASI it speaks. A folder must have the rights that the
 * callers name; errors are those that POSIX and Linux name.
 */
public final class PathOperations {
    private final Stop stop;

    public PathOperations(Stop stop) {
        this.stop = stop;
    }

    private static ResolvedPath resolve(Directory base, String path, LastLink lastLink) throws IOException {
        return PathResolver.resolve(base.handle(), path, lastLink);
    }

    // ---- open

    /** What path_open's flags of the same names say. */
    public record HowToOpen(boolean create, boolean directory, boolean exclusive, boolean truncate) {
        public HowToOpen {
            // Only files are made.
            if (create && directory) {
                throw Errno.INVAL.error();
            }
        }

        boolean createsOnly() {
            return create && exclusive;
        }
    }

    /**
     * Fails unless the folder lets what is in it be opened so.
     *
     * @param rights that are asked for
     */
    public static void checkOpen(Directory base, HowToOpen how, long rights) {
        if (how.create()) {
            base.need(Rights.PATH_CREATE_FILE);
        }
        if (how.truncate()) {
            base.need(Rights.PATH_FILESTAT_SET_SIZE);
        }
        if ((rights & ~base.inheriting() & (Rights.FD_READ | Rights.FD_WRITE)) != 0) {
            throw Errno.NOTCAPABLE.error();
        }
    }

    /**
     * Opens a file or folder after {@link #checkOpen}. What it may do is what was asked for, as far as the folder
     * passes it on and it makes sense.
     *
     * @param flags of the descriptor; see {@link Flags}
     */
    public FileDescriptor open(
            Directory base, String path, LastLink lastLink, HowToOpen how, long rights, long inheriting, int flags)
            throws IOException {
        long granted = rights & base.inheriting();
        long passedOn = inheriting & base.inheriting();
        boolean write = (granted & (Rights.FD_WRITE | Rights.FD_ALLOCATE | Rights.FD_FILESTAT_SET_SIZE)) != 0;
        boolean read = !write || (granted & Rights.FD_READ) != 0;
        OpenMode mode = new OpenMode(read, write, how.create(), how.createsOnly(), how.truncate(), flags);
        try (ResolvedPath r = resolve(base, path, how.createsOnly() ? LastLink.KEEP : lastLink)) {
            return open(r, how.directory(), mode, granted, passedOn);
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

    public static FileStatus status(Directory base, String path, LastLink lastLink) throws IOException {
        try (ResolvedPath r = resolve(base, path, lastLink)) {
            return r.mustExist().status();
        }
    }

    public static void setTimes(Directory base, String path, LastLink lastLink, FileTimes times) throws IOException {
        try (ResolvedPath r = resolve(base, path, lastLink)) {
            r.mustExist();
            if (r.name() == null) {
                r.folder().setTimes(times);
            } else {
                r.folder().setTimes(r.name(), times);
            }
        }
    }

    // ---- making

    public static void createDirectory(Directory base, String path) throws IOException {
        try (ResolvedPath r = resolve(base, path, LastLink.KEEP_ALWAYS)) {
            if (r.exists()) {
                throw Errno.EXIST.error();
            }
            r.folder().createDirectory(r.name());
        }
    }

    public static void link(Directory oldBase, String oldPath, LastLink lastLink, Directory newBase, String newPath)
            throws IOException {
        try (ResolvedPath from = resolve(oldBase, oldPath, lastLink)) {
            from.mustExist();
            try (ResolvedPath to = resolve(newBase, newPath, LastLink.KEEP_ALWAYS)) {
                to.mustNotExist(false);
                if (from.isDirectory()) {
                    throw Errno.PERM.error();
                }
                from.folder().createLink(from.name(), to.folder(), to.name());
            }
        }
    }

    public static void symlink(String target, Directory base, String path) throws IOException {
        if (target.isEmpty()) {
            throw Errno.NOENT.error();
        }
        if (target.startsWith("/")) {
            throw Errno.PERM.error();
        }
        try (ResolvedPath r = resolve(base, path, LastLink.KEEP_ALWAYS)) {
            r.mustNotExist(false).folder().createSymbolicLink(target, r.name());
        }
    }

    /** What a symbolic link says. */
    public static byte[] readlink(Directory base, String path) throws IOException {
        try (ResolvedPath r = resolve(base, path, LastLink.KEEP)) {
            byte[] target = r.mustExist().isLink() ? r.folder().readLink(r.name()) : null;
            if (target == null) {
                throw Errno.INVAL.error();
            }
            return target;
        }
    }

    // ---- removing and renaming

    public static void unlinkFile(Directory base, String path) throws IOException {
        try (ResolvedPath r = resolve(base, path, LastLink.KEEP_ALWAYS)) {
            if (r.isDirectory()) {
                throw Errno.ISDIR.error();
            }
            r.mustExist().folder().removeFile(r.name());
        }
    }

    public static void removeDirectory(Directory base, String path) throws IOException {
        try (ResolvedPath r = resolve(base, path, LastLink.KEEP_ALWAYS)) {
            if (!r.mustExist().isDirectory()) {
                throw Errno.NOTDIR.error();
            }
            if (r.name() == null) {
                throw Errno.INVAL.error();
            }
            r.folder().removeDirectory(r.name());
        }
    }

    public static void rename(Directory oldBase, String oldPath, Directory newBase, String newPath) throws IOException {
        try (ResolvedPath from = resolve(oldBase, oldPath, LastLink.KEEP_ALWAYS)) {
            from.mustExist();
            try (ResolvedPath to = resolve(newBase, newPath, LastLink.KEEP_ALWAYS)) {
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
