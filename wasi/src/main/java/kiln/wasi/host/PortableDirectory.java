package kiln.wasi.host;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * A folder of any file system of Java's. Where that can open folders relative to others ({@link SecureFolder}), nothing
 * leads out of the folder; elsewhere ({@link PathFolder}) no guest leads out, but others who change the file system
 * meanwhile could. Links cannot be made or followed.
 */
public abstract class PortableDirectory implements DirectoryHandle {
    private final FileSystem system;

    public PortableDirectory(FileSystem system) {
        this.system = system;
    }

    /**
     * A folder that the host gives. What goes wrong in the code of a file system is an error number for the guest.
     *
     * @throws IOException if it does not exist, is no folder, or its file system cannot do what this needs
     */
    @SuppressWarnings("StreamResourceLeak") // The result owns the stream and closes it.
    public static DirectoryHandle open(Path path) throws IOException {
        try {
            // Links above the folder are the host's to guard.
            Path real = path.toRealPath();
            DirectoryStream<Path> opened = Files.newDirectoryStream(real);
            if (opened instanceof SecureDirectoryStream<Path> s) {
                return Guarded.directory(new SecureFolder(path.getFileSystem(), s));
            }
            opened.close();
            return Guarded.directory(new PathFolder(new PathFolder.Root(real), real));
        } catch (RuntimeException e) {
            throw new IOException("this file system cannot be given: " + e, e);
        }
    }

    // ---- what the two kinds do each in their own way

    /** Opens a folder in this one without following a link, or fails in any way. */
    public abstract PortableDirectory openDirectory(Path name) throws IOException;

    /** Opens a file without following a link. */
    public abstract SeekableByteChannel openFile(Path name, Set<OpenOption> options) throws IOException;

    /** Of what has a name, links not followed; of this folder if that is null. */
    public abstract BasicFileAttributeView view(Path name) throws IOException;

    public abstract void delete(Path name, boolean folder) throws IOException;

    public abstract void move(Path name, PortableDirectory to, Path newName) throws IOException;

    /** The names in it. */
    public abstract List<String> list() throws IOException;

    @Override
    public abstract PortableDirectory copy() throws IOException;

    // ---- what they have in common

    public FileSystem system() {
        return system;
    }

    /** One component. On Windows a name could otherwise be several, or be on another drive. */
    public Path path(String name) {
        Path path;
        try {
            path = system.getPath(name);
        } catch (InvalidPathException e) {
            throw Errno.ILSEQ.error();
        }
        if (path.isAbsolute()
                || path.getRoot() != null
                || path.getNameCount() != 1
                || name.contains(system.getSeparator())) {
            throw Errno.INVAL.error();
        }
        return path;
    }

    /** The other folder, if something can be moved there from here. */
    private PortableDirectory same(DirectoryHandle other) {
        if (Guarded.unwrap(other) instanceof PortableDirectory p && p.system == system && p.getClass() == getClass()) {
            return p;
        }
        throw Errno.XDEV.error();
    }

    @Override
    public DirectoryHandle directory(String name) throws IOException {
        // Asked beforehand, since Java opens whatever it is: a pipe would wait for its other end, and of a file the
        // JDK's own file system leaks a descriptor and closes another one twice.
        FileStatus before = status(name);
        if (before != null && !before.isDirectory()) {
            return null;
        }
        try {
            return Guarded.directory(openDirectory(path(name)));
        } catch (IOException e) {
            FileStatus now = status(name);
            if (now != null && !now.isDirectory()) {
                return null;
            }
            throw e;
        }
    }

    @Override
    public FileHandle file(String name, OpenMode mode) throws IOException {
        Path path = path(name);
        FileStatus before = status(name);
        if (before != null && before.isDirectory()) {
            throw Errno.ISDIR.error();
        } else if (before != null && before.isLink()) {
            throw Errno.LOOP.error();
        } else if (before != null && before.type() != FileType.REGULAR_FILE) {
            // Opening a pipe could wait for ever.
            throw Errno.NOTSUP.error();
        }
        Set<OpenOption> options = new HashSet<>();
        if (mode.read()) {
            options.add(StandardOpenOption.READ);
        }
        boolean make = mode.create() && before == null;
        // Java makes and truncates files only when they are opened for writing. What the guest may do is up to its
        // rights.
        if (mode.write() || make || mode.truncate()) {
            options.add(StandardOpenOption.WRITE);
        }
        if (make) {
            options.add(mode.exclusive() ? StandardOpenOption.CREATE_NEW : StandardOpenOption.CREATE);
        }
        if (mode.truncate()) {
            options.add(StandardOpenOption.TRUNCATE_EXISTING);
        }
        if (mode.is(Flags.SYNC | Flags.RSYNC)) {
            options.add(StandardOpenOption.SYNC);
        } else if (mode.is(Flags.DSYNC)) {
            options.add(StandardOpenOption.DSYNC);
        }
        SeekableByteChannel channel = openFile(path, options);
        PortableDirectory folder = null;
        boolean done = false;
        try {
            folder = copy();
            BasicFileAttributes a = attributes(path);
            PortableFile file =
                    new PortableFile(channel, folder, name, a.fileKey(), status(a, path), mode.is(Flags.APPEND));
            done = true;
            return Guarded.file(file);
        } finally {
            if (!done) {
                channel.close();
                if (folder != null) {
                    folder.close();
                }
            }
        }
    }

