package kiln.codegen.aarch64;

import java.util.Locale;
import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.ConstantBytes;

/** Loads, stores and addresses. */
final class MemoryInsn {
    private MemoryInsn() {}

    private static final Form DEF = Form.NONE.def();
    private static final Form USE = Form.NONE.use();

    /** A load or store of one register. */
    abstract static class Access extends TrappingAccess {
        final LoadStoreOp op;
        private final Address address;
        /** Operand of the transferred register, and the first one of the address. */
        private final int value;

        private final int first;

        Access(LoadStoreOp op, Address address, int value, int first, TrapCode trap, Form form, Reg... regs) {
            super(trap, form, regs);
            this.op = op;
            this.address = address;
            this.value = value;
            this.first = first;
        }

        /** The register that is loaded or stored. */
        final Reg value() {
            return reg(value);
        }

        final Address address() {
            return address.over(this, first);
        }

        @Override
        final void access(Assembler asm) {
            address().emit(asm, op, value());
        }

        @Override
        public final String toString() {
            return op.mnemonic() + " " + register(op, value()) + ", " + address();
        }
    }

    static final class Load extends Access {
        private final boolean readOnly;

        Load(LoadStoreOp op, Reg rt, Address address, TrapCode trap, boolean readOnly) {
            Form form = address.uses(Form.NONE).def();
            super(op, address, form.count() - 1, 0, trap, form, address.regs(null, rt));
            this.readOnly = readOnly;
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return readOnly && trap == null && address().isConstant()
                    ? new Load(op, target, address(), null, true)
                    : null;
        }
    }

    static final class Store extends Access {
        Store(LoadStoreOp op, Reg rt, Address address, TrapCode trap) {
            super(op, address, 0, 1, trap, address.uses(USE), address.regs(rt, null));
        }
    }

    /** An access to one element of a vector, at an address that is a register. */
    abstract static class ElementAccess extends TrappingAccess {
        /** A whole register, but for {@link LoadReplicated}. */
        final Arrangement lanes;

        ElementAccess(Arrangement lanes, TrapCode trap, Form form, Reg... regs) {
            super(trap, form, regs);
            this.lanes = lanes;
        }
    }

    /** LD1R: an element of memory in all lanes. */
    static final class LoadReplicated extends ElementAccess {
        LoadReplicated(Arrangement lanes, Reg rd, Reg base, TrapCode trap) {
            super(lanes, trap, USE.def(), base, rd);
        }

        @Override
        void access(Assembler asm) {
            asm.loadReplicated(lanes, reg(1), reg(0));
        }

        @Override
        public String toString() {
            return "ld1r {" + reg(1) + "." + lanes + "}, [" + reg(0) + "]";
        }
    }

    /** LD1: an element of memory in one lane; the others are those of {@code kept}, whose place {@code rd} takes. */
    static final class LoadElement extends ElementAccess {
        private final int index;

        LoadElement(Arrangement lanes, int index, Reg rd, Reg kept, Reg base, TrapCode trap) {
            super(lanes, trap, USE.use().tied(0), kept, base, rd);
            this.index = index;
        }

        @Override
        void access(Assembler asm) {
            asm.loadStoreElement(true, lanes, index, reg(2), reg(1));
        }

        @Override
        public String toString() {
            return "ld1 {" + reg(2) + "." + lanes.element() + "}[" + index + "](" + reg(0) + "), [" + reg(1) + "]";
        }
    }

    /** ST1: one lane. */
    static final class StoreElement extends ElementAccess {
        private final int index;

        StoreElement(Arrangement lanes, int index, Reg rt, Reg base, TrapCode trap) {
            super(lanes, trap, USE.use(), rt, base);
            this.index = index;
        }

        @Override
        void access(Assembler asm) {
            asm.loadStoreElement(false, lanes, index, reg(0), reg(1));
        }

        @Override
        public String toString() {
            return "st1 {" + reg(0) + "." + lanes.element() + "}[" + index + "], [" + reg(1) + "]";
        }
    }

    /** The address of constant bytes behind the body. */
    static final class DataAddress extends Sequence {
        private final ConstantBytes bytes;

        DataAddress(Reg rd, ConstantBytes bytes) {
            super(DEF, rd);
            this.bytes = bytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Label data = asm.buffer().data(bytes);
            if (isFar()) {
                asm.adrFar(reg(0), data, Registers.IP1);
            } else {
                asm.adr(reg(0), data);
            }
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new DataAddress(target, bytes);
        }

        @Override
        public String toString() {
            return text("adr", reg(0), bytes.length() + " constant bytes");
        }
    }

    /** Address of bytes of this frame, counted from the stack pointer. */
    static final class StackAddress extends Sequence {
        private final int offset;

        StackAddress(Reg rd, int offset) {
            super(DEF, rd);
            this.offset = offset;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.addConstant(reg(0), Registers.SP, offset, reg(0));
        }

        @Override
        public MachInst rematerialize(Reg target) {
            return new StackAddress(target, offset);
        }

        @Override
        public String toString() {
            return "add " + reg(0) + ", sp, #" + offset;
        }
    }

    /** Two registers at neighbouring addresses. */
    static final class Pair extends TrappingAccess {
        private final PairOp op;
        private final Reg low;
        private final Reg high;
        private final Address address;

        private Pair(PairOp op, Reg low, Reg high, Address address, TrapCode trap) {
            super(trap, Form.NONE);
            this.op = op;
            this.low = low;
            this.high = high;
            this.address = address;
        }

        @Override
        void access(Assembler asm) {
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
        if (op == null || a.op != b.op || a.value() == b.value() || b.address().reads(a.value())) {
            return null;
        }
        if (a.trap != null && b.trap != null && a.trap != b.trap) {
            return null;
        }
        return pair(op, a.value(), a.address(), b.value(), b.address(), a.trap != null ? a.trap : b.trap);
    }

    /**
     * One instruction for two stores that follow each other, or null. Not if the second one may trap: the first must
     * then have happened, which a pair does not promise.
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
        return pair(op, a.value(), a.address(), b.value(), b.address(), null);
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
        return op.isVector() ? Registers.scalar(op.registerBytes(), r) : Registers.name(op.registerBytes() == 8, r);
    }
}
