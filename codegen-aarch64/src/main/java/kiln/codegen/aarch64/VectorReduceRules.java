package kiln.codegen.aarch64;

import static kiln.codegen.LoweringContext.constValue;
import static kiln.codegen.LoweringContext.isConst;
import static kiln.codegen.VectorPatterns.isZero;
import static kiln.codegen.VectorPatterns.operation;

import kiln.codegen.IntComparison;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** What is asked of all lanes: ANY_TRUE, ALL_TRUE, BITMASK, as integers and as conditions. */
final class VectorReduceRules {
    /** How far up it is looked whether lanes are ones or zeros. */
    private static final int DEPTH = 4;

    private VectorReduceRules() {}

    // Conditions.

    /**
     * An integer register, which is zero in the cases in which something does not hold.
     *
     * @param wide whether all 64 bits count
     * @param opposite it is zero where it does hold
     */
    record Truth(Reg reg, boolean wide, boolean opposite) {
        private Truth negate() {
            return new Truth(reg, wide, !opposite);
        }
    }

    /** Emits what it is seen by that {@code v} is not zero, if it is an operation to fold; else null. */
    static Truth truth(Context c, Value v) {
        Inst d = c.foldable(v, Opcode.VREDUCE);
        return d == null ? null : truth(c, d);
    }

    /**
     * Emits what a comparison is seen by, with zero, or of BITMASK with what it is if every lane is negative; null if
     * it is neither.
     */
    static Truth truth(Context c, IntComparison comparison) {
        IntCond cond = comparison.cond();
        boolean equal = cond == IntCond.EQ || cond == IntCond.ULE;
        if (!isConst(comparison.y()) || !equal && cond != IntCond.NE && cond != IntCond.UGT) {
            return null;
        }
        long k = constValue(comparison.y());
        if (k == 0) {
            Truth notZero = truth(c, comparison.x());
            return notZero == null || !equal ? notZero : notZero.negate();
        }
        Inst mask = operation(c, comparison.x(), VectorOp.BITMASK);
        Lanes lanes = mask == null ? null : mask.lanes().lanes();
        if (mask == null || cond != IntCond.EQ && cond != IntCond.NE || k != (1L << lanes.count()) - 1) {
            return null;
        }
        Truth all = allLanes(c, signs(c, mask.arg(0), lanes), lanes);
        return equal ? all : all.negate();
    }

    private static Truth truth(Context c, Inst inst) {
        Value x = inst.arg(0);
        Lanes lanes = inst.lanes().lanes();
        return switch (inst.lanes().op()) {
            case ANY_TRUE -> anyBit(c, c.reg(x));
            case ALL_TRUE -> allLanes(c, x, lanes);
            default -> anyBit(c, signs(c, x, lanes));
        };
    }

    private static Truth anyBit(Context c, Reg x) {
        Reg halves = c.newReg(Type.V128);
        Reg low = c.newReg(Type.I64);
        c.emit(Insn.ofVector(Op.VUMAXP, Arrangement.S4, halves, x, x));
        c.emit(Insn.convert(Op.FMOV_TO_INT, true, true, low, halves));
        return new Truth(low, true, false);
    }

    private static Truth allLanes(Context c, Value x, Lanes lanes) {
        Inst compare = operation(c, x, VectorOp.EQ);
        // No lane may have a bit.
        if (compare != null && compare.lanes().lanes() == lanes && lanes.isInt() && isZero(compare.arg(1))) {
            return anyBit(c, c.reg(compare.arg(0))).negate();
        }
        return allLanes(c, c.reg(x), lanes);
    }

    private static Truth allLanes(Context c, Reg x, Lanes lanes) {
        if (lanes == Lanes.I64X2) {
            Reg zeros = c.newReg(Type.V128);
            c.emit(Insn.ofVector(Op.VCMEQ_ZERO, Arrangement.D2, zeros, x));
            return anyBit(c, zeros).negate();
        }
        Reg least = c.newReg(Type.V128);
        Reg low = c.newReg(Type.I32);
        c.emit(Insn.ofVector(Op.VUMINV, Arrangement.of(lanes), least, x));
        c.emit(Insn.convert(Op.FMOV_TO_INT, false, false, low, least));
        return new Truth(low, false, false);
    }

