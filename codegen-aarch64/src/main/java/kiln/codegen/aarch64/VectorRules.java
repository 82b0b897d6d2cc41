package kiln.codegen.aarch64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;

/** Operations on vectors. */
final class VectorRules {
    private VectorRules() {}

    // VBINARY.

    static final Rules<Context> BINARY = Rules.<Context>of("vectorBinary").base("x op y", (c, inst) -> {
        Reg rd = c.def(inst.result());
        Arrangement lanes = Arrangement.of(inst.lanes().lanes());
        c.emit(Insn.ofVector(Op.of(inst.lanes()), lanes, rd, c.reg(inst.arg(0)), c.reg(inst.arg(1))));
    });
}
