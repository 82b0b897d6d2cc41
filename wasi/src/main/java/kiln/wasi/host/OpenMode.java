package kiln.wasi.host;

/**
 * How a file is opened. Emptying and making it need no writing.
 *
 * @param exclusive fails with EXIST if there is something
 * @param flags see {@link Flags}: whether to append, and what is waited for
 */
public record OpenMode(boolean read, boolean write, boolean create, boolean exclusive, boolean truncate, int flags) {
    public boolean is(int flag) {
        return (flags & flag) != 0;
    }
}
