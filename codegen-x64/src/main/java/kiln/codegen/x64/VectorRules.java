package kiln.codegen.x64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.codegen.x64.Op.Encoding;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Value;

/** Operations on vectors. */
final class VectorRules {
    private VectorRules() {}

    // VBINARY.

    static final Rules<Context> BINARY = Rules.<Context>of("vectorBinary").base("x op y", VectorRules::binary);

    private static void binary(Context c, Inst inst) {
        Op op = Op.of(inst.lanes());
        Reg left = c.reg(inst.arg(0));
        Operand right = operand(c, op, inst.arg(1));
        c.emitBinary(op, c.def(inst.result()), left, right);
    }

    /** The last operand of {@code op}: a constant, which lies aligned, or memory where its address may be any. */
    private static Operand operand(Context c, Op op, Value v) {
        if (v.is(Opcode.VCONST)) {
            return new Operand.Pooled(v.inst().vector());
        }
        boolean anyAddress = op.alignment(c.hasTwin(op) ? Encoding.RVM : Encoding.RM) == 1;
        return anyAddress ? c.registerOrMemory(v, 16) : Operand.inRegister(c.reg(v));
    }
}
