package kiln.ir;

/** Floats as bits, f32 in the low half with the upper half zero, and conversions of them. */
final class Floats {
    private static final long F32_NAN = 0x7fc00000L;
    private static final long F64_NAN = 0x7ff8000000000000L;

    private Floats() {}

    static double value(Type type, long bits) {
        return type == Type.F32 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    /** The nearest number of the type; NaN is the canonical one. */
    static long bits(Type type, double d) {
        if (Double.isNaN(d)) {
            return type == Type.F32 ? F32_NAN : F64_NAN;
        }
        return type == Type.F32 ? bits((float) d) : Double.doubleToLongBits(d);
    }

    private static long bits(float f) {
        return Float.floatToIntBits(f) & 0xffffffffL;
    }

    /** The bit that says the sign. */
    static long sign(Type type) {
        return type == Type.F32 ? 0x80000000L : Long.MIN_VALUE;
    }

    static long fromSigned(Type type, Type from, long a) {
        return type == Type.F32 ? bits((float) a) : Double.doubleToLongBits((double) a);
    }

    static long fromUnsigned(Type type, Type from, long bits) {
        long a = from == Type.I32 ? bits & 0xffffffffL : bits;
        // An unsigned value with the top bit set is halved first; the lost bit stays sticky, so that rounding is right.
        long half = a >>> 1 | a & 1;
        if (type == Type.F32) {
            return bits(a >= 0 ? (float) a : (float) half * 2);
        }
        return Double.doubleToLongBits(a >= 0 ? (double) a : (double) half * 2);
    }

    /** Saturating; NaN gives 0. */
    static long toSigned(Type type, Type from, long bits) {
        double d = value(from, bits);
        return type == Type.I32 ? (int) d : (long) d;
    }

    /** Saturating; NaN gives 0. */
    static long toUnsigned(Type type, Type from, long bits) {
        double d = value(from, bits);
        if (!(d > 0)) {
            return 0;
        }
        if (type == Type.I32) {
            return d >= 0x1p32 ? -1 : (int) (long) d;
        }
        if (d >= 0x1p64) {
            return -1;
        }
        return d < 0x1p63 ? (long) d : (long) (d - 0x1p63) ^ Long.MIN_VALUE;
    }

    /** Towards zero. */
    static double truncate(double d) {
        return d < 0 ? Math.ceil(d) : Math.floor(d);
    }
}
