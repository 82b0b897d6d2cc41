package kiln.codegen.testing;

import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.VectorOp;
import kiln.ir.VectorValues;

/**
 * Which results WebAssembly allows where it allows several: bits of NaNs that were computed, and what relaxed
 * operations do outside the range where all machines agree.
 */
final class VectorResults {
    private static final long LEAST_I32 = 0x80000000L;
    private static final long ONES_I32 = 0xffffffffL;

    private VectorResults() {}

    /** Whether {@code actual} is a result of the operation; {@code expected} is the one of {@link VectorValues}. */
    static boolean allows(VectorCase c, V128 expected, V128 actual, V128... args) {
        if (actual.equals(expected)) {
            return true;
        }
        LaneOp op = c.op();
        if (op == null || c.result() != Type.V128 || !op.makesNan() && !op.op().isRelaxed()) {
            return false;
        }
        for (int i = 0; i < op.lanes().count(); i++) {
            long e = expected.lane(op.lanes(), i);
            long a = actual.lane(op.lanes(), i);
            if (a != e && !allows(op, i, e, a, args)) {
                return false;
            }
        }
        return true;
    }

    private static boolean allows(LaneOp op, int i, long expected, long actual, V128[] args) {
        Lanes to = op.lanes();
        boolean nan = op.makesNan() && allowsNan(op, i, expected, actual, args);
        return nan
                || switch (op.op()) {
                    case RELAXED_SWIZZLE -> {
                        int index = args[1].byteAt(i);
                        yield index >= 16 && index < 128 && actual == args[0].lane(to, index % 16);
                    }
                    case RELAXED_TRUNC_S, RELAXED_TRUNC_ZERO_S ->
                        isOutside(op, i, args, -0x1p31 - 1, 0x1p31) && (actual & ONES_I32) == LEAST_I32;
                    case RELAXED_TRUNC_U, RELAXED_TRUNC_ZERO_U ->
                        isOutside(op, i, args, -1, 0x1p32) && (actual & ONES_I32) == ONES_I32;
                    case RELAXED_MIN, RELAXED_MAX -> {
                        long x = args[0].lane(to, i);
                        long y = args[1].lane(to, i);
                        boolean zeros = value(to, x) == 0 && value(to, y) == 0;
                        yield (zeros || isNan(to, x) || isNan(to, y)) && (actual == x || actual == y);
                    }
                    case RELAXED_Q15MULR_S ->
                        args[0].lane(to, i) == Short.MIN_VALUE
                                && args[1].lane(to, i) == Short.MIN_VALUE
                                && actual == Short.MIN_VALUE;
                    case RELAXED_DOT -> dot(i, actual, args);
                    case RELAXED_DOT_ADD -> dotAdd(i, actual, args);
                    case RELAXED_MADD, RELAXED_NMADD -> isFused(op, i, actual, args);
                    case RELAXED_LANESELECT -> laneSelect(to, i, actual, args);
                    default -> false;
                };
    }

    // NaNs.

    /** A NaN is canonical, apart from its sign, unless an operand is one that is not; it is never signalling. */
    private static boolean allowsNan(LaneOp op, int i, long expected, long actual, V128[] args) {
        Lanes to = op.lanes();
        if (!isNan(to, expected) || !isNan(to, actual)) {
            return false;
        }
        long quiet = to == Lanes.F32X4 ? 0x400000L : 0x8000000000000L;
        if ((actual & quiet) == 0) {
            return false;
        }
        boolean onlyCanonical = true;
        for (V128 arg : args) {
            long x = arg.lane(op.operandLanes(), i);
            onlyCanonical &= !isNan(op.operandLanes(), x) || isCanonical(op.operandLanes(), x);
        }
        return !onlyCanonical || isCanonical(to, actual);
    }

    private static double value(Lanes lanes, long bits) {
        return lanes == Lanes.F32X4 ? Float.intBitsToFloat((int) bits) : Double.longBitsToDouble(bits);
    }

    private static boolean isNan(Lanes lanes, long bits) {
        return Double.isNaN(value(lanes, bits));
    }

