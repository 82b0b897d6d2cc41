package kiln.codegen.x64;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.FloatCond;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Lanes of floats: what is not one instruction that does just that. */
final class VectorFloatRules {
    // What CMPPS and CMPPD compare, by the manual's names. From 4 to 7, lanes with a NaN are ones; else zeros.
    private static final int EQ = 0;
    private static final int LT = 1;
    private static final int LE = 2;
    private static final int UNORD = 3;
    private static final int NEQ = 4;
    private static final int NLT = 5;
    // With AVX only; the names end in OQ (ordered, quiet).
    private static final int GE_OQ = 0x1d;
    private static final int GT_OQ = 0x1e;

    // What VRANGEPS and VRANGEPD give; the sign is that of the operand that it is.
    private static final int RANGE_MIN = 4;
    private static final int RANGE_MAX = 5;

    /** VPTERNLOG: {@code ~first & (second | third)}. */
    private static final int NOT_A_AND_B_OR_C = 0x0e;

    private static final double TWO_31 = 0x1p31;
    private static final double TWO_52 = 0x1p52;

    private VectorFloatRules() {}

    /** {@code single} or {@code wide}. */
    static Op of(Lanes lanes, Op single, Op wide) {
        return Op.ofSize(lanes.bytes(), single, wide);
    }

    private static Lanes lanes(Inst inst) {
        return inst.lanes().lanes();
    }

    private static Reg temp(Context c) {
        return c.newReg(Type.V128);
    }

    /** A constant in all lanes. */
    static Operand splat(Context c, Lanes lanes, double value) {
        return lanes == Lanes.F32X4
                ? c.splatSource(4, Float.floatToRawIntBits((float) value))
                : c.splatSource(8, Double.doubleToRawLongBits(value));
    }

    /** What CMPPS and CMPPD are told to compare; operands are exchanged for what is greater. */
    static int immediate(FloatCond cond) {
        return switch (cond) {
            case EQ -> EQ;
            case NE -> NEQ;
            case LT, GT -> LT;
            case LE, GE -> LE;
        };
    }

    private static void compare(Context c, Lanes lanes, int how, Reg dst, Reg left, Operand right) {
        c.emitBinary(of(lanes, Op.CMPPS, Op.CMPPD), dst, left, right, how);
    }

    // CEIL, FLOOR, TRUNC, NEAREST.

    static final Rules<Context> ROUND = Rules.<Context>of("vectorRound").base("to an integer", (c, inst) -> {
        int mode = switch (inst.lanes().op()) {
            case CEIL -> FloatInsn.Unary.CEIL;
            case FLOOR -> FloatInsn.Unary.FLOOR;
            case TRUNC -> FloatInsn.Unary.TRUNC;
            default -> FloatInsn.Unary.NEAREST;
        };
        Op op = of(lanes(inst), Op.ROUNDPS, Op.ROUNDPD);
        Operand src = c.vectorSource(op, inst.arg(0));
        c.emitUnary(op, c.def(inst.result()), src, mode);
    });

    // EQ, NE, GT, GE.

    private static boolean compare(Context c, Inst inst) {
        if (!lanes(inst).isFloat()) {
            return false;
        }
        Op op = of(lanes(inst), Op.CMPPS, Op.CMPPD);
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        switch (inst.lanes().op()) {
            case EQ, NE -> {
                boolean swapped = c.isVectorMemory(op, x) && !c.isVectorMemory(op, y);
                compare(c, inst, inst.lanes().op() == VectorOp.EQ ? EQ : NEQ, swapped ? y : x, swapped ? x : y);
            }
            case GT -> greater(c, inst, LT, GT_OQ);
            default -> greater(c, inst, LE, GE_OQ);
        }
        return true;
    }

    static final Rules<Context> EQUAL = Rules.<Context>of("vectorEqual")
            .rule("floats", VectorFloatRules::compare)
            .base("integers", VectorRules.BINARY::lower);

    static final Rules<Context> COMPARE =
            Rules.<Context>of("vectorFloatCompare").base("x op y", VectorFloatRules::compare);

    private static void compare(Context c, Inst inst, int how, Value left, Value right) {
        Reg x = c.reg(left);
        Operand y = c.vectorSource(of(lanes(inst), Op.CMPPS, Op.CMPPD), right);
        compare(c, lanes(inst), how, c.def(inst.result()), x, y);
    }