    /** The register with ones in the lanes of {@code x} that are negative, and zeros in the others. */
    private static Reg signs(Context c, Value x, Lanes lanes) {
        Reg rn = c.reg(x);
        if (isMask(x, lanes, DEPTH)) {
            return rn;
        }
        Reg signs = c.newReg(Type.V128);
        c.emit(Insn.ofVector(Op.VCMLT_ZERO, Arrangement.of(lanes), signs, rn));
        return signs;
    }

    /** Whether every lane of {@code v} is known to be ones or zeros. */
    private static boolean isMask(Value v, Lanes lanes, int depth) {
        if (v.inst() == null || !(v.inst().data() instanceof LaneOp op)) {
            return false;
        }
        Inst d = v.inst();
        return switch (op.op()) {
            case EQ, NE, GT, GE, GT_S, GT_U, GE_S, GE_U -> op.lanes().bytes() >= lanes.bytes();
            case NOT -> depth > 0 && isMask(d.arg(0), lanes, depth - 1);
            case AND, OR, XOR, ANDNOT ->
                depth > 0 && isMask(d.arg(0), lanes, depth - 1) && isMask(d.arg(1), lanes, depth - 1);
            default -> false;
        };
    }

    // ANY_TRUE, ALL_TRUE.

    static final Rules<Context> TRUTH = Rules.<Context>of("vectorTruth").base("as 0 or 1", (c, inst) -> {
        Truth t = truth(c, inst);
        Insn compare = Insn.addSub(Op.SUBS, t.wide, Registers.ZR, t.reg, 0);
        Cond not = t.opposite ? Cond.NE : Cond.EQ;
        Flags.of(compare, not.negate())
                .emit(c, Insn.select(Op.CSINC, false, c.def(inst.result()), Registers.ZR, Registers.ZR, not));
    });

    // BITMASK.

    static final Rules<Context> BITMASK = Rules.<Context>of("bitmask")
            .rule("doublewords", VectorReduceRules::doublewords)
            .rule("bytes", VectorReduceRules::bytes)
            .base("a power of two for each lane, added", (c, inst) -> {
                Lanes lanes = inst.lanes().lanes();
                Reg powers = powers(c, inst);
                Reg sum = c.newReg(Type.V128);
                c.emit(Insn.ofVector(Op.VADDV, Arrangement.of(lanes), sum, powers));
                c.emit(Insn.convert(Op.FMOV_TO_INT, false, false, c.def(inst.result()), sum));
            });

    /** In each negative lane the power of two that stands for it, modulo 256. */
    private static Reg powers(Context c, Inst inst) {
        Lanes lanes = inst.lanes().lanes();
        Reg signs = signs(c, inst.arg(0), lanes);
        Reg each = c.vector(V128.of(lanes, i -> 1L << (i & 7)));
        Reg powers = c.newReg(Type.V128);
        c.emit(Insn.ofVector(Op.VAND, Arrangement.B16, powers, signs, each));
        return powers;
    }

    private static boolean bytes(Context c, Inst inst) {
        if (inst.lanes().lanes() != Lanes.I8X16) {
            return false;
        }
        // Three times sums of neighbours: of the lower eight in byte 0, of the upper in byte 1.
        Reg sums = powers(c, inst);
        for (int i = 0; i < 3; i++) {
            Reg next = c.newReg(Type.V128);
            c.emit(Insn.ofVector(Op.VADDP, Arrangement.B16, next, sums, sums));
            sums = next;
        }
        c.emit(Insn.ofElement(Op.VUMOV, Arrangement.H8, c.def(inst.result()), sums, 0));
        return true;
    }

    private static boolean doublewords(Context c, Inst inst) {
        if (inst.lanes().lanes() != Lanes.I64X2) {
            return false;
        }
        Reg x = c.reg(inst.arg(0));
        Reg low = c.newReg(Type.I64);
        Reg high = c.newReg(Type.I64);
        Reg top = c.newReg(Type.I64);
        c.emit(Insn.convert(Op.FMOV_TO_INT, true, true, low, x));
        c.emit(Insn.ofElement(Op.VUMOV, Arrangement.D2, high, x, 1));
        c.emit(Insn.bitfield(Op.UBFM, true, top, high, 62, 63));
        // Bit 63 of the lower one replaces bit 62 of the upper one.
        c.emit(Insn.insert(true, c.def(inst.result()), top, low, 63, 63));
        return true;
    }
}
