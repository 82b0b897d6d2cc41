package kiln.wasi.host;

/**
 * What may be done with a file descriptor: bits of 64. Descriptors get those that were asked for, that their folder
 * passes on, and that make sense for what they are; afterwards they can only lose some.
 */
public final class Rights {
    public static final long FD_DATASYNC = 1;
    public static final long FD_READ = 1 << 1;
    public static final long FD_SEEK = 1 << 2;
    public static final long FD_FDSTAT_SET_FLAGS = 1 << 3;
    public static final long FD_SYNC = 1 << 4;
    public static final long FD_TELL = 1 << 5;
    public static final long FD_WRITE = 1 << 6;
    public static final long FD_ADVISE = 1 << 7;
    public static final long FD_ALLOCATE = 1 << 8;
    public static final long PATH_CREATE_DIRECTORY = 1 << 9;
    public static final long PATH_CREATE_FILE = 1 << 10;
    public static final long PATH_LINK_SOURCE = 1 << 11;
    public static final long PATH_LINK_TARGET = 1 << 12;
    public static final long PATH_OPEN = 1 << 13;
    public static final long FD_READDIR = 1 << 14;
    public static final long PATH_READLINK = 1 << 15;
    public static final long PATH_RENAME_SOURCE = 1 << 16;
    public static final long PATH_RENAME_TARGET = 1 << 17;
    public static final long PATH_FILESTAT_GET = 1 << 18;
    public static final long PATH_FILESTAT_SET_SIZE = 1 << 19;
    public static final long PATH_FILESTAT_SET_TIMES = 1 << 20;
    public static final long FD_FILESTAT_GET = 1 << 21;
    public static final long FD_FILESTAT_SET_SIZE = 1 << 22;
    public static final long FD_FILESTAT_SET_TIMES = 1 << 23;
    public static final long PATH_SYMLINK = 1 << 24;
    public static final long PATH_REMOVE_DIRECTORY = 1 << 25;
    public static final long PATH_UNLINK_FILE = 1 << 26;
    public static final long POLL_FD_READWRITE = 1 << 27;

    /** Those that make sense for a file. */
    public static final long FILE = FD_DATASYNC
            | FD_READ
            | FD_SEEK
            | FD_FDSTAT_SET_FLAGS
            | FD_SYNC
            | FD_TELL
            | FD_WRITE
            | FD_ADVISE
            | FD_ALLOCATE
            | FD_FILESTAT_GET
            | FD_FILESTAT_SET_SIZE
            | FD_FILESTAT_SET_TIMES
            | POLL_FD_READWRITE;

    /** Those that make sense for a folder. */
    public static final long DIRECTORY = FD_FDSTAT_SET_FLAGS
            | FD_SYNC
            | FD_DATASYNC
            | FD_READDIR
            | FD_FILESTAT_GET
            | FD_FILESTAT_SET_TIMES
            | PATH_CREATE_DIRECTORY
            | PATH_CREATE_FILE
            | PATH_LINK_SOURCE
            | PATH_LINK_TARGET
            | PATH_OPEN
            | PATH_READLINK
            | PATH_RENAME_SOURCE
            | PATH_RENAME_TARGET
            | PATH_FILESTAT_GET
            | PATH_FILESTAT_SET_SIZE
            | PATH_FILESTAT_SET_TIMES
            | PATH_SYMLINK
            | PATH_REMOVE_DIRECTORY
            | PATH_UNLINK_FILE;

    /** Those by which something changes on the host's disk. */
    private static final long CHANGING = FD_WRITE
            | FD_ALLOCATE
            | FD_FILESTAT_SET_SIZE
            | FD_FILESTAT_SET_TIMES
            | PATH_CREATE_DIRECTORY
            | PATH_CREATE_FILE
            | PATH_LINK_SOURCE
            | PATH_LINK_TARGET
            | PATH_RENAME_SOURCE
            | PATH_RENAME_TARGET
            | PATH_FILESTAT_SET_SIZE
            | PATH_FILESTAT_SET_TIMES
            | PATH_SYMLINK
            | PATH_REMOVE_DIRECTORY
            | PATH_UNLINK_FILE;

    public static final long READ_ONLY_DIRECTORY = DIRECTORY & ~CHANGING;
    public static final long INHERITED = FILE | DIRECTORY;
    public static final long READ_ONLY_INHERITED = INHERITED & ~CHANGING;

    /** Without seeking: by that, C libraries tell a terminal. */
    public static final long INPUT = FD_READ | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;

    public static final long OUTPUT =
            FD_WRITE | FD_DATASYNC | FD_SYNC | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;

    private Rights() {}
}
