package kiln.runtime;

/**
 * @param min pages
 * @param max pages, or {@link EntityType#UNBOUNDED}
 * @param is64 whether addresses have 64 bits
 * @param pageShift log2 of the page size: 16, or 0 with custom page sizes
 */
public record MemoryType(long min, long max, boolean is64, boolean shared, int pageShift) implements EntityType {
    /** A 32-bit memory of ordinary pages of 64 KiB. */
    public MemoryType(long min, long max) {
        this(min, max, false, false, 16);
    }

    @Override
    public String toString() {
        return "memory " + (is64 ? "i64 " : "") + Limits.text(min, max) + (shared ? " shared" : "")
                + (pageShift == 16 ? "" : " pages of " + (1L << pageShift) + " bytes");
    }
}
