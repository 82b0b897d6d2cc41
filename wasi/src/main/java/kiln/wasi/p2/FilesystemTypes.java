package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import kiln.runtime.component.Result;
import kiln.wasi.host.Directory;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.FileStatus;
import kiln.wasi.host.FileType;
import kiln.wasi.host.Flags;
import kiln.wasi.host.PathOperations;
import kiln.wasi.host.PathOperations.HowToOpen;
import kiln.wasi.host.PathResolver.LastLink;
import kiln.wasi.host.RegularFile;
import kiln.wasi.host.Rights;
import kiln.wasi.host.WasiError;

/** {@code wasi:filesystem/types}: what {@link PathOperations} and open files do, in the words of WASI 0.2. */
final class FilesystemTypes extends HostInterface {
    /** As with preview 1. */
    private static final int LONGEST_PATH = 1 << 16;
    /** Writing, and what else takes a file opened for writing. */
    private static final long WRITING = Rights.FD_WRITE | Rights.FD_ALLOCATE | Rights.FD_FILESTAT_SET_SIZE;

    private static final long SYNCHRONIZED = Flags.SYNC | Flags.DSYNC | Flags.RSYNC;

    private final GuestContext context;
    private final FileCount files;
    private final PathOperations operations;

    FilesystemTypes(GuestContext context, FileCount files) {
        super(
                "wasi:filesystem/types",
                List.of(
                        new ResourceType("descriptor", Descriptor.class),
                        new ResourceType("directory-entry-stream", DirectoryEntries.class)),
                "[method]descriptor.read-via-stream",
                "[method]descriptor.write-via-stream",
                "[method]descriptor.append-via-stream",
                "[method]descriptor.advise",
                "[method]descriptor.sync-data",
                "[method]descriptor.get-flags",
                "[method]descriptor.get-type",
                "[method]descriptor.set-size",
                "[method]descriptor.set-times",
                "[method]descriptor.read",
                "[method]descriptor.write",
                "[method]descriptor.read-directory",
                "[method]descriptor.sync",
                "[method]descriptor.create-directory-at",
                "[method]descriptor.stat",
                "[method]descriptor.stat-at",
                "[method]descriptor.set-times-at",
                "[method]descriptor.link-at",
                "[method]descriptor.open-at",
                "[method]descriptor.readlink-at",
                "[method]descriptor.remove-directory-at",
                "[method]descriptor.rename-at",
                "[method]descriptor.symlink-at",
                "[method]descriptor.unlink-file-at",
                "[method]descriptor.is-same-object",
                "[method]descriptor.metadata-hash",
                "[method]descriptor.metadata-hash-at",
                "[method]directory-entry-stream.read-directory-entry",
                "filesystem-error-code");
        this.context = context;
        this.files = files;
        this.operations = new PathOperations(context.stop());
    }

    @Override
    Object call(String function, Object[] a) throws IOException {
        if (function.equals("filesystem-error-code")) {
            return errorCode((IoError) a[0]);
        } else if (function.equals("[method]descriptor.is-same-object")) {
            return isSame(((Descriptor) a[0]).file(), ((Descriptor) a[1]).file());
        }
        try {
            return Result.ok(a[0] instanceof Descriptor d ? call(function, d, a) : ((DirectoryEntries) a[0]).next());
        } catch (WasiError e) {
            return Result.err(FileCodes.error(e.errno()));
        } catch (IOException | UnsupportedOperationException e) {
            return Result.err(FileCodes.error(IoError.errno(e)));
        }
    }

    /** The error that a stream's operation failed with, if it has to do with files. */
    private static Optional<Object> errorCode(IoError e) {
        return e.cause() instanceof SocketError
                ? Optional.empty()
                : Optional.of(FileCodes.error(IoError.errno(e.cause())));
    }

    private static boolean isSame(FileDescriptor a, FileDescriptor b) throws IOException {
        FileStatus x = a.status();
        FileStatus y = b.status();
        return x.device() == y.device() && x.inode() == y.inode();
    }

