package kiln.ir;

/**
 * A 128-bit constant.
 *
 * @param low bytes 0..7, little-endian
 * @param high bytes 8..15
 */
public record V128(long low, long high) implements SideData {
    /** What each lane of a new vector is. */
    @FunctionalInterface
    public interface LaneFunction {
        /** The value of a lane, of which the low bits count. */
        long lane(int index);
    }

    public static final V128 ZERO = new V128(0, 0);

    /** A vector made lane by lane; not for {@link Lanes#V128}. */
    public static V128 of(Lanes lanes, LaneFunction f) {
        long low = 0;
        long high = 0;
        long mask = -1L >>> 64 - lanes.bits();
        int half = lanes.count() / 2;
        for (int i = half - 1; i >= 0; i--) {
            low = low << lanes.bits() | f.lane(i) & mask;
            high = high << lanes.bits() | f.lane(half + i) & mask;
        }
        return new V128(low, high);
    }

    // What records have by themselves is linked when it is first used, which takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof V128 v && low == v.low && high == v.high;
    }

    @Override
    public int hashCode() {
        return Long.hashCode(low) * 31 + Long.hashCode(high);
    }

    /** A byte, unsigned. */
    public int byteAt(int index) {
        return (int) ((index < 8 ? low : high) >>> (index & 7) * 8) & 0xff;
    }

    /** The vector with another value in one lane. */
    public V128 with(Lanes lanes, int index, long value) {
        return of(lanes, i -> i == index ? value : lane(lanes, i));
    }

    /** A lane's bits, sign-extended; not for {@link Lanes#V128}. */
    public long lane(Lanes lanes, int index) {
        int bit = index * lanes.bits();
        long word = bit < 64 ? low : high;
        int unused = 64 - lanes.bits();
        return word << unused - (bit & 63) >> unused;
    }
}
