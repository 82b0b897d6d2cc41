package kiln.runtime;

/** Matching and printing of {minimum, maximum}. */
final class Limits {
    private Limits() {}

    /**
     * Whether something of current size {@code size} and maximum {@code max} may be imported with
     * {@code wantMin, wantMax}.
     */
    static boolean match(long size, long max, long wantMin, long wantMax) {
        if (Long.compareUnsigned(size, wantMin) < 0) {
            return false;
        }
        return wantMax == EntityType.UNBOUNDED
                || max != EntityType.UNBOUNDED && Long.compareUnsigned(max, wantMax) <= 0;
    }

    static String text(long min, long max) {
        String m = Long.toUnsignedString(min);
        return max == EntityType.UNBOUNDED ? m : m + ".." + Long.toUnsignedString(max);
    }
}