    private BasicFileAttributes attributes(Path name) throws IOException {
        return view(name).readAttributes();
    }

    /** Of what has a name now, or null. */
    public BasicFileAttributes attributes(String name) throws IOException {
        try {
            return attributes(path(name));
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    /** What a guest is told of a file of this folder's; of the folder itself if the name is null. */
    public FileStatus status(BasicFileAttributes a, Path name) {
        FileType type = a.isRegularFile()
                ? FileType.REGULAR_FILE
                : a.isDirectory() ? FileType.DIRECTORY : a.isSymbolicLink() ? FileType.SYMBOLIC_LINK : FileType.UNKNOWN;
        long modified = a.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        return new FileStatus(
                0, inode(a, name), type, 1, a.size(), a.lastAccessTime().to(TimeUnit.NANOSECONDS), modified, modified);
    }

    /** Programs compare inode numbers to see whether two files are one: a number made of what tells them apart here. */
    private long inode(BasicFileAttributes a, Path name) {
        long hash = 0xcbf29ce484222325L;
        String s = a.fileKey() != null ? a.fileKey().toString() : place(name);
        for (int i = 0; i < s.length(); i++) {
            hash = (hash ^ s.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    /** What tells a file from others where the file system does not: where it is. */
    public abstract String place(Path name);

    @Override
    public FileStatus status() throws IOException {
        return status(view(null).readAttributes(), null);
    }

    @Override
    public FileStatus status(String name) throws IOException {
        BasicFileAttributes a = attributes(name);
        return a == null ? null : status(a, path(name));
    }

    public static FileTime accessed(FileTimes t) {
        return time(t.setsAccessed(), t.accessedNow(), t.accessed());
    }

    public static FileTime modified(FileTimes t) {
        return time(t.setsModified(), t.modifiedNow(), t.modified());
    }

    /** Null leaves a time as it is. */
    private static FileTime time(boolean set, boolean now, long nanos) {
        return now ? FileTime.from(Instant.now()) : set ? FileTime.from(nanos, TimeUnit.NANOSECONDS) : null;
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        view(null).setTimes(modified(times), accessed(times), null);
    }

    @Override
    public void setTimes(String name, FileTimes times) throws IOException {
        view(path(name)).setTimes(modified(times), accessed(times), null);
    }

    @Override
    public List<DirectoryEntry> entries() throws IOException {
        List<DirectoryEntry> entries = new ArrayList<>();
        try {
            for (String name : list()) {
                FileStatus s = status(name);
                if (s != null) {
                    entries.add(new DirectoryEntry(name.getBytes(StandardCharsets.UTF_8), s.inode(), s.type()));
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        return entries;
    }

    @Override
    public byte[] readLink(String name) throws IOException {
        FileStatus s = status(name);
        if (s != null && s.isLink()) {
            throw Errno.NOTSUP.error();
        }
        return null;
    }

    @Override
    public void createDirectory(String name) throws IOException {
        makeDirectory(path(name));
    }

    public abstract void makeDirectory(Path name) throws IOException;

    @Override
    public void createSymbolicLink(String target, String name) {
        throw Errno.NOTSUP.error();
    }

    @Override
    public void createLink(String name, DirectoryHandle to, String newName) {
        same(to);
        throw Errno.NOTSUP.error();
    }

    @Override
    public void removeFile(String name) throws IOException {
        FileStatus s = status(name);
        if (s != null && s.isDirectory()) {
            throw Errno.ISDIR.error();
        }
        delete(path(name), false);
    }

    @Override
    public void removeDirectory(String name) throws IOException {
        FileStatus s = status(name);
        if (s != null && !s.isDirectory()) {
            throw Errno.NOTDIR.error();
        }
        delete(path(name), true);
    }

    @Override
    public void rename(String name, DirectoryHandle to, String newName) throws IOException {
        PortableDirectory target = same(to);
        FileStatus moved = status(name);
        FileStatus replaced = target.status(newName);
        // Java replaces any file by any other, or none, as the file system likes; POSIX says which.
        if (moved != null && replaced != null) {
            if (moved.inode() == replaced.inode()) {
                return;
            } else if (replaced.isDirectory() && !moved.isDirectory()) {
                throw Errno.ISDIR.error();
            } else if (moved.isDirectory() && !replaced.isDirectory()) {
                throw Errno.NOTDIR.error();
            }
        }
        move(path(name), target, path(newName));
    }

    /** Java has nothing for folders but by path. */
    @Override
    public void sync(boolean metadata) {}
}
