package kiln.ir.analysis;

import kiln.ir.IntCond;
import kiln.ir.Type;

/**
 * What an i32 or i64 may be, as two intervals that both hold: one of signed numbers, one of unsigned numbers, bounds
 * included. For i32 the bounds of the unsigned interval lie between 0 and 2^32-1; for i64 they are unsigned longs.
 *
 * @param type I32 or I64
 * @param smin least value as a signed number
 * @param smax greatest value as a signed number
 * @param umin least value as an unsigned number
 * @param umax greatest value as an unsigned number
 */
public record Range(Type type, long smin, long smax, long umin, long umax) {
    private static final Range ALL_I32 = new Range(Type.I32, Integer.MIN_VALUE, Integer.MAX_VALUE, 0, 0xffffffffL);
    private static final Range ALL_I64 = new Range(Type.I64, Long.MIN_VALUE, Long.MAX_VALUE, 0, -1);

    /** Every value of the type. */
    public static Range all(Type type) {
        return type == Type.I32 ? ALL_I32 : ALL_I64;
    }

    /** One value. */
    public static Range constant(Type type, long value) {
        return new Range(type, value, value, value & allBits(type), value & allBits(type));
    }

    /** Values from {@code min} to {@code max} as signed numbers, which must be numbers of the type. */
    public static Range signed(Type type, long min, long max) {
        return all(type).intersect(min, max, 0, allBits(type));
    }

    /** Values from {@code min} to {@code max} as unsigned numbers, which must be numbers of the type. */
    public static Range unsigned(Type type, long min, long max) {
        Range all = all(type);
        return all.intersect(all.smin, all.smax, min, max);
    }

    private static long allBits(Type type) {
        return all(type).umax;
    }

    /** The least number with a sign. */
    private long signedMin() {
        return all(type).smin;
    }

    private long signedMax() {
        return all(type).smax;
    }

    /** Whether nothing is known. */
    public boolean isAll() {
        return smin == signedMin() && smax == signedMax() && umin == 0 && umax == allBits(type);
    }

    public boolean isNonNegative() {
        return smin >= 0;
    }

    /** Whether {@code value}, normalised as constants are, is one of them. */
    public boolean contains(long value) {
        long u = value & allBits(type);
        return smin <= value && value <= smax && lessOrEqual(umin, u) && lessOrEqual(u, umax);
    }

    /** A mask of the bits that may be one. */
    public long possibleBits() {
        return lowMask(umax);
    }

    static long lowMask(long max) {
        return max == 0 ? 0 : -1L >>> Long.numberOfLeadingZeros(max);
    }

    private static boolean lessOrEqual(long a, long b) {
        return Long.compareUnsigned(a, b) <= 0;
    }

    private static long least(long a, long b) {
        return lessOrEqual(a, b) ? a : b;
    }

    private static long greatest(long a, long b) {
        return lessOrEqual(a, b) ? b : a;
    }

    /** What lies in both; this range if nothing does, as in code that never runs. */
    public Range intersect(Range other) {
        return other.isAll() ? this : intersect(other.smin, other.smax, other.umin, other.umax);
    }

    private Range intersect(long lo, long hi, long ulo, long uhi) {
        long s0 = Math.max(smin, lo);
        long s1 = Math.min(smax, hi);
        long u0 = greatest(umin, ulo);
        long u1 = least(umax, uhi);
        // Where all values have the same sign, both intervals are about the same numbers.
        long offset = type == Type.I32 ? 1L << 32 : 0;
        if (s0 >= 0) {
            u0 = greatest(u0, s0);
            u1 = least(u1, s1);
        } else if (s1 < 0) {
            u0 = greatest(u0, s0 + offset);
            u1 = least(u1, s1 + offset);
        }
        if (s0 > s1 || !lessOrEqual(u0, u1)) {
            return this;
        }
        if (lessOrEqual(u1, signedMax())) {
            s0 = Math.max(s0, u0);
            s1 = Math.min(s1, u1);
        } else if (!lessOrEqual(u0, signedMax())) {
            s0 = Math.max(s0, u0 - offset);
            s1 = Math.min(s1, u1 - offset);
        }
        return s0 > s1 ? this : new Range(type, s0, s1, u0, u1);
    }

    /** What lies in one of them. */
    public Range union(Range other) {
        return new Range(
                type,
                Math.min(smin, other.smin),
                Math.max(smax, other.smax),
                least(umin, other.umin),
                greatest(umax, other.umax));
    }

    /** These values as far as {@code value cond x} for an {@code x} of {@code other}. */
    public Range where(IntCond cond, Range other) {
        long min = signedMin();
        long max = signedMax();
        long all = allBits(type);
        return switch (cond) {
            case EQ -> intersect(other);
            case NE -> other.smin == other.smax ? without(other.smin) : this;
            case SLT -> other.smax == min ? this : intersect(min, other.smax - 1, 0, all);
            case SLE -> intersect(min, other.smax, 0, all);
            case SGT -> other.smin == max ? this : intersect(other.smin + 1, max, 0, all);
            case SGE -> intersect(other.smin, max, 0, all);
            case ULT -> other.umax == 0 ? this : intersect(min, max, 0, other.umax - 1);
            case ULE -> intersect(min, max, 0, other.umax);
            case UGT -> other.umin == all ? this : intersect(min, max, other.umin + 1, all);
            case UGE -> intersect(min, max, other.umin, all);
        };
    }

