package kiln.codegen.aarch64;

import static kiln.codegen.aarch64.Context.dbl;
import static kiln.codegen.aarch64.Context.wide;

import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Floating-point arithmetic, conversions and constants. */
final class FloatRules {
    private FloatRules() {}

    // FCONST.

    static final Rules<Context> CONSTANT = Rules.<Context>of("floatConstant")
            .base(
                    "constant",
                    (c, inst) -> c.emit(new FloatInsn.Const(dbl(inst.type()), c.def(inst.result()), inst.imm())));

    // FADD, FSUB, FMUL, FDIV, FMIN, FMAX.

    static final Rules<Context> BINARY = Rules.<Context>of("floatBinary")
            .base(
                    "x op y",
                    (c, inst) -> binary(
                            c,
                            inst,
                            switch (inst.opcode()) {
                                case FADD -> Op.FADD;
                                case FSUB -> Op.FSUB;
                                case FMUL -> Op.FMUL;
                                default -> Op.FDIV;
                            }));

    static final Rules<Context> MIN_MAX = Rules.<Context>of("minMax")
            .base(
                    "min or max of x and y",
                    (c, inst) -> binary(c, inst, inst.opcode() == Opcode.FMIN ? Op.FMIN : Op.FMAX));

    private static void binary(Context c, Inst inst, Op op) {
        Reg rd = c.def(inst.result());
        c.emit(Insn.ofFloat(op, dbl(inst.type()), rd, c.reg(inst.arg(0)), c.reg(inst.arg(1))));
    }

    // FCOPYSIGN.

    static final Rules<Context> COPY_SIGN = Rules.<Context>of("copySign")
            .rule("its own sign", FloatRules::copyOwnSign)
            .base("magnitude of x, sign of y", (c, inst) -> {
                Reg magnitude = c.reg(inst.arg(0));
                Reg sign = c.reg(inst.arg(1));
                c.emit(new FloatInsn.CopySign(dbl(inst.type()), c.def(inst.result()), magnitude, sign));
            });

    private static boolean copyOwnSign(Context c, Inst inst) {
        if (inst.arg(0) != inst.arg(1)) {
            return false;
        }
        c.emit(new MoveInsn.Move(inst.type(), c.def(inst.result()), c.reg(inst.arg(0))));
        return true;
    }

    // FSQRT, FABS, FNEG, FCEIL, FFLOOR, FTRUNC, FNEAREST.

    static final Rules<Context> SQUARE_ROOT =
            Rules.<Context>of("squareRoot").base("root of x", (c, inst) -> unary(c, inst, Op.FSQRT));

    static final Rules<Context> SIGN = Rules.<Context>of("sign")
            .base("|x| or -x", (c, inst) -> unary(c, inst, inst.opcode() == Opcode.FABS ? Op.FABS : Op.FNEG));

    static final Rules<Context> ROUND = Rules.<Context>of("round")
            .base(
                    "x to an integer",
                    (c, inst) -> unary(
                            c,
                            inst,
                            switch (inst.opcode()) {
                                case FCEIL -> Op.FRINTP;
                                case FFLOOR -> Op.FRINTM;
                                case FTRUNC -> Op.FRINTZ;
                                default -> Op.FRINTN;
                            }));

    private static void unary(Context c, Inst inst, Op op) {
        c.emit(Insn.ofFloat(op, dbl(inst.type()), c.def(inst.result()), c.reg(inst.arg(0))));
    }

    // FPROMOTE, FDEMOTE.

    static final Rules<Context> CHANGE_PRECISION = Rules.<Context>of("changePrecision")
            .base("x", (c, inst) -> {
                Op op = dbl(inst.type()) ? Op.FCVT_D : Op.FCVT_S;
                c.emit(Insn.ofFloat(op, false, c.def(inst.result()), c.reg(inst.arg(0))));
            });

    // FROM_SINT, FROM_UINT.

    static final Rules<Context> FROM_INT = Rules.<Context>of("intToFloat").base("x", (c, inst) -> {
        Value x = inst.arg(0);
        Op op = inst.opcode() == Opcode.FROM_SINT ? Op.SCVTF : Op.UCVTF;
        c.emit(Insn.convert(op, wide(x.type()), dbl(inst.type()), c.def(inst.result()), c.value(x)));
    });

    // TO_SINT, TO_UINT, and the saturating ones, which are what the hardware does.

    static final Rules<Context> TO_INT = Rules.<Context>of("floatToInt")
            .rule("with a trap", FloatRules::truncate)
            .base("saturating", (c, inst) -> {
                Value x = inst.arg(0);
                Op op = inst.opcode() == Opcode.TO_SINT_SAT ? Op.FCVTZS : Op.FCVTZU;
                c.emit(Insn.convert(op, wide(inst.type()), dbl(x.type()), c.def(inst.result()), c.reg(x)));
            });

    private static boolean truncate(Context c, Inst inst) {
        boolean signed = inst.opcode() == Opcode.TO_SINT;
        if (!signed && inst.opcode() != Opcode.TO_UINT) {
            return false;
        }
        Value x = inst.arg(0);
        Reg rd = c.def(inst.result());
        c.emit(new ConversionInsn.Truncate(signed, wide(inst.type()), dbl(x.type()), rd, c.reg(x)));
        return true;
    }

    // BITCAST.

    static final Rules<Context> BITCAST = Rules.<Context>of("bitcast")
            .rule("a load", FloatRules::loadOtherwise)
            .rule("to a float", FloatRules::toFloat)
            .base("to an integer", (c, inst) -> {
                boolean wide = wide(inst.type());
                Reg rd = c.def(inst.result());
                c.emit(Insn.convert(Op.FMOV_TO_INT, wide, wide, rd, c.reg(inst.arg(0))));
            });

    private static boolean loadOtherwise(Context c, Inst inst) {
        Inst load = c.foldableLoad(inst.arg(0));
        if (load == null || load.memory().width() != inst.type().bytes()) {
            return false;
        }
        c.absorb(load);
        MemoryRules.loadAs(c, load, MemoryRules.loadOp(inst.type(), load.memory()), c.def(inst.result()));
        return true;
    }

    private static boolean toFloat(Context c, Inst inst) {
        if (!inst.type().isFloat()) {
            return false;
        }
        boolean wide = inst.type() == Type.F64;
        Reg rd = c.def(inst.result());
        c.emit(Insn.convert(Op.FMOV_FROM_INT, wide, wide, rd, c.valueOrZero(inst.arg(0))));
        return true;
    }
}
