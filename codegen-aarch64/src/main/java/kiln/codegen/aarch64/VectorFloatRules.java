package kiln.codegen.aarch64;

import static kiln.codegen.VectorPatterns.operation;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.VectorOp;

/** Lanes of floats: what is more than a row of {@link Op}. */
final class VectorFloatRules {
    private VectorFloatRules() {}

    // Factors that are one element.

    /** All lanes of a factor are this element of a register. */
    private record Element(Reg reg, int index) {}

    /** The element that {@code v} repeats, if the current rule may read that instead; null if it is not known. */
    private static Element repeated(Context c, Value v, Lanes lanes) {
        Inst splat = operation(c, v, VectorOp.SPLAT);
        if (splat == null || splat.lanes().lanes().bytes() != lanes.bytes()) {
            return null;
        }
        Value scalar = splat.arg(0);
        Inst extract = operation(c, scalar, VectorOp.EXTRACT_LANE);
        if (extract != null && extract.lanes().lanes().bytes() == lanes.bytes()) {
            return new Element(c.reg(extract.arg(0)), (int) extract.imm());
        }
        return scalar.type().isFloat() && c.foldableLoad(scalar) == null ? new Element(c.reg(scalar), 0) : null;
    }

    /** A product, of integers or floats, with one element: of words or doublewords. */
    static boolean multiplyByElement(Context c, Inst inst, Value x, Value y) {
        Lanes lanes = inst.lanes().lanes();
        if (lanes.bytes() < 4 || lanes == Lanes.I64X2) {
            return false;
        }
        Element e = repeated(c, y, lanes);
        if (e == null) {
            return false;
        }
        Op op = lanes.isFloat() ? Op.VFMUL_ELEMENT : Op.VMUL_ELEMENT;
        c.emit(Insn.byElement(op, Arrangement.of(lanes), c.def(inst.result()), c.reg(x), e.reg, e.index));
        return true;
    }

    // PMIN, PMAX.

    /** The second operand where it is less (greater), compared so that nothing is less than a NaN. */
    static final Rules<Context> PSEUDO = Rules.<Context>of("pseudoMinMax")
            .base("a comparison and a choice", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                Reg mask = c.newReg(Type.V128);
                boolean min = inst.lanes().op() == VectorOp.PMIN;
                c.emit(Insn.ofVector(Op.VFCMGT, VectorRules.lanes(inst), mask, min ? x : y, min ? y : x));
                c.emit(Insn.mergeVector(Op.VBSL, Arrangement.B16, c.def(inst.result()), mask, y, x));
            });

    // RELAXED_MADD, RELAXED_NMADD: rounded once.

    static final Rules<Context> FUSED = Rules.<Context>of("vectorMultiplyAdd")
            .commuted("z + x * an element", (c, inst, x, y) -> {
                Lanes lanes = inst.lanes().lanes();
                Element e = repeated(c, y, lanes);
                if (e == null) {
                    return false;
                }
                Op op = isNegated(inst) ? Op.VFMLS_ELEMENT : Op.VFMLA_ELEMENT;
                Reg z = c.reg(inst.arg(2));
                Reg rd = c.def(inst.result());
                c.emit(Insn.mergeByElement(op, Arrangement.of(lanes), rd, z, c.reg(x), e.reg, e.index));
                return true;
            })
            .base("z + x * y", (c, inst) -> {
                Op op = isNegated(inst) ? Op.VFMLS : Op.VFMLA;
                Reg x = c.reg(inst.arg(0));
                Reg y = c.reg(inst.arg(1));
                c.emit(Insn.mergeVector(op, VectorRules.lanes(inst), c.def(inst.result()), c.reg(inst.arg(2)), x, y));
            });

    private static boolean isNegated(Inst inst) {
        return inst.lanes().op() == VectorOp.RELAXED_NMADD;
    }

    // Conversions.

    /** To integers, saturating. */
    static final Rules<Context> TO_INT = Rules.<Context>of("vectorToInt")
            .rule("doublewords, then to half their size", VectorFloatRules::toIntNarrow)
            .base("words", (c, inst) -> {
                Op op = isUnsigned(inst) ? Op.VFCVTZU : Op.VFCVTZS;
                c.emit(Insn.ofVector(op, Arrangement.S4, c.def(inst.result()), c.reg(inst.arg(0))));
            });

    private static boolean toIntNarrow(Context c, Inst inst) {
        if (inst.lanes().operandLanes() != Lanes.F64X2) {
            return false;
        }
        boolean unsigned = isUnsigned(inst);
        Reg wide = c.newReg(Type.V128);
        c.emit(Insn.ofVector(unsigned ? Op.VFCVTZU : Op.VFCVTZS, Arrangement.D2, wide, c.reg(inst.arg(0))));
        c.emit(Insn.ofVector(unsigned ? Op.VUQXTN : Op.VSQXTN, Arrangement.S2, c.def(inst.result()), wide));
        return true;
    }

    private static boolean isUnsigned(Inst inst) {
        return switch (inst.lanes().op()) {
            case TRUNC_SAT_U, TRUNC_SAT_ZERO_U, RELAXED_TRUNC_U, RELAXED_TRUNC_ZERO_U, CONVERT_LOW_U -> true;
            default -> false;
        };
    }

    /** From two integers. */
    static final Rules<Context> FROM_LOW_INTS = Rules.<Context>of("vectorFromLowInts")
            .base("extended, then converted", (c, inst) -> {
                boolean unsigned = isUnsigned(inst);
                Reg wide = c.newReg(Type.V128);
                Op extend = unsigned ? Op.VUSHLL : Op.VSSHLL;
                c.emit(Insn.shiftVector(extend, Arrangement.S2, wide, c.reg(inst.arg(0)), 0));
                Op convert = unsigned ? Op.VUCVTF : Op.VSCVTF;
                c.emit(Insn.ofVector(convert, Arrangement.D2, c.def(inst.result()), wide));
            });

    static final Rules<Context> CHANGE_PRECISION = Rules.<Context>of("vectorChangePrecision")
            .base("two of them", (c, inst) -> {
                Op op = inst.lanes().op() == VectorOp.PROMOTE_LOW ? Op.VFCVTL : Op.VFCVTN;
                c.emit(Insn.ofVector(op, Arrangement.S2, c.def(inst.result()), c.reg(inst.arg(0))));
            });
}