    private Object call(String function, Descriptor d, Object[] a) throws IOException {
        switch (function) {
            case "[method]descriptor.read-via-stream" -> {
                return new FileStreams.Input(context, regular(d, Rights.FD_READ), offset(a[1]));
            }
            case "[method]descriptor.write-via-stream" -> {
                return new FileStreams.Output(context, regular(d, Rights.FD_WRITE), offset(a[1]));
            }
            case "[method]descriptor.append-via-stream" -> {
                return append(d);
            }
            case "[method]descriptor.advise" -> advise(d, (Long) a[1], (Long) a[2]);
            case "[method]descriptor.sync-data" -> d.file().sync(false);
            case "[method]descriptor.sync" -> d.file().sync(true);
            case "[method]descriptor.get-flags" -> {
                return flags(d.file());
            }
            case "[method]descriptor.get-type" -> {
                return FileCodes.type(d.file().type());
            }
            case "[method]descriptor.set-size" -> setSize(d, offset(a[1]));
            case "[method]descriptor.set-times" -> setTimes(d, a[1], a[2]);
            case "[method]descriptor.read" -> {
                return read(d, (Long) a[1], offset(a[2]));
            }
            case "[method]descriptor.write" -> {
                return write(d, (byte[]) a[1], offset(a[2]));
            }
            case "[method]descriptor.read-directory" -> {
                return new DirectoryEntries(context.held(), d.directory(Rights.FD_READDIR));
            }
            case "[method]descriptor.stat" -> {
                return FileCodes.status(d.file().status());
            }
            case "[method]descriptor.metadata-hash" -> {
                return FileCodes.hash(d.file().status());
            }
            default -> {
                return callOnPath(function, d, a);
            }
        }
        return null;
    }

    private Object callOnPath(String function, Descriptor d, Object[] a) throws IOException {
        switch (function) {
            case "[method]descriptor.create-directory-at" ->
                PathOperations.createDirectory(d.directory(Rights.PATH_CREATE_DIRECTORY), path(a[1]));
            case "[method]descriptor.stat-at" -> {
                return FileCodes.status(status(d, a));
            }
            case "[method]descriptor.metadata-hash-at" -> {
                return FileCodes.hash(status(d, a));
            }
            case "[method]descriptor.set-times-at" ->
                PathOperations.setTimes(
                        d.directory(Rights.PATH_FILESTAT_SET_TIMES),
                        path(a[2]),
                        lastLink(a[1]),
                        FileCodes.times(a[3], a[4]));
            case "[method]descriptor.link-at" ->
                PathOperations.link(
                        d.directory(Rights.PATH_LINK_SOURCE),
                        path(a[2]),
                        lastLink(a[1]),
                        ((Descriptor) a[3]).directory(Rights.PATH_LINK_TARGET),
                        path(a[4]));
            case "[method]descriptor.open-at" -> {
                return open(d, lastLink(a[1]), path(a[2]), (Set<?>) a[3], (Set<?>) a[4]);
            }
            case "[method]descriptor.readlink-at" -> {
                String target =
                        DirectoryEntries.text(PathOperations.readlink(d.directory(Rights.PATH_READLINK), path(a[1])));
                if (target.startsWith("/")) {
                    throw Errno.PERM.error();
                }
                return target;
            }
            case "[method]descriptor.remove-directory-at" ->
                PathOperations.removeDirectory(d.directory(Rights.PATH_REMOVE_DIRECTORY), path(a[1]));
            case "[method]descriptor.rename-at" ->
                PathOperations.rename(
                        d.directory(Rights.PATH_RENAME_SOURCE),
                        path(a[1]),
                        ((Descriptor) a[2]).directory(Rights.PATH_RENAME_TARGET),
                        path(a[3]));
            case "[method]descriptor.symlink-at" ->
                PathOperations.symlink(path(a[1]), d.directory(Rights.PATH_SYMLINK), path(a[2]));
            case "[method]descriptor.unlink-file-at" ->
                PathOperations.unlinkFile(d.directory(Rights.PATH_UNLINK_FILE), path(a[1]));
            default -> throw unknown(function);
        }
        return null;
    }

    // ---- arguments

    private static String path(Object argument) {
        String path = (String) argument;
        if (path.length() > LONGEST_PATH) {
            throw Errno.NAMETOOLONG.error();
        }
        if (path.indexOf('\0') >= 0) {
            throw Errno.ILSEQ.error();
        }
        return path;
    }

    private static LastLink lastLink(Object flags) {
        return ((Set<?>) flags).contains("symlink-follow") ? LastLink.FOLLOW : LastLink.KEEP;
    }

    /** Sizes and positions beyond 2^63 are for no file system. */
    private static long offset(Object argument) {
        long offset = (Long) argument;
        if (offset < 0) {
            throw Errno.INVAL.error();
        }
        return offset;
    }

    private static OpenFile regular(Descriptor d, long right) {
        if (d.file() instanceof Directory) {
            throw Errno.BADF.error();
        }
        d.file().need(right);
        return d.open();
    }

    private static FileStatus status(Descriptor d, Object[] a) throws IOException {
        return PathOperations.status(d.directory(Rights.PATH_FILESTAT_GET), path(a[2]), lastLink(a[1]));
    }

    // ---- opening

