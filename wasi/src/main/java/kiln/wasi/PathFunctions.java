package kiln.wasi;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.Set;
import kiln.wasi.PathResolver.LastLink;

/** The functions path_*: what they do about files by name. Errors are those that POSIX and Linux name. */
final class PathFunctions {
    private final FdTable table;

    PathFunctions(FdTable table) {
        this.table = table;
    }

    private static ResolvedPath resolve(GuestMemory m, Directory base, int path, int length, LastLink lastLink)
            throws IOException {
        return PathResolver.resolve(base, m.path(path, length), lastLink);
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
        ResolvedPath r = resolve(m, base, path, length, exclusive ? LastLink.KEEP : lastLink);
        FileDescriptor opened;
        if (r.exists() && exclusive) {
            throw Errno.EXIST.error();
        } else if (r.isLink()) {
            throw Errno.LOOP.error();
        } else if (r.isDirectory()) {
            if (create || truncate || (granted & Rights.FD_WRITE) != 0) {
                throw Errno.ISDIR.error();
            }
            opened = new Directory(base.root(), null, r.path(), granted & Rights.DIRECTORY, passedOn, flags);
        } else if (r.exists() && (directory || r.slash())) {
            throw Errno.NOTDIR.error();
        } else if (!r.exists() && !create) {
            throw Errno.NOENT.error();
        } else if (!r.exists() && r.slash()) {
            throw Errno.ISDIR.error();
        } else {
            opened = openFile(r, create, exclusive, truncate, granted & Rights.FILE, passedOn, flags);
        }
        m.putInt(result, table.add(opened));
    }

