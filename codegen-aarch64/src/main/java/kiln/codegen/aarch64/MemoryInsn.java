package kiln.codegen.aarch64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Loads, stores and addresses. */
abstract sealed class MemoryInsn extends Insn {
    static final class Load extends MemoryInsn {
        private final LoadStoreOp op;
        private Reg rt;
        private final Address address;
        private final boolean canTrap;
        private final boolean readOnly;

        Load(LoadStoreOp op, Reg rt, Address address, boolean canTrap, boolean readOnly) {
            this.op = op;
            this.rt = rt;
            this.address = address;
            this.canTrap = canTrap;
            this.readOnly = readOnly;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            address.visitOperands(v);
            rt = def(v, rt);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (canTrap) {
                c.buffer().trapSite(TrapCode.MEMORY_OUT_OF_BOUNDS);
            }
            address.emit(a, op, rt);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return readOnly && !canTrap && address.isConstant() ? new Load(op, target, address, false, true) : null;
        }

        @Override
        public String toString() {
            return op.mnemonic() + " " + register(op, rt) + ", " + address;
        }
    }

    static final class Store extends MemoryInsn {
        private final LoadStoreOp op;
        private Reg rt;
        private final Address address;
        private final boolean canTrap;

        Store(LoadStoreOp op, Reg rt, Address address, boolean canTrap) {
            this.op = op;
            this.rt = rt;
            this.address = address;
            this.canTrap = canTrap;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rt = use(v, rt);
            address.visitOperands(v);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (canTrap) {
                c.buffer().trapSite(TrapCode.MEMORY_OUT_OF_BOUNDS);
            }
            address.emit(a, op, rt);
        }

        @Override
        public String toString() {
            return op.mnemonic() + " " + register(op, rt) + ", " + address;
        }
    }

    /** Address of bytes of this frame, counted from the stack pointer. */
    static final class StackAddress extends MemoryInsn {
        private Reg rd;
        private final int offset;

        StackAddress(Reg rd, int offset) {
            this.rd = rd;
            this.offset = offset;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rd = def(v, rd);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            a.addConstant(rd, Registers.SP, offset, rd);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new StackAddress(target, offset);
        }

        @Override
        public String toString() {
            return "add " + rd + ", sp, #" + offset;
        }
    }

    private static String register(LoadStoreOp op, Reg r) {
        return op.isVector() ? scalar(op.registerBytes(), r) : name(op.registerBytes() == 8, r);
    }
}
