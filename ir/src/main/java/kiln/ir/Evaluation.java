package kiln.ir;

import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.IntBinaryOperator;
import java.util.function.IntUnaryOperator;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import kiln.artifact.api.TrapCode;

/**
 * An operation's value as a function of its operands' values. Scalars are given and returned as {@link Type#normalize}
 * has them: i32 sign-extended, floats as their bits. A NaN that arithmetic produces is the canonical one, which
 * WebAssembly always allows. Folding goes by this, and so do the interpreter and the tests that compare machine code
 * with it.
 */
public sealed interface Evaluation {
    /** The operation depends on more than operands' values, or has no result. */
    record None() implements Evaluation {}

    /** The operation's side data says the value: {@link IntCond}, {@link FloatCond}, {@link LaneOp}. */
    record OfSideData() implements Evaluation {}

    /**
     * One operand.
     *
     * @param function the value
     * @param trap what stands in place of a value
     * @param makesNan whether the result may be a NaN that was computed, whose bits depend on the machine
     */
    record Unary(UnaryFunction function, UnaryTrap trap, boolean makesNan) implements Evaluation {
        /**
         * The result's bits.
         *
         * @param type the instruction's type
         * @param from the operand's type
         */
        public long apply(Type type, Type from, long x) {
            return function.apply(type, from, x);
        }

        /** The trap that this operand causes, or null. */
        public TrapCode trap(Type type, Type from, long x) {
            return trap.of(type, from, x);
        }

        Unary trapping(UnaryTrap when) {
            return new Unary(function, when, makesNan);
        }
    }

    /**
     * Two operands of the instruction's type.
     *
     * @param function the value
     * @param trap what stands in place of a value
     * @param commutative whether the operands may be exchanged
     * @param makesNan whether the result may be a NaN that was computed, whose bits depend on the machine
     */
    record Binary(BinaryFunction function, BinaryTrap trap, boolean commutative, boolean makesNan)
            implements Evaluation {
        /** The result's bits. */
        public long apply(Type type, long x, long y) {
            return function.apply(type, x, y);
        }

        /** The trap that these operands cause, or null. */
        public TrapCode trap(Type type, long x, long y) {
            return trap.of(type, x, y);
        }

        Binary trapping(BinaryTrap when) {
            return new Binary(function, when, commutative, makesNan);
        }

        Binary eitherWay() {
            return new Binary(function, trap, true, makesNan);
        }
    }

    /** See {@link Unary#apply}. */
    @FunctionalInterface
    interface UnaryFunction {
        long apply(Type type, Type from, long x);
    }

    /** See {@link Unary#trap}. */
    @FunctionalInterface
    interface UnaryTrap {
        TrapCode of(Type type, Type from, long x);
    }

    /** See {@link Binary#apply}. */
    @FunctionalInterface
    interface BinaryFunction {
        long apply(Type type, long x, long y);
    }

    /** See {@link Binary#trap}. */
    @FunctionalInterface
    interface BinaryTrap {
        TrapCode of(Type type, long x, long y);
    }

    // How rows say it.

    static Evaluation none() {
        return new None();
    }

    static Evaluation ofSideData() {
        return new OfSideData();
    }

    /** Integers of which {@code f} sees i32 sign-extended, and whose result's low bits count. */
    static Binary ints(LongBinaryOperator f) {
        return binary((type, x, y) -> type.normalize(f.applyAsLong(x, y)), false);
    }

    static Binary ints(IntBinaryOperator i32, LongBinaryOperator i64) {
        return binary(
                (type, x, y) -> type == Type.I32 ? i32.applyAsInt((int) x, (int) y) : i64.applyAsLong(x, y), false);
    }

    static Unary ints(LongUnaryOperator f) {
        return unary((type, _, x) -> type.normalize(f.applyAsLong(x)), false);
    }

    static Unary ints(IntUnaryOperator i32, LongUnaryOperator i64) {
        return unary((type, _, x) -> type == Type.I32 ? i32.applyAsInt((int) x) : i64.applyAsLong(x), false);
    }

    /** Arithmetic for which rounding to f64 first and then to f32 is the same as rounding once. */
    static Binary floats(DoubleBinaryOperator f) {
        return binary(
                (type, x, y) -> Floats.bits(type, f.applyAsDouble(Floats.value(type, x), Floats.value(type, y))), true);
    }

    /** As {@link #floats(DoubleBinaryOperator)}. */
    static Unary floats(DoubleUnaryOperator f) {
        return unary((type, from, x) -> Floats.bits(type, f.applyAsDouble(Floats.value(from, x))), true);
    }

    /** Another representation of the same value, or another view of the same bits. */
    static Unary conversion(UnaryFunction f) {
        return unary(f, false);
    }

    /** What only looks at bits. */
    static Binary bits(BinaryFunction f) {
        return binary(f, false);
    }

    /** What only looks at bits, with the sign's bit as the second argument. */
    static Unary signs(LongBinaryOperator f) {
        return unary((type, _, x) -> f.applyAsLong(x, Floats.sign(type)), false);
    }

    private static Binary binary(BinaryFunction f, boolean makesNan) {
        return new Binary(f, (_, _, _) -> null, false, makesNan);
    }

    private static Unary unary(UnaryFunction f, boolean makesNan) {
        return new Unary(f, (_, _, _) -> null, makesNan);
    }

    // Traps.

    /** For division and remainder. */
    static TrapCode byZero(Type type, long x, long y) {
        return y == 0 ? TrapCode.INTEGER_DIVIDE_BY_ZERO : null;
    }

    /** For signed division: the opposite of the least number does not exist either. */
    static TrapCode byZeroOrOverflow(Type type, long x, long y) {
        long least = type == Type.I32 ? Integer.MIN_VALUE : Long.MIN_VALUE;
        return y == -1 && x == least ? TrapCode.INTEGER_OVERFLOW : byZero(type, x, y);
    }

    /** For a float that becomes a signed integer. */
    static TrapCode outsideSigned(Type type, Type from, long x) {
        double d = Floats.value(from, x);
        return outside(d, type == Type.I32 ? d > -0x1p31 - 1 && d < 0x1p31 : d >= -0x1p63 && d < 0x1p63);
    }

    /** For a float that becomes an unsigned integer. */
    static TrapCode outsideUnsigned(Type type, Type from, long x) {
        double d = Floats.value(from, x);
        return outside(d, d > -1 && d < (type == Type.I32 ? 0x1p32 : 0x1p64));
    }

    private static TrapCode outside(double d, boolean inRange) {
        return inRange ? null : Double.isNaN(d) ? TrapCode.BAD_CONVERSION_TO_INTEGER : TrapCode.INTEGER_OVERFLOW;
    }
}
