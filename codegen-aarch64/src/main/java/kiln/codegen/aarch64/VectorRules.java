package kiln.codegen.aarch64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.LaneOp;

/** Operations on vectors. */
final class VectorRules {
    private VectorRules() {}

    // VBINARY.

    static final Rules<Context> BINARY = Rules.<Context>of("vectorBinary").base("x op y", (c, inst) -> {
        Reg rd = c.def(inst.result());
        c.emit(Insn.ofVector(binaryOp(inst.lanes()), rd, c.reg(inst.arg(0)), c.reg(inst.arg(1))));
    });

    private static Op binaryOp(LaneOp op) {
        return switch (op.op()) {
            case ADD ->
                switch (op.lanes()) {
                    case I8X16 -> Op.VADD_16B;
                    default -> throw new IllegalArgumentException("no such operation: " + op);
                };
        };
    }
}
