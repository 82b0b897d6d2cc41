package kiln.codegen.x64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;

/** Operations on vectors. */
final class VectorRules {
    private VectorRules() {}

    // VBINARY.

    static final Rules<Context> BINARY = Rules.<Context>of("vectorBinary").base("x op y", VectorRules::binary);

    private static void binary(Context c, Inst inst) {
        Op op = Op.of(inst.lanes());
        Reg left = c.reg(inst.arg(0));
        Operand right = c.vectorSource(op, inst.arg(1));
        c.emitBinary(op, c.def(inst.result()), left, right);
    }
}
