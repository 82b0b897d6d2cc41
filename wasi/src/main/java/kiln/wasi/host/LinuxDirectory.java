package kiln.wasi.host;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.PathBytes;
import kiln.loader.Host;
import kiln.loader.HostDirectoryEntry;
import kiln.loader.HostFileException;
import kiln.loader.HostFileStatus;
import kiln.loader.HostFiles;

/** A folder of the operating system's: a descriptor. */
public final class LinuxDirectory implements DirectoryHandle {
    private final HostFiles files;
    private final int descriptor;
    private boolean closed;

    private LinuxDirectory(HostFiles files, int descriptor) {
        this.files = files;
        this.descriptor = descriptor;
    }

    /** Opens a folder of the default file system; links on the path are the host's to guard. */
    public static LinuxDirectory open(Path path) throws IOException {
        HostFiles files = Host.current().files();
        try {
            return new LinuxDirectory(files, files.openRoot(PathBytes.of(path.toAbsolutePath())));
        } catch (HostFileException e) {
            String name = PathBytes.text(path);
            throw switch (e.errno()) {
                case HostFileException.ENOENT -> new NoSuchFileException(name);
                case HostFileException.ENOTDIR -> new NotDirectoryException(name);
                case HostFileException.EACCES -> new AccessDeniedException(name);
                default -> new FileSystemException(name, null, e.getMessage());
            };
        }
    }

    private static byte[] bytes(String name) {
        return name.getBytes(StandardCharsets.UTF_8);
    }

    private static LinuxDirectory same(DirectoryHandle other) {
        if (other instanceof LinuxDirectory l) {
            return l;
        }
        throw Errno.XDEV.error();
    }

    @Override
    public DirectoryHandle copy() throws IOException {
        return new LinuxDirectory(files, files.copyFolder(descriptor));
    }

    @Override
    public DirectoryHandle directory(String name) throws IOException {
        try {
            return new LinuxDirectory(files, files.openFolder(descriptor, bytes(name)));
        } catch (HostFileException e) {
            // A link is ENOTDIR on some file systems and kernels, ELOOP on others.
            if (e.errno() == HostFileException.ENOTDIR || e.errno() == HostFileException.ELOOP) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public FileHandle file(String name, OpenMode mode) throws IOException {
        int how = (mode.read() ? HostFiles.READ : 0)
                | (mode.write() ? HostFiles.WRITE : 0)
                | (mode.create() ? HostFiles.CREATE : 0)
                | (mode.exclusive() ? HostFiles.EXCLUSIVE : 0)
                | (mode.truncate() ? HostFiles.TRUNCATE : 0)
                | (mode.is(Flags.APPEND) ? HostFiles.APPEND : 0)
                | (mode.is(Flags.DSYNC) ? HostFiles.DATA_SYNC : 0)
                | (mode.is(Flags.SYNC | Flags.RSYNC) ? HostFiles.SYNC : 0);
        return LinuxFile.of(files, files.openFile(descriptor, bytes(name), how), mode.is(Flags.APPEND));
    }

    public static FileStatus status(HostFileStatus s) {
        return new FileStatus(
                s.device(),
                s.inode(),
                FileType.ofMode(s.mode()),
                s.links(),
                s.size(),
                s.accessed(),
                s.modified(),
                s.changed());
    }

    @Override
    public FileStatus status() throws IOException {
        return status(files.status(descriptor));
    }

    @Override
    public FileStatus status(String name) throws IOException {
        try {
            return status(files.status(descriptor, bytes(name)));
        } catch (HostFileException e) {
            if (e.errno() == HostFileException.ENOENT) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        files.setFolderTimes(descriptor, LinuxFile.times(times));
    }

    @Override
    public void setTimes(String name, FileTimes times) throws IOException {
        files.setTimes(descriptor, bytes(name), LinuxFile.times(times));
    }

    @Override
    public List<DirectoryEntry> entries() throws IOException {
        List<DirectoryEntry> entries = new ArrayList<>();
        for (HostDirectoryEntry e : files.entries(descriptor)) {
            entries.add(new DirectoryEntry(e.name(), e.inode(), e.mode() != 0 ? FileType.ofMode(e.mode()) : type(e)));
        }
        return entries;
    }

    /** What the listing does not tell. */
    private FileType type(HostDirectoryEntry e) {
        try {
            return FileType.ofMode(files.status(descriptor, e.name()).mode());
        } catch (HostFileException _) {
            // It is gone already, or may not be known.
            return FileType.UNKNOWN;
        }
    }

    @Override
    public byte[] readLink(String name) throws IOException {
        try {
            return files.readLink(descriptor, bytes(name));
        } catch (HostFileException e) {
            if (e.errno() == HostFileException.EINVAL) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public void createDirectory(String name) throws IOException {
        files.createFolder(descriptor, bytes(name));
    }

    @Override
    public void createSymbolicLink(String target, String name) throws IOException {
        files.createSymbolicLink(bytes(target), descriptor, bytes(name));
    }

    @Override
    public void createLink(String name, DirectoryHandle to, String newName) throws IOException {
        files.createLink(descriptor, bytes(name), same(to).descriptor, bytes(newName));
    }

    @Override
    public void removeFile(String name) throws IOException {
        files.removeFile(descriptor, bytes(name));
    }

    @Override
    public void removeDirectory(String name) throws IOException {
        try {
            files.removeFolder(descriptor, bytes(name));
        } catch (HostFileException e) {
            throw notEmpty(e);
        }
    }

    @Override
    public void rename(String name, DirectoryHandle to, String newName) throws IOException {
        try {
            files.rename(descriptor, bytes(name), same(to).descriptor, bytes(newName));
        } catch (HostFileException e) {
            throw notEmpty(e);
        }
    }

    /** POSIX lets file systems choose between the two, and XFS takes the other one. */
    private static RuntimeException notEmpty(HostFileException e) throws HostFileException {
        if (e.errno() == HostFileException.EEXIST) {
            return Errno.NOTEMPTY.error();
        }
        throw e;
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        files.syncFolder(descriptor);
    }

    @Override
    public void close() throws IOException {
        // Closed twice, the number may be another file's.
        if (!closed) {
            closed = true;
            files.close(descriptor);
        }
    }
}
