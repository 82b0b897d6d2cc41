package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;
import kiln.ir.Type;

/** Integer arithmetic on registers. {@code size} is 4 or 8; results of size 4 are zero-extended by the processor. */
abstract sealed class IntegerInsn extends Insn {
    final int size;
    Reg dst;

    IntegerInsn(int size, Reg dst) {
        this.size = size;
        this.dst = dst;
    }

    /** A constant. */
    static final class Const extends IntegerInsn {
        private final long value;

        Const(Reg dst, long value) {
            super(8, dst);
            this.value = value;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            dst = v.def(dst);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new Const(target, value);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (value == 0) {
                asm.alu(AluOp.XOR, 4, dst, dst);
            } else {
                asm.movImm(dst, value);
            }
        }

        @Override
        public String toString() {
            return format("mov %s, %d", dst, value);
        }
    }

    /** {@code dst = address}; an add where that does the same. */
    static final class Lea extends IntegerInsn {
        private final Address address;

        Lea(int size, Reg dst, Address address) {
            super(size, dst);
            this.address = address;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            address.visit(v);
            dst = v.def(dst);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return address.isInFrame() ? new Lea(size, target, address) : null;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address a = address.resolve(context);
            boolean plain = a.index() != null && a.shift() == 0 && a.disp() == 0;
            if (plain && a.base() == dst) {
                asm.alu(AluOp.ADD, size, dst, a.index());
            } else if (plain && a.index() == dst) {
                asm.alu(AluOp.ADD, size, dst, a.base());
            } else if (a.index() == null && a.base() == dst) {
                // 128 is the one number whose negation has a shorter form.
                if (a.disp() == 128) {
                    asm.alu(AluOp.SUB, size, dst, -128);
                } else {
                    asm.alu(AluOp.ADD, size, dst, a.disp());
                }
            } else {
                asm.lea(size, dst, a);
                return;
            }
            ResultFlags.remark(asm, dst, size, false);
        }

        @Override
        public String toString() {
            return format("lea %s, %s", name(dst, size), address);
        }
    }

    /** {@code dst = left op right}, where dst takes the place of left. */
    static final class Alu extends IntegerInsn {
        private final AluOp op;
        private Reg left;
        private final Operand right;

        Alu(AluOp op, int size, Reg dst, Reg left, Operand right) {
            super(size, dst);
            this.op = op;
            this.left = left;
            this.right = right;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = left;
            left = v.use(left);
            right.visit(v);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.alu(op, size, dst, right.resolve(context));
            ResultFlags.remark(asm, dst, size, op == AluOp.AND || op == AluOp.OR || op == AluOp.XOR);
        }

        @Override
        public String toString() {
            return format("%s %s, %s, %s", op, name(dst, size), name(left, size), right.text(size));
        }
    }

    /** {@code dst = left * right}, where dst takes the place of left. */
    static final class Mul extends IntegerInsn {
        private Reg left;
        private final Operand right;

        Mul(int size, Reg dst, Reg left, Operand right) {
            super(size, dst);
            this.left = left;
            this.right = right;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = left;
            left = v.use(left);
            right.visit(v);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(IntOp.IMUL, size, dst, right.resolve(context));
        }

