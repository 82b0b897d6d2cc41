package kiln.codegen.x64;

import static kiln.codegen.VectorPatterns.constantCount;

import kiln.codegen.Demanded;
import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.VectorOp;

/**
 * Shifts of all lanes by the same count, which is taken modulo the lane's bits. The processor's shift out all bits if
 * the count is too large, and there are none of bytes, nor, before AVX-512, arithmetic ones of 64 bits.
 */
final class VectorShiftRules {
    private VectorShiftRules() {}

    // SHL, SHR_S, SHR_U.

    static final Rules<Context> SHIFT = Rules.<Context>of("vectorShift")
            .rule("by a constant", (c, inst) -> {
                int n = constantCount(inst);
                Op op = c.instruction(inst.lanes());
                if (n < 0 || op == null) {
                    return false;
                }
                Reg dst = c.def(inst.result());
                c.emitShift(op, dst, c.reg(inst.arg(0)), n);
                return true;
            })
            .rule("signs", VectorShiftRules::signs)
            .rule("bytes by a constant, as words", VectorShiftRules::bytesByConstant)
            .rule("64 bits by a constant, with signs", VectorShiftRules::signed64ByConstant)
            .rule("bytes to the right, with signs, as words", VectorShiftRules::signedBytes)
            .rule("bytes, as the bytes of words", VectorShiftRules::bytes)
            .rule("64 bits, with signs", VectorShiftRules::signed64)
            .base("by a variable", (c, inst) -> {
                Reg count = count(c, inst, 0);
                c.emitBinary(c.instruction(inst.lanes()), c.def(inst.result()), c.reg(inst.arg(0)), count);
            });

    /** The count modulo the lane's bits, and {@code more}, in a vector register. */
    private static Reg count(Context c, Inst inst, int more) {
        int bits = inst.lanes().lanes().bits();
        return c.derived(Demanded.low(c, inst.arg(1), Integer.numberOfTrailingZeros(bits)), new Count(bits - 1, more));
    }

    /** {@code count & mask | more} in a vector register. */
    private record Count(int mask, int more) implements LoweringContext.Maker {
        @Override
        public Type type() {
            return Type.V128;
        }

        @Override
        public void emit(LoweringContext c, Reg target, Reg source) {
            Reg count = c.newReg(Type.I32);
            c.emit(Insn.binary(Op.AND, 4, count, source, Operand.imm(mask)));
            if (more != 0) {
                Reg masked = count;
                count = c.newReg(Type.I32);
                c.emit(Insn.binary(Op.OR, 4, count, masked, Operand.imm(more)));
            }
            c.emit(Insn.unary(Op.MOVD, 4, target, Operand.of(count)));
        }
    }

    private static boolean isSigned(Inst inst, Lanes lanes) {
        return inst.lanes().op() == VectorOp.SHR_S && inst.lanes().lanes() == lanes;
    }

    /** To the right by all bits but one: less than zero. */
    private static boolean signs(Context c, Inst inst) {
        LaneOp op = inst.lanes();
        if (op.op() != VectorOp.SHR_S || constantCount(inst) != op.lanes().bits() - 1) {
            return false;
        }
        Op greater = Op.of(VectorOp.GT_S.on(op.lanes()));
        Reg zero = VectorRules.constant(c, V128.ZERO);
        c.emitBinary(greater, c.def(inst.result()), zero, c.vectorSource(greater, inst.arg(0)));
        return true;
    }

