package kiln.wasi.host;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A folder of a file system that knows paths only, such as that of zip files. Each operation looks first whether all
 * folders on the way down from the given one are folders, not links, and no other operation on the given folder comes
 * between: so nothing that guests do leads out. Another process that replaces folders with links meanwhile can lead
 * out; that is the host's to prevent. A folder that is renamed while it is open is no longer found.
 */
public final class PathFolder extends PortableDirectory {
    /** The given folder; its lock is held by each operation below it. */
    public record Root(Path path) {}

    private final Root root;
    private final Path path;

    public PathFolder(Root root, Path path) {
        super(path.getFileSystem());
        this.root = root;
        this.path = path;
    }

    /**
     * The path of what has a name in here, or of this folder. The root's lock must be held until the path is not used
     * any more.
     */
    private Path checked(Path name) throws IOException {
        Path at = root.path();
        for (Path component : root.path().relativize(path)) {
            if (component.toString().isEmpty()) {
                continue;
            }
            at = at.resolve(component);
            BasicFileAttributes a = Files.readAttributes(at, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!a.isDirectory()) {
                // Somebody has exchanged it.
                throw Errno.NOENT.error();
            }
        }
        return name == null ? path : path.resolve(name);
    }

    @Override
    public PathFolder openDirectory(Path name) throws IOException {
        synchronized (root) {
            Path folder = checked(name);
            if (!Files.readAttributes(folder, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
                    .isDirectory()) {
                throw Errno.NOTDIR.error();
            }
            return new PathFolder(root, folder);
        }
    }

    @Override
    public PathFolder copy() {
        return new PathFolder(root, path);
    }

    @Override
    public SeekableByteChannel openFile(Path name, Set<OpenOption> wanted) throws IOException {
        synchronized (root) {
            Path file = checked(name);
            if (Files.isSymbolicLink(file)) {
                throw Errno.LOOP.error();
            }
            Set<OpenOption> options = new HashSet<>(wanted);
            boolean makes = options.remove(StandardOpenOption.CREATE);
            if (options.remove(StandardOpenOption.CREATE_NEW) || makes && Files.notExists(file)) {
                // Of what a zip gets otherwise, nothing is to be seen before it is closed.
                Files.createFile(file);
            }
            try {
                // First choice, because a channel of the other kind empties a file of a zip that is opened for writing.
                return FileChannel.open(file, options);
            } catch (UnsupportedOperationException e) {
                if (file.getFileSystem().isReadOnly()) {
                    throw Errno.ROFS.error();
                }
                return Files.newByteChannel(file, options);
            }
        }
    }

    /** Checked when it is asked for: what it tells is only told. */
    @Override
    public BasicFileAttributeView view(Path name) throws IOException {
        synchronized (root) {
            return Files.getFileAttributeView(checked(name), BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
        }
    }

    @Override
    public String place(Path name) {
        return (name == null ? path : path.resolve(name)).toString();
    }

    @Override
    public void delete(Path name, boolean folder) throws IOException {
        synchronized (root) {
            Files.delete(checked(name));
        }
    }

    @Override
    public void move(Path name, PortableDirectory to, Path newName) throws IOException {
        PathFolder target = (PathFolder) to;
        if (target.root != root) {
            throw Errno.XDEV.error();
        }
        synchronized (root) {
            Path from = checked(name);
            Path destination = target.checked(newName);
            if (from.equals(destination)) {
                return;
            } else if (destination.startsWith(from)) {
                throw Errno.INVAL.error();
            }
            Files.move(from, destination, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    @Override
    public List<String> list() throws IOException {
        List<String> names = new ArrayList<>();
        synchronized (root) {
            try (DirectoryStream<Path> files = Files.newDirectoryStream(checked(null))) {
                for (Path p : files) {
                    String name = p.getFileName().toString();
                    // Some say of folders that they are.
                    names.add(name.endsWith("/") ? name.substring(0, name.length() - 1) : name);
                }
            }
        }
        return names;
    }

    @Override
    public void makeDirectory(Path name) throws IOException {
        synchronized (root) {
            Files.createDirectory(checked(name));
        }
    }

    @Override
    public void close() {
        // Nothing is open.
    }
}
