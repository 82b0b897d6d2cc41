package kiln.codegen.aarch64;

import static kiln.codegen.VectorPatterns.constantCount;

import kiln.codegen.Demanded;
import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Shifts of all lanes by the same count, which is taken modulo the lane's bits. */
final class VectorShiftRules {
    private VectorShiftRules() {}

    // SHL.

    static final Rules<Context> LEFT = Rules.<Context>of("vectorShiftLeft")
            .rule("extended, then by a constant", VectorShiftRules::shiftExtended)
            .rule("by a constant", (c, inst) -> byConstant(c, inst, Op.VSHL))
            .base("by a variable", (c, inst) -> byVariable(c, inst, Op.VUSHL));

    /** Extending instructions shift as well, by less than the bits that they read. */
    private static boolean shiftExtended(Context c, Inst inst) {
        Inst d = VectorRules.extension(c, inst.arg(0));
        int n = constantCount(inst);
        if (d == null || n < 0 || d.lanes().lanes() != inst.lanes().lanes()) {
            return false;
        }
        Arrangement half = VectorRules.half(d);
        if (n >= half.bits()) {
            return false;
        }
        Op op = VectorRules.isUnsigned(d.lanes().op()) ? Op.VUSHLL : Op.VSSHLL;
        c.emit(Insn.shiftVector(op, half, c.def(inst.result()), c.reg(d.arg(0)), n));
        return true;
    }

    // SHR_S, SHR_U.

    static final Rules<Context> RIGHT = Rules.<Context>of("vectorShiftRight")
            .rule("by a constant", (c, inst) -> byConstant(c, inst, isSigned(inst) ? Op.VSSHR : Op.VUSHR))
            .base(
                    "by a variable: to the left by less than nothing",
                    (c, inst) -> byVariable(c, inst, isSigned(inst) ? Op.VSSHL : Op.VUSHL));

    private static boolean isSigned(Inst inst) {
        return inst.lanes().op() == VectorOp.SHR_S;
    }

    private static boolean byConstant(Context c, Inst inst, Op op) {
        int n = constantCount(inst);
        if (n < 0) {
            return false;
        }
        Reg rd = c.def(inst.result());
        Reg rn = c.reg(inst.arg(0));
        c.emit(
                n == 0
                        ? new MoveInsn.Move(Type.V128, rd, rn)
                        : Insn.shiftVector(op, VectorRules.lanes(inst), rd, rn, n));
        return true;
    }

    private static void byVariable(Context c, Inst inst, Op op) {
        Arrangement lanes = VectorRules.lanes(inst);
        int bits = inst.lanes().lanes().bits();
        Value demanded = Demanded.low(c, inst.arg(1), Integer.numberOfTrailingZeros(bits));
        // Only the lowest byte of each lane counts; doublewords would need a 64-bit register.
        Arrangement copies = lanes == Arrangement.D2 ? Arrangement.S4 : lanes;
        Reg counts =
                c.derived(demanded, new Counts(copies, bits - 1, inst.lanes().op() != VectorOp.SHL));
        c.emit(Insn.ofVector(op, lanes, c.def(inst.result()), c.reg(inst.arg(0)), counts));
    }

    /** {@code count & mask} in all lanes, or the negative of that. */
    private record Counts(Arrangement lanes, int mask, boolean negated) implements LoweringContext.Maker {
        @Override
        public Type type() {
            return Type.V128;
        }

        @Override
        public void emit(LoweringContext c, Reg target, Reg source) {
            Reg count = c.newReg(Type.I32);
            c.emit(Insn.logical(Op.AND, false, count, source, mask));
            if (negated) {
                Reg masked = count;
                count = c.newReg(Type.I32);
                c.emit(Insn.of(Op.SUB, false, count, Registers.ZR, masked));
            }
            c.emit(Insn.ofVector(Op.VDUP, lanes, target, count));
        }
    }
}
