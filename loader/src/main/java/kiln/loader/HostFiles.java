package kiln.loader;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Files of the operating system by open descriptors, and by names in open folders. A name is one component of a path:
 * bytes without a slash or a zero, neither empty nor "." nor "..". No call follows a symbolic link, but for
 * {@link #openRoot}; so nothing but what the descriptors stand for is ever reached, whatever others rename meanwhile.
 * Descriptors are not handed on to child processes. Buffers are direct; their positions stay. Times are {seconds,
 * nanoseconds} for access and for modification, where the nanoseconds may also be {@link #NOW} or {@link #OMIT}. Safe
 * for use by several threads.
 */
public interface HostFiles {
    /** For {@link #openFile}: to be read; at least one of this and {@link #WRITE}. */
    int READ = 1;
    /** To be written. */
    int WRITE = 1 << 1;
    /** To be made if there is nothing. */
    int CREATE = 1 << 2;
    /** With {@link #CREATE}: fails if there is something. */
    int EXCLUSIVE = 1 << 3;
    /** To be emptied. */
    int TRUNCATE = 1 << 4;
    /** Every write at the position goes to the end. */
    int APPEND = 1 << 5;
    /** Writes return when the content is on the disk. */
    int DATA_SYNC = 1 << 6;
    /** Writes return when content and attributes are on the disk. */
    int SYNC = 1 << 7;

    /** In place of nanoseconds: the present time. */
    long NOW = 0x3fff_ffff;
    /** In place of nanoseconds: as it is. */
    long OMIT = 0x3fff_fffe;

    /** A folder by its path, following symbolic links; only good for the calls that take a folder. */
    int openRoot(byte[] path) throws HostFileException;

    /**
     * A folder in a folder; only good for the calls that take a folder. ENOTDIR if the name is anything else, a link
     * included.
     */
    int openFolder(int folder, byte[] name) throws HostFileException;

    /** The same folder once more. */
    int copyFolder(int folder) throws HostFileException;

    /**
     * Opens without ever waiting, not even for the other end of a pipe: reading and writing may fail with EAGAIN. ELOOP
     * if it is a link.
     */
    int openFile(int folder, byte[] name, int how) throws HostFileException;

    /** Errors that come late, of data not written yet, are thrown; closed it is all the same. */
    void close(int file) throws HostFileException;

    /** Of an open file or folder. */
    HostFileStatus status(int file) throws HostFileException;

    HostFileStatus status(int folder, byte[] name) throws HostFileException;

    void setTimes(int file, long[] times) throws HostFileException;

    void setFolderTimes(int folder, long[] times) throws HostFileException;

    void setTimes(int folder, byte[] name, long[] times) throws HostFileException;

    /** The names in a folder, without "." and "..". */
    List<HostDirectoryEntry> entries(int folder) throws HostFileException;

    /** EINVAL if it is not a symbolic link. */
    byte[] readLink(int folder, byte[] name) throws HostFileException;

    void createFolder(int folder, byte[] name) throws HostFileException;

    void createSymbolicLink(byte[] target, int folder, byte[] name) throws HostFileException;

    /** Gives a file another name; a symbolic link, too. */
    void createLink(int folder, byte[] name, int toFolder, byte[] toName) throws HostFileException;

    void removeFile(int folder, byte[] name) throws HostFileException;

    void removeFolder(int folder, byte[] name) throws HostFileException;

    /** What has the new name before is replaced at once. */
    void rename(int folder, byte[] name, int toFolder, byte[] toName) throws HostFileException;

    void syncFolder(int folder) throws HostFileException;

    /** Waits until content, and also attributes if {@code metadata}, are on the disk. */
    void sync(int file, boolean metadata) throws HostFileException;

    /** Reads at the position into the first {@code count} buffers, at most 16; returns the bytes, 0 at the end. */
    long read(int file, ByteBuffer[] buffers, int count) throws HostFileException;

    /** Writes at the position from the first {@code count} buffers, at most 16. */
    long write(int file, ByteBuffer[] buffers, int count) throws HostFileException;

    int read(int file, ByteBuffer buffer, long offset) throws HostFileException;

    /** Of a file that appends, this appends, too. */
    int write(int file, ByteBuffer buffer, long offset) throws HostFileException;

    long position(int file) throws HostFileException;

    void setPosition(int file, long offset) throws HostFileException;

    void setSize(int file, long size) throws HostFileException;

    void setAppend(int file, boolean append) throws HostFileException;

    /**
     * The same pipe or device once more, to be read ({@code write} says: written), by a descriptor of which reading and
     * writing never wait, but fail with EAGAIN. What others have open is as it was.
     */
    int openAgain(int file, boolean write) throws HostFileException;

    /** Bytes that can be read from a file, pipe or device at once; 1 where the system does not tell. */
    long available(int file) throws HostFileException;

    /** Waits until a pipe or device can be read ({@code write} says: written), has failed or was hung up. */
    boolean await(int file, boolean write, int milliseconds) throws HostFileException;
}
