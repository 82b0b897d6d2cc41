package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.V128;

/** Scalar floating-point arithmetic. {@code dbl} chooses double over single precision. */
final class FloatInsn {
    private FloatInsn() {}

    /** A constant of 4 or 8 bytes. */
    static final class Const extends Shape.Define {
        private final boolean dbl;
        private final long bits;

        Const(boolean dbl, Reg rd, long bits) {
            super(rd);
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
            int imm8 = immediate(dbl, bits);
            if (bits == 0) {
                asm.vectorZero(rd);
            } else if (imm8 >= 0) {
                asm.floatImmediate(dbl, rd, imm8);
            } else if (isFar()) {
                asm.movImmediate(dbl, Registers.IP0, bits);
                asm.floatConvert(FloatOp.Convert.FMOV_FROM_INT, dbl, dbl, rd, Registers.IP0);
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
            return text("fmov", floating(dbl, rd), "#" + value);
        }
    }

    /** A constant of 128 bits. */
    static final class VectorConst extends Shape.Define {
        private final V128 value;

        VectorConst(Reg rd, V128 value) {
            super(rd);
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (value.low() == 0 && value.high() == 0) {
                asm.vectorZero16(rd);
            } else if (isFar()) {
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
            return text("ldr", scalar(16, rd), String.format("#0x%016x%016x", value.high(), value.low()));
        }
    }

    /** FSQRT, FABS, FNEG and the roundings to an integer. */
    static final class Unary extends Shape.Unary {
        private final FloatOp.Unary op;
        private final boolean dbl;

        Unary(FloatOp.Unary op, boolean dbl, Reg rd, Reg rn) {
            super(rd, rn);
            this.op = op;
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.floatUnary(op, dbl, rd, rn);
        }

        @Override
        public String toString() {
            return text(op, floating(dbl, rd), floating(dbl, rn));
        }
    }

    /** FADD, FSUB, FMUL, FDIV, and FMIN and FMAX, which do what WebAssembly asks for. */
    static final class Binary extends Shape.Binary {
        private final FloatOp.Binary op;
        private final boolean dbl;

        Binary(FloatOp.Binary op, boolean dbl, Reg rd, Reg rn, Reg rm) {
            super(rd, rn, rm);
            this.op = op;
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.floatBinary(op, dbl, rd, rn, rm);
        }

        @Override
        public String toString() {
            return text(op, floating(dbl, rd), floating(dbl, rn), floating(dbl, rm));
        }
    }

    /** The magnitude of one operand, which {@code rd} takes the place of, with the sign of another. */
    static final class CopySign extends Shape.Merge {
        private final boolean dbl;

        CopySign(boolean dbl, Reg rd, Reg magnitude, Reg sign) {
            super(rd, magnitude, sign);
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (dbl) {
                // -0.0 is not among MOVI's patterns.
                asm.vectorZero(Registers.SCRATCH);
                asm.floatUnary(FloatOp.Unary.FNEG, true, Registers.SCRATCH, Registers.SCRATCH);
            } else {
                asm.vectorSignBits(Registers.SCRATCH);
            }
            asm.vectorInsertIfTrue(rd, rn, Registers.SCRATCH);
        }

        @Override
        public String toString() {
            return text("fcopysign", floating(dbl, rd), floating(dbl, kept), floating(dbl, rn));
        }
    }
}
