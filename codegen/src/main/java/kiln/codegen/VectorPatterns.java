package kiln.codegen;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;

import java.util.function.Function;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** What the rules for vectors of both back ends look for in the IR. */
public final class VectorPatterns {
    private VectorPatterns() {}

    /** Whether {@code v} is computed by {@code op}, on lanes of any shape. */
    public static boolean isOperation(Value v, VectorOp op) {
        return v.inst() != null && v.inst().data() instanceof LaneOp l && l.op() == op;
    }

    /** The operation that computes {@code v}, if it is {@code op} and the current rule may compute it instead. */
    public static Inst operation(LoweringContext c, Value v, VectorOp op) {
        return isOperation(v, op) ? c.foldable(v) : null;
    }

    /** Whether {@code v} is the constant zero. */
    public static boolean isZero(Value v) {
        return v.is(Opcode.VCONST) && v.inst().vector().equals(V128.ZERO);
    }

    /** The count of a shift modulo the lane's bits, or -1 if it is not known. */
    public static int constantCount(Inst shift) {
        Value count = shift.arg(1);
        return isConst(count) ? (int) constValue(count) & shift.lanes().lanes().bits() - 1 : -1;
    }

    /** What is emitted for a shuffle of some form. */
    @FunctionalInterface
    public interface ShuffleEmitter<C extends LoweringContext, S extends Shuffle> {
        void emit(C context, Inst inst, S shuffle);
    }

    /** A rule that takes the shuffles for which {@code matcher} gives something but null. */
    public static <C extends LoweringContext, S extends Shuffle> Rules.Pattern<C> form(
            Function<ShuffleMatcher, S> matcher, ShuffleEmitter<C, S> emitter) {
        return (c, inst) -> {
            S s = matcher.apply(c.shuffle(inst));
            if (s == null) {
                return false;
            }
            emitter.emit(c, inst, s);
            return true;
        };
    }

    /** The bits of {@code x} where {@code mask} has ones, else those of {@code y}. */
    public record Selection(Value x, Value y, Value mask) {}

    /** {@code a | b}, where {@code a} is {@code x & mask} and {@code b} is {@code y & ~mask}; else null. */
    public static Selection selectionByMask(LoweringContext c, Value a, Value b) {
        Inst first = operation(c, a, VectorOp.AND);
        Inst second = operation(c, b, VectorOp.ANDNOT);
        if (first == null || second == null) {
            return null;
        }
        Value mask = second.arg(1);
        Value x = first.arg(0) == mask ? first.arg(1) : first.arg(1) == mask ? first.arg(0) : null;
        return x == null ? null : new Selection(x, second.arg(0), mask);
    }

    /**
     * The bits of {@code high} shifted left by {@code count}, which is not 0, with those of {@code low} moved into the
     * room from above: a rotation if both are the same.
     */
    public record Funnel(Lanes lanes, Value high, Value low, int count) {}

    /**
     * {@code a | b} or {@code a ^ b}, where {@code a} is {@code high << count} and {@code b} is
     * {@code low >>> width - count}; else null.
     */
    public static Funnel funnel(LoweringContext c, Value a, Value b) {
        Inst left = operation(c, a, VectorOp.SHL);
        Inst right = operation(c, b, VectorOp.SHR_U);
        if (left == null
                || right == null
                || left.lanes().lanes() != right.lanes().lanes()) {
            return null;
        }
        Lanes lanes = left.lanes().lanes();
        int n = constantCount(left);
        int m = constantCount(right);
        return n > 0 && n + m == lanes.bits() ? new Funnel(lanes, left.arg(0), right.arg(0), n) : null;
    }
}
