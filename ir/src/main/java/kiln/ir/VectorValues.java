package kiln.ir;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * Values of vector operations on constants, which folding, the interpreter and the tests of machine code go by. Scalars
 * are as {@link Type#normalize} has them. A NaN that arithmetic produces is the canonical one. Operations whose result
 * depends on the machine have the value of WebAssembly's deterministic profile here.
 */
public final class VectorValues {
    private static final int BITS16 = 16;

    private VectorValues() {}

    /**
     * The value of any operation on lanes.
     *
     * @param lane of VEXTRACT and VINSERT
     * @param args the operands; scalars in the low halves
     * @return the result; a scalar in the low half
     */
    public static V128 apply(LaneOp op, int lane, V128... args) {
        return switch (op.op().opcode()) {
            case VSPLAT -> splat(op, args[0].low());
            case VEXTRACT -> new V128(extract(op, args[0], lane), 0);
            case VINSERT -> insert(op, args[0], lane, args[1].low());
            case VUNARY -> unary(op, args[0]);
            case VBINARY -> binary(op, args[0], args[1]);
            case VTERNARY -> ternary(op, args[0], args[1], args[2]);
            case VSHIFT -> shift(op, args[0], (int) args[1].low());
            case VREDUCE -> new V128(reduce(op, args[0]), 0);
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** SPLAT. */
    private static V128 splat(LaneOp op, long x) {
        return V128.of(op.lanes(), _ -> x);
    }

    /** EXTRACT_LANE and its variants. */
    private static long extract(LaneOp op, V128 x, int lane) {
        long bits = x.lane(op.lanes(), lane);
        return switch (op.lanes()) {
            case I8X16 -> op.op() == VectorOp.EXTRACT_LANE_U ? bits & 0xff : bits;
            case I16X8 -> op.op() == VectorOp.EXTRACT_LANE_U ? bits & 0xffff : bits;
            case F32X4 -> bits & 0xffffffffL;
            case I32X4, I64X2, F64X2 -> bits;
            case V128 -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** REPLACE_LANE. */
    private static V128 insert(LaneOp op, V128 x, int lane, long value) {
        return x.with(op.lanes(), lane, value);
    }

    /** Bytes of x, and from 16 on of y, chosen by those of {@code indices}. */
    public static V128 shuffle(V128 indices, V128 x, V128 y) {
        return V128.of(Lanes.I8X16, i -> {
            int k = indices.byteAt(i);
            return k < 16 ? x.byteAt(k) : y.byteAt(k - 16);
        });
    }

    /** An operation of VUNARY. */
    private static V128 unary(LaneOp op, V128 x) {
        Lanes to = op.lanes();
        Lanes from = op.operandLanes();
        return switch (op.op()) {
            case NOT -> new V128(~x.low(), ~x.high());
            case NEG -> to.isFloat() ? bits(to, x, b -> b ^ Floats.sign(to.type())) : bits(to, x, b -> -b);
            case ABS -> to.isFloat() ? bits(to, x, b -> b & ~Floats.sign(to.type())) : bits(to, x, Math::abs);
            case POPCNT -> bits(to, x, b -> Long.bitCount(b & 0xff));
            case SQRT -> floats(to, x, Math::sqrt);
            case CEIL -> floats(to, x, Math::ceil);
            case FLOOR -> floats(to, x, Math::floor);
            case TRUNC -> floats(to, x, Floats::truncate);
            case NEAREST -> floats(to, x, Math::rint);
            case EXTEND_LOW_S -> V128.of(to, i -> x.lane(from, i));
            case EXTEND_LOW_U -> V128.of(to, i -> unsigned(from, x, i));
            case EXTEND_HIGH_S -> V128.of(to, i -> x.lane(from, to.count() + i));
            case EXTEND_HIGH_U -> V128.of(to, i -> unsigned(from, x, to.count() + i));
            case EXTADD_PAIRWISE_S -> V128.of(to, i -> x.lane(from, 2 * i) + x.lane(from, 2 * i + 1));
            case EXTADD_PAIRWISE_U -> V128.of(to, i -> unsigned(from, x, 2 * i) + unsigned(from, x, 2 * i + 1));
            case TRUNC_SAT_S, RELAXED_TRUNC_S, TRUNC_SAT_ZERO_S, RELAXED_TRUNC_ZERO_S ->
                V128.of(to, i -> i < from.count() ? Floats.toSigned(Type.I32, from.type(), x.lane(from, i)) : 0);
            case TRUNC_SAT_U, RELAXED_TRUNC_U, TRUNC_SAT_ZERO_U, RELAXED_TRUNC_ZERO_U ->
                V128.of(to, i -> i < from.count() ? Floats.toUnsigned(Type.I32, from.type(), x.lane(from, i)) : 0);
            case CONVERT_S, CONVERT_LOW_S -> V128.of(to, i -> Floats.fromSigned(to.type(), Type.I32, x.lane(from, i)));
            case CONVERT_U, CONVERT_LOW_U ->
                V128.of(to, i -> Floats.fromUnsigned(to.type(), Type.I32, x.lane(from, i)));
            case DEMOTE_ZERO, PROMOTE_LOW ->
                V128.of(to, i -> i < from.count() ? Floats.bits(to.type(), value(from, x, i)) : 0);
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** An operation of VBINARY. */
    private static V128 binary(LaneOp op, V128 x, V128 y) {
        Lanes to = op.lanes();
        Lanes from = op.operandLanes();
        return switch (op.op()) {
            case AND -> new V128(x.low() & y.low(), x.high() & y.high());
            case OR -> new V128(x.low() | y.low(), x.high() | y.high());
            case XOR -> new V128(x.low() ^ y.low(), x.high() ^ y.high());
            case ANDNOT -> new V128(x.low() & ~y.low(), x.high() & ~y.high());
            case ADD -> to.isFloat() ? floats(to, x, y, (a, b) -> a + b) : bits(to, x, y, (a, b) -> a + b);
            case SUB -> to.isFloat() ? floats(to, x, y, (a, b) -> a - b) : bits(to, x, y, (a, b) -> a - b);
            case MUL -> to.isFloat() ? floats(to, x, y, (a, b) -> a * b) : bits(to, x, y, (a, b) -> a * b);
            case DIV -> floats(to, x, y, (a, b) -> a / b);
            case ADD_SAT_S -> bits(to, x, y, (a, b) -> saturateSigned(to.bits(), a + b));
            case SUB_SAT_S -> bits(to, x, y, (a, b) -> saturateSigned(to.bits(), a - b));
            case ADD_SAT_U -> unsigned(to, x, y, (a, b) -> saturateUnsigned(to.bits(), a + b));
            case SUB_SAT_U -> unsigned(to, x, y, (a, b) -> saturateUnsigned(to.bits(), a - b));
            case MIN_S -> bits(to, x, y, Math::min);
            case MAX_S -> bits(to, x, y, Math::max);
            case MIN_U -> unsigned(to, x, y, Math::min);
            case MAX_U -> unsigned(to, x, y, Math::max);
            case AVGR_U -> unsigned(to, x, y, (a, b) -> a + b + 1 >> 1);
            case MIN, RELAXED_MIN -> floats(to, x, y, Math::min);
            case MAX, RELAXED_MAX -> floats(to, x, y, Math::max);
            case PMIN -> V128.of(to, i -> (value(to, y, i) < value(to, x, i) ? y : x).lane(to, i));
            case PMAX -> V128.of(to, i -> (value(to, x, i) < value(to, y, i) ? y : x).lane(to, i));
            case EQ -> V128.of(to, i -> mask(to.isFloat() ? value(to, x, i) == value(to, y, i) : equal(to, x, y, i)));
            case NE -> V128.of(to, i -> mask(value(to, x, i) != value(to, y, i)));
            case GT -> V128.of(to, i -> mask(value(to, x, i) > value(to, y, i)));
            case GE -> V128.of(to, i -> mask(value(to, x, i) >= value(to, y, i)));
            case GT_S -> bits(to, x, y, (a, b) -> mask(a > b));
            case GE_S -> bits(to, x, y, (a, b) -> mask(a >= b));
            case GT_U -> unsigned(to, x, y, (a, b) -> mask(a > b));
            case GE_U -> unsigned(to, x, y, (a, b) -> mask(a >= b));
            case NARROW_S -> V128.of(to, i -> saturateSigned(to.bits(), either(from, x, y, i)));
            case NARROW_U -> V128.of(to, i -> saturateUnsigned(to.bits(), either(from, x, y, i)));
            case Q15MULR_SAT_S, RELAXED_Q15MULR_S ->
                bits(to, x, y, (a, b) -> saturateSigned(BITS16, a * b + 0x4000 >> 15));
            case DOT_S -> V128.of(to, i -> product(from, x, y, 2 * i) + product(from, x, y, 2 * i + 1));
            case RELAXED_DOT -> dot(from, x, y);
            case EXTMUL_LOW_S -> V128.of(to, i -> product(from, x, y, i));
            case EXTMUL_HIGH_S -> V128.of(to, i -> product(from, x, y, to.count() + i));
            case EXTMUL_LOW_U -> V128.of(to, i -> unsigned(from, x, i) * unsigned(from, y, i));
            case EXTMUL_HIGH_U ->
                V128.of(to, i -> unsigned(from, x, to.count() + i) * unsigned(from, y, to.count() + i));
            case SWIZZLE, RELAXED_SWIZZLE ->
                V128.of(to, i -> {
                    int k = y.byteAt(i);
                    return k < to.count() ? x.byteAt(k) : 0;
                });
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** An operation of VSHIFT; the count is taken modulo the lane's bits. */
    private static V128 shift(LaneOp op, V128 x, int count) {
        Lanes lanes = op.lanes();
        int n = count & lanes.bits() - 1;
        return switch (op.op()) {
            case SHL -> bits(lanes, x, b -> b << n);
            case SHR_S -> bits(lanes, x, b -> b >> n);
            case SHR_U -> V128.of(lanes, i -> unsigned(lanes, x, i) >>> n);
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** An operation of VTERNARY. */
    private static V128 ternary(LaneOp op, V128 x, V128 y, V128 z) {
        Lanes to = op.lanes();
        return switch (op.op()) {
            case BITSELECT, RELAXED_LANESELECT ->
                new V128(x.low() & z.low() | y.low() & ~z.low(), x.high() & z.high() | y.high() & ~z.high());
            case RELAXED_MADD -> V128.of(to, i -> madd(to, value(to, x, i), value(to, y, i), value(to, z, i)));
            case RELAXED_NMADD -> V128.of(to, i -> madd(to, -value(to, x, i), value(to, y, i), value(to, z, i)));
            case RELAXED_DOT_ADD -> {
                V128 products = dot(Lanes.I8X16, x, y);
                yield V128.of(
                        to,
                        i -> products.lane(Lanes.I16X8, 2 * i) + products.lane(Lanes.I16X8, 2 * i + 1) + z.lane(to, i));
            }
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    /** An operation of VREDUCE. */
    private static int reduce(LaneOp op, V128 x) {
        Lanes lanes = op.lanes();
        return switch (op.op()) {
            case ANY_TRUE -> (x.low() | x.high()) != 0 ? 1 : 0;
            case ALL_TRUE -> {
                for (int i = 0; i < lanes.count(); i++) {
                    if (x.lane(lanes, i) == 0) {
                        yield 0;
                    }
                }
                yield 1;
            }
            case BITMASK -> {
                int mask = 0;
                for (int i = 0; i < lanes.count(); i++) {
                    mask |= x.lane(lanes, i) < 0 ? 1 << i : 0;
                }
                yield mask;
            }
            default -> throw new IllegalArgumentException(op.toString());
        };
    }

    private static V128 bits(Lanes lanes, V128 x, LongUnaryOperator f) {
        return V128.of(lanes, i -> f.applyAsLong(x.lane(lanes, i)));
    }

    private static V128 bits(Lanes lanes, V128 x, V128 y, LongBinaryOperator f) {
        return V128.of(lanes, i -> f.applyAsLong(x.lane(lanes, i), y.lane(lanes, i)));
    }

    private static V128 unsigned(Lanes lanes, V128 x, V128 y, LongBinaryOperator f) {
        return V128.of(lanes, i -> f.applyAsLong(unsigned(lanes, x, i), unsigned(lanes, y, i)));
    }

    private static V128 floats(Lanes lanes, V128 x, DoubleUnaryOperator f) {
        return V128.of(lanes, i -> Floats.bits(lanes.type(), f.applyAsDouble(value(lanes, x, i))));
    }

    private static V128 floats(Lanes lanes, V128 x, V128 y, DoubleBinaryOperator f) {
        return V128.of(lanes, i -> Floats.bits(lanes.type(), f.applyAsDouble(value(lanes, x, i), value(lanes, y, i))));
    }

    private static double value(Lanes lanes, V128 x, int i) {
        return Floats.value(lanes.type(), x.lane(lanes, i));
    }

    private static long unsigned(Lanes lanes, V128 x, int i) {
        return x.lane(lanes, i) & -1L >>> 64 - lanes.bits();
    }

    private static long product(Lanes lanes, V128 x, V128 y, int i) {
        return x.lane(lanes, i) * y.lane(lanes, i);
    }

    /** A lane of x, or behind its last one of y. */
    private static long either(Lanes lanes, V128 x, V128 y, int i) {
        return i < lanes.count() ? x.lane(lanes, i) : y.lane(lanes, i - lanes.count());
    }

    private static boolean equal(Lanes lanes, V128 x, V128 y, int i) {
        return x.lane(lanes, i) == y.lane(lanes, i);
    }

    private static long mask(boolean b) {
        return b ? -1 : 0;
    }

    /** Sums of neighbouring products of bytes, saturated to 16 bits. */
    private static V128 dot(Lanes bytes, V128 x, V128 y) {
        return V128.of(
                bytes.wider(),
                i -> saturateSigned(BITS16, product(bytes, x, y, 2 * i) + product(bytes, x, y, 2 * i + 1)));
    }

    /** Rounded twice, as the deterministic profile has it. */
    private static long madd(Lanes lanes, double x, double y, double z) {
        double product = lanes == Lanes.F32X4 ? (float) (x * y) : x * y;
        return Floats.bits(lanes.type(), product + z);
    }

    private static long saturateSigned(int bits, long x) {
        long max = (1L << bits - 1) - 1;
        return Math.clamp(x, -max - 1, max);
    }

    private static long saturateUnsigned(int bits, long x) {
        return Math.clamp(x, 0L, (1L << bits) - 1);
    }
}
