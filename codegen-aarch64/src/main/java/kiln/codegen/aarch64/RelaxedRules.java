package kiln.codegen.aarch64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Type;

/**
 * Operations whose result WebAssembly leaves to the machine for some operands, and that are more than an operation for
 * which it does not: products of signed bytes, of which sums are cut rather than saturated.
 */
final class RelaxedRules {
    private RelaxedRules() {}

    static final Rules<Context> DOT = Rules.<Context>of("relaxedDot")
            .base("products, and sums of neighbours", (c, inst) -> {
                Reg sums = c.def(inst.result());
                VectorRules.productSums(c, sums, Lanes.I8X16, c.reg(inst.arg(0)), c.reg(inst.arg(1)));
            });

    static final Rules<Context> DOT_ADD = Rules.<Context>of("relaxedDotAdd")
            .rule("one instruction", RelaxedRules::dotProduct)
            .base("products, sums of neighbours, and again", (c, inst) -> {
                Reg sums = c.newReg(Type.V128);
                VectorRules.productSums(c, sums, Lanes.I8X16, c.reg(inst.arg(0)), c.reg(inst.arg(1)));
                Reg z = c.reg(inst.arg(2));
                c.emit(Insn.mergeVector(Op.VSADALP, Arrangement.H8, c.def(inst.result()), z, sums));
            });

    private static boolean dotProduct(Context c, Inst inst) {
        if (!c.options.features().contains(CpuFeatures.DOTPROD)) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        Reg y = c.reg(inst.arg(1));
        c.emit(Insn.mergeVector(Op.VSDOT, Arrangement.S4, c.def(inst.result()), c.reg(inst.arg(2)), x, y));
        return true;
    }
}
