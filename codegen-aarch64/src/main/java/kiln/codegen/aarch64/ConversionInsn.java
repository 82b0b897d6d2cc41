package kiln.codegen.aarch64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Reg;

/** Conversion between integer and vector registers, and between the float types. */
final class ConversionInsn {
    private ConversionInsn() {}

    /** Between single and double precision. */
    static final class ChangePrecision extends Shape.Unary {
        private final boolean toDouble;

        ChangePrecision(boolean toDouble, Reg rd, Reg rn) {
            super(rd, rn);
            this.toDouble = toDouble;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (toDouble) {
                asm.floatPromote(rd, rn);
            } else {
                asm.floatDemote(rd, rn);
            }
        }

        @Override
        public String toString() {
            return text("fcvt", floating(toDouble, rd), floating(!toDouble, rn));
        }
    }

    /** Between integer and float registers; the integer side may be xzr. */
    static final class Convert extends Shape.Unary {
        private final FloatOp.Convert op;
        private final boolean wide;
        private final boolean dbl;

        Convert(FloatOp.Convert op, boolean wide, boolean dbl, Reg rd, Reg rn) {
            super(rd, rn);
            this.op = op;
            this.wide = wide;
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.floatConvert(op, wide, dbl, rd, rn);
        }

        @Override
        public String toString() {
            return switch (op) {
                case FCVTZS, FCVTZU, FMOV_TO_INT -> text(op, name(wide, rd), floating(dbl, rn));
                case SCVTF, UCVTF, FMOV_FROM_INT -> text(op, floating(dbl, rd), name(wide, rn));
            };
        }
    }

    /** Float to integer with traps: the conversion itself saturates, so the range is checked beside it. */
    static final class Truncate extends Shape.Unary {
        private final boolean signed;
        private final boolean wide;
        private final boolean dbl;

        Truncate(boolean signed, boolean wide, boolean dbl, Reg rd, Reg rn) {
            super(rd, rn);
            this.signed = signed;
            this.wide = wide;
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (wide) {
                check64(asm);
                asm.floatConvert(signed ? FloatOp.Convert.FCVTZS : FloatOp.Convert.FCVTZU, true, dbl, rd, rn);
            } else {
                asm.floatCompare(dbl, rn, rn);
                trapIf(asm, Cond.VS, TrapCode.BAD_CONVERSION_TO_INTEGER);
                // To 64 bits, where every 32-bit overflow shows as a value that is not its own extension.
                asm.floatConvert(FloatOp.Convert.FCVTZS, true, dbl, rd, rn);
                asm.aluExtended(AluOp.SUBS, true, Registers.ZR, rd, rd, signed ? ExtendOp.SXTW : ExtendOp.UXTW, 0);
                trapIf(asm, Cond.NE, TrapCode.INTEGER_OVERFLOW);
                if (signed) {
                    asm.mov(false, rd, rd);
                }
            }
        }

        /** Compares with the two bounds, which are exact in both precisions. */
        private void check64(Assembler asm) {
            double limit = signed ? 0x1p63 : 0x1p64;
            long bits = dbl ? Double.doubleToRawLongBits(limit) : Float.floatToRawIntBits((float) limit);
            asm.movImmediate(dbl, Registers.IP0, bits);
            asm.floatConvert(FloatOp.Convert.FMOV_FROM_INT, dbl, dbl, Registers.SCRATCH, Registers.IP0);
            asm.floatCompare(dbl, rn, Registers.SCRATCH);
            trapIf(asm, Cond.VS, TrapCode.BAD_CONVERSION_TO_INTEGER);
            trapIf(asm, Cond.GE, TrapCode.INTEGER_OVERFLOW);
            if (signed) {
                asm.floatUnary(FloatOp.Unary.FNEG, dbl, Registers.SCRATCH, Registers.SCRATCH);
                asm.floatCompare(dbl, rn, Registers.SCRATCH);
                trapIf(asm, Cond.LT, TrapCode.INTEGER_OVERFLOW);
            } else {
                // Everything above -1 truncates to zero or more.
                int minusOne = dbl
                        ? Immediates.fmovDouble(Double.doubleToRawLongBits(-1))
                        : Immediates.fmovSingle(Float.floatToRawIntBits(-1));
                asm.floatImmediate(dbl, Registers.SCRATCH, minusOne);
                asm.floatCompare(dbl, rn, Registers.SCRATCH);
                trapIf(asm, Cond.LE, TrapCode.INTEGER_OVERFLOW);
            }
        }

        private void trapIf(Assembler asm, Cond cond, TrapCode code) {
            new Condition.Flags(cond).branch(asm, Traps.label(asm, code), isFar());
        }

        @Override
        public String toString() {
            return text(signed ? "truncs" : "truncu", name(wide, rd), floating(dbl, rn));
        }
    }
}
