package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** A comparison as part of an instruction that reads the flags right behind it. */
abstract sealed class Flags {
    abstract void visit(OperandVisitor v);

    abstract void emit(Assembler asm, EmitContext context);

    /** Whether {@code r} is read. */
    abstract boolean reads(Reg r);

    @Override
    public abstract String toString();

    static boolean reads(Operand o, Reg r) {
        return switch (o) {
            case Operand.InReg i -> i.reg() == r;
            case Address a -> a.base() == r || a.index() == r;
            case Operand.Imm _, Operand.Pooled _ -> false;
        };
    }

    /** A comparison with {@code left} in a register. */
    abstract static sealed class OfRegister extends Flags {
        final int size;
        Reg left;
        final Operand right;

        OfRegister(int size, Reg left, Operand right) {
            this.size = size;
            this.left = left;
            this.right = right;
        }

        @Override
        final void visit(OperandVisitor v) {
            left = v.use(left);
            right.visit(v);
        }

        @Override
        final boolean reads(Reg r) {
            return left == r || reads(right, r);
        }
    }

    /** {@code cmp left, right}. */
    static final class Compare extends OfRegister {
        Compare(int size, Reg left, Operand right) {
            super(size, left, right);
        }

        /** Whether this compares {@code size} bytes of {@code reg} with zero. */
        boolean isWithZero(Reg reg, int size) {
            return left == reg && this.size == size && right instanceof Operand.Imm i && i.value() == 0;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (right instanceof Operand.Imm i && i.value() == 0) {
                asm.test(size, left);
            } else {
                asm.op(Op.CMP, size, left, right.resolve(context));
            }
        }

        @Override
        public String toString() {
            return "cmp " + Registers.name(left, size) + ", " + right.text(size);
        }
    }

    /** {@code cmp [left], right} of 1, 4 or 8 bytes. */
    static final class CompareMemory extends Flags {
        private final int size;
        private final Address left;
        private final Operand right;

        /** {@code right} is a constant or {@link Operand#inRegister}. */
        CompareMemory(int size, Address left, Operand right) {
            this.size = size;
            this.left = left;
            this.right = right;
        }

        @Override
        void visit(OperandVisitor v) {
            left.visit(v);
            right.visit(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address l = left.resolve(context);
            if (right instanceof Operand.Imm i) {
                asm.mi(Op.CMP, size, l, i.value());
            } else {
                asm.mr(Op.CMP, size, l, ((Operand.InReg) right).reg());
            }
        }

        @Override
        boolean reads(Reg r) {
            return reads(left, r) || reads(right, r);
        }

        @Override
        public String toString() {
            return "cmp" + size + " " + left + ", " + right.text(size);
        }
    }

    /** {@code test left, right}. */
    static final class Test extends Flags {
        private final int size;
        private final Operand left;
        private Reg right;

        Test(int size, Operand left, Reg right) {
            this.size = size;
            this.left = left;
            this.right = right;
        }

        @Override
        void visit(OperandVisitor v) {
            left.visit(v);
            right = v.use(right);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.mr(Op.TEST, size, left.resolve(context), right);
        }

        @Override
        boolean reads(Reg r) {
            return right == r || reads(left, r);
        }

        @Override
        public String toString() {
            return "test " + left.text(size) + ", " + Registers.name(right, size);
        }
    }

    /** {@code test left, constant}. */
    static final class TestImm extends Flags {
        private final int size;
        private final Operand left;
        private final int mask;

        TestImm(int size, Operand left, int mask) {
            // A mask within the low seven bits says the same of the low byte alone, in a shorter instruction.
            this.size = mask >= 0 && mask < 128 ? 1 : size;
            this.left = left;
            this.mask = mask;
        }

        @Override
        void visit(OperandVisitor v) {
            left.visit(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.mi(Op.TEST, size, left.resolve(context), mask);
        }

        @Override
        boolean reads(Reg r) {
            return reads(left, r);
        }

        @Override
        public String toString() {
            return "test " + left.text(size) + ", " + mask;
        }
    }

    /** {@code bt value, bit}: the carry is the bit. */
    static final class BitTest extends Flags {
        private final int size;
        private Reg value;
        private Reg bit;

        BitTest(int size, Reg value, Reg bit) {
            this.size = size;
            this.value = value;
            this.bit = bit;
        }

        @Override
        void visit(OperandVisitor v) {
            value = v.use(value);
            bit = v.use(bit);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.mr(Op.BT, size, Operand.of(value), bit);
        }

        @Override
        boolean reads(Reg r) {
            return value == r || bit == r;
        }

        @Override
        public String toString() {
            return "bt " + Registers.name(value, size) + ", " + Registers.name(bit, size);
        }
    }

    /** {@code bt value, constant}. */
    static final class BitTestImm extends Flags {
        private final int size;
        private Reg value;
        private final int bit;

        BitTestImm(int size, Reg value, int bit) {
            this.size = size;
            this.value = value;
            this.bit = bit;
        }

        @Override
        void visit(OperandVisitor v) {
            value = v.use(value);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(Op.BT, size, value, bit);
        }

        @Override
        boolean reads(Reg r) {
            return value == r;
        }

        @Override
        public String toString() {
            return "bt " + Registers.name(value, size) + ", " + bit;
        }
    }

    /** {@code ucomiss, ucomisd left, right}. */
    static final class CompareFloat extends OfRegister {
        CompareFloat(int size, Reg left, Operand right) {
            super(size, left, right);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(Op.ofSize(size, Op.UCOMISS, Op.UCOMISD), left, right.resolve(context));
        }

        @Override
        public String toString() {
            return (size == 4 ? "ucomiss " : "ucomisd ") + left + ", " + right.text(size);
        }
    }
}
