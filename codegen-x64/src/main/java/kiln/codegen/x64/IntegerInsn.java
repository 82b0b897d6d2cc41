package kiln.codegen.x64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;

/** Integer arithmetic. {@code size} is 4 or 8; results of size 4 are zero-extended by the processor. */
final class IntegerInsn {
    private IntegerInsn() {}

    /** A constant. */
    static final class Const extends Shape.Define {
        private final long value;

        Const(Reg dst, long value) {
            super(dst);
            this.value = value;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (value == 0) {
                asm.op(Op.XOR, 4, dst, dst);
            } else {
                asm.movImm(dst, value);
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(target, value);
        }

        @Override
        public String toString() {
            return text("mov", dst, value);
        }
    }

    /** {@code dst = address}; an add where that does the same. */
    static final class Lea extends Shape.Unary {
        private final int size;

        Lea(int size, Reg dst, Address address) {
            super(dst, address);
            this.size = size;
        }

        private Address address() {
            return (Address) src;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address a = address().resolve(context);
            boolean plain = a.index() != null && a.shift() == 0 && a.disp() == 0;
            if (plain && a.base() == dst) {
                asm.op(Op.ADD, size, dst, a.index());
            } else if (plain && a.index() == dst) {
                asm.op(Op.ADD, size, dst, a.base());
            } else if (a.index() == null && a.base() == dst) {
                // 128 is the one number whose negation has a shorter form.
                if (a.disp() == 128) {
                    asm.op(Op.SUB, size, dst, -128);
                } else {
                    asm.op(Op.ADD, size, dst, a.disp());
                }
            } else {
                asm.lea(size, dst, a);
                return;
            }
            ResultFlags.remark(asm, dst, size, false);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return address().isInFrame() ? new Lea(size, target, address()) : null;
        }

        @Override
        public String toString() {
            return text("lea", name(dst, size), src);
        }
    }

    /** Addition, subtraction and the logical operations. */
    static final class Alu extends Shape.InPlaceBinary {
        private final Op op;
        private final int size;

        Alu(Op op, int size, Reg dst, Reg left, Operand right) {
            super(dst, left, right);
            this.op = op;
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(op, size, dst, right.resolve(context));
            ResultFlags.remark(asm, dst, size, op.flags() == Op.FlagResult.COMPARED);
        }

        @Override
        public String toString() {
            return text(op.mnemonic(size), name(dst, size), name(left, size), right.text(size));
        }
    }

    /** {@code dst = left * right}. */
    static final class Mul extends Shape.InPlaceBinary {
        private final int size;

        Mul(int size, Reg dst, Reg left, Operand right) {
            super(dst, left, right);
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(Op.IMUL, size, dst, right.resolve(context));
        }

