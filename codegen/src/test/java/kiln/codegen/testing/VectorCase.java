package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import kiln.ir.Builder;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;
import kiln.ir.VectorValues;

/**
 * One operation on vectors.
 *
 * @param op null for VSHUFFLE
 * @param lane of VEXTRACT and VINSERT, else 0
 * @param indices of VSHUFFLE, else null
 */
record VectorCase(LaneOp op, int lane, V128 indices) {
    /** All shapes and lanes of an operation. */
    static List<VectorCase> of(VectorOp op) {
        boolean hasLane = op.opcode() == Opcode.VEXTRACT || op.opcode() == Opcode.VINSERT;
        List<VectorCase> all = new ArrayList<>();
        for (Lanes lanes : op.shapes()) {
            for (int lane = 0; lane < (hasLane ? lanes.count() : 1); lane++) {
                all.add(new VectorCase(op.on(lanes), lane, null));
            }
        }
        return all;
    }

    static VectorCase shuffle(V128 indices) {
        return new VectorCase(null, 0, indices);
    }

    Opcode opcode() {
        return op == null ? Opcode.VSHUFFLE : op.op().opcode();
    }

    List<Type> operands() {
        return switch (opcode()) {
            case VSPLAT -> List.of(op.lanes().type());
            case VEXTRACT, VUNARY, VREDUCE -> List.of(Type.V128);
            case VINSERT -> List.of(Type.V128, op.lanes().type());
            case VBINARY, VSHUFFLE -> List.of(Type.V128, Type.V128);
            case VTERNARY -> List.of(Type.V128, Type.V128, Type.V128);
            case VSHIFT -> List.of(Type.V128, Type.I32);
            default -> throw new AssertionError(op);
        };
    }

    Type result() {
        return switch (opcode()) {
            case VEXTRACT -> op.lanes().type();
            case VREDUCE -> Type.I32;
            default -> Type.V128;
        };
    }

    /** The lanes that an operand has, or is a lane of. */
    Lanes lanes(int operand) {
        if (op == null) {
            return Lanes.I8X16;
        }
        boolean sum = op.op() == VectorOp.RELAXED_DOT_ADD && operand == 2;
        return sum ? op.lanes() : op.operandLanes();
    }

    /** Whether the operand says how far to shift. */
    boolean isCount(int operand) {
        return opcode() == Opcode.VSHIFT && operand == 1;
    }

    /** Bytes that a load of the operand reads: those of a lane for a scalar that goes into lanes. */
    int bytes(int operand) {
        boolean intoLanes = opcode() == Opcode.VSPLAT || opcode() == Opcode.VINSERT && operand == 1;
        return intoLanes ? op.lanes().bytes() : operands().get(operand).bytes();
    }

    /** Appends the operation; a shuffle as it is, so that back ends get what folding leaves nothing of. */
    Value append(Builder b, Value... args) {
        return switch (opcode()) {
            case VSHUFFLE -> b.append(Opcode.VSHUFFLE, Type.V128, indices, args).result();
            case VEXTRACT, VINSERT -> b.vectorOfLane(op, lane, args);
            default -> b.append(opcode(), result(), op, args).result();
        };
    }

    /** The value of the operation; scalars in the low halves. */
    V128 apply(V128... args) {
        return op == null ? VectorValues.shuffle(indices, args[0], args[1]) : VectorValues.apply(op, lane, args);
    }

    @Override
    public String toString() {
        if (op == null) {
            return "shuffle " + IntStream.range(0, 16).mapToObj(indices::byteAt).toList();
        }
        return op + (opcode() == Opcode.VEXTRACT || opcode() == Opcode.VINSERT ? " " + lane : "");
    }
}
