package kiln.wasi.host;

/**
 * Times to be set.
 *
 * @param accessed nanoseconds since 1970, as is {@code modified}
 * @param flags which, and whether to the present; see {@link Flags}
 */
public record FileTimes(long accessed, long modified, int flags) {
    public FileTimes {
        Flags.check(flags, Flags.ACCESSED | Flags.ACCESSED_NOW | Flags.MODIFIED | Flags.MODIFIED_NOW);
        if ((flags & Flags.ACCESSED) != 0 && (flags & Flags.ACCESSED_NOW) != 0
                || (flags & Flags.MODIFIED) != 0 && (flags & Flags.MODIFIED_NOW) != 0) {
            throw Errno.INVAL.error();
        }
    }

    public boolean setsAccessed() {
        return (flags & (Flags.ACCESSED | Flags.ACCESSED_NOW)) != 0;
    }

    public boolean setsModified() {
        return (flags & (Flags.MODIFIED | Flags.MODIFIED_NOW)) != 0;
    }

    public boolean accessedNow() {
        return (flags & Flags.ACCESSED_NOW) != 0;
    }

    public boolean modifiedNow() {
        return (flags & Flags.MODIFIED_NOW) != 0;
    }
}
