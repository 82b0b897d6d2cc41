package kiln.codegen.aarch64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Floating-point arithmetic and conversions. */
abstract class FloatRules extends IntegerRules {
    FloatRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    static boolean dbl(Type t) {
        return t == Type.F64;
    }

    // FCONST, VCONST.

    @Override
    protected final void lowerFloatConstant(Inst inst) {
        emit(new FloatInsn.Const(dbl(inst.type()), def(inst.result()), inst.imm()));
    }

    @Override
    protected final void lowerVectorConstant(Inst inst) {
        emit(new FloatInsn.VectorConst(def(inst.result()), inst.vector()));
    }

    @Override
    protected final void lowerVectorBinary(Inst inst) {
        // Translation refuses vectors by name before anything comes here.
        throw new UnsupportedOperationException(inst.lanes() + " is not executed yet");
    }

    // FADD, FSUB, FMUL, FDIV, FMIN, FMAX, FCOPYSIGN.

    @Override
    protected final void lowerFloatBinary(Inst inst) {
        lowerBinary(
                inst,
                switch (inst.opcode()) {
                    case FADD -> Op.FADD;
                    case FSUB -> Op.FSUB;
                    case FMUL -> Op.FMUL;
                    case FDIV -> Op.FDIV;
                    default -> throw new IllegalArgumentException(inst.toString());
                });
    }

    @Override
    protected final void lowerMinMax(Inst inst) {
        lowerBinary(inst, inst.opcode() == Opcode.FMIN ? Op.FMIN : Op.FMAX);
    }

    private void lowerBinary(Inst inst, Op op) {
        emit(Insn.ofFloat(op, dbl(inst.type()), def(inst.result()), reg(inst.arg(0)), reg(inst.arg(1))));
    }

    @Override
    protected final void lowerCopySign(Inst inst) {
        Reg rd = def(inst.result());
        Reg magnitude = reg(inst.arg(0));
        Reg sign = reg(inst.arg(1));
        emit(
                magnitude == sign
                        ? new MoveInsn.Move(inst.type(), rd, magnitude)
                        : new FloatInsn.CopySign(dbl(inst.type()), rd, magnitude, sign));
    }

    // FSQRT, FABS, FNEG, FCEIL, FFLOOR, FTRUNC, FNEAREST.

    @Override
    protected final void lowerSquareRoot(Inst inst) {
        lowerUnary(inst, Op.FSQRT);
    }

    @Override
    protected final void lowerSign(Inst inst) {
        lowerUnary(inst, inst.opcode() == Opcode.FABS ? Op.FABS : Op.FNEG);
    }

    @Override
    protected final void lowerRound(Inst inst) {
        lowerUnary(
                inst,
                switch (inst.opcode()) {
                    case FCEIL -> Op.FRINTP;
                    case FFLOOR -> Op.FRINTM;
                    case FTRUNC -> Op.FRINTZ;
                    case FNEAREST -> Op.FRINTN;
                    default -> throw new IllegalArgumentException(inst.toString());
                });
    }

    private void lowerUnary(Inst inst, Op op) {
        emit(Insn.ofFloat(op, dbl(inst.type()), def(inst.result()), reg(inst.arg(0))));
    }

    // FPROMOTE, FDEMOTE.

    @Override
    protected final void lowerChangePrecision(Inst inst) {
        emit(Insn.ofFloat(dbl(inst.type()) ? Op.FCVT_D : Op.FCVT_S, false, def(inst.result()), reg(inst.arg(0))));
    }

    // FROM_SINT, FROM_UINT.

    @Override
    protected final void lowerIntToFloat(Inst inst) {
        Value x = inst.arg(0);
        Op op = inst.opcode() == Opcode.FROM_SINT ? Op.SCVTF : Op.UCVTF;
        emit(Insn.convert(op, wide(x.type()), dbl(inst.type()), def(inst.result()), value(x)));
    }

    // TO_SINT, TO_UINT, and the saturating ones, which are what the hardware does.

    @Override
    protected final void lowerFloatToInt(Inst inst) {
        Value x = inst.arg(0);
        boolean wide = wide(inst.type());
        Reg rd = def(inst.result());
        emit(
                switch (inst.opcode()) {
                    case TO_SINT -> new ConversionInsn.Truncate(true, wide, dbl(x.type()), rd, reg(x));
                    case TO_UINT -> new ConversionInsn.Truncate(false, wide, dbl(x.type()), rd, reg(x));
                    case TO_SINT_SAT -> Insn.convert(Op.FCVTZS, wide, dbl(x.type()), rd, reg(x));
                    case TO_UINT_SAT -> Insn.convert(Op.FCVTZU, wide, dbl(x.type()), rd, reg(x));
                    default -> throw new IllegalArgumentException(inst.toString());
                });
    }

    // BITCAST.

    @Override
    protected final void lowerBitcast(Inst inst) {
        Value x = inst.arg(0);
        Reg rd = def(inst.result());
        Inst load = foldable(x, Opcode.LOAD);
        if (load != null && load.memory().width() == inst.type().bytes()) {
            absorb(load);
            loadAs(load, loadOp(inst.type(), load.memory()), rd);
            return;
        }
        if (inst.type().isFloat()) {
            boolean wide = inst.type() == Type.F64;
            emit(Insn.convert(Op.FMOV_FROM_INT, wide, wide, rd, valueOrZero(x)));
        } else {
            boolean wide = wide(inst.type());
            emit(Insn.convert(Op.FMOV_TO_INT, wide, wide, rd, reg(x)));
        }
    }
}
