package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.V128;

/** Floating-point arithmetic. {@code size} is 4 or 8. */
final class FloatInsn {
    /** The result in the register of the first of two operands. */
    private static final Form IN_PLACE = Form.NONE.use().use().tied(0);

    private FloatInsn() {}

    /** Bits with only the sign set. */
    static long signBit(int size) {
        return size == 4 ? 1L << 31 : Long.MIN_VALUE;
    }

    /** A constant. */
    static final class Const extends Sequence {
        private final int size;
        private final long bits;

        Const(int size, Reg dst, long bits) {
            super(Form.NONE.def(), dst);
            this.size = size;
            this.bits = bits;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(size, target, bits);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = reg(0);
            if (bits == 0) {
                asm.op(Op.XORPS, dst, dst);
            } else {
                asm.loadVector(size, dst, Operand.Pooled.ofFloat(size, bits).resolve(context));
            }
        }

        @Override
        public String toString() {
            return format("fconst %s, 0x%x", reg(0), bits);
        }
    }

    /** A constant of 128 bits. */
    static final class VectorConst extends Sequence {
        private final V128 value;

        VectorConst(Reg dst, V128 value) {
            super(Form.NONE.def(), dst);
            this.value = value;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new VectorConst(target, value);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = reg(0);
            long low = value.low();
            boolean splat = low == value.high();
            if (splat && low == 0) {
                asm.op(Op.XORPS, dst, dst);
            } else if (splat && low == -1) {
                asm.op(Op.PCMPEQD, dst, dst);
            } else if (splat && (int) low == (int) (low >>> 32) && asm.hasAvx()) {
                asm.op(Op.VBROADCASTSS, dst, new Operand.Pooled((int) low).resolve(context));
            } else if (splat) {
                asm.op(Op.MOVDDUP, dst, new Operand.Pooled(low).resolve(context));
            } else if (value.high() != 0) {
                asm.loadVector(16, dst, new Operand.Pooled(value).resolve(context));
            } else {
                // Loads of less clear the rest.
                int size = low >>> 32 == 0 ? 4 : 8;
                asm.loadVector(size, dst, Operand.Pooled.ofFloat(size, low).resolve(context));
            }
        }

        @Override
        public String toString() {
            return format("vconst %s, 0x%016x%016x", reg(0), value.high(), value.low());
        }
    }

    /**
     * {@code dst = op src} for operations that write the low part of their target only: square root, rounding,
     * conversions. The target is cleared before, since the instruction would wait for its old value; unless that is
     * what it reads anyway.
     */
    static final class Unary extends Sequence {
        // How ROUNDSS and ROUNDSD round: 8 suppresses the inexact exception.
        /** Ties to even. */
        static final int NEAREST = 8;

        static final int FLOOR = 9;
        static final int CEIL = 10;
        static final int TRUNC = 11;

        private final Op op;
        private final int size;
        private final Operand src;
        private final int mode;
        private final boolean avx;

        private Unary(Op op, int size, Form form, Reg dst, Operand src, int mode, boolean avx) {
            super(form, regs(form, src, null, dst));
            this.op = op;
            this.size = size;
            this.src = src;
            this.mode = mode;
            this.avx = avx;
            setPosition(src.position());
        }

        /** {@code size} is the operand's, {@code mode} that of rounding. */
        static Unary of(Op op, int size, Reg dst, Operand src, int mode, boolean avx) {
            return new Unary(op, size, src.append(Form.NONE).def(), dst, src, mode, avx);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = reg(form().count() - 1);
            Operand s = src.resolve(this, 0, context);
            boolean rounds = op.has(Op.Encoding.RMI);
            if (avx && s instanceof Operand.InReg r) {
                // The rest of the target is that of the operand.
                if (rounds) {
                    asm.rvmi(op, size, dst, r.reg(), s, mode);
                } else {
                    asm.rvm(op, size, dst, r.reg(), s);
                }
                return;
            }
            if (!(s instanceof Operand.InReg r && r.reg() == dst)) {
                asm.op(Op.XORPS, dst, dst);
            }
            if (rounds) {
                asm.rmi(op, size, dst, s, mode);
            } else {
                asm.rm(op, size, dst, s);
            }
        }

        @Override
        public String toString() {
            String s = text(
                    op.mnemonic(size),
                    reg(form().count() - 1),
                    src.over(this, 0).text(op.rmBytes(size)));
            return op.has(Op.Encoding.RMI) ? s + ", " + mode : s;
        }
    }

    /**
     * Minimum or maximum as WebAssembly defines them: a NaN operand gives a NaN, and -0 is below +0. The processor's
     * own instructions do that only for operands that are ordered and differ.
     */
    static final class MinMax extends Sequence {
        private final int size;
        private final boolean max;

        MinMax(int size, boolean max, Reg dst, Reg left, Reg right) {
            super(IN_PLACE, left, right, dst);
            this.size = size;
            this.max = max;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg right = reg(1);
            Reg dst = reg(2);
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
            return format("f%s%d %s, %s, %s", max ? "max" : "min", size, reg(2), reg(0), reg(1));
        }
    }

    /** The magnitude of left with the sign of right. */
    static final class CopySign extends Sequence {
        private final int size;

        CopySign(int size, Reg dst, Reg left, Reg right) {
            super(IN_PLACE, left, right, dst);
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = reg(2);
            long sign = signBit(size);
            asm.op(Op.MOVAPS, Registers.SCRATCH, reg(1));
            asm.op(Op.ANDPS, Registers.SCRATCH, Operand.Pooled.splat(size, sign).resolve(context));
            asm.op(Op.ANDPS, dst, Operand.Pooled.splat(size, ~sign).resolve(context));
            asm.op(Op.ORPS, dst, Registers.SCRATCH);
        }

        @Override
        public String toString() {
            return format("copysign%d %s, %s, %s", size, reg(2), reg(0), reg(1));
        }
    }
}
