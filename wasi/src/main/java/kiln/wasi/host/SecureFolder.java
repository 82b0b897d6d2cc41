package kiln.wasi.host;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystem;
import java.nio.file.LinkOption;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A folder that is open, wherever it is moved to. What Java can do by paths only, making folders, fails with NOTSUP: it
 * would lead out.
 */
public final class SecureFolder extends PortableDirectory {
    private final SecureDirectoryStream<Path> stream;

    public SecureFolder(FileSystem system, SecureDirectoryStream<Path> stream) {
        super(system);
        this.stream = stream;
    }

    @Override
    public SecureFolder openDirectory(Path name) throws IOException {
        DirectoryStream<Path> opened = stream.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS);
        if (opened instanceof SecureDirectoryStream<Path> s) {
            return new SecureFolder(system(), s);
        }
        opened.close();
        throw Errno.NOTSUP.error();
    }

    @Override
    public SecureFolder copy() throws IOException {
        return openDirectory(system().getPath("."));
    }

    @Override
    public SeekableByteChannel openFile(Path name, Set<OpenOption> options) throws IOException {
        Set<OpenOption> all = new HashSet<>(options);
        all.add(LinkOption.NOFOLLOW_LINKS);
        return stream.newByteChannel(name, all);
    }

    @Override
    public BasicFileAttributeView view(Path name) {
        return name == null
                ? stream.getFileAttributeView(BasicFileAttributeView.class)
                : stream.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public String place(Path name) {
        return "";
    }

    @Override
    public void delete(Path name, boolean folder) throws IOException {
        if (folder) {
            stream.deleteDirectory(name);
        } else {
            stream.deleteFile(name);
        }
    }

    @Override
    public void move(Path name, PortableDirectory to, Path newName) throws IOException {
        SecureDirectoryStream<Path> target = ((SecureFolder) to).stream;
        try {
            stream.move(name, target, newName);
        } catch (FileAlreadyExistsException e) {
            // This file system replaces nothing by itself. A full folder stays, and is an error.
            if (to.view(newName).readAttributes().isDirectory()) {
                target.deleteDirectory(newName);
            } else {
                target.deleteFile(newName);
            }
            stream.move(name, target, newName);
        }
    }

    @Override
    public List<String> list() throws IOException {
        List<String> names = new ArrayList<>();
        // A stream lists its folder only once.
        try (SecureFolder again = copy()) {
            for (Path p : again.stream) {
                names.add(p.getFileName().toString());
            }
        }
        return names;
    }

    @Override
    public void makeDirectory(Path name) {
        throw Errno.NOTSUP.error();
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
