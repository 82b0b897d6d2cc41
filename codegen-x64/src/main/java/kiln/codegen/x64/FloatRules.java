package kiln.codegen.x64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for floating-point arithmetic and conversions. */
abstract class FloatRules extends ConditionRules {
    FloatRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    @Override
    protected final void lowerFloatConstant(Inst inst) {
        emit(new FloatInsn.Const(size(inst.type()), def(inst.result()), inst.imm()));
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

    // fadd, fsub, fmul, fdiv.

    @Override
    protected final void lowerFloatBinary(Inst inst) {
        int size = size(inst.type());
        Op op = switch (inst.opcode()) {
            case FADD -> Op.ofSize(size, Op.ADDSS, Op.ADDSD);
            case FSUB -> Op.ofSize(size, Op.SUBSS, Op.SUBSD);
            case FMUL -> Op.ofSize(size, Op.MULSS, Op.MULSD);
            case FDIV -> Op.ofSize(size, Op.DIVSS, Op.DIVSD);
            default -> throw new IllegalArgumentException(inst.toString());
        };
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (inst.opcode().isCommutative() && prefersRight(x, y, size)) {
            Value v = x;
            x = y;
            y = v;
        }
        Reg dst = def(inst.result());
        Reg left = reg(x);
        Operand right = floatSource(y);
        emit(features.avx() ? Insn.vex(op, op.size(), dst, left, right) : Insn.binary(op, op.size(), dst, left, right));
    }

    /** Whether x rather than y should come from memory, or y rather than x be overwritten. */
    private boolean prefersRight(Value x, Value y, int size) {
        if (isConst(y) || foldableLoad(y, size) != null) {
            return false;
        }
        return isConst(x) || foldableLoad(x, size) != null || !features.avx() && useCount(x) > 1 && useCount(y) == 1;
    }

    // fmin, fmax, fcopysign, fabs, fneg.

    @Override
    protected final void lowerMinMax(Inst inst) {
        Value x = inst.arg(0);
        Value y = inst.arg(1);
        if (useCount(x) > 1 && useCount(y) == 1) {
            Value v = x;
            x = y;
            y = v;
        }
        Reg left = reg(x);
        emit(new FloatInsn.MinMax(size(inst.type()), inst.opcode() == Opcode.FMAX, def(inst.result()), left, reg(y)));
    }

    @Override
    protected final void lowerCopySign(Inst inst) {
        Reg left = reg(inst.arg(0));
        emit(new FloatInsn.CopySign(size(inst.type()), def(inst.result()), left, reg(inst.arg(1))));
    }

    @Override
    protected final void lowerSign(Inst inst) {
        int size = size(inst.type());
        boolean negate = inst.opcode() == Opcode.FNEG;
        long sign = FloatInsn.signBit(size);
        Operand mask = Operand.Pooled.splat(size, negate ? sign : ~sign);
        Op op = negate ? Op.XORPS : Op.ANDPS;
        Reg dst = def(inst.result());
        Reg x = reg(inst.arg(0));
        emit(features.avx() ? Insn.vex(op, op.size(), dst, x, mask) : Insn.binary(op, op.size(), dst, x, mask));
    }

    // fsqrt, fpromote, fdemote, fceil, ffloor, ftrunc, fnearest.

    @Override
    protected final void lowerSquareRoot(Inst inst) {
        lowerUnary(inst, Op.ofSize(size(inst.type()), Op.SQRTSS, Op.SQRTSD));
    }

    @Override
    protected final void lowerChangePrecision(Inst inst) {
        lowerUnary(inst, inst.opcode() == Opcode.FPROMOTE ? Op.CVTSS2SD : Op.CVTSD2SS);
    }

    private void lowerUnary(Inst inst, Op op) {
        emit(FloatInsn.Unary.of(op, op.size(), def(inst.result()), floatSource(inst.arg(0)), 0, features.avx()));
    }

    @Override
    protected final void lowerRound(Inst inst) {
        int mode = switch (inst.opcode()) {
            case FCEIL -> FloatInsn.Unary.CEIL;
            case FFLOOR -> FloatInsn.Unary.FLOOR;
            case FTRUNC -> FloatInsn.Unary.TRUNC;
            case FNEAREST -> FloatInsn.Unary.NEAREST;
            default -> throw new IllegalArgumentException(inst.toString());
        };
        Op op = Op.ofSize(size(inst.type()), Op.ROUNDSS, Op.ROUNDSD);
        Operand src = floatSource(inst.arg(0));
        emit(FloatInsn.Unary.of(op, op.size(), def(inst.result()), src, mode, features.avx()));
    }

    // bitcast, from_sint, from_uint, to_sint, to_uint.

    @Override
    protected final void lowerBitcast(Inst inst) {
        Value x = inst.arg(0);
        Reg dst = def(inst.result());
        int size = size(inst.type());
        Inst load = foldableLoad(x, size);
        if (inst.type().isFloat()) {
            emit(
                    load != null
                            ? MemoryInsn.load(inst.type(), size, false, dst, fold(load), false)
                            : Insn.unary(Op.MOVD, size, dst, Operand.of(regOf(x, size))));
        } else {
            emit(
                    load != null
                            ? MemoryInsn.load(inst.type(), size, false, dst, fold(load), false)
                            : Insn.fromVector(Op.MOVD, size, dst, reg(x)));
        }
    }

    @Override
    protected final void lowerIntToFloat(Inst inst) {
        Value x = inst.arg(0);
        int floatSize = size(inst.type());
        Op op = Op.ofSize(floatSize, Op.CVTSI2SS, Op.CVTSI2SD);
        Reg dst = def(inst.result());
        if (inst.opcode() == Opcode.FROM_SINT) {
            int size = size(x.type());
            emit(FloatInsn.Unary.of(op, size, dst, registerOrMemory(x, size), 0, false));
        } else if (x.type() == Type.I32) {
            // An i32 is zero-extended, and so a signed i64 that is not negative.
            emit(FloatInsn.Unary.of(op, 8, dst, Operand.of(reg(x)), 0, false));
        } else {
            emit(new ConversionInsn.UnsignedToFloat(floatSize, dst, reg(x), newReg(Type.I64)));
        }
    }

    @Override
    protected final void lowerFloatToInt(Inst inst) {
        boolean signed = inst.opcode() == Opcode.TO_SINT || inst.opcode() == Opcode.TO_SINT_SAT;
        boolean saturating = inst.opcode() == Opcode.TO_SINT_SAT || inst.opcode() == Opcode.TO_UINT_SAT;
        int size = size(inst.type());
        Reg temp = !signed && size == 4 ? newReg(Type.I64) : null;
        Value x = inst.arg(0);
        emit(new ConversionInsn.Truncate(size(x.type()), size, signed, saturating, def(inst.result()), reg(x), temp));
    }
}