    private Range without(long value) {
        if (smin == smax) {
            return this;
        }
        long u = value & allBits(type);
        return intersect(
                smin == value ? smin + 1 : smin,
                smax == value ? smax - 1 : smax,
                umin == u && umin != umax ? umin + 1 : umin,
                umax == u && umin != umax ? umax - 1 : umax);
    }

    /**
     * 1 if {@code value cond x} holds for each value here and each {@code x} of {@code other}, 0 if for none, else -1.
     */
    public int decide(IntCond cond, Range other) {
        return switch (cond) {
            case EQ ->
                areDifferent(other) ? 0 : smin == smax && other.smin == other.smax && smin == other.smin ? 1 : -1;
            case NE -> opposite(decide(IntCond.EQ, other));
            case SLT -> smax < other.smin ? 1 : smin >= other.smax ? 0 : -1;
            case SGE -> opposite(decide(IntCond.SLT, other));
            case SGT -> other.decide(IntCond.SLT, this);
            case SLE -> opposite(other.decide(IntCond.SLT, this));
            case ULT -> !lessOrEqual(other.umin, umax) ? 1 : lessOrEqual(other.umax, umin) ? 0 : -1;
            case UGE -> opposite(decide(IntCond.ULT, other));
            case UGT -> other.decide(IntCond.ULT, this);
            case ULE -> opposite(other.decide(IntCond.ULT, this));
        };
    }

    private boolean areDifferent(Range other) {
        return smax < other.smin
                || other.smax < smin
                || !lessOrEqual(other.umin, umax)
                || !lessOrEqual(umin, other.umax);
    }

    private static int opposite(int decision) {
        return decision < 0 ? -1 : 1 - decision;
    }

    /** Sums. */
    public Range add(Range y) {
        long lo = smin + y.smin;
        long hi = smax + y.smax;
        Range all = all(type);
        boolean exact = type == Type.I32
                ? lo >= all.smin && hi <= all.smax
                : !overflows(smin, y.smin, lo) && !overflows(smax, y.smax, hi);
        // Unsigned sums either all wrap around or none does, if anything is to be known.
        int low = carry(umin, y.umin);
        boolean same = low == carry(umax, y.umax);
        long mask = allBits(type);
        return all.intersect(
                exact ? lo : all.smin,
                exact ? hi : all.smax,
                same ? umin + y.umin & mask : 0,
                same ? umax + y.umax & mask : mask);
    }

    private static boolean overflows(long a, long b, long sum) {
        return ((a ^ sum) & (b ^ sum)) < 0;
    }

    private int carry(long a, long b) {
        long sum = a + b;
        return type == Type.I32 ? (int) (sum >>> 32) : Long.compareUnsigned(sum, a) < 0 ? 1 : 0;
    }

    /** Differences. */
    public Range subtract(Range y) {
        // The least number has no opposite.
        return y.smin == signedMin() ? all(type) : add(y.negate());
    }

    private Range negate() {
        Range all = all(type);
        boolean nonZero = umin != 0;
        return all.intersect(
                -smax, -smin, nonZero ? -umax & allBits(type) : 0, nonZero ? -umin & allBits(type) : allBits(type));
    }

    /** Shifted to the left by a number of bits below the type's. */
    public Range shiftLeft(int n) {
        Range all = all(type);
        boolean exact = all.smin >> n <= smin && smax <= all.smax >> n;
        boolean fits = lessOrEqual(umax, allBits(type) >>> n);
        return all.intersect(
                exact ? smin << n : all.smin,
                exact ? smax << n : all.smax,
                fits ? umin << n : 0,
                fits ? umax << n : allBits(type));
    }

    /** Shifted to the right by a number of bits below the type's, zeros coming in. */
    public Range shiftRight(int n) {
        return unsigned(type, umin >>> n, umax >>> n);
    }

    /** Shifted to the right by a number of bits below the type's, copies of the sign coming in. */
    public Range shiftRightSigned(int n) {
        return signed(type, smin >> n, smax >> n);
    }

    /** Zero-extended to i64. */
    public Range zeroExtended() {
        return unsigned(Type.I64, umin, umax);
    }

    /** Sign-extended to i64. */
    public Range signExtended() {
        return signed(Type.I64, smin, smax);
    }

    /** The low halves of i64 values. */
    public Range wrapped() {
        if (smin >= Integer.MIN_VALUE && smax <= Integer.MAX_VALUE) {
            return signed(Type.I32, smin, smax);
        }
        return lessOrEqual(umax, 0xffffffffL) ? unsigned(Type.I32, umin, umax) : ALL_I32;
    }
}