    private static void greater(Context c, Inst inst, int opposite, int straight) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        boolean fromMemory = c.isVectorMemory(of(lanes(inst), Op.CMPPS, Op.CMPPD), y);
        if (c.hasAvx() && fromMemory) {
            compare(c, inst, straight, x, y);
        } else {
            compare(c, inst, opposite, y, x);
        }
    }

    // MIN, MAX. The processor's minimum of x and y is y if both are zeros, or if one is a NaN.

    static final Rules<Context> MIN_MAX = Rules.<Context>of("vectorMinMax")
            .rule("by range", (c, inst) -> {
                Lanes lanes = lanes(inst);
                Op range = of(lanes, Op.VRANGEPS, Op.VRANGEPD);
                if (!c.has(range)) {
                    return false;
                }
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                Reg result = temp(c);
                Reg nan = temp(c);
                Reg payload = temp(c);
                c.emitBinary(
                        range, result, x, Operand.of(y), inst.lanes().op() == VectorOp.MIN ? RANGE_MIN : RANGE_MAX);
                compare(c, lanes, UNORD, nan, x, Operand.of(y));
                c.emitShift(of(lanes, Op.PSRLD, Op.PSRLQ), payload, nan, payloadShift(lanes));
                c.emit(Insn.ternary(
                        Op.VPTERNLOGD, c.def(inst.result()), payload, nan, Operand.of(result), NOT_A_AND_B_OR_C));
                return true;
            })
            .base("both ways", (c, inst) -> {
                Lanes lanes = lanes(inst);
                boolean min = inst.lanes().op() == VectorOp.MIN;
                Op op = min ? of(lanes, Op.MINPS, Op.MINPD) : of(lanes, Op.MAXPS, Op.MAXPD);
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                Reg one = temp(c);
                Reg other = temp(c);
                Reg both = temp(c);
                Reg nan = temp(c);
                Reg ones = temp(c);
                Reg payload = temp(c);
                c.emitBinary(op, one, x, y);
                c.emitBinary(op, other, y, x);
                // They differ for NaNs, and for zeros in the sign.
                c.emitBinary(min ? Op.ORPS : Op.ANDPS, both, one, other);
                compare(c, lanes, UNORD, nan, x, Operand.of(y));
                // NaNs become the canonical one: ones down to the highest bit of the fraction.
                c.emitBinary(Op.ORPS, ones, both, nan);
                c.emitShift(of(lanes, Op.PSRLD, Op.PSRLQ), payload, nan, payloadShift(lanes));
                c.emitBinary(Op.ANDNPS, c.def(inst.result()), payload, ones);
            });

    /** Sign, exponent and the highest bit of the fraction. */
    private static int payloadShift(Lanes lanes) {
        return lanes == Lanes.F32X4 ? 10 : 13;
    }

    // PMIN, PMAX.

    static final Rules<Context> PSEUDO_MIN_MAX = Rules.<Context>of("vectorPseudoMinMax")
            .base("operands exchanged", (c, inst) -> {
                boolean min = inst.lanes().op() == VectorOp.PMIN;
                Op op = min ? of(lanes(inst), Op.MINPS, Op.MINPD) : of(lanes(inst), Op.MAXPS, Op.MAXPD);
                Reg left = c.reg(inst.arg(1));
                Operand right = c.vectorSource(op, inst.arg(0));
                c.emitBinary(op, c.def(inst.result()), left, right);
            });

    // SQRT, CONVERT_S, CONVERT_LOW_S, PROMOTE_LOW, DEMOTE_ZERO.

    static final Rules<Context> UNARY =
            Rules.<Context>of("vectorFloatUnary").base("one instruction", VectorFloatRules::oneInstruction);

    // CONVERT_U, CONVERT_LOW_U.

    static final Rules<Context> CONVERT_U = Rules.<Context>of("vectorConvertUnsigned")
            .rule("one instruction", VectorFloatRules::oneInstruction)
            .base("in halves", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                Reg low = temp(c);
                Reg shifted = temp(c);
                Reg high = temp(c);
                Reg difference = temp(c);
                // As fractions of 2^23 and 2^39, whose last bit counts 1 and 65536. Only the sum is rounded.
                c.emitBinary(Op.PBLENDW, low, x, splat(c, Lanes.F32X4, 0x1p23), 0xaa);
                c.emitShift(Op.PSRLD, shifted, x, 16);
                c.emitBinary(Op.PBLENDW, high, shifted, splat(c, Lanes.F32X4, 0x1p39), 0xaa);
                c.emitBinary(Op.SUBPS, difference, high, splat(c, Lanes.F32X4, 0x1p39 + 0x1p23));
                c.emitBinary(Op.ADDPS, c.def(inst.result()), difference, low);
            });

    static final Rules<Context> CONVERT_LOW = Rules.<Context>of("vectorConvertLow")
            .rule("one instruction", VectorFloatRules::oneInstruction)
            .base("as the fraction of 2^52", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                Reg sum = temp(c);
                Operand exponent = c.splatSource(4, Double.doubleToRawLongBits(TWO_52) >>> 32);
                c.emitBinary(Op.PUNPCKLDQ, sum, x, exponent);
                c.emitBinary(Op.SUBPD, c.def(inst.result()), sum, splat(c, Lanes.F64X2, TWO_52));
            });

    /** With half of a vector, or all of it, from memory. */
    private static boolean oneInstruction(Context c, Inst inst) {
        Op op = c.instruction(inst.lanes());
        if (op == null) {
            return false;
        }
        boolean half = op.memoryBytes(op.size()) == 8;
        Operand src = half ? LaneRules.lowSource(c, inst.arg(0), 8) : c.vectorSource(op, inst.arg(0));
        c.emitUnary(op, c.def(inst.result()), src);
        return true;
    }

    // TRUNC_SAT_S, TRUNC_SAT_U, TRUNC_SAT_ZERO_S, TRUNC_SAT_ZERO_U.

    static final Rules<Context> TRUNCATE = Rules.<Context>of("vectorTruncate")
            .rule("f32x4, signed", (c, inst) -> is(inst, VectorOp.TRUNC_SAT_S) && truncateSingle(c, inst))
            .rule("f64x2, signed", (c, inst) -> is(inst, VectorOp.TRUNC_SAT_ZERO_S) && truncateDouble(c, inst))
            .rule("unsigned, one instruction", VectorFloatRules::truncateUnsignedDirectly)
            .rule("f32x4, unsigned", (c, inst) -> isSingle(inst) && truncateSingleUnsigned(c, inst))
            .base("f64x2, unsigned", VectorFloatRules::truncateDoubleUnsigned);

    private static boolean is(Inst inst, VectorOp op) {
        return inst.lanes().op() == op;
    }

    private static boolean isSingle(Inst inst) {
        return inst.lanes().operandLanes() == Lanes.F32X4;
    }

    /** The conversion gives -2^31 for all that it cannot represent. */
    private static boolean truncateSingle(Context c, Inst inst) {
        Reg x = c.reg(inst.arg(0));
        Reg ordered = temp(c);
        Reg number = temp(c);
        Reg integer = temp(c);
        Reg tooLarge = temp(c);
        compare(c, Lanes.F32X4, EQ, ordered, x, Operand.inRegister(x));
        c.emitBinary(Op.ANDPS, number, ordered, x);
        c.emitUnary(Op.CVTTPS2DQ, integer, Operand.inRegister(number));
        compare(c, Lanes.F32X4, NLT, tooLarge, number, splat(c, Lanes.F32X4, TWO_31));
        c.emitBinary(Op.PXOR, c.def(inst.result()), integer, tooLarge);
        return true;
    }

    private static boolean truncateDouble(Context c, Inst inst) {
        Reg x = c.reg(inst.arg(0));
        Reg ordered = temp(c);
        Reg limit = temp(c);
        Reg number = temp(c);
        compare(c, Lanes.F64X2, EQ, ordered, x, Operand.inRegister(x));
        // Zero where x is a NaN, which is then the minimum.
        c.emitBinary(Op.ANDPS, limit, ordered, splat(c, Lanes.F64X2, Integer.MAX_VALUE));
        c.emitBinary(Op.MINPD, number, x, limit);
        c.emitUnary(Op.CVTTPD2DQ, c.def(inst.result()), Operand.inRegister(number));
        return true;
    }

    /** Gives all ones for what is too large. */
    private static boolean truncateUnsignedDirectly(Context c, Inst inst) {
        Op op = isSingle(inst) ? Op.VCVTTPS2UDQ : Op.VCVTTPD2UDQ;
        if (!c.has(op)) {
            return false;
        }
        Reg number = notNegative(c, inst);
        c.emitUnary(op, c.def(inst.result()), Operand.inRegister(number));
        return true;
    }

    /** The operand, or zero where it is negative or a NaN. */
    private static Reg notNegative(Context c, Inst inst) {
        Reg x = c.reg(inst.arg(0));
        Reg number = temp(c);
        c.emitBinary(isSingle(inst) ? Op.MAXPS : Op.MAXPD, number, x, c.zeroVector());
        return number;
    }

    private static boolean truncateSingleUnsigned(Context c, Inst inst) {
        Reg number = notNegative(c, inst);
        Reg small = temp(c);
        Reg excess = temp(c);
        Reg large = temp(c);
        Reg tooLarge = temp(c);
        Reg saturated = temp(c);
        Reg added = temp(c);
        // 2^31 for what is larger, to which comes how much larger it is: up to 2^31 - 1, nothing if it is smaller.
        c.emitUnary(Op.CVTTPS2DQ, small, Operand.inRegister(number));
        c.emitBinary(Op.SUBPS, excess, number, splat(c, Lanes.F32X4, TWO_31));
        c.emitUnary(Op.CVTTPS2DQ, large, Operand.inRegister(excess));
        compare(c, Lanes.F32X4, NLT, tooLarge, excess, splat(c, Lanes.F32X4, TWO_31));
        c.emitBinary(Op.PXOR, saturated, large, tooLarge);
        c.emitBinary(Op.PMAXSD, added, saturated, c.zeroVector());
        c.emitBinary(Op.PADDD, c.def(inst.result()), added, small);
        return true;
    }

    private static void truncateDoubleUnsigned(Context c, Inst inst) {
        Reg number = notNegative(c, inst);
        Reg limited = temp(c);
        Reg integer = temp(c);
        Reg sum = temp(c);
        c.emitBinary(Op.MINPD, limited, number, splat(c, Lanes.F64X2, 0xffffffffL));
        c.emitUnary(Op.ROUNDPD, integer, Operand.inRegister(limited), FloatInsn.Unary.TRUNC);
        // The integer is then in the lower half of the fraction.
        c.emitBinary(Op.ADDPD, sum, integer, splat(c, Lanes.F64X2, TWO_52));
        c.emitBinary(Op.SHUFPS, c.def(inst.result()), sum, Operand.inRegister(c.zeroVector()), 0x88);
    }
}
