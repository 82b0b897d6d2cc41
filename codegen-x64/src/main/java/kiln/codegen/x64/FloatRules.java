package kiln.codegen.x64;

import static kiln.codegen.x64.Context.size;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Floating-point arithmetic and conversions. */
final class FloatRules {
    private FloatRules() {}

    // FCONST.

    static final Rules<Context> CONSTANT = Rules.<Context>of("floatConstant")
            .base("constant", (c, inst) -> c.emit(new FloatInsn.Const(size(inst), c.def(inst.result()), inst.imm())));

    // FADD, FSUB, FMUL, FDIV.

    static final Rules<Context> BINARY = Rules.<Context>of("floatBinary")
            .rule("y op x", (c, inst) -> {
                Value x = inst.arg(0);
                Value y = inst.arg(1);
                return inst.isCommutative() && prefersRight(c, inst, x, y) && binary(c, inst, y, x);
            })
            .base("x op y", (c, inst) -> binary(c, inst, inst.arg(0), inst.arg(1)));

    private static Op binaryOp(Inst inst) {
        return switch (inst.opcode()) {
            case FADD -> Op.ofSize(size(inst), Op.ADDSS, Op.ADDSD);
            case FSUB -> Op.ofSize(size(inst), Op.SUBSS, Op.SUBSD);
            case FMUL -> Op.ofSize(size(inst), Op.MULSS, Op.MULSD);
            case FDIV -> Op.ofSize(size(inst), Op.DIVSS, Op.DIVSD);
            default -> throw new IllegalArgumentException(inst.toString());
        };
    }

    private static boolean binary(Context c, Inst inst, Value x, Value y) {
        Reg left = c.reg(x);
        c.emitBinary(binaryOp(inst), c.def(inst.result()), left, c.floatSource(y));
        return true;
    }

    /** Whether x rather than y should come from memory. */
    private static boolean prefersRight(Context c, Inst inst, Value x, Value y) {
        return !isInMemory(c, inst, y) && isInMemory(c, inst, x);
    }

    private static boolean isInMemory(Context c, Inst inst, Value v) {
        return c.isPooled(v) || c.foldableLoad(v, size(inst)) != null;
    }

    // FMIN, FMAX, FCOPYSIGN.

    static final Rules<Context> MIN_MAX = Rules.<Context>of("minMax")
            .rule(
                    "over y, which is used no more",
                    (c, inst) -> c.useCount(inst.arg(0)) > 1
                            && c.useCount(inst.arg(1)) == 1
                            && minMax(c, inst, inst.arg(1), inst.arg(0)))
            .base("over x", (c, inst) -> minMax(c, inst, inst.arg(0), inst.arg(1)));

    private static boolean minMax(Context c, Inst inst, Value x, Value y) {
        Reg left = c.reg(x);
        boolean max = inst.opcode() == Opcode.FMAX;
        c.emit(new FloatInsn.MinMax(size(inst), max, c.def(inst.result()), left, c.reg(y)));
        return true;
    }

    static final Rules<Context> COPY_SIGN = Rules.<Context>of("copySign").base("x with the sign of y", (c, inst) -> {
        Reg left = c.reg(inst.arg(0));
        c.emit(new FloatInsn.CopySign(size(inst), c.def(inst.result()), left, c.reg(inst.arg(1))));
    });

    // FABS, FNEG.

    static final Rules<Context> SIGN = Rules.<Context>of("sign").base("bits changed by a mask", (c, inst) -> {
        boolean negate = inst.opcode() == Opcode.FNEG;
        long sign = FloatInsn.signBit(size(inst));
        Operand mask = c.splatSource(size(inst), negate ? sign : ~sign);
        Reg dst = c.def(inst.result());
        c.emitBinary(negate ? Op.XORPS : Op.ANDPS, dst, c.reg(inst.arg(0)), mask);
    });

    // FSQRT, FCEIL, FFLOOR, FTRUNC, FNEAREST, FPROMOTE, FDEMOTE.

    static final Rules<Context> SQUARE_ROOT = Rules.<Context>of("squareRoot")
            .base("square root", (c, inst) -> unary(c, inst, Op.ofSize(size(inst), Op.SQRTSS, Op.SQRTSD), 0));

