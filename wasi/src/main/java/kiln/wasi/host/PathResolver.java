package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Finds what a guest's path means, component by component from one open folder to the next and expanding symbolic links
 * itself, so that nothing outside of the folder in which the look-up begins is ever reached: neither by ".." nor by an
 * absolute path nor by a link to either (EPERM). ".." goes back to the folder that the look-up came from, which is held
 * open; where that has been moved to meanwhile does not matter.
 */
public final class PathResolver {
    /** Links to expand before it is taken for a loop. As Linux. */
    private static final int MOST_LINKS = 40;
    /** Folders that one look-up holds open. */
    private static final int MOST_FOLDERS = 1024;

    /** What to do about a symbolic link as the last component. */
    public enum LastLink {
        FOLLOW,
        /** Take the link itself, unless a slash behind it says that a folder is meant. */
        KEEP,
        /** Take the link itself; with a slash behind it, it is not a folder. */
        KEEP_ALWAYS
    }

    private final LastLink lastLink;
    private final Deque<String> pending = new ArrayDeque<>();
    private final DirectoryHandle base;
    /** The folders from the base down to where the look-up is. */
    private final List<DirectoryHandle> opened = new ArrayList<>();

    private int links;
    private boolean slash;

    private PathResolver(DirectoryHandle base, LastLink lastLink) {
        this.base = base;
        this.lastLink = lastLink;
    }

    public static LastLink lastLink(int lookupFlags) {
        Flags.check(lookupFlags, Flags.FOLLOW);
        return lookupFlags == Flags.FOLLOW ? LastLink.FOLLOW : LastLink.KEEP;
    }

    /**
     * Follows a path; that its last component is missing is no error.
     *
     * @throws WasiError NOENT, NOTDIR, LOOP; PERM if it leads out of the base
     */
    public static ResolvedPath resolve(DirectoryHandle base, String path, LastLink lastLink) throws IOException {
        PathResolver r = new PathResolver(base, lastLink);
        boolean done = false;
        try {
            r.push(path);
            ResolvedPath resolved = r.run();
            done = true;
            return resolved;
        } finally {
            if (!done) {
                Closing.all(r.opened);
            }
        }
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

    private DirectoryHandle folder() {
        return opened.isEmpty() ? base : opened.getLast();
    }

    private ResolvedPath run() throws IOException {
        while (!pending.isEmpty()) {
            String c = pending.pop();
            if (c.equals(".")) {
                continue;
            }
            if (c.equals("..")) {
                goUp();
            } else if (!pending.isEmpty()) {
                goDown(c);
            } else {
                FileStatus status = folder().status(c);
                if (status == null || !status.isLink() || !followsLast()) {
                    return new ResolvedPath(folder(), opened, c, status, slash);
                }
                // Null if somebody has exchanged it since: what is there now is looked at.
                expand(c, folder().readLink(c));
            }
        }
        return new ResolvedPath(folder(), opened, null, folder().status(), slash);
    }

    private boolean followsLast() {
        return lastLink == LastLink.FOLLOW || lastLink == LastLink.KEEP && slash;
    }

    private void goUp() throws IOException {
        if (opened.isEmpty()) {
            throw Errno.PERM.error();
        }
        opened.removeLast().close();
    }

    private void goDown(String name) throws IOException {
        DirectoryHandle next = folder().directory(name);
        if (next == null) {
            byte[] target = folder().readLink(name);
            if (target == null) {
                throw Errno.NOTDIR.error();
            }
            expand(name, target);
            return;
        }
        opened.add(next);
        if (opened.size() > MOST_FOLDERS) {
            throw Errno.NAMETOOLONG.error();
        }
    }

    private void expand(String link, byte[] target) {
        if (++links > MOST_LINKS) {
            throw Errno.LOOP.error();
        }
        if (target == null) {
            pending.push(link);
            return;
        }
        try {
            push(StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(target))
                    .toString());
        } catch (CharacterCodingException e) {
            throw Errno.ILSEQ.error();
        }
    }
}
