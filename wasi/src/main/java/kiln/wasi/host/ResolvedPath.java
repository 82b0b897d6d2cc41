package kiln.wasi.host;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * Where a guest's path leads: a name in an open folder. Closing it closes the folders that the look-up opened.
 */
public final class ResolvedPath implements Closeable {
    private final DirectoryHandle folder;
    private final List<DirectoryHandle> opened;
    private final String name;
    private final FileStatus status;
    private final boolean slash;

    /**
     * @param folder the folder that holds the last component
     * @param opened those that this look-up opened, {@code folder} the last of them unless the look-up ended where it
     *     began
     * @param name the last component, or null if the path ends in "." or ".." and means {@code folder} itself
     * @param status of what is there, or null if nothing is
     * @param slash whether the path ended in a slash, so that only a folder may be there
     */
    public ResolvedPath(
            DirectoryHandle folder, List<DirectoryHandle> opened, String name, FileStatus status, boolean slash) {
        this.folder = folder;
        this.opened = opened;
        this.name = name;
        this.status = status;
        this.slash = slash;
    }

    public DirectoryHandle folder() {
        return folder;
    }

    public String name() {
        return name;
    }

    public FileStatus status() {
        return status;
    }

    public boolean slash() {
        return slash;
    }

    public boolean exists() {
        return status != null;
    }

    public boolean isDirectory() {
        return status != null && status.isDirectory();
    }

    public boolean isLink() {
        return status != null && status.isLink();
    }

    /** Fails if nothing is there, or it is not a folder although the path ends in a slash. */
    public ResolvedPath mustExist() {
        if (status == null) {
            throw Errno.NOENT.error();
        }
        if (slash && !status.isDirectory()) {
            throw Errno.NOTDIR.error();
        }
        return this;
    }

    /** Fails if something is there; a slash at the end is allowed only if a folder is to be made. */
    public ResolvedPath mustNotExist(boolean folderToCome) {
        if (status != null) {
            throw (slash && !status.isDirectory() ? Errno.NOTDIR : Errno.EXIST).error();
        }
        if (slash && !folderToCome) {
            throw Errno.NOENT.error();
        }
        return this;
    }

    /** Opens the folder that is there; it outlives this. */
    public DirectoryHandle openDirectory() throws IOException {
        DirectoryHandle d = name == null ? folder.copy() : folder.directory(name);
        if (d == null) {
            // Somebody has exchanged it since.
            throw Errno.NOTDIR.error();
        }
        return d;
    }

    @Override
    public void close() throws IOException {
        Closing.all(opened);
    }
}
