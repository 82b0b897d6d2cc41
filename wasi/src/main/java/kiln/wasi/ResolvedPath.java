package kiln.wasi;

import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;

/**
 * Where a guest's path leads.
 *
 * @param base the folder in which the look-up began
 * @param folder the folder that holds the last component; no symbolic link and no ".." below the base is left in it
 * @param name the last component, or null if the path ends in "." or ".." and means {@code folder} itself
 * @param attributes of what is there, or null if nothing is
 * @param slash whether the path ended in a slash, so that only a folder may be there
 */
record ResolvedPath(Directory base, Path folder, String name, BasicFileAttributes attributes, boolean slash) {
    Path path() {
        return name == null ? folder : folder.resolve(name);
    }

    boolean exists() {
        return attributes != null;
    }

    boolean isDirectory() {
        return attributes != null && attributes.isDirectory();
    }

    boolean isLink() {
        return attributes != null && attributes.isSymbolicLink();
    }

    /** Fails if nothing is there, or it is not a folder although the path ends in a slash. */
    ResolvedPath mustExist() {
        if (attributes == null) {
            throw Errno.NOENT.error();
        }
        if (slash && !attributes.isDirectory()) {
            throw Errno.NOTDIR.error();
        }
        return this;
    }

    /** Fails if something is there; a slash at the end is allowed only if a folder is to be made. */
    ResolvedPath mustNotExist(boolean folderToCome) {
        if (attributes != null) {
            throw (slash && !attributes.isDirectory() ? Errno.NOTDIR : Errno.EXIST).error();
        }
        if (slash && !folderToCome) {
            throw Errno.NOENT.error();
        }
        return this;
    }
}
