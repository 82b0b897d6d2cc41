package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Loads, stores, and operations on memory. */
final class MemoryInsn {
    private MemoryInsn() {}

    /** An integer load, or a register widened. */
    static final class Extend extends Shape.Unary {
        private final Op op;
        private final int size;
        private final boolean constant;

        Extend(Op op, int size, Reg dst, Operand src) {
            this(op, size, dst, src, false);
        }

        /** {@code constant}: whether this is a load whose result never changes, at an address without allocated registers. */
        Extend(Op op, int size, Reg dst, Operand src, boolean constant) {
            super(dst, src);
            this.op = op;
            this.size = size;
            this.constant = constant;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return constant ? new Extend(op, size, target, src, true) : null;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.op(op, size, dst, src.resolve(context));
        }

        @Override
        public String toString() {
            return format(
                    "%s %s, %s%s",
                    op.mnemonic(size),
                    name(dst, size),
                    src instanceof Address ? "m" + op.rmBytes(size) + " " : "",
                    src.text(op.rmBytes(size)));
        }
    }

    /** Stores the low bytes of an integer register. */
    static final class Store extends Shape.Store {
        private final int width;

        Store(int width, Address address, Reg src) {
            super(address, src);
            this.width = width;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.store(width, address.resolve(context), src);
        }

        @Override
        public String toString() {
            return text("mov", address, name(src, width));
        }
    }

    /** Stores a constant, sign-extended. */
    static final class StoreImm extends Insn {
        private final int width;
        private final Address address;
        private final int value;

        StoreImm(int width, Address address, int value) {
            this.width = width;
            this.address = address;
            this.value = value;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            address.visit(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.store(width, address.resolve(context), value);
        }

        @Override
        public String toString() {
            return format("mov%d %s, %d", width, address, value);
        }
    }

    /** {@code op [address], src}: load, operation and store in one. */
    static final class AluStore extends Insn {
        private final Op op;
        private final int width;
        private final Address address;
        private final Operand src;

        /** {@code src} is a constant or {@link Operand#inRegister}. */
        AluStore(Op op, int width, Address address, Operand src) {
            this.op = op;
            this.width = width;
            this.address = address;
            this.src = src;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            address.visit(v);
            src.visit(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address a = address.resolve(context);
            if (src instanceof Operand.Imm i) {
                asm.mi(op, width, a, i.value());
            } else {
                asm.mr(op, width, a, ((Operand.InReg) src).reg());
            }
        }

        @Override
        public String toString() {
            return format("%s%d %s, %s", op, width, address, src.text(width));
        }
    }

    /** Loads 4, 8 or 16 bytes into a vector register. */
    static final class LoadVector extends Shape.Unary {
        private final int width;
        private final boolean constant;

        /** {@code constant} as in {@link Extend}. */
        LoadVector(int width, Reg dst, Operand src, boolean constant) {
            super(dst, src);
            this.width = width;
            this.constant = constant;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return constant ? new LoadVector(width, target, src, true) : null;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.loadVector(width, dst, (Address) src.resolve(context));
        }

        @Override
        public String toString() {
            return format("load%d %s, %s", width, dst, src.text(width));
        }
    }

    /** Stores 4, 8 or 16 bytes of a vector register. */
    static final class StoreVector extends Shape.Store {
        private final int width;

        StoreVector(int width, Address address, Reg src) {
            super(address, src);
            this.width = width;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.storeVector(width, address.resolve(context), src);
        }

        @Override
        public String toString() {
            return format("store%d %s, %s", width, address, src);
        }
    }
}