    private static RegularFile openFile(
            ResolvedPath r,
            boolean create,
            boolean exclusive,
            boolean truncate,
            long rights,
            long inheriting,
            int flags)
            throws IOException {
        boolean write = (rights & (Rights.FD_WRITE | Rights.FD_ALLOCATE | Rights.FD_FILESTAT_SET_SIZE)) != 0;
        Set<OpenOption> options = new HashSet<>();
        if (!write || (rights & Rights.FD_READ) != 0) {
            options.add(StandardOpenOption.READ);
        }
        boolean make = create && !r.exists();
        // Java makes and truncates files only when they are opened for writing. What the guest may do is up to its
        // rights.
        if (write || make || truncate) {
            options.add(StandardOpenOption.WRITE);
        }
        if (make) {
            options.add(exclusive ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE);
        }
        if (truncate) {
            options.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        if ((flags & (Flags.SYNC | Flags.RSYNC)) != 0) {
            options.add(StandardOpenOption.SYNC);
        } else if ((flags & Flags.DSYNC) != 0) {
            options.add(StandardOpenOption.DSYNC);
        }
        try (HostFolder folder = HostFolder.of(r)) {
            FileChannel channel = folder.open(r.name(), options);
            try {
                return new RegularFile(channel, r.path(), rights, inheriting, flags);
            } catch (IOException e) {
                channel.close();
                throw e;
            }
        }
    }

    // ---- attributes

    void filestatGet(GuestMemory m, int fd, int lookupFlags, int path, int length, int result) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_FILESTAT_GET);
        ResolvedPath r = resolve(m, base, path, length, PathResolver.lastLink(lookupFlags))
                .mustExist();
        FileStatus.of(r.path()).write(m, result);
    }

    void filestatSetTimes(
            GuestMemory m, int fd, int lookupFlags, int path, int length, long accessed, long modified, int flags)
            throws IOException {
        Directory base = table.directory(fd, Rights.PATH_FILESTAT_SET_TIMES);
        FileTimes times = FileTimes.of(accessed, modified, flags);
        ResolvedPath r = resolve(m, base, path, length, PathResolver.lastLink(lookupFlags))
                .mustExist();
        times.apply(r.path());
    }

    // ---- making

    void createDirectory(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_CREATE_DIRECTORY);
        ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS);
        if (r.exists()) {
            throw Errno.EXIST.error();
        }
        Files.createDirectory(r.path());
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
        ResolvedPath from = resolve(m, oldBase, oldPath, oldLength, PathResolver.lastLink(lookupFlags))
                .mustExist();
        ResolvedPath to =
                resolve(m, newBase, newPath, newLength, LastLink.KEEP_ALWAYS).mustNotExist(false);
        if (from.isDirectory()) {
            throw Errno.PERM.error();
        }
        Files.createLink(to.path(), from.path());
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
        ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS).mustNotExist(false);
        try {
            Path hostTarget = r.folder().getFileSystem().getPath(text);
            if (hostTarget.isAbsolute() || hostTarget.getRoot() != null) {
                throw Errno.PERM.error();
            }
            Files.createSymbolicLink(r.path(), hostTarget);
        } catch (InvalidPathException e) {
            throw Errno.ILSEQ.error();
        }
    }

    void readlink(GuestMemory m, int fd, int path, int length, int buffer, int bufferLength, int result)
            throws IOException {
        Directory base = table.directory(fd, Rights.PATH_READLINK);
        ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP).mustExist();
        if (!r.isLink()) {
            throw Errno.INVAL.error();
        }
        byte[] target = PathResolver.guestForm(Files.readSymbolicLink(r.path())).getBytes(StandardCharsets.UTF_8);
        m.check(buffer, bufferLength, 1);
        int n = (int) Math.min(target.length, Integer.toUnsignedLong(bufferLength));
        m.putBytes(buffer, target, 0, n);
        m.putInt(result, n);
    }

    // ---- removing and renaming

    void unlinkFile(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_UNLINK_FILE);
        ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS);
        if (r.isDirectory()) {
            throw Errno.ISDIR.error();
        }
        r.mustExist();
        table.removing(r.path());
        try (HostFolder folder = HostFolder.of(r)) {
            folder.removeFile(r.name());
        }
    }

    void removeDirectory(GuestMemory m, int fd, int path, int length) throws IOException {
        Directory base = table.directory(fd, Rights.PATH_REMOVE_DIRECTORY);
        ResolvedPath r = resolve(m, base, path, length, LastLink.KEEP_ALWAYS).mustExist();
        if (!r.isDirectory()) {
            throw Errno.NOTDIR.error();
        }
        if (r.name() == null) {
            throw Errno.INVAL.error();
        }
        try (HostFolder folder = HostFolder.of(r)) {
            folder.removeDirectory(r.name());
        }
    }

    void rename(GuestMemory m, int oldFd, int oldPath, int oldLength, int newFd, int newPath, int newLength)
            throws IOException {
        Directory oldBase = table.directory(oldFd, Rights.PATH_RENAME_SOURCE);
        Directory newBase = table.directory(newFd, Rights.PATH_RENAME_TARGET);
        ResolvedPath from =
                resolve(m, oldBase, oldPath, oldLength, LastLink.KEEP_ALWAYS).mustExist();
        ResolvedPath to = resolve(m, newBase, newPath, newLength, LastLink.KEEP_ALWAYS);
        if (from.name() == null || to.name() == null) {
            throw Errno.BUSY.error();
        }
        Path source = from.path();
        Path target = to.path();
        if (from.isDirectory()) {
            if (to.exists() && !to.isDirectory()) {
                throw Errno.NOTDIR.error();
            }
            if (target.startsWith(source) && !target.equals(source)) {
                throw Errno.INVAL.error();
            }
            if (!target.equals(source) && to.isDirectory() && !isEmpty(target)) {
                throw Errno.NOTEMPTY.error();
            }
        } else if (to.isDirectory()) {
            throw Errno.ISDIR.error();
        } else if (to.slash()) {
            throw Errno.NOTDIR.error();
        }
        if (to.exists() && !isSameFile(from, to)) {
            table.removing(target);
        }
        HostFolder.rename(from, to);
        // Two names of one file both stay.
        if (!isSameFile(from, to)) {
            table.moved(source, target, to.base().root());
        }
    }

    private static boolean isSameFile(ResolvedPath a, ResolvedPath b) {
        return b.exists()
                && a.attributes().fileKey() != null
                && a.attributes().fileKey().equals(b.attributes().fileKey());
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var entries = Files.newDirectoryStream(folder)) {
            return !entries.iterator().hasNext();
        }
    }
}
