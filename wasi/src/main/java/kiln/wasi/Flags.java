package kiln.wasi;

/** Bits of the flag arguments. */
final class Flags {
    /** Of a descriptor. */
    static final int APPEND = 1;

    static final int DSYNC = 2;
    static final int NONBLOCK = 4;
    static final int RSYNC = 8;
    static final int SYNC = 16;

    /** Of path_open. */
    static final int CREATE = 1;

    static final int DIRECTORY = 2;
    static final int EXCLUSIVE = 4;
    static final int TRUNCATE = 8;

    /** Of a look-up. */
    static final int FOLLOW = 1;

    /** Which times to set, and whether to the present. */
    static final int ACCESSED = 1;

    static final int ACCESSED_NOW = 2;
    static final int MODIFIED = 4;
    static final int MODIFIED_NOW = 8;

    private Flags() {}

    /** Fails if {@code value} has bits that {@code known} has not. */
    static void check(int value, int known) {
        if ((value & ~known) != 0) {
            throw Errno.INVAL.error();
        }
    }
}
