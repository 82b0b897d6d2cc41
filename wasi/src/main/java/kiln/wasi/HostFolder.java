package kiln.wasi;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardCopyOption;
import java.util.HashSet;
import java.util.Set;

/**
 * The folder that a look-up led to, opened for an operation on one of its names. Where the host can, it is opened step
 * by step from the folder that the host gave without following links, so that even somebody who replaces a folder by a
 * link in between gets nothing outside opened, removed or renamed.
 */
final class HostFolder implements AutoCloseable {
    private final Path path;
    /** Null if the host cannot, or the folder is the given one, so that there is nothing in between. */
    private final SecureDirectoryStream<Path> stream;

    private HostFolder(Path path, SecureDirectoryStream<Path> stream) {
        this.path = path;
        this.stream = stream;
    }

    static HostFolder of(ResolvedPath resolved) throws IOException {
        return of(resolved, false);
    }

    @SuppressWarnings("StreamResourceLeak") // the folder that is returned closes it
    private static HostFolder of(ResolvedPath resolved, boolean always) throws IOException {
        Path root = resolved.base().root();
        Path folder = resolved.folder();
        if (!always && folder.equals(root)) {
            return new HostFolder(folder, null);
        }
        DirectoryStream<Path> opened = Files.newDirectoryStream(root);
        try {
            int given = root.getNameCount();
            for (int i = given; i < folder.getNameCount() && opened instanceof SecureDirectoryStream<Path> s; i++) {
                opened = s.newDirectoryStream(folder.getName(i), LinkOption.NOFOLLOW_LINKS);
                s.close();
            }
        } catch (IOException e) {
            opened.close();
            throw e;
        }
        if (opened instanceof SecureDirectoryStream<Path> s) {
            return new HostFolder(folder, s);
        }
        opened.close();
        return new HostFolder(folder, null);
    }

    FileChannel open(String name, Set<? extends OpenOption> options) throws IOException {
        Set<OpenOption> all = new HashSet<>(options);
        all.add(LinkOption.NOFOLLOW_LINKS);
        if (stream != null) {
            SeekableByteChannel channel =
                    stream.newByteChannel(path.getFileSystem().getPath(name), all);
            if (channel instanceof FileChannel f) {
                return f;
            }
            channel.close();
        }
        return FileChannel.open(path.resolve(name), all);
    }

    /** Removes a file or symbolic link. */
    void removeFile(String name) throws IOException {
        if (stream != null) {
            stream.deleteFile(path.getFileSystem().getPath(name));
        } else {
            Files.delete(path.resolve(name));
        }
    }

    void removeDirectory(String name) throws IOException {
        if (stream != null) {
            stream.deleteDirectory(path.getFileSystem().getPath(name));
        } else {
            Files.delete(path.resolve(name));
        }
    }

    /** Renames; what has the new name before is replaced at once. */
    static void rename(ResolvedPath from, ResolvedPath to) throws IOException {
        boolean always = !from.folder().equals(from.base().root())
                || !to.folder().equals(to.base().root());
        try (HostFolder source = of(from, always);
                HostFolder target = of(to, always)) {
            if (source.stream != null && target.stream != null) {
                source.stream.move(
                        source.path.getFileSystem().getPath(from.name()),
                        target.stream,
                        target.path.getFileSystem().getPath(to.name()));
            } else {
                Files.move(from.path(), to.path(), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }

    @Override
    public void close() throws IOException {
        if (stream != null) {
            stream.close();
        }
    }
}
