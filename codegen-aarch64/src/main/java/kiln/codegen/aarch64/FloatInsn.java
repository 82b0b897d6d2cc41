package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.V128;

/** Floating-point arithmetic that takes several instructions, and constants; {@code dbl} chooses double precision. */
final class FloatInsn {
    private static final Form DEF = Form.NONE.def();
    /** The source is read late: the target already holds the magnitude when that happens. */
    private static final Form MERGE = Form.NONE.use().useLate().tied(0);

    private FloatInsn() {}

    /** A constant of 4 or 8 bytes. */
    static final class Const extends Sequence {
        private final boolean dbl;
        private final long bits;

        Const(boolean dbl, Reg rd, long bits) {
            super(DEF, rd);
            this.dbl = dbl;
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
        void emit(Assembler asm, EmitContext context) {
            Reg rd = reg(0);
            int imm8 = immediate(dbl, bits);
            if (bits == 0) {
                asm.vectorZero(rd);
            } else if (imm8 >= 0) {
                asm.floatImmediate(dbl, rd, imm8);
            } else if (isFar()) {
                asm.movImmediate(dbl, Registers.IP0, bits);
                asm.convert(Op.FMOV_FROM_INT, dbl, dbl, rd, Registers.IP0);
            } else if (dbl) {
                asm.loadLiteral(LoadStoreOp.LDR_D, rd, context.buffer().constant8(bits));
            } else {
                asm.loadLiteral(LoadStoreOp.LDR_S, rd, context.buffer().constant4((int) bits));
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(dbl, target, bits);
        }

        @Override
        public String toString() {
            String value = dbl
                    ? Double.toString(Double.longBitsToDouble(bits))
                    : Float.toString(Float.intBitsToFloat((int) bits));
            return text("fmov", Registers.scalar(dbl ? 8 : 4, reg(0)), "#" + value);
        }
    }

    /** A constant of 128 bits. */
    static final class VectorConst extends Sequence {
        private final V128 value;

        VectorConst(Reg rd, V128 value) {
            super(DEF, rd);
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg rd = reg(0);
            if (isFar()) {
                // Too far from the pool at the end: the bytes stand here, jumped over.
                Label here = new Label();
                Label behind = new Label();
                asm.loadLiteral(LoadStoreOp.LDR_Q, rd, here);
                asm.b(behind);
                asm.buffer().bind(here);
                asm.buffer().put8(value.low());
                asm.buffer().put8(value.high());
                asm.buffer().bind(behind);
            } else {
                asm.loadLiteral(LoadStoreOp.LDR_Q, rd, context.buffer().constant16(value));
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new VectorConst(target, value);
        }

        @Override
        public String toString() {
            return text("ldr", Registers.scalar(16, reg(0)), String.format("#0x%016x%016x", value.high(), value.low()));
        }
    }

    /** The magnitude of one operand, which is tied to {@code rd}, with the sign of another. */
    static final class CopySign extends Sequence {
        private final boolean dbl;

        CopySign(boolean dbl, Reg rd, Reg magnitude, Reg sign) {
            super(MERGE, magnitude, sign, rd);
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (dbl) {
                // -0.0 is not among MOVI's patterns.
                asm.vectorZero(Registers.SCRATCH);
                asm.opFloat(Op.FNEG, true, Registers.SCRATCH, Registers.SCRATCH);
            } else {
                asm.vectorSignBits(Registers.SCRATCH);
            }
            asm.op(Op.VBIT, Arrangement.B8, reg(2), reg(1), Registers.SCRATCH);
        }

        @Override
        public String toString() {
            int bytes = dbl ? 8 : 4;
            return text(
                    "fcopysign",
                    Registers.scalar(bytes, reg(2)),
                    Registers.scalar(bytes, reg(0)),
                    Registers.scalar(bytes, reg(1)));
        }
    }
}
