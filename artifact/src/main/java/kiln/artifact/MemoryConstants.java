package kiln.artifact;

/**
 * What generated code assumes about guarded linear memories and the runtime guarantees.
 *
 * <pre>
 *   base                 base + length             base + index space    base + index space + 32 MiB
 *   | readable, writable | no access ............. | guard: no access .. |
 * </pre>
 *
 * The index space is 4 GiB, all that a 32-bit index reaches: with an offset of at most {@link #MAX_UNCHECKED_OFFSET} it
 * hits either the memory or a page that faults, and the access needs no comparison. A 64-bit memory has an index space
 * of 64 GiB, and an access needs a comparison of the index with this constant, whatever the memory's length is.
 */
public final class MemoryConstants {
    /** Bytes of a page of the specification, the default page size. */
    public static final int PAGE_SIZE = 1 << 16;
    /** log2 of {@link #PAGE_SIZE}. */
    public static final int PAGE_SHIFT = 16;
    /** Bytes that every 32-bit index reaches. */
    public static final long INDEX_SPACE = 1L << 32;
    /** Bytes without access above the index space. */
    public static final long GUARD_SIZE = 32L << 20;
    /** Bytes of address space reserved for a guarded memory. */
    public static final long RESERVATION = INDEX_SPACE + GUARD_SIZE;
    /** Bytes that a guarded 64-bit memory can have: indices beyond are refused by comparison. */
    public static final long INDEX_SPACE_64 = 1L << 36;
    /** Bytes of address space reserved for a guarded 64-bit memory. */
    public static final long RESERVATION_64 = INDEX_SPACE_64 + GUARD_SIZE;
    /**
     * Pages that a 32-bit memory grows to whose type names no maximum, unless it starts with as many: one less than
     * there are indices for, so that nearly all memories are small ({@link #isSmall}).
     */
    public static final int PAGES_WITHOUT_MAXIMUM = (1 << 16) - 1;
    /**
     * Greatest static offset of an access (of up to 16 bytes) to a guarded memory that needs no comparison. What stands
     * behind that in the guard is for constants that code adds to indices as well ({@link #isSmall}).
     */
    public static final long MAX_UNCHECKED_OFFSET = GUARD_SIZE - PAGE_SIZE - 16;

    /**
     * Whether pages that fault can stand in for comparisons with the length of a memory: not if it is longer than what
     * is reserved, nor if it may end within a page of the machine's.
     *
     * @param min pages that the memory has at least, unsigned
     */
    public static boolean canBeGuarded(long min, boolean is64, int pageShift) {
        return pageShift == PAGE_SHIFT && (!is64 || Long.compareUnsigned(min, INDEX_SPACE_64 >>> PAGE_SHIFT) <= 0);
    }

    /**
     * The most pages that a memory's type may allow, unsigned: every byte must have an address, and where pages are
     * single bytes their number must be one as well.
     */
    public static long maxPages(boolean is64, int pageShift) {
        int bits = is64 ? Long.SIZE : Integer.SIZE;
        return pageShift == 0 ? -1L >>> Long.SIZE - bits : 1L << bits - pageShift;
    }

    /**
     * The most pages that a 32-bit memory reaches, unsigned.
     *
     * @param min pages that it starts with
     * @param max pages that its type allows, unsigned, which counts only if the type says so ({@code bounded})
     */
    public static long reachablePages(long min, boolean bounded, long max, int pageShift) {
        long most = maxPages(false, pageShift);
        if (bounded) {
            return Long.compareUnsigned(max, most) < 0 ? max : most;
        }
        boolean startsBelow = Long.compareUnsigned(min, PAGES_WITHOUT_MAXIMUM) < 0;
        return pageShift == PAGE_SHIFT && startsBelow ? PAGES_WITHOUT_MAXIMUM : most;
    }

    /**
     * Whether a memory always ends a page ({@link #PAGE_SIZE}) or more before the end of what 32-bit indices reach. An
     * index that has been accessed without a fault does not wrap around then when up to a page is added to it.
     *
     * @param min as for {@link #reachablePages}, like the others
     */
    public static boolean isSmall(long min, boolean bounded, long max, boolean is64, int pageShift) {
        return !is64 && bytes(reachablePages(min, bounded, max, pageShift), pageShift) <= INDEX_SPACE - PAGE_SIZE;
    }

    /**
     * Bytes that a memory of so many pages has.
     *
     * @param pages unsigned
     * @return {@link Long#MAX_VALUE} if they are that many or more
     */
    public static long bytes(long pages, int pageShift) {
        return Long.compareUnsigned(pages, Long.MAX_VALUE >>> pageShift) > 0 ? Long.MAX_VALUE : pages << pageShift;
    }

    private MemoryConstants() {}
}
