package kiln.codegen.x64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.Reg;

/** Conversion between integers and floats, of several instructions. */
final class ConversionInsn {
    private static final Form PLAIN = Form.NONE.use().def();
    private static final Form WITH_TEMP = Form.NONE.use().temp().def();

    private ConversionInsn() {}

    private static char suffix(int size) {
        return size == 4 ? 's' : 'd';
    }

    /** Unsigned 64-bit integer to float. */
    static final class UnsignedToFloat extends Sequence {
        private final int floatSize;

        UnsignedToFloat(int floatSize, Reg dst, Reg src, Reg temp) {
            super(WITH_TEMP, src, temp, dst);
            this.floatSize = floatSize;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg src = reg(0);
            Reg temp = reg(1);
            Reg dst = reg(2);
            Label large = new Label();
            Label done = new Label();
            asm.op(Op.XORPS, dst, dst);
            asm.test(8, src);
            asm.jcc(Cond.S, large);
            asm.op(Op.ofSize(floatSize, Op.CVTSI2SS, Op.CVTSI2SD), 8, dst, src);
            asm.buffer().bind(done);
            asm.buffer().rarely(() -> {
                // Half of it, converted and doubled; the bit shifted out is kept as a sticky one for correct rounding.
                Label even = new Label();
                asm.buffer().bind(large);
                asm.mov(8, temp, src);
                asm.op(Op.SHR, 8, temp, 1);
                asm.jcc(Cond.AE, even);
                asm.op(Op.OR, 8, temp, 1);
                asm.buffer().bind(even);
                asm.op(Op.ofSize(floatSize, Op.CVTSI2SS, Op.CVTSI2SD), 8, dst, temp);
                asm.op(Op.ofSize(floatSize, Op.ADDSS, Op.ADDSD), dst, dst);
                asm.jmp(done);
            });
        }

        @Override
        public String toString() {
            return format("cvtui2s%c %s, %s ; temp %s", suffix(floatSize), reg(2), reg(0), reg(1));
        }
    }

    /**
     * Float to integer, truncating. The processor gives the most negative integer for what it cannot represent; the
     * cold path sorts out what that means. Out of range or NaN traps, or saturates (NaN to 0).
     */
    static final class Truncate extends Sequence {
        private final int floatSize;
        private final int intSize;
        private final boolean signed;
        private final boolean saturating;

        /** {@code temp} is needed for unsigned 32-bit results, else null. */
        Truncate(int floatSize, int intSize, boolean signed, boolean saturating, Reg dst, Reg src, Reg temp) {
            super(temp == null ? PLAIN : WITH_TEMP, temp == null ? new Reg[] {src, dst} : new Reg[] {src, temp, dst});
            this.floatSize = floatSize;
            this.intSize = intSize;
            this.signed = signed;
            this.saturating = saturating;
        }

        private Reg dst() {
            return reg(form().count() - 1);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Label rare = new Label();
            Label done = new Label();
            if (signed) {
                asm.op(Op.ofSize(floatSize, Op.CVTTSS2SI, Op.CVTTSD2SI), intSize, dst(), reg(0));
                // Only the most negative integer overflows when 1 is subtracted.
                asm.op(Op.CMP, intSize, dst(), 1);
                asm.jcc(Cond.O, rare);
            } else if (intSize == 4) {
                asm.op(Op.ofSize(floatSize, Op.CVTTSS2SI, Op.CVTTSD2SI), 8, dst(), reg(0));
                asm.mov(4, reg(1), dst());
                asm.op(Op.CMP, 8, reg(1), dst());
                asm.jcc(Cond.NE, rare);
            } else {
                asm.op(Op.ofSize(floatSize, Op.CVTTSS2SI, Op.CVTTSD2SI), 8, dst(), reg(0));
                asm.test(8, dst());
                asm.jcc(Cond.S, rare);
            }
            asm.buffer().bind(done);
            asm.buffer().rarely(() -> {
                asm.buffer().bind(rare);
                Label nan = new Label();
                asm.op(Op.ofSize(floatSize, Op.UCOMISS, Op.UCOMISD), reg(0), reg(0));
                asm.jcc(Cond.P, nan);
                if (signed) {
                    rareSigned(asm, context, done);
                } else if (intSize == 4) {
                    rareUnsigned32(asm, done);
                } else {
                    rareUnsigned64(asm, context, done);
                }
                asm.buffer().bind(nan);
                if (saturating) {
                    asm.movImm(dst(), 0);
                    asm.jmp(done);
                } else {
                    Traps.trap(asm, TrapCode.BAD_CONVERSION_TO_INTEGER);
                }
            });
        }

