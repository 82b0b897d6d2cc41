package kiln.codegen.aarch64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Reg;

/** Conversion between integer and vector registers that takes several instructions. */
final class ConversionInsn {
    private static final Form USE_DEF = Form.NONE.use().def();

    private ConversionInsn() {}

    /** Float to integer with traps: the conversion itself saturates, so the range is checked beside it. */
    static final class Truncate extends Sequence {
        private final boolean signed;
        private final boolean wide;
        private final boolean dbl;

        Truncate(boolean signed, boolean wide, boolean dbl, Reg rd, Reg rn) {
            super(USE_DEF, rn, rd);
            this.signed = signed;
            this.wide = wide;
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg rn = reg(0);
            Reg rd = reg(1);
            if (wide) {
                check64(asm, rn);
                asm.convert(signed ? Op.FCVTZS : Op.FCVTZU, true, dbl, rd, rn);
            } else {
                asm.compareFloat(dbl, rn, rn);
                trapIf(asm, Cond.VS, TrapCode.BAD_CONVERSION_TO_INTEGER);
                // To 64 bits, where every 32-bit overflow shows as a value that is not its own extension.
                asm.convert(Op.FCVTZS, true, dbl, rd, rn);
                asm.extended(Op.SUBS, true, Registers.ZR, rd, rd, signed ? ExtendOp.SXTW : ExtendOp.UXTW, 0);
                trapIf(asm, Cond.NE, TrapCode.INTEGER_OVERFLOW);
                if (signed) {
                    asm.mov(false, rd, rd);
                }
            }
        }

        /** Compares with the two bounds, which are exact in both precisions. */
        private void check64(Assembler asm, Reg rn) {
            double limit = signed ? 0x1p63 : 0x1p64;
            long bits = dbl ? Double.doubleToRawLongBits(limit) : Float.floatToRawIntBits((float) limit);
            asm.movImmediate(dbl, Registers.IP0, bits);
            asm.convert(Op.FMOV_FROM_INT, dbl, dbl, Registers.SCRATCH, Registers.IP0);
            asm.compareFloat(dbl, rn, Registers.SCRATCH);
            trapIf(asm, Cond.VS, TrapCode.BAD_CONVERSION_TO_INTEGER);
            trapIf(asm, Cond.GE, TrapCode.INTEGER_OVERFLOW);
            if (signed) {
                asm.opFloat(Op.FNEG, dbl, Registers.SCRATCH, Registers.SCRATCH);
                asm.compareFloat(dbl, rn, Registers.SCRATCH);
                trapIf(asm, Cond.LT, TrapCode.INTEGER_OVERFLOW);
            } else {
                // Everything above -1 truncates to zero or more.
                int minusOne = dbl
                        ? Immediates.fmovDouble(Double.doubleToRawLongBits(-1))
                        : Immediates.fmovSingle(Float.floatToRawIntBits(-1));
                asm.floatImmediate(dbl, Registers.SCRATCH, minusOne);
                asm.compareFloat(dbl, rn, Registers.SCRATCH);
                trapIf(asm, Cond.LE, TrapCode.INTEGER_OVERFLOW);
            }
        }

        private void trapIf(Assembler asm, Cond cond, TrapCode code) {
            new Condition.Flags(cond).branch(asm, Traps.label(asm, code), isFar());
        }

        @Override
        public String toString() {
            return text(
                    signed ? "truncs" : "truncu", Registers.name(wide, reg(1)), Registers.scalar(dbl ? 8 : 4, reg(0)));
        }
    }
}
