package kiln.codegen.aarch64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.ir.V128;

/** Scalar floating-point arithmetic and conversions. */
abstract sealed class FloatInsn extends Insn {
    static final class Unary extends FloatInsn {
        private final FloatOp.Unary op;
        private final boolean dbl;
        private Reg rd;
        private Reg rn;

        Unary(FloatOp.Unary op, boolean dbl, Reg rd, Reg rn) {
            this.op = op;
            this.dbl = dbl;
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = v.use(rn);
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.floatUnary(op, dbl, rd, rn);
        }

        @Override
        public String toString() {
            return op + " " + floating(dbl, rd) + ", " + floating(dbl, rn);
        }
    }

    static final class Binary extends FloatInsn {
        private final FloatOp.Binary op;
        private final boolean dbl;
        private Reg rd;
        private Reg rn;
        private Reg rm;

        Binary(FloatOp.Binary op, boolean dbl, Reg rd, Reg rn, Reg rm) {
            this.op = op;
            this.dbl = dbl;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = v.use(rn);
            rm = v.use(rm);
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.floatBinary(op, dbl, rd, rn, rm);
        }

        @Override
        public String toString() {
            return op + " " + floating(dbl, rd) + ", " + floating(dbl, rn) + ", " + floating(dbl, rm);
        }
    }

    /** Between single and double precision. */
    static final class ChangePrecision extends FloatInsn {
        private final boolean toDouble;
        private Reg rd;
        private Reg rn;

        ChangePrecision(boolean toDouble, Reg rd, Reg rn) {
            this.toDouble = toDouble;
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = v.use(rn);
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (toDouble) {
                a.floatPromote(rd, rn);
            } else {
                a.floatDemote(rd, rn);
            }
        }

        @Override
        public String toString() {
            return "fcvt " + floating(toDouble, rd) + ", " + floating(!toDouble, rn);
        }
    }

    /** FCMP with a register, or with zero if there is none. */
    static final class Compare extends FloatInsn {
        private final boolean dbl;
        private Reg rn;
        private Reg rm;

        Compare(boolean dbl, Reg rn, Reg rm) {
            this.dbl = dbl;
            this.rn = rn;
            this.rm = rm;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = v.use(rn);
            if (rm != null) {
                rm = v.use(rm);
            }
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (rm == null) {
                a.floatCompareZero(dbl, rn);
            } else {
                a.floatCompare(dbl, rn, rm);
            }
        }

        @Override
        public String toString() {
            return "fcmp " + floating(dbl, rn) + ", " + (rm == null ? "#0.0" : floating(dbl, rm));
        }
    }

    static final class Select extends FloatInsn {
        private final boolean dbl;
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private final Cond cond;

        Select(boolean dbl, Reg rd, Reg rn, Reg rm, Cond cond) {
            this.dbl = dbl;
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.cond = cond;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = v.use(rn);
            rm = v.use(rm);
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.floatSelect(dbl, rd, rn, rm, cond);
        }

        @Override
        public String toString() {
            return "fcsel " + floating(dbl, rd) + ", " + floating(dbl, rn) + ", " + floating(dbl, rm) + ", " + cond;
        }
    }

    /** A choice between whole vector registers, for which there is no instruction. */
    static final class VectorSelect extends FloatInsn {
        private Reg rd;
        private Reg rn;
        private Reg rm;
        private final Cond cond;

        /** {@code rd} takes the place of {@code rm}, the value where the condition does not hold. */
        VectorSelect(Reg rd, Reg rn, Reg rm, Cond cond) {
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
            this.cond = cond;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg before = rm;
            rm = v.use(rm);
            // Late: the target already holds the other value when this is read.
            rn = v.useLate(rn);
            rd = v.defReuse(rd, before);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            Label skip = new Label();
            a.b(cond.negate(), skip);
            a.vectorMov(rd, rn);
            a.buffer().bind(skip);
        }

        @Override
        public String toString() {
            return "select " + scalar(16, rd) + ", " + scalar(16, rn) + ", " + scalar(16, rm) + ", " + cond;
        }
    }