    private static boolean isCanonical(Lanes lanes, long bits) {
        return lanes == Lanes.F32X4
                ? (bits & 0x7fffffffL) == 0x7fc00000L
                : (bits & Long.MAX_VALUE) == 0x7ff8000000000000L;
    }

    // Relaxed operations.

    /** Whether a lane of the operand is NaN or not between the two numbers, which are outside. */
    private static boolean isOutside(LaneOp op, int i, V128[] args, double below, double above) {
        if (i >= op.operandLanes().count()) {
            return false;
        }
        double d = value(op.operandLanes(), args[0].lane(op.operandLanes(), i));
        return !(d > below && d < above);
    }

    private static boolean isFused(LaneOp op, int i, long actual, V128[] args) {
        Lanes to = op.lanes();
        double x = value(to, args[0].lane(to, i));
        double y = value(to, args[1].lane(to, i));
        double z = value(to, args[2].lane(to, i));
        x = op.op() == VectorOp.RELAXED_NMADD ? -x : x;
        // NaNs: see allowsNan.
        return to == Lanes.F32X4
                ? Float.floatToRawIntBits(Math.fma((float) x, (float) y, (float) z)) == (int) actual
                : Double.doubleToRawLongBits(Math.fma(x, y, z)) == actual;
    }

    /** As bitselect, or by the mask's highest bit; in lanes of 16 bits also by that of each byte. */
    private static boolean laneSelect(Lanes to, int i, long actual, V128[] args) {
        long x = args[0].lane(to, i);
        long y = args[1].lane(to, i);
        long mask = args[2].lane(to, i);
        if (actual == (mask < 0 ? x : y)) {
            return true;
        }
        if (to != Lanes.I16X8) {
            return false;
        }
        long bytes = (mask & 0x80) != 0 ? 0xff : 0;
        bytes |= (mask & 0x8000) != 0 ? ~0xffL : 0;
        return actual == (x & bytes | y & ~bytes);
    }

    /** The product of two bytes, of which the second one may be taken as unsigned. */
    private static long product(int k, boolean unsigned, V128[] args) {
        long y = unsigned ? args[1].byteAt(k) : (byte) args[1].byteAt(k);
        return (byte) args[0].byteAt(k) * y;
    }

    private static long pair(int i, boolean unsigned, V128[] args) {
        return product(2 * i, unsigned, args) + product(2 * i + 1, unsigned, args);
    }

    private static long saturated(long x) {
        return Math.clamp(x, Short.MIN_VALUE, Short.MAX_VALUE);
    }

    private static boolean dot(int i, long actual, V128[] args) {
        long signed = pair(i, false, args);
        long unsigned = pair(i, true, args);
        return actual == saturated(signed)
                || actual == (short) signed
                || actual == saturated(unsigned)
                || actual == (short) unsigned;
    }

    /** With sums of pairs that are saturated, cut, or not cut to 16 bits. */
    private static boolean dotAdd(int i, long actual, V128[] args) {
        long z = args[2].lane(Lanes.I32X4, i);
        for (int way = 0; way < 2; way++) {
            long a = pair(2 * i, way == 1, args);
            long b = pair(2 * i + 1, way == 1, args);
            if ((int) actual == (int) (a + b + z)
                    || (int) actual == (int) (saturated(a) + saturated(b) + z)
                    || (int) actual == (int) ((short) a + (short) b + z)) {
                return true;
            }
        }
        return false;
    }

    /** Whether two results of a relaxed operation are the same, as far as NaNs have the same bits. */
    static boolean same(LaneOp op, V128 x, V128 y) {
        if (x.equals(y) || !op.makesNan()) {
            return x.equals(y);
        }
        for (int i = 0; i < op.lanes().count(); i++) {
            long a = x.lane(op.lanes(), i);
            long b = y.lane(op.lanes(), i);
            if (a != b && !(isNan(op.lanes(), a) && isNan(op.lanes(), b))) {
                return false;
            }
        }
        return true;
    }
}