        /** Compares the source with zero. */
        private void compareWithZero(Assembler asm) {
            asm.op(Op.XORPS, Registers.SCRATCH, Registers.SCRATCH);
            asm.op(Op.ofSize(floatSize, Op.UCOMISS, Op.UCOMISD), reg(0), Registers.SCRATCH);
        }

        /** A negative source is the most negative integer or saturates to it, which the target is already. */
        private void rareSigned(Assembler asm, EmitContext context, Label done) {
            if (saturating) {
                compareWithZero(asm);
                asm.jcc(Cond.B, done);
                asm.movImm(dst(), intSize == 4 ? Integer.MAX_VALUE : Long.MAX_VALUE);
                asm.jmp(done);
                return;
            }
            // -2^31 - 1 has no float next to it that f32 could represent, so there the last valid one is -2^31.
            boolean exclusive = intSize == 4 && floatSize == 8;
            double limit = intSize == 8 ? -0x1p63 : exclusive ? -0x1p31 - 1 : -0x1p31;
            long bits = floatSize == 4 ? Float.floatToRawIntBits((float) limit) : Double.doubleToRawLongBits(limit);
            Label overflow = new Label();
            asm.op(
                    Op.ofSize(floatSize, Op.UCOMISS, Op.UCOMISD),
                    reg(0),
                    Operand.Pooled.ofFloat(floatSize, bits).resolve(context));
            asm.jcc(exclusive ? Cond.BE : Cond.B, overflow);
            compareWithZero(asm);
            asm.jcc(Cond.B, done);
            asm.buffer().bind(overflow);
            Traps.trap(asm, TrapCode.INTEGER_OVERFLOW);
        }

        private void rareUnsigned32(Assembler asm, Label done) {
            if (!saturating) {
                Traps.trap(asm, TrapCode.INTEGER_OVERFLOW);
                return;
            }
            Label negative = new Label();
            compareWithZero(asm);
            asm.jcc(Cond.B, negative);
            asm.movImm(dst(), 0xffffffffL);
            asm.jmp(done);
            asm.buffer().bind(negative);
            asm.movImm(dst(), 0);
            asm.jmp(done);
        }

        /** From 2^63 on: what lies above that, converted, with the highest bit put back. */
        private void rareUnsigned64(Assembler asm, EmitContext context, Label done) {
            long bits = floatSize == 4 ? Float.floatToRawIntBits(0x1p63f) : Double.doubleToRawLongBits(0x1p63);
            Label outside = new Label();
            asm.op(Op.MOVAPS, Registers.SCRATCH, reg(0));
            asm.op(
                    Op.ofSize(floatSize, Op.SUBSS, Op.SUBSD),
                    Registers.SCRATCH,
                    Operand.Pooled.ofFloat(floatSize, bits).resolve(context));
            asm.op(Op.ofSize(floatSize, Op.CVTTSS2SI, Op.CVTTSD2SI), 8, dst(), Registers.SCRATCH);
            asm.test(8, dst());
            asm.jcc(Cond.S, outside);
            asm.op(Op.BTC, 8, dst(), 63);
            asm.jmp(done);
            asm.buffer().bind(outside);
            if (saturating) {
                Label negative = new Label();
                compareWithZero(asm);
                asm.jcc(Cond.B, negative);
                asm.movImm(dst(), -1);
                asm.jmp(done);
                asm.buffer().bind(negative);
                asm.movImm(dst(), 0);
                asm.jmp(done);
            } else {
                Traps.trap(asm, TrapCode.INTEGER_OVERFLOW);
            }
        }

        @Override
        public String toString() {
            return format(
                    "cvtts%c2%ci%s %s, %s%s",
                    suffix(floatSize),
                    signed ? 's' : 'u',
                    saturating ? ".sat" : "",
                    name(form().count() - 1, intSize),
                    reg(0),
                    form() == PLAIN ? "" : " ; temp " + reg(1));
        }
    }
}