    static final Rules<Context> ROUND = Rules.<Context>of("round").base("to an integer", (c, inst) -> {
        int mode = switch (inst.opcode()) {
            case FCEIL -> FloatInsn.Unary.CEIL;
            case FFLOOR -> FloatInsn.Unary.FLOOR;
            case FTRUNC -> FloatInsn.Unary.TRUNC;
            case FNEAREST -> FloatInsn.Unary.NEAREST;
            default -> throw new IllegalArgumentException(inst.toString());
        };
        unary(c, inst, Op.ofSize(size(inst), Op.ROUNDSS, Op.ROUNDSD), mode);
    });

    static final Rules<Context> CHANGE_PRECISION = Rules.<Context>of("changePrecision")
            .base("conversion", (c, inst) -> unary(c, inst, Op.ofSize(size(inst), Op.CVTSD2SS, Op.CVTSS2SD), 0));

    private static void unary(Context c, Inst inst, Op op, int mode) {
        Operand src = c.floatSource(inst.arg(0));
        c.emit(FloatInsn.Unary.of(op, op.size(), c.def(inst.result()), src, mode, c.hasAvx()));
    }

    // FROM_SINT, FROM_UINT.

    static final Rules<Context> FROM_INT = Rules.<Context>of("intToFloat")
            .rule("signed", (c, inst) -> {
                Value x = inst.arg(0);
                return inst.opcode() == Opcode.FROM_SINT
                        && fromInt(c, inst, size(x.type()), c.registerOrMemory(x, size(x.type())));
            })
            .rule("unsigned 32 bits, as signed 64", (c, inst) -> {
                // An i32 is zero-extended, and so a signed i64 that is not negative.
                Value x = inst.arg(0);
                return x.type() == Type.I32 && fromInt(c, inst, 8, Operand.of(c.reg(x)));
            })
            .base("unsigned 64 bits", (c, inst) -> {
                Reg x = c.reg(inst.arg(0));
                Reg temp = c.newReg(Type.I64);
                c.emit(new ConversionInsn.UnsignedToFloat(size(inst), c.def(inst.result()), x, temp));
            });

    private static boolean fromInt(Context c, Inst inst, int size, Operand src) {
        Op op = Op.ofSize(size(inst), Op.CVTSI2SS, Op.CVTSI2SD);
        c.emit(FloatInsn.Unary.of(op, size, c.def(inst.result()), src, 0, false));
        return true;
    }

    // TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT.

    static final Rules<Context> TO_INT = Rules.<Context>of("floatToInt").base("truncated", FloatRules::toInt);

    private static void toInt(Context c, Inst inst) {
        boolean signed = inst.opcode() == Opcode.TO_SINT || inst.opcode() == Opcode.TO_SINT_SAT;
        boolean saturating = inst.opcode() == Opcode.TO_SINT_SAT || inst.opcode() == Opcode.TO_UINT_SAT;
        Reg temp = !signed && size(inst) == 4 ? c.newReg(Type.I64) : null;
        Value x = inst.arg(0);
        Reg dst = c.def(inst.result());
        c.emit(new ConversionInsn.Truncate(size(x.type()), size(inst), signed, saturating, dst, c.reg(x), temp));
    }

    // BITCAST.

    static final Rules<Context> BITCAST = Rules.<Context>of("bitcast")
            .rule("of memory", (c, inst) -> {
                Inst load = c.foldableLoad(inst.arg(0), size(inst));
                if (load == null) {
                    return false;
                }
                Reg dst = c.def(inst.result());
                c.emit(MemoryInsn.load(inst.type(), size(inst), false, dst, c.fold(load), false));
                return true;
            })
            .rule("to a float", (c, inst) -> {
                if (!inst.type().isFloat()) {
                    return false;
                }
                Operand src = Operand.of(c.value(inst.arg(0)));
                c.emit(Insn.unary(Op.MOVD, size(inst), c.def(inst.result()), src));
                return true;
            })
            .base("to an integer", (c, inst) -> {
                Reg src = c.reg(inst.arg(0));
                c.emit(Insn.fromVector(Op.MOVD, size(inst), c.def(inst.result()), src));
            });
}