    private Descriptor open(Descriptor d, LastLink lastLink, String path, Set<?> openFlags, Set<?> flags)
            throws IOException {
        HowToOpen how = new HowToOpen(
                openFlags.contains("create"),
                openFlags.contains("directory"),
                openFlags.contains("exclusive"),
                openFlags.contains("truncate"));
        Directory base = d.directory(Rights.PATH_OPEN);
        long rights = rights(flags);
        boolean canChange = (base.inheriting() & Rights.PATH_CREATE_FILE) != 0;
        if (!canChange
                && (flags.contains("mutate-directory") || flags.contains("write") || how.create() || how.truncate())) {
            throw Errno.ROFS.error();
        }
        PathOperations.checkOpen(base, how, rights);
        files.reserve();
        int fdFlags = (flags.contains("file-integrity-sync") ? Flags.SYNC : 0)
                | (flags.contains("data-integrity-sync") ? Flags.DSYNC : 0)
                | (flags.contains("requested-write-sync") ? Flags.RSYNC : 0);
        FileDescriptor opened = operations.open(base, path, lastLink, how, rights, Rights.INHERITED, fdFlags);
        return new Descriptor(new OpenFile(opened, false, files));
    }

    /** A folder below gets what its parent passes on, whether it was asked for or not. */
    private static long rights(Set<?> flags) {
        long rights = Rights.INHERITED & ~(Rights.FD_READ | WRITING);
        if (flags.contains("read")) {
            rights |= Rights.FD_READ;
        }
        if (flags.contains("write")) {
            rights |= WRITING;
        }
        return rights;
    }

    private static Set<String> flags(FileDescriptor file) {
        Set<String> flags = new LinkedHashSet<>();
        boolean directory = file instanceof Directory;
        if (directory || file.has(Rights.FD_READ)) {
            flags.add("read");
        }
        if (file.has(Rights.FD_WRITE)) {
            flags.add("write");
        }
        if ((file.flags() & SYNCHRONIZED) != 0) {
            if (file.is(Flags.SYNC)) {
                flags.add("file-integrity-sync");
            }
            if (file.is(Flags.DSYNC)) {
                flags.add("data-integrity-sync");
            }
            if (file.is(Flags.RSYNC)) {
                flags.add("requested-write-sync");
            }
        }
        if (directory && file.has(Rights.PATH_CREATE_FILE)) {
            flags.add("mutate-directory");
        }
        return flags;
    }

    // ---- files

    private FileStreams.Output append(Descriptor d) throws IOException {
        OpenFile open = regular(d, Rights.FD_WRITE);
        FileDescriptor file = open.file();
        if (!file.is(Flags.APPEND)) {
            // Streams and functions with a position write there nevertheless.
            file.setFlags(file.flags() | Flags.APPEND);
        }
        return new FileStreams.Output(context, open, FileStreams.APPEND);
    }

    private static void advise(Descriptor d, long offset, long length) {
        if (!(d.file() instanceof RegularFile)) {
            throw Errno.BADF.error();
        }
        if (offset < 0 || length < 0) {
            throw Errno.INVAL.error();
        }
        // Java has no way to pass it on; ignoring advice is allowed.
    }

    private static void setSize(Descriptor d, long size) throws IOException {
        if (!(d.file() instanceof RegularFile)) {
            throw Errno.BADF.error();
        }
        d.file().need(Rights.FD_FILESTAT_SET_SIZE);
        d.file().setSize(size);
    }

    private static void setTimes(Descriptor d, Object accessed, Object modified) throws IOException {
        d.file().need(Rights.FD_FILESTAT_SET_TIMES);
        d.file().setTimes(FileCodes.times(accessed, modified));
    }

    /** The bytes, and whether the file ends behind them. */
    private List<Object> read(Descriptor d, long length, long offset) throws IOException {
        FileDescriptor file = regular(d, Rights.FD_READ).file();
        if (file.type() != FileType.REGULAR_FILE) {
            throw Errno.SPIPE.error();
        }
        int wanted = length < 0 ? GuestContext.PIECE : (int) Math.min(length, GuestContext.PIECE);
        ByteBuffer b = context.piece(wanted);
        int n = wanted == 0 ? 0 : file.read(b, offset);
        byte[] bytes = new byte[n];
        b.get(0, bytes);
        return List.of(bytes, n < wanted && offset + n >= file.size());
    }

    private long write(Descriptor d, byte[] bytes, long offset) throws IOException {
        FileDescriptor file = regular(d, Rights.FD_WRITE).file();
        if (file.type() != FileType.REGULAR_FILE) {
            throw Errno.SPIPE.error();
        }
        int total = 0;
        while (total < bytes.length) {
            int part = Math.min(bytes.length - total, GuestContext.PIECE);
            int n;
            try {
                n = file.write(context.piece(part).put(bytes, total, part).flip(), offset + total);
            } catch (IOException | WasiError e) {
                // An error after some bytes is not one yet: the guest learns the number, and the error the next time.
                if (total == 0) {
                    throw e;
                }
                break;
            }
            total += n;
            if (n < part) {
                break;
            }
            context.stop().check();
        }
        return total;
    }
}
