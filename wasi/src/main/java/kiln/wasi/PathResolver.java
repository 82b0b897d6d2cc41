package kiln.wasi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Finds what a guest's path means, component by component and expanding symbolic links itself, so that nothing outside
 * of the folder in which the look-up begins is ever reached: neither by ".." nor by an absolute path nor by a link to
 * either (EPERM).
 */
final class PathResolver {
    /** Links to expand before it is taken for a loop. As Linux. */
    private static final int MOST_LINKS = 40;

    /** What to do about a symbolic link as the last component. */
    enum LastLink {
        FOLLOW,
        /** Take the link itself, unless a slash behind it says that a folder is meant. */
        KEEP,
        /** Take the link itself; with a slash behind it, it is not a folder. */
        KEEP_ALWAYS
    }

    private final Directory base;
    private final LastLink lastLink;
    private final Deque<String> pending = new ArrayDeque<>();
    private Path folder;
    /** How far below the base {@link #folder} is. */
    private int depth;

    private int links;
    private boolean slash;

    private PathResolver(Directory base, LastLink lastLink) {
        this.base = base;
        this.lastLink = lastLink;
        this.folder = base.path();
    }

    static LastLink lastLink(int lookupFlags) {
        Flags.check(lookupFlags, Flags.FOLLOW);
        return lookupFlags == Flags.FOLLOW ? LastLink.FOLLOW : LastLink.KEEP;
    }

    /**
     * Follows a path; that its last component is missing is no error.
     *
     * @throws WasiError NOENT, NOTDIR, LOOP; PERM if it leads out of the base
     */
    static ResolvedPath resolve(Directory base, String path, LastLink lastLink) throws IOException {
        PathResolver r = new PathResolver(base, lastLink);
        r.push(path);
        return r.run();
    }

    /** Puts the components of a path before those that are left. */
    private void push(String path) {
        if (path.isEmpty()) {
            throw Errno.NOENT.error();
        }
        if (path.startsWith("/")) {
            throw Errno.PERM.error();
        }
        if (pending.isEmpty()) {
            slash |= path.endsWith("/");
        }
        List<String> components = new ArrayList<>();
        int from = 0;
        while (from < path.length()) {
            int to = path.indexOf('/', from);
            to = to < 0 ? path.length() : to;
            if (to > from) {
                components.add(path.substring(from, to));
            }
            from = to + 1;
        }
        for (String c : components.reversed()) {
            pending.push(c);
        }
    }

    private ResolvedPath run() throws IOException {
        while (!pending.isEmpty()) {
            String c = pending.pop();
            if (c.equals(".")) {
                continue;
            }
            if (c.equals("..")) {
                goUp();
                continue;
            }
            boolean last = pending.isEmpty();
            Path path = child(c);
            BasicFileAttributes attributes = attributes(path);
            if (attributes != null && attributes.isSymbolicLink() && (!last || followsLast())) {
                expand(path);
            } else if (last) {
                return new ResolvedPath(base, folder, c, attributes, slash);
            } else if (attributes == null) {
                throw Errno.NOENT.error();
            } else if (!attributes.isDirectory()) {
                throw Errno.NOTDIR.error();
            } else {
                folder = path;
                depth++;
            }
        }
        return new ResolvedPath(base, folder, null, FileStatus.attributes(folder), slash);
    }

    private boolean followsLast() {
        return lastLink == LastLink.FOLLOW || lastLink == LastLink.KEEP && slash;
    }

    /** The folder has no links in it, so that the one above is the one before. */
    private void goUp() {
        if (depth == 0) {
            throw Errno.PERM.error();
        }
        folder = folder.getParent();
        depth--;
    }

    private void expand(Path link) throws IOException {
        if (++links > MOST_LINKS) {
            throw Errno.LOOP.error();
        }
        Path target = Files.readSymbolicLink(link);
        if (target.isAbsolute()) {
            throw Errno.PERM.error();
        }
        push(guestForm(target));
    }

    /** A host's path as the guest writes it. */
    static String guestForm(Path path) {
        return path.toString().replace(path.getFileSystem().getSeparator(), "/");
    }

    private Path child(String name) {
        // On Windows a name could otherwise be several, or be on another drive.
        String separator = folder.getFileSystem().getSeparator();
        if (!separator.equals("/") && (name.contains(separator) || name.indexOf(':') >= 0)) {
            throw Errno.INVAL.error();
        }
        try {
            return folder.resolve(name);
        } catch (InvalidPathException e) {
            throw Errno.ILSEQ.error();
        }
    }

    private static BasicFileAttributes attributes(Path path) throws IOException {
        try {
            return FileStatus.attributes(path);
        } catch (NoSuchFileException e) {
            return null;
        }
    }
}
