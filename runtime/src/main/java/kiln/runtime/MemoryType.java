package kiln.runtime;

/**
 * @param min pages
 * @param max pages, or {@link EntityType#UNBOUNDED}
 * @param bounded whether a maximum was declared; only needed to tell 2^64-1 from {@link EntityType#UNBOUNDED}
 * @param is64 whether addresses have 64 bits
 * @param pageShift log2 of the page size: 16, or 0 with custom page sizes
 */
public record MemoryType(long min, long max, boolean bounded, boolean is64, boolean shared, int pageShift)
        implements EntityType {
    public MemoryType {
        bounded |= max != UNBOUNDED;
    }

    /** One whose maximum is not 2^64-1. */
    public MemoryType(long min, long max, boolean is64, boolean shared, int pageShift) {
        this(min, max, false, is64, shared, pageShift);
    }

    /** A 32-bit memory of ordinary pages of 64 KiB. */
    public MemoryType(long min, long max) {
        this(min, max, false, false, 16);
    }

    @Override
    public String toString() {
        return "memory " + (is64 ? "i64 " : "") + Limits.text(min, max, bounded) + (shared ? " shared" : "")
                + (pageShift == 16 ? "" : " pages of " + (1L << pageShift) + " bytes");
    }
}