        @Override
        public String toString() {
            return format("imul %s, %s, %s", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** {@code dst = src * constant}. */
    static final class MulImm extends IntegerInsn {
        private final Operand src;
        private final int factor;

        MulImm(int size, Reg dst, Operand src, int factor) {
            super(size, dst);
            this.src = src;
            this.factor = factor;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            src.visit(v);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.imul(size, dst, src.resolve(context), factor);
        }

        @Override
        public String toString() {
            return format("imul %s, %s, %d", name(dst, size), src.text(size), factor);
        }
    }

    /** The high half of rax * right. */
    static final class MulHigh extends IntegerInsn {
        private final boolean signed;
        private Reg left;
        private final Operand right;

        MulHigh(boolean signed, int size, Reg dst, Reg left, Operand right) {
            super(size, dst);
            this.signed = signed;
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
                asm.imul(size, r);
            } else {
                asm.mul(size, r);
            }
        }

        @Override
        public String toString() {
            return format(
                    "%s %s, %s, %s", signed ? "imulh" : "mulh", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** The high half of rdx * right, unsigned, with any target (BMI2). */
    static final class Mulx extends IntegerInsn {
        private Reg left;
        private final Operand right;

        Mulx(int size, Reg dst, Reg left, Operand right) {
            super(size, dst);
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
            asm.mulx(size, dst, dst, right.resolve(context));
        }

        @Override
        public String toString() {
            return format("mulx %s, %s, %s", name(dst, size), name(left, size), right.text(size));
        }
    }

    /** {@code dst = op src}, where dst takes the place of src: not and neg. */
    static final class Unary extends IntegerInsn {
        private final boolean negate;
        private Reg src;

        Unary(boolean negate, int size, Reg dst, Reg src) {
            super(size, dst);
            this.negate = negate;
            this.src = src;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = src;
            src = v.use(src);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (negate) {
                asm.neg(size, Operand.of(dst));
                ResultFlags.remark(asm, dst, size, false);
            } else {
                asm.not(size, Operand.of(dst));
            }
        }

        @Override
        public String toString() {
            return format("%s %s, %s", negate ? "neg" : "not", name(dst, size), name(src, size));
        }
    }

    /** Shift or rotation by a constant. */
    static final class Shift extends IntegerInsn {
        private final ShiftOp op;
        private Reg src;
        private final int count;

        Shift(ShiftOp op, int size, Reg dst, Reg src, int count) {
            super(size, dst);
            this.op = op;
            this.src = src;
            this.count = count;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = src;
            src = v.use(src);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.shift(op, size, Operand.of(dst), count);
            // Rotations and shifts by nothing leave these flags as they were.
            if (count != 0 && op != ShiftOp.ROL && op != ShiftOp.ROR) {
                ResultFlags.remark(asm, dst, size, false);
            }
        }

        @Override
        public String toString() {
            return format("%s %s, %s, %d", op, name(dst, size), name(src, size), count);
        }
    }

    /** Shift or rotation by cl. */
    static final class ShiftCl extends IntegerInsn {
        private final ShiftOp op;
        private Reg src;
        private Reg count;

        ShiftCl(ShiftOp op, int size, Reg dst, Reg src, Reg count) {
            super(size, dst);
            this.op = op;
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
            asm.shiftByCl(op, size, Operand.of(dst));
        }

        @Override
        public String toString() {
            return format("%s %s, %s, %s", op, name(dst, size), name(src, size), name(count, 1));
        }
    }

    /** Shift by a register into another (BMI2). */
    static final class ShiftX extends IntegerInsn {
        private final IntOp.Vex op;
        private final Operand src;
        private Reg count;

        ShiftX(IntOp.Vex op, int size, Reg dst, Operand src, Reg count) {
            super(size, dst);
            this.op = op;
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
            asm.shiftx(op, size, dst, src.resolve(context), count);
        }

        @Override
        public String toString() {
            return format("%s %s, %s, %s", op, name(dst, size), src.text(size), name(count, size));
        }
    }

    /** Rotation to the right by a constant into another register (BMI2). */
    static final class Rorx extends IntegerInsn {
        private final Operand src;
        private final int count;

        Rorx(int size, Reg dst, Operand src, int count) {
            super(size, dst);
            this.src = src;
            this.count = count;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            src.visit(v);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.rorx(size, dst, src.resolve(context), count);
        }

        @Override
        public String toString() {
            return format("rorx %s, %s, %d", name(dst, size), src.text(size), count);
        }
    }

    /** {@code dst = ~inverted & src} (BMI1). */
    static final class Andn extends IntegerInsn {
        private Reg inverted;
        private final Operand src;

        Andn(int size, Reg dst, Reg inverted, Operand src) {
            super(size, dst);
            this.inverted = inverted;
            this.src = src;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            inverted = v.use(inverted);
            src.visit(v);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.andn(size, dst, inverted, src.resolve(context));
            ResultFlags.remark(asm, dst, size, true);
        }

        @Override
        public String toString() {
            return format("andn %s, %s, %s", name(dst, size), name(inverted, size), src.text(size));
        }
    }

    /** blsr, blsi, blsmsk (BMI1). */
    static final class LowestBit extends IntegerInsn {
        private final IntOp.LowestBit op;
        private final Operand src;

        LowestBit(IntOp.LowestBit op, int size, Reg dst, Operand src) {
            super(size, dst);
            this.op = op;
            this.src = src;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            src.visit(v);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.lowestBit(op, size, dst, src.resolve(context));
            ResultFlags.remark(asm, dst, size, false);
        }

        @Override
        public String toString() {
            return format("%s %s, %s", op, name(dst, size), src.text(size));
        }
    }

    /** popcnt, lzcnt, tzcnt. */
    static final class Count extends IntegerInsn {
        private final IntOp op;
        private final Operand src;

        Count(IntOp op, int size, Reg dst, Operand src) {
            super(size, dst);
            this.op = op;
            this.src = src;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            src.visit(v);
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(op, size, dst, src.resolve(context));
        }

        @Override
        public String toString() {
            return format("%s %s, %s", op, name(dst, size), src.text(size));
        }
    }

    /** Leading or trailing zeros without lzcnt and tzcnt; bsr and bsf say nothing about zero. */
    static final class Scan extends IntegerInsn {
        private final boolean leading;
        private final Operand src;
        private Reg temp;

        Scan(boolean leading, int size, Reg dst, Operand src, Reg temp) {
            super(size, dst);
            this.leading = leading;
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
            asm.op(leading ? IntOp.BSR : IntOp.BSF, size, dst, src.resolve(context));
            asm.cmov(Cond.E, 4, dst, Operand.of(temp));
            if (leading) {
                asm.alu(AluOp.XOR, 4, dst, bits - 1);
            }
        }

        @Override
        public String toString() {
            return format("%s %s, %s ; temp %s", leading ? "clz" : "ctz", name(dst, size), src.text(size), temp);
        }
    }

    /** The type of a temporary of {@code size} bytes. */
    static Type type(int size) {
        return size == 8 ? Type.I64 : Type.I32;
    }
}