    /** What comes from the neighbouring byte is masked; signs are made of the highest bit. */
    private static boolean bytesByConstant(Context c, Inst inst) {
        int n = constantCount(inst);
        if (n < 0 || inst.lanes().lanes() != Lanes.I8X16) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        boolean left = inst.lanes().op() == VectorOp.SHL;
        Operand mask = VectorRules.splatSource(c, Lanes.I8X16, left ? 0xff << n : 0xff >> n);
        Reg shifted = VectorRules.shift(c, left ? Op.PSLLW : Op.PSRLW, x, n);
        Reg dst = c.def(inst.result());
        if (inst.lanes().op() != VectorOp.SHR_S) {
            c.emitBinary(Op.PAND, dst, shifted, mask);
            return true;
        }
        Operand sign = VectorRules.splatSource(c, Lanes.I8X16, 0x80 >> n);
        Reg masked = VectorRules.binary(c, Op.PAND, shifted, mask);
        Reg flipped = VectorRules.binary(c, Op.PXOR, masked, sign);
        c.emitBinary(Op.PSUBB, dst, flipped, sign);
        return true;
    }

    /** The upper halves by shifts of 32 bits, the lower ones by one of 64 or from the upper halves. */
    private static boolean signed64ByConstant(Context c, Inst inst) {
        int n = constantCount(inst);
        if (n < 0 || !isSigned(inst, Lanes.I64X2)) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        Reg high = VectorRules.shift(c, Op.PSRAD, x, Math.min(n, 31));
        Reg low;
        if (n < 32) {
            low = VectorRules.shift(c, Op.PSRLQ, x, n);
        } else {
            Reg from = n == 32 ? x : VectorRules.shift(c, Op.PSRAD, x, n - 32);
            low = VectorRules.shuffle(c, Op.PSHUFD, Operand.of(from), VectorRules.ODD_TWICE);
        }
        c.emitBinary(Op.PBLENDW, c.def(inst.result()), low, Operand.of(high), VectorRules.UPPER_HALVES);
        return true;
    }

    /** Each byte twice as a word: its upper half is the byte with its sign. */
    private static boolean signedBytes(Context c, Inst inst) {
        if (!isSigned(inst, Lanes.I8X16)) {
            return false;
        }
        Reg count = count(c, inst, 8);
        Reg x = c.reg(inst.arg(0));
        Reg low = VectorRules.binary(c, Op.PSRAW, VectorRules.binary(c, Op.PUNPCKLBW, x, x), count);
        Reg high = VectorRules.binary(c, Op.PSRAW, VectorRules.binary(c, Op.PUNPCKHBW, x, x), count);
        c.emitBinary(Op.PACKSSWB, c.def(inst.result()), low, high);
        return true;
    }

    /** One byte of each word is masked before the shift, the other one behind it. */
    private static boolean bytes(Context c, Inst inst) {
        if (inst.lanes().lanes() != Lanes.I8X16) {
            return false;
        }
        boolean left = inst.lanes().op() == VectorOp.SHL;
        Op op = left ? Op.PSLLW : Op.PSRLW;
        Operand lower = VectorRules.splatSource(c, Lanes.I16X8, 0xff);
        Operand upper = VectorRules.splatSource(c, Lanes.I16X8, 0xff00);
        Reg count = count(c, inst, 0);
        Reg x = c.reg(inst.arg(0));
        Reg before = VectorRules.binary(c, op, VectorRules.binary(c, Op.PAND, x, left ? upper : lower), count);
        Reg behind = VectorRules.binary(c, Op.PAND, VectorRules.binary(c, op, x, count), left ? lower : upper);
        c.emitBinary(Op.POR, c.def(inst.result()), before, behind);
        return true;
    }

    /** Shifted in as zeros; then the shifted sign bit is subtracted, which was inverted. */
    private static boolean signed64(Context c, Inst inst) {
        if (!isSigned(inst, Lanes.I64X2) || c.instruction(inst.lanes()) != null) {
            return false;
        }
        Reg count = count(c, inst, 0);
        Reg x = c.reg(inst.arg(0));
        Reg sign = c.vector(VectorRules.splat(Lanes.I64X2, Long.MIN_VALUE));
        Reg bit = VectorRules.binary(c, Op.PSRLQ, sign, count);
        Reg shifted = VectorRules.binary(c, Op.PSRLQ, x, count);
        c.emitBinary(Op.PSUBQ, c.def(inst.result()), VectorRules.binary(c, Op.PXOR, shifted, bit), bit);
        return true;
    }
}