    /** Between integer and float registers; the integer side may be xzr. */
    static final class Convert extends FloatInsn {
        private final FloatOp.Convert op;
        private final boolean wide;
        private final boolean dbl;
        private Reg rd;
        private Reg rn;

        Convert(FloatOp.Convert op, boolean wide, boolean dbl, Reg rd, Reg rn) {
            this.op = op;
            this.wide = wide;
            this.dbl = dbl;
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.floatConvert(op, wide, dbl, rd, rn);
        }

        @Override
        public String toString() {
            boolean toInt = switch (op) {
                case FCVTZS, FCVTZU, FMOV_TO_INT -> true;
                case SCVTF, UCVTF, FMOV_FROM_INT -> false;
            };
            return op + " "
                    + (toInt ? name(wide, rd) + ", " + floating(dbl, rn) : floating(dbl, rd) + ", " + name(wide, rn));
        }
    }

    /** A constant of 4 or 8 bytes. */
    static final class Constant extends FloatInsn {
        private final boolean dbl;
        private Reg rd;
        private final long bits;

        Constant(boolean dbl, Reg rd, long bits) {
            this.dbl = dbl;
            this.rd = rd;
            this.bits = bits;
        }

        /** Whether one instruction without memory does it. */
        static boolean isCheap(boolean dbl, long bits) {
            return bits == 0 || immediate(dbl, bits) >= 0;
        }

        private static int immediate(boolean dbl, long bits) {
            return dbl ? Immediates.fmovDouble(bits) : Immediates.fmovSingle((int) bits);
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            int imm8 = immediate(dbl, bits);
            if (bits == 0) {
                a.vectorZero(rd);
            } else if (imm8 >= 0) {
                a.floatImmediate(dbl, rd, imm8);
            } else if (isFar()) {
                a.movImmediate(dbl, Registers.IP0, bits);
                a.floatConvert(FloatOp.Convert.FMOV_FROM_INT, dbl, dbl, rd, Registers.IP0);
            } else if (dbl) {
                a.loadLiteral(LoadStoreOp.LDR_D, rd, c.buffer().constant8(bits));
            } else {
                a.loadLiteral(LoadStoreOp.LDR_S, rd, c.buffer().constant4((int) bits));
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Constant(dbl, target, bits);
        }

        @Override
        public String toString() {
            return "fmov " + floating(dbl, rd) + ", #"
                    + (dbl
                            ? Double.toString(Double.longBitsToDouble(bits))
                            : Float.toString(Float.intBitsToFloat((int) bits)));
        }
    }

    /** A constant of 16 bytes. */
    static final class VectorConstant extends FloatInsn {
        private Reg rd;
        private final V128 value;

        VectorConstant(Reg rd, V128 value) {
            this.rd = rd;
            this.value = value;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (value.low() == 0 && value.high() == 0) {
                a.vectorZero16(rd);
            } else if (isFar()) {
                // Too far from the pool at the end: the bytes stand here, jumped over.
                Label here = new Label();
                Label behind = new Label();
                a.loadLiteral(LoadStoreOp.LDR_Q, rd, here);
                a.b(behind);
                a.buffer().bind(here);
                a.buffer().put8(value.low());
                a.buffer().put8(value.high());
                a.buffer().bind(behind);
            } else {
                a.loadLiteral(LoadStoreOp.LDR_Q, rd, c.buffer().constant16(value));
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new VectorConstant(target, value);
        }

        @Override
        public String toString() {
            return String.format("ldr %s, #0x%016x%016x", scalar(16, rd), value.high(), value.low());
        }
    }

    /** Magnitude of one operand, sign of another. */
    static final class CopySign extends FloatInsn {
        private final boolean dbl;
        private Reg rd;
        private Reg magnitude;
        private Reg sign;

