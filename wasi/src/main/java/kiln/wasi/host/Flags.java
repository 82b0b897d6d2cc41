package kiln.wasi.host;

/** Bits of the flag arguments. */
public final class Flags {
    /** Of a descriptor. */
    public static final int APPEND = 1;

    public static final int DSYNC = 2;
    public static final int NONBLOCK = 4;
    public static final int RSYNC = 8;
    public static final int SYNC = 16;

    /** Of path_open. */
    public static final int CREATE = 1;

    public static final int DIRECTORY = 2;
    public static final int EXCLUSIVE = 4;
    public static final int TRUNCATE = 8;

    /** Of a look-up. */
    public static final int FOLLOW = 1;

    /** Which times to set, and whether to the present. */
    public static final int ACCESSED = 1;

    public static final int ACCESSED_NOW = 2;
    public static final int MODIFIED = 4;
    public static final int MODIFIED_NOW = 8;

    private Flags() {}

    /** Fails if {@code value} has bits that {@code known} has not. */
    public static void check(int value, int known) {
        if ((value & ~known) != 0) {
            throw Errno.INVAL.error();
        }
    }
}
