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

    final void floatConstant(Inst inst) {
        emit(new FloatInsn.Constant(dbl(inst.type()), def(inst.result()), inst.imm()));
    }

    final void vectorConstant(Inst inst) {
        emit(new FloatInsn.VectorConstant(def(inst.result()), inst.vector()));
    }

    // FADD, FSUB, FMUL, FDIV, FMIN, FMAX, FCOPYSIGN.

    final void floatBinary(Inst inst, FloatOp.Binary op) {
        emit(new FloatInsn.Binary(op, dbl(inst.type()), def(inst.result()), reg(inst.arg(0)), reg(inst.arg(1))));
    }

    final void copySign(Inst inst) {
        Reg rd = def(inst.result());
        Reg magnitude = reg(inst.arg(0));
        Reg sign = reg(inst.arg(1));
        emit(magnitude == sign
                ? new MoveInsn.Move(inst.type(), rd, magnitude)
                : new FloatInsn.CopySign(dbl(inst.type()), rd, magnitude, sign));
    }

    // FSQRT, FABS, FNEG, FCEIL, FFLOOR, FTRUNC, FNEAREST.

    final void floatUnary(Inst inst, FloatOp.Unary op) {
        emit(new FloatInsn.Unary(op, dbl(inst.type()), def(inst.result()), reg(inst.arg(0))));
    }

    // FPROMOTE, FDEMOTE.

    final void changePrecision(Inst inst) {
        emit(new FloatInsn.ChangePrecision(dbl(inst.type()), def(inst.result()), reg(inst.arg(0))));
    }

    // FROM_SINT, FROM_UINT.

    final void fromInt(Inst inst, boolean signed) {
        Value x = inst.arg(0);
        FloatOp.Convert op = signed ? FloatOp.Convert.SCVTF : FloatOp.Convert.UCVTF;
        emit(new FloatInsn.Convert(op, wide(x.type()), dbl(inst.type()), def(inst.result()), value(x)));
    }

    // TO_SINT, TO_UINT, and the saturating ones, which are what the hardware does.

    final void toInt(Inst inst, boolean signed) {
        Value x = inst.arg(0);
        emit(new FloatInsn.Truncate(signed, wide(inst.type()), dbl(x.type()), def(inst.result()), reg(x)));
    }

    final void toIntSaturating(Inst inst, boolean signed) {
        Value x = inst.arg(0);
        FloatOp.Convert op = signed ? FloatOp.Convert.FCVTZS : FloatOp.Convert.FCVTZU;
        emit(new FloatInsn.Convert(op, wide(inst.type()), dbl(x.type()), def(inst.result()), reg(x)));
    }

    // BITCAST.

    final void bitcast(Inst inst) {
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
            emit(new FloatInsn.Convert(FloatOp.Convert.FMOV_FROM_INT, wide, wide, rd, valueOrZero(x)));
        } else {
            boolean wide = wide(inst.type());
            emit(new FloatInsn.Convert(FloatOp.Convert.FMOV_TO_INT, wide, wide, rd, reg(x)));
        }
    }
}