        CopySign(boolean dbl, Reg rd, Reg magnitude, Reg sign) {
            this.dbl = dbl;
            this.rd = rd;
            this.magnitude = magnitude;
            this.sign = sign;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg before = magnitude;
            magnitude = v.use(magnitude);
            sign = v.useLate(sign);
            rd = v.defReuse(rd, before);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (dbl) {
                // -0.0 is not among MOVI's patterns.
                a.vectorZero(Registers.VTMP);
                a.floatUnary(FloatOp.Unary.FNEG, true, Registers.VTMP, Registers.VTMP);
            } else {
                a.vectorSignBits(Registers.VTMP);
            }
            a.vectorInsertIfTrue(rd, sign, Registers.VTMP);
        }

        @Override
        public String toString() {
            return "fcopysign " + floating(dbl, rd) + ", " + floating(dbl, magnitude) + ", " + floating(dbl, sign);
        }
    }

    /** Float to integer with traps: the conversion itself saturates, so the range is checked beside it. */
    static final class Truncate extends FloatInsn {
        private final boolean signed;
        private final boolean wide;
        private final boolean dbl;
        private Reg rd;
        private Reg rn;

        Truncate(boolean signed, boolean wide, boolean dbl, Reg rd, Reg rn) {
            this.signed = signed;
            this.wide = wide;
            this.dbl = dbl;
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rn = v.use(rn);
            rd = v.def(rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (wide) {
                check64(a);
                a.floatConvert(signed ? FloatOp.Convert.FCVTZS : FloatOp.Convert.FCVTZU, true, dbl, rd, rn);
            } else {
                a.floatCompare(dbl, rn, rn);
                trapIf(a, Cond.VS, TrapCode.BAD_CONVERSION_TO_INTEGER);
                // To 64 bits, where every 32-bit overflow shows as a value that is not its own extension.
                a.floatConvert(FloatOp.Convert.FCVTZS, true, dbl, rd, rn);
                a.aluExtended(AluOp.SUBS, true, Registers.ZR, rd, rd, signed ? ExtendOp.SXTW : ExtendOp.UXTW, 0);
                trapIf(a, Cond.NE, TrapCode.INTEGER_OVERFLOW);
                if (signed) {
                    a.mov(false, rd, rd);
                }
            }
        }

        /** Compares with the two bounds, which are exact in both precisions. */
        private void check64(Assembler a) {
            double limit = signed ? 0x1p63 : 0x1p64;
            long bits = dbl ? Double.doubleToRawLongBits(limit) : Float.floatToRawIntBits((float) limit);
            a.movImmediate(dbl, Registers.IP0, bits);
            a.floatConvert(FloatOp.Convert.FMOV_FROM_INT, dbl, dbl, Registers.VTMP, Registers.IP0);
            a.floatCompare(dbl, rn, Registers.VTMP);
            trapIf(a, Cond.VS, TrapCode.BAD_CONVERSION_TO_INTEGER);
            trapIf(a, Cond.GE, TrapCode.INTEGER_OVERFLOW);
            if (signed) {
                a.floatUnary(FloatOp.Unary.FNEG, dbl, Registers.VTMP, Registers.VTMP);
                a.floatCompare(dbl, rn, Registers.VTMP);
                trapIf(a, Cond.LT, TrapCode.INTEGER_OVERFLOW);
            } else {
                // Everything above -1 truncates to zero or more.
                int minusOne = dbl
                        ? Immediates.fmovDouble(Double.doubleToRawLongBits(-1))
                        : Immediates.fmovSingle(Float.floatToRawIntBits(-1));
                a.floatImmediate(dbl, Registers.VTMP, minusOne);
                a.floatCompare(dbl, rn, Registers.VTMP);
                trapIf(a, Cond.LE, TrapCode.INTEGER_OVERFLOW);
            }
        }

        private void trapIf(Assembler a, Cond cond, TrapCode code) {
            new Test.Flags(cond).branch(a, Traps.label(a, code), isFar());
        }

        @Override
        public String toString() {
            return (signed ? "truncs " : "truncu ") + name(wide, rd) + ", " + floating(dbl, rn);
        }
    }
}
