package kiln.wasi.host;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;

/**
 * An open folder of the host's, wherever it is moved to; what is in it is reached by names relative to it, never by a
 * path. A name is one component, neither "." nor "..". No method follows a symbolic link, so that nobody who exchanges
 * a folder for a link leads anywhere. Failures are {@link WasiError}s and {@link IOException}s, see {@link HostErrors}.
 */
public interface DirectoryHandle extends Closeable {
    /** Another handle of the same folder. */
    DirectoryHandle copy() throws IOException;

    /** A folder in this one, or null if something else has that name, such as a link. */
    DirectoryHandle directory(String name) throws IOException;

    /** Opens a file without waiting for anything; fails with LOOP if it is a link and ISDIR if it is a folder. */
    FileHandle file(String name, OpenMode mode) throws IOException;

    /** Of this folder. */
    FileStatus status() throws IOException;

    /** Of what has a name, or null if nothing has. */
    FileStatus status(String name) throws IOException;

    /** Sets this folder's times. */
    void setTimes(FileTimes times) throws IOException;

    /** Sets the times of what has a name. */
    void setTimes(String name, FileTimes times) throws IOException;

    /** All names, without "." and "..". */
    List<DirectoryEntry> entries() throws IOException;

    /** What a symbolic link says, with slashes between its components; null if it is none. */
    byte[] readLink(String name) throws IOException;

    void createDirectory(String name) throws IOException;

    /** {@code target}: not absolute. */
    void createSymbolicLink(String target, String name) throws IOException;

    /** Gives what has a name another one; to a link, too. XDEV if {@code to} is of another kind. */
    void createLink(String name, DirectoryHandle to, String newName) throws IOException;

    void removeFile(String name) throws IOException;

    void removeDirectory(String name) throws IOException;

    /** What has the new name before is replaced at once. XDEV if {@code to} is of another kind. */
    void rename(String name, DirectoryHandle to, String newName) throws IOException;

    /** Waits until everything is on the disk. */
    void sync(boolean metadata) throws IOException;
}
