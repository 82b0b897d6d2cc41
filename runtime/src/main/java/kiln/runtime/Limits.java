package kiln.runtime;

/** Matching and printing of {minimum, maximum}. */
final class Limits {
    private Limits() {}

    /** Whether a table of present size {@code has.min()} may be imported as {@code wanted}. */
    static boolean match(TableType has, TableType wanted) {
        return match(has.min(), has.max(), has.bounded(), wanted.min(), wanted.max(), wanted.bounded());
    }

    /** Whether a memory of present size {@code has.min()} may be imported as {@code wanted}. */
    static boolean match(MemoryType has, MemoryType wanted) {
        return match(has.min(), has.max(), has.bounded(), wanted.min(), wanted.max(), wanted.bounded());
    }

    private static boolean match(
            long size, long max, boolean bounded, long wantMin, long wantMax, boolean wantBounded) {
        return Long.compareUnsigned(size, wantMin) >= 0
                && (!wantBounded || bounded && Long.compareUnsigned(max, wantMax) <= 0);
    }

    static String text(long min, long max, boolean bounded) {
        String m = Long.toUnsignedString(min);
        return !bounded ? m : m + ".." + Long.toUnsignedString(max);
    }
}
