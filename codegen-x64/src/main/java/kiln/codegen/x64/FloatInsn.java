package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.V128;

/** Floating-point arithmetic. {@code size} is 4 or 8. */
final class FloatInsn {
    private FloatInsn() {}

    /** Bits with only the sign set. */
    static long signBit(int size) {
        return size == 4 ? 1L << 31 : Long.MIN_VALUE;
    }

    /** A constant. */
    static final class Const extends Shape.Define {
        private final int size;
        private final long bits;

        Const(int size, Reg dst, long bits) {
            super(dst);
            this.size = size;
            this.bits = bits;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(size, target, bits);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (bits == 0) {
                asm.op(Op.XORPS, dst, dst);
            } else {
                asm.loadVector(
                        size, dst, (Address) Operand.Pooled.ofFloat(size, bits).resolve(context));
            }
        }

        @Override
        public String toString() {
            return format("fconst %s, 0x%x", dst, bits);
        }
    }

    /** A constant of 128 bits. */
    static final class VectorConst extends Shape.Define {
        private final V128 value;

        VectorConst(Reg dst, V128 value) {
            super(dst);
            this.value = value;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new VectorConst(target, value);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (value.low() == 0 && value.high() == 0) {
                asm.op(Op.XORPS, dst, dst);
            } else {
                asm.loadVector(16, dst, (Address) new Operand.Pooled(value).resolve(context));
            }
        }

        @Override
        public String toString() {
            return format("vconst %s, 0x%016x%016x", dst, value.high(), value.low());
        }
    }

    /** Arithmetic and the bitwise operations. */
    static final class Binary extends Shape.InPlaceBinary {
        private final Op op;

        Binary(Op op, Reg dst, Reg left, Operand right) {
            super(dst, left, right);
            this.op = op;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(op, dst, right.resolve(context));
        }

        @Override
        public String toString() {
            return text(op.mnemonic(op.size()), dst, left, right.text(op.size()));
        }
    }

    /** The same with three registers (AVX). */
    static final class VexBinary extends Shape.Binary {
        private final Op op;

        VexBinary(Op op, Reg dst, Reg left, Operand right) {
            super(dst, left, right);
            this.op = op;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.rvm(op, op.size(), dst, left, right.resolve(context));
        }

        @Override
        public String toString() {
            return format("v%s %s, %s, %s", op.mnemonic(op.size()), dst, left, right.text(op.size()));
        }
    }

    /** {@code dst = op src}: square root and conversion between the float types. */
    static final class Unary extends Shape.Unary {
        private final Op op;
        private final boolean avx;

        Unary(Op op, boolean avx, Reg dst, Operand src) {
            super(dst, src);
            this.op = op;
            this.avx = avx;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand s = src.resolve(context);
            if (avx && s instanceof Operand.InReg r) {
                asm.rvm(op, op.size(), dst, r.reg(), s);
            } else {
                breakDependency(asm, dst, s);
                asm.op(op, dst, s);
            }
        }

        @Override
        public String toString() {
            return text(op.mnemonic(op.size()), dst, src.text(op.size()));
        }
    }

    /**
     * Clears {@code dst}, whose old value an instruction would otherwise wait for, since it keeps the upper part; unless
     * that is what it reads anyway.
     */
    static void breakDependency(Assembler asm, Reg dst, Operand src) {
        if (!(src instanceof Operand.InReg r && r.reg() == dst)) {
            asm.op(Op.XORPS, dst, dst);
        }
    }

    /** Rounds to an integer: ceil, floor, trunc, nearest. */
    static final class Round extends Shape.Unary {
        /** To nearest, ties to even; 8 suppresses the inexact exception. */
        static final int NEAREST = 8;

        static final int FLOOR = 9;
        static final int CEIL = 10;
        static final int TRUNC = 11;

        private final int size;
        private final int mode;
        private final boolean avx;

        Round(int size, int mode, boolean avx, Reg dst, Operand src) {
            super(dst, src);
            this.size = size;
            this.mode = mode;
            this.avx = avx;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand s = src.resolve(context);
            if (avx && s instanceof Operand.InReg r) {
                asm.rvmi(op(), size, dst, r.reg(), s, mode);
            } else {
                breakDependency(asm, dst, s);
                asm.rmi(op(), size, dst, s, mode);
            }
        }

        private Op op() {
            return Op.ofSize(size, Op.ROUNDSS, Op.ROUNDSD);
        }

        @Override
        public String toString() {
            return format("round%d %s, %s, %d", size, dst, src.text(size), mode);
        }
    }

    /**
     * Minimum or maximum as WebAssembly defines them: a NaN operand gives a NaN, and -0 is below +0. The processor's own
     * instructions do that only for operands that are ordered and differ.
     */
    static final class MinMax extends Shape.Merge {
        private final int size;
        private final boolean max;

        MinMax(int size, boolean max, Reg dst, Reg left, Reg right) {
            super(dst, left, right);
            this.size = size;
            this.max = max;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Label same = new Label();
            Label done = new Label();
            asm.op(Op.ofSize(size, Op.UCOMISS, Op.UCOMISD), dst, Operand.of(right));
            asm.jcc(Cond.E, same);
            asm.op(max ? Op.ofSize(size, Op.MAXSS, Op.MAXSD) : Op.ofSize(size, Op.MINSS, Op.MINSD), dst, right);
            asm.buffer().bind(done);
            asm.buffer().rarely(() -> {
                Label nan = new Label();
                asm.buffer().bind(same);
                asm.jcc(Cond.P, nan);
                // Equal operands differ at most in the sign of zero.
                asm.op(max ? Op.ANDPS : Op.ORPS, dst, right);
                asm.jmp(done);
                asm.buffer().bind(nan);
                asm.op(Op.ofSize(size, Op.ADDSS, Op.ADDSD), dst, right);
                asm.jmp(done);
            });
        }

        @Override
        public String toString() {
            return format("f%s%d %s, %s, %s", max ? "max" : "min", size, dst, left, right);
        }
    }

    /** The magnitude of left with the sign of right. */
    static final class CopySign extends Shape.Merge {
        private final int size;

        CopySign(int size, Reg dst, Reg left, Reg right) {
            super(dst, left, right);
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            long sign = signBit(size);
            asm.op(Op.MOVAPS, Registers.SCRATCH, right);
            asm.op(Op.ANDPS, Registers.SCRATCH, Operand.Pooled.splat(size, sign).resolve(context));
            asm.op(Op.ANDPS, dst, Operand.Pooled.splat(size, ~sign).resolve(context));
            asm.op(Op.ORPS, dst, Registers.SCRATCH);
        }

        @Override
        public String toString() {
            return format("copysign%d %s, %s, %s", size, dst, left, right);
        }
    }
}
