package kiln.codegen.aarch64;

import java.util.Locale;
import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Loads, stores and addresses. */
final class MemoryInsn {
    private MemoryInsn() {}

    static final class Load extends Insn {
        private final LoadStoreOp op;
        private Reg rt;
        private final Address address;
        /** What a fault means, or null if there is none. */
        private final TrapCode trap;

        private final boolean readOnly;

        Load(LoadStoreOp op, Reg rt, Address address, TrapCode trap, boolean readOnly) {
            this.op = op;
            this.rt = rt;
            this.address = address;
            this.trap = trap;
            this.readOnly = readOnly;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            address.visitOperands(v);
            rt = def(v, rt);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (trap != null) {
                context.buffer().trapSite(trap);
            }
            address.emit(asm, op, rt);
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return readOnly && trap == null && address.isConstant() ? new Load(op, target, address, null, true) : null;
        }

        @Override
        public String toString() {
            return op.mnemonic() + " " + register(op, rt) + ", " + address;
        }
    }

    static final class Store extends Insn {
        private final LoadStoreOp op;
        private Reg rt;
        private final Address address;
        /** What a fault means, or null if there is none. */
        private final TrapCode trap;

        Store(LoadStoreOp op, Reg rt, Address address, TrapCode trap) {
            this.op = op;
            this.rt = rt;
            this.address = address;
            this.trap = trap;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            rt = use(v, rt);
            address.visitOperands(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (trap != null) {
                context.buffer().trapSite(trap);
            }
            address.emit(asm, op, rt);
        }

        @Override
        public String toString() {
            return op.mnemonic() + " " + register(op, rt) + ", " + address;
        }
    }

    /** Address of bytes of this frame, counted from the stack pointer. */
    static final class StackAddress extends Shape.Define {
        private final int offset;

        StackAddress(Reg rd, int offset) {
            super(rd);
            this.offset = offset;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.addConstant(rd, Registers.SP, offset, rd);
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

    /** Two registers at neighbouring addresses. */
    static final class Pair extends Shape.Plain {
        private final PairOp op;
        private final Reg low;
        private final Reg high;
        private final Address address;
        /** What a fault means, or null if there is none. */
        private final TrapCode trap;

        private Pair(PairOp op, Reg low, Reg high, Address address, TrapCode trap) {
            this.op = op;
            this.low = low;
            this.high = high;
            this.address = address;
            this.trap = trap;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (trap != null) {
                context.buffer().trapSite(trap);
            }
            asm.pairOffset(op, low, high, address.base(), address.displacement());
        }

        @Override
        public String toString() {
            return op.toString().toLowerCase(Locale.ROOT) + " " + low + ", " + high + ", " + address;
        }
    }

    /** One instruction for two loads that follow each other, or null. */
    static MachInst pair(Load a, Load b) {
        PairOp op = switch (a.op) {
            case LDR_W -> PairOp.LDP_W;
            case LDRSW -> PairOp.LDPSW;
            case LDR_X -> PairOp.LDP_X;
            case LDR_S -> PairOp.LDP_S;
            case LDR_D -> PairOp.LDP_D;
            default -> null;
        };
        if (op == null || a.op != b.op || a.rt == b.rt || b.address.reads(a.rt)) {
            return null;
        }
        if (a.trap != null && b.trap != null && a.trap != b.trap) {
            return null;
        }
        return pair(op, a.rt, a.address, b.rt, b.address, a.trap != null ? a.trap : b.trap);
    }

    /**
     * One instruction for two stores that follow each other, or null. Not if the second one may trap: the first must then
     * have happened, which a pair does not promise.
     */
    static MachInst pair(Store a, Store b) {
        PairOp op = switch (a.op) {
            case STR_W -> PairOp.STP_W;
            case STR_X -> PairOp.STP_X;
            case STR_S -> PairOp.STP_S;
            case STR_D -> PairOp.STP_D;
            case STR_Q -> PairOp.STP_Q;
            default -> null;
        };
        if (op == null || a.op != b.op || a.trap != null || b.trap != null) {
            return null;
        }
        return pair(op, a.rt, a.address, b.rt, b.address, null);
    }

    private static MachInst pair(PairOp op, Reg a, Address atA, Reg b, Address atB, TrapCode trap) {
        int bytes = 1 << op.scale;
        boolean up = atA.isFollowedBy(atB, bytes);
        if (!up && !atB.isFollowedBy(atA, bytes)) {
            return null;
        }
        Address low = up ? atA : atB;
        return Immediates.isPair(low.displacement(), op.scale) ? new Pair(op, up ? a : b, up ? b : a, low, trap) : null;
    }

    private static String register(LoadStoreOp op, Reg r) {
        return op.isVector() ? Insn.scalar(op.registerBytes(), r) : Insn.name(op.registerBytes() == 8, r);
    }
}
