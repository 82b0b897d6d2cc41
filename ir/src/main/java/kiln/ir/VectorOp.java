package kiln.ir;

import static kiln.ir.Lanes.*;

import java.util.Locale;
import java.util.Set;
import java.util.function.LongBinaryOperator;

/**
 * The operations on vectors, one row each: the IR operation that they are a variant of, the shapes that they exist
 * for, whether operands may be exchanged, and their value, which folding, the interpreter and the tests go by.
 */
public enum VectorOp {
    /** Sums modulo the lane's size. */
    ADD(Opcode.VBINARY, Set.of(I8X16), true, lanewise((x, y) -> x + y));

    /** The value of an operation on two vectors. */
    @FunctionalInterface
    public interface BinaryFunction {
        V128 apply(Lanes lanes, V128 x, V128 y);
    }

    private final Opcode opcode;
    private final Set<Lanes> shapes;
    private final boolean commutative;
    private final BinaryFunction function;
    private final String text = name().toLowerCase(Locale.ROOT);

    VectorOp(Opcode opcode, Set<Lanes> shapes, boolean commutative, BinaryFunction function) {
        this.opcode = opcode;
        this.shapes = shapes;
        this.commutative = commutative;
        this.function = function;
    }

    /** Applies {@code f} to lanes, which it gets sign-extended and of whose results the low bits count. */
    private static BinaryFunction lanewise(LongBinaryOperator f) {
        return (lanes, x, y) -> V128.of(lanes, i -> f.applyAsLong(x.lane(lanes, i), y.lane(lanes, i)));
    }

    /** The IR operation whose side data this is. */
    public Opcode opcode() {
        return opcode;
    }

    /** The shapes that the operation exists for. */
    public Set<Lanes> shapes() {
        return shapes;
    }

    public boolean isCommutative() {
        return commutative;
    }

    V128 apply(Lanes lanes, V128 x, V128 y) {
        return function.apply(lanes, x, y);
    }

    /** The operation's name in WebAssembly, behind the shape, and in the text form of the IR: {@code add}. */
    @Override
    public String toString() {
        return text;
    }
}
