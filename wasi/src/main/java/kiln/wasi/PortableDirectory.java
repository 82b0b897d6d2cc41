package kiln.wasi;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
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
 * A folder of any file system of Java's that can open folders relative to others. What Java can do by paths only,
 * making folders and links and reading links, fails with NOTSUP: it would lead out.
 */
final class PortableDirectory implements DirectoryHandle {
    private final FileSystem system;
    private final SecureDirectoryStream<Path> stream;

    private PortableDirectory(FileSystem system, SecureDirectoryStream<Path> stream) {
        this.system = system;
        this.stream = stream;
    }

    /** @throws IOException if it does not exist, is no folder, or its file system cannot do what this needs */
    @SuppressWarnings("StreamResourceLeak") // The result owns the stream and closes it.
    static PortableDirectory open(Path path) throws IOException {
        // Links above the folder are the host's to guard.
        return of(path.getFileSystem(), Files.newDirectoryStream(path.toRealPath()));
    }

    private static PortableDirectory of(FileSystem system, DirectoryStream<Path> opened) throws IOException {
        if (opened instanceof SecureDirectoryStream<Path> s) {
            return new PortableDirectory(system, s);
        }
        opened.close();
        throw new IOException(
                "this file system cannot keep a program inside of a folder: it has no SecureDirectoryStream");
    }

    /** One component. On Windows a name could otherwise be several, or be on another drive. */
    private Path path(String name) {
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

    private static PortableDirectory same(DirectoryHandle other) {
        if (other instanceof PortableDirectory p) {
            return p;
        }
        throw Errno.XDEV.error();
    }

    @Override
    public PortableDirectory copy() throws IOException {
        return of(system, stream.newDirectoryStream(system.getPath("."), LinkOption.NOFOLLOW_LINKS));
    }

    @Override
    public DirectoryHandle directory(String name) throws IOException {
        // Asked beforehand, since Java opens whatever it is: a pipe would wait for its other end, and of a file the
        // JDK's own file system
        // leaks a descriptor and closes another one twice.
        FileStatus before = status(name);
        if (before != null && !before.isDirectory()) {
            return null;
        }
        try {
            return of(system, stream.newDirectoryStream(path(name), LinkOption.NOFOLLOW_LINKS));
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
        options.add(LinkOption.NOFOLLOW_LINKS);
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
        SeekableByteChannel channel = stream.newByteChannel(path, options);
        PortableDirectory folder = null;
        boolean done = false;
        try {
            folder = copy();
            BasicFileAttributes a = attributes(path);
            PortableFile file = new PortableFile(channel, folder, name, a.fileKey(), status(a), mode.is(Flags.APPEND));
            done = true;
            return file;
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
        return stream.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .readAttributes();
    }

    /** Of what has a name now, or null. */
    BasicFileAttributes attributes(String name) throws IOException {
        try {
            return attributes(path(name));
        } catch (NoSuchFileException _) {
            return null;
        }
    }

    static FileStatus status(BasicFileAttributes a) {
        FileType type = a.isRegularFile()
                ? FileType.REGULAR_FILE
                : a.isDirectory() ? FileType.DIRECTORY : a.isSymbolicLink() ? FileType.SYMBOLIC_LINK : FileType.UNKNOWN;
        long modified = a.lastModifiedTime().to(TimeUnit.NANOSECONDS);
        return new FileStatus(
                0, inode(a), type, 1, a.size(), a.lastAccessTime().to(TimeUnit.NANOSECONDS), modified, modified);
    }

    /** Programs compare inode numbers to see whether two files are one: a number made of what tells them apart here. */
    private static long inode(BasicFileAttributes a) {
        long hash = 0xcbf29ce484222325L;
        String s = String.valueOf(a.fileKey());
        for (int i = 0; i < s.length(); i++) {
            hash = (hash ^ s.charAt(i)) * 0x100000001b3L;
        }
        return hash;
    }

    @Override
    public FileStatus status() throws IOException {
        return status(stream.getFileAttributeView(BasicFileAttributeView.class).readAttributes());
    }

    @Override
    public FileStatus status(String name) throws IOException {
        BasicFileAttributes a = attributes(name);
        return a == null ? null : status(a);
    }

    static FileTime accessed(FileTimes t) {
        return time(t.setsAccessed(), t.accessedNow(), t.accessed());
    }

    static FileTime modified(FileTimes t) {
        return time(t.setsModified(), t.modifiedNow(), t.modified());
    }

    /** Null leaves a time as it is. */
    private static FileTime time(boolean set, boolean now, long nanos) {
        return now ? FileTime.from(Instant.now()) : set ? FileTime.from(nanos, TimeUnit.NANOSECONDS) : null;
    }

    @Override
    public void setTimes(FileTimes times) throws IOException {
        stream.getFileAttributeView(BasicFileAttributeView.class).setTimes(modified(times), accessed(times), null);
    }

    @Override
    public void setTimes(String name, FileTimes times) throws IOException {
        stream.getFileAttributeView(path(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
                .setTimes(modified(times), accessed(times), null);
    }

    @Override
    public List<DirectoryEntry> entries() throws IOException {
        List<DirectoryEntry> entries = new ArrayList<>();
        // A stream lists its folder only once.
        try (PortableDirectory again = copy()) {
            for (Path p : again.stream) {
                String name = p.getFileName().toString();
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
    public void createDirectory(String name) {
        throw Errno.NOTSUP.error();
    }

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
        stream.deleteFile(path(name));
    }

    @Override
    public void removeDirectory(String name) throws IOException {
        stream.deleteDirectory(path(name));
    }

    @Override
    public void rename(String name, DirectoryHandle to, String newName) throws IOException {
        stream.move(path(name), same(to).stream, path(newName));
    }

    /** Java has nothing for folders but by path. */
    @Override
    public void sync(boolean metadata) {}

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
