package kiln.artifact;

/**
 * What generated code assumes about linear memories and the runtime guarantees.
 *
 * <pre>
 *   base                 base + length             base + 4 GiB          base + 4 GiB + 32 MiB
 *   | readable, writable | no access ............. | guard: no access .. |
 * </pre>
 *
 * A 32-bit index plus an offset of at most {@link #MAX_UNCHECKED_OFFSET} therefore hits either the memory or a page
 * that faults, and the access needs no comparison.
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
    /** Greatest static offset of an access (of up to 16 bytes) to a guarded memory that needs no comparison. */
    public static final long MAX_UNCHECKED_OFFSET = GUARD_SIZE - 16;
    /** Most pages of {@link #PAGE_SIZE} that a 32-bit memory can have. */
    public static final long MAX_PAGES_32 = 1L << 16;

    private MemoryConstants() {}
}