        @Override
        public String toString() {
            return text("imul", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** {@code dst = src * constant}. */
    static final class MulImm extends Shape.Unary {
        private final int size;
        private final int factor;

        MulImm(int size, Reg dst, Operand src, int factor) {
            super(dst, src);
            this.size = size;
            this.factor = factor;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.rmi(Op.IMUL, size, dst, src.resolve(context), factor);
        }

        @Override
        public String toString() {
            return text("imul", name(dst, size), src.text(size), factor);
        }
    }

    /** The high half of rax * right. */
    static final class MulHigh extends Insn {
        private final boolean signed;
        private final int size;
        private Reg dst;
        private Reg left;
        private final Operand right;

        MulHigh(boolean signed, int size, Reg dst, Reg left, Operand right) {
            this.signed = signed;
            this.size = size;
            this.dst = dst;
            this.left = left;
            this.right = right;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            left = v.useFixed(left, Registers.RAX);
            right.visit(v);
            dst = v.defFixed(dst, Registers.RDX);
            v.clobber(RegSet.of(Registers.RAX));
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand r = right.resolve(context);
            if (signed) {
                asm.m(Op.IMUL, size, r);
            } else {
                asm.m(Op.MUL, size, r);
            }
        }

        @Override
        public String toString() {
            return text(signed ? "imulh" : "mulh", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** The high half of rdx * right, unsigned, with any target (BMI2). */
    static final class Mulx extends Insn {
        private final int size;
        private Reg dst;
        private Reg left;
        private final Operand right;

        Mulx(int size, Reg dst, Reg left, Operand right) {
            this.size = size;
            this.dst = dst;
            this.left = left;
            this.right = right;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            left = v.useFixed(left, Registers.RDX);
            right.visit(v);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            // With one register for both halves, it receives the high one.
            asm.rvm(Op.MULX, size, dst, dst, right.resolve(context));
        }

        @Override
        public String toString() {
            return text("mulx", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** Division of rax, with the checks that the processor would answer with a signal of its own. */
    static final class Divide extends Insn {
        private final boolean signed;
        private final boolean remainder;
        private final int size;
        private Reg dst;
        private Reg dividend;
        private Reg divisor;
        private final boolean checkZero;
        private final boolean checkMinusOne;

        /**
         * @param checkZero whether the divisor may be zero
         * @param checkMinusOne whether the divisor of a signed division may be -1
         */
        Divide(
                boolean signed,
                boolean remainder,
                int size,
                Reg dst,
                Reg dividend,
                Reg divisor,
                boolean checkZero,
                boolean checkMinusOne) {
            this.signed = signed;
            this.remainder = remainder;
            this.size = size;
            this.dst = dst;
            this.dividend = dividend;
            this.divisor = divisor;
            this.checkZero = checkZero;
            this.checkMinusOne = checkMinusOne;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            dividend = v.useFixed(dividend, Registers.RAX);
            // Late, since rdx is written before the divisor is read for good.
            divisor = v.useLate(divisor);
            dst = v.defFixed(dst, remainder ? Registers.RDX : Registers.RAX);
            v.clobber(RegSet.of(remainder ? Registers.RAX : Registers.RDX));
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand by = Operand.of(divisor);
            if (checkZero) {
                asm.test(size, divisor);
                asm.jcc(Cond.E, Traps.label(asm, TrapCode.INTEGER_DIVIDE_BY_ZERO));
            }
            if (!signed) {
                asm.op(Op.XOR, 4, Registers.RDX, Registers.RDX);
                asm.m(Op.DIV, size, by);
                return;
            }
            Label done = new Label();
            if (checkMinusOne) {
                asm.op(Op.CMP, size, divisor, -1);
                Label minusOne = new Label();
                asm.jcc(Cond.E, minusOne);
                asm.buffer().rarely(() -> {
                    asm.buffer().bind(minusOne);
                    if (remainder) {
                        asm.op(Op.XOR, 4, Registers.RDX, Registers.RDX);
                    } else {
                        asm.m(Op.NEG, size, Registers.RAX);
                        asm.jcc(Cond.O, Traps.label(asm, TrapCode.INTEGER_OVERFLOW));
                    }
                    asm.jmp(done);
                });
            }
            asm.zo(Op.CDQ, size);
            asm.m(Op.IDIV, size, by);
            asm.buffer().bind(done);
        }

        @Override
        public String toString() {
            return text(
                    (signed ? "s" : "u") + (remainder ? "rem" : "div"),
                    name(dst, size),
                    name(dividend, size),
                    name(divisor, size) + (checkZero ? " ; zero" : "") + (signed && checkMinusOne ? " ; -1" : ""));
        }
    }

    /** not, neg. */
    static final class Unary extends Shape.InPlace {
        private final boolean negate;
        private final int size;

        Unary(boolean negate, int size, Reg dst, Reg src) {
            super(dst, src);
            this.negate = negate;
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (negate) {
                asm.m(Op.NEG, size, dst);
                ResultFlags.remark(asm, dst, size, false);
            } else {
                asm.m(Op.NOT, size, dst);
            }
        }

        @Override
        public String toString() {
            return text(negate ? "neg" : "not", name(dst, size), name(src, size));
        }
    }

    /** Shift or rotation by a constant. */
    static final class Shift extends Shape.InPlace {
        private final Op op;
        private final int size;
        private final int count;

        Shift(Op op, int size, Reg dst, Reg src, int count) {
            super(dst, src);
            this.op = op;
            this.size = size;
            this.count = count;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(op, size, dst, count);
            // Rotations and shifts by nothing leave these flags as they were.
            if (count != 0 && op.flags() != Op.FlagResult.NONE) {
                ResultFlags.remark(asm, dst, size, false);
            }
        }

        @Override
        public String toString() {
            return text(op.mnemonic(size), name(dst, size), name(src, size), count);
        }
    }

    /** Shift or rotation by cl. */
    static final class ShiftCl extends Insn {
        private final Op op;
        private final int size;
        private Reg dst;
        private Reg src;
        private Reg count;

        ShiftCl(Op op, int size, Reg dst, Reg src, Reg count) {
            this.op = op;
            this.size = size;
            this.dst = dst;
            this.src = src;
            this.count = count;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = src;
            src = v.use(src);
            count = v.useFixed(count, Registers.RCX);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.mc(op, size, Operand.of(dst));
        }

        @Override
        public String toString() {
            return text(op.mnemonic(size), name(dst, size), name(src, size), name(count, 1));
        }
    }

    /** Shift by a register into another (BMI2). */
    static final class ShiftX extends Insn {
        private final Op op;
        private final int size;
        private Reg dst;
        private final Operand src;
        private Reg count;

        ShiftX(Op op, int size, Reg dst, Operand src, Reg count) {
            this.op = op;
            this.size = size;
            this.dst = dst;
            this.src = src;
            this.count = count;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            src.visit(v);
            count = v.use(count);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.rmv(op, size, dst, src.resolve(context), count);
        }

        @Override
        public String toString() {
            return text(op.mnemonic(size), name(dst, size), src.text(size), name(count, size));
        }
    }

    /** Rotation to the right by a constant into another register (BMI2). */
    static final class Rorx extends Shape.Unary {
        private final int size;
        private final int count;

        Rorx(int size, Reg dst, Operand src, int count) {
            super(dst, src);
            this.size = size;
            this.count = count;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.rmi(Op.RORX, size, dst, src.resolve(context), count);
        }

        @Override
        public String toString() {
            return text("rorx", name(dst, size), src.text(size), count);
        }
    }

    /** {@code dst = ~left & right} (BMI1). */
    static final class Andn extends Shape.Binary {
        private final int size;

        Andn(int size, Reg dst, Reg inverted, Operand src) {
            super(dst, inverted, src);
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.rvm(Op.ANDN, size, dst, left, right.resolve(context));
            ResultFlags.remark(asm, dst, size, true);
        }

        @Override
        public String toString() {
            return text("andn", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** blsr, blsi, blsmsk (BMI1). */
    static final class LowestBit extends Shape.Unary {
        private final Op op;
        private final int size;

        LowestBit(Op op, int size, Reg dst, Operand src) {
            super(dst, src);
            this.op = op;
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.vm(op, size, dst, src.resolve(context));
            ResultFlags.remark(asm, dst, size, false);
        }

        @Override
        public String toString() {
            return text(op.mnemonic(size), name(dst, size), src.text(size));
        }
    }

    /** popcnt, lzcnt, tzcnt. */
    static final class Count extends Shape.Unary {
        private final Op op;
        private final int size;

        Count(Op op, int size, Reg dst, Operand src) {
            super(dst, src);
            this.op = op;
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(op, size, dst, src.resolve(context));
        }

        @Override
        public String toString() {
            return text(op.mnemonic(size), name(dst, size), src.text(size));
        }
    }

    /** Leading or trailing zeros without lzcnt and tzcnt; bsr and bsf say nothing about zero. */
    static final class Scan extends Insn {
        private final boolean leading;
        private final int size;
        private Reg dst;
        private final Operand src;
        private Reg temp;

        Scan(boolean leading, int size, Reg dst, Operand src, Reg temp) {
            this.leading = leading;
            this.size = size;
            this.dst = dst;
            this.src = src;
            this.temp = temp;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            src.visit(v);
            temp = v.temp(temp);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            int bits = size * 8;
            // The leading zeros of x are the bit number of its highest bit, with all bits of a bit number flipped.
            asm.movImm(temp, leading ? 2 * bits - 1 : bits);
            asm.op(leading ? Op.BSR : Op.BSF, size, dst, src.resolve(context));
            asm.cmov(Cond.E, 4, dst, Operand.of(temp));
            if (leading) {
                asm.op(Op.XOR, 4, dst, bits - 1);
            }
        }

        @Override
        public String toString() {
            return text(leading ? "clz" : "ctz", name(dst, size), src.text(size) + " ; temp " + temp);
        }
    }
}
