package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.FrameLayout;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Copies between registers and slots. No move touches the flags. */
final class MoveInsn {
    private static final Form USE_DEF = Form.NONE.use().def();

    private MoveInsn() {}

    /**
     * A copy of one value. An integer slot is always written in eight bytes, and an i32 always read in four, so that
     * either way the register ends up zero-extended.
     */
    static final class Move extends Sequence {
        private final Type type;

        Move(Type type, Reg target, Reg source) {
            super(USE_DEF, source, target);
            this.type = type;
        }

        @Override
        public boolean isMove() {
            return !reg(0).isReserved() && !reg(1).isReserved();
        }

        @Override
        public Reg moveSource() {
            return reg(0);
        }

        @Override
        public Reg moveTarget() {
            return reg(1);
        }

        @Override
        public MachInst rematerialize(Reg to) {
            return reg(0).isReserved() ? new Move(type, to, reg(0)) : null;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg rn = reg(0);
            Reg rd = reg(1);
            if (rd == rn) {
                return;
            }
            ComparedFlags flags = ComparedFlags.here(asm);
            copy(asm, context, rd, rn);
            ComparedFlags.keep(asm, flags, rd);
        }

        private void copy(Assembler asm, EmitContext context, Reg rd, Reg rn) {
            if (rd.isSlot() && rn.isSlot()) {
                Reg tmp = rd.regClass() == RegClass.INT ? Registers.IP0 : Registers.SCRATCH;
                load(asm, context.frame(), 0, type, tmp, rn);
                store(asm, context.frame(), 0, type, rd, tmp);
            } else if (rd.isSlot()) {
                store(asm, context.frame(), 0, type, rd, rn);
            } else if (rn.isSlot()) {
                load(asm, context.frame(), 0, type, rd, rn);
            } else if (RegClass.of(type) == RegClass.INT) {
                asm.mov(Registers.isWide(type), rd, rn);
            } else if (type == Type.V128) {
                asm.movVector(rd, rn);
            } else {
                asm.opFloat(Op.FMOV, true, rd, rn);
            }
        }

        @Override
        public String toString() {
            return "mov " + Registers.name(type, reg(1)) + ", " + Registers.name(type, reg(0));
        }
    }

    /** Exchanges two registers through the scratch register of their class. */
    static final class Swap extends Sequence {
        private final Reg a;
        private final Reg b;

        Swap(Reg a, Reg b) {
            super(Form.NONE);
            this.a = a;
            this.b = b;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (a.regClass() == RegClass.INT) {
                asm.mov(true, Registers.IP0, a);
                asm.mov(true, a, b);
                asm.mov(true, b, Registers.IP0);
            } else {
                asm.movVector(Registers.SCRATCH, a);
                asm.movVector(a, b);
                asm.movVector(b, Registers.SCRATCH);
            }
        }

        @Override
        public String toString() {
            return "swap " + a + ", " + b;
        }
    }

    /** Two slots that are neighbours, loaded or stored at once; {@code low} is the one at the lower address. */
    static final class SlotPair extends Sequence {
        private final boolean load;
        private final boolean vector;
        private final Reg lowSlot;
        private final Reg highSlot;
        private final Reg low;
        private final Reg high;

        private SlotPair(boolean load, Reg lowSlot, Reg low, Reg highSlot, Reg high) {
            super(Form.NONE);
            this.load = load;
            this.vector = low.regClass() == RegClass.VECTOR;
            this.lowSlot = lowSlot;
            this.highSlot = highSlot;
            this.low = low;
            this.high = high;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            int offset = context.frame().slotOffset(lowSlot.index(), 1);
            int fromSp = offset + context.frame().bytes();
            PairOp op = vector ? load ? PairOp.LDP_D : PairOp.STP_D : load ? PairOp.LDP_X : PairOp.STP_X;
            if (Immediates.isPair(offset, op.scale)) {
                asm.pairOffset(op, low, high, Registers.FP, offset);
            } else if (Immediates.isPair(fromSp, op.scale)) {
                asm.pairOffset(op, low, high, Registers.SP, fromSp);
            } else {
                Type type = vector ? Type.F64 : Type.I64;
                access(asm, context.frame(), 0, op(type, !load), low, offset);
                access(asm, context.frame(), 0, op(type, !load), high, offset + 8);
            }
        }

        @Override
        public String toString() {
            return (load ? "ldp " : "stp ") + low + ", " + high + ", " + lowSlot + ", " + highSlot;
        }
    }

    /** One instruction for two moves that follow each other, or null. */
    static MachInst pair(Move a, Move b) {
        if (isLoad(a) && isLoad(b) && a.moveTarget() != b.moveTarget()) {
            return pair(true, a.moveSource(), a.moveTarget(), b.moveSource(), b.moveTarget());
        }
        if (isLoad(a) || isLoad(b) || !isStore(a) || !isStore(b)) {
            return null;
        }
        return pair(false, a.moveTarget(), a.moveSource(), b.moveTarget(), b.moveSource());
    }

    private static boolean isLoad(Move m) {
        return m.moveSource().isSlot() && m.moveTarget().isPhysical() && m.type != Type.V128;
    }

    private static boolean isStore(Move m) {
        return m.moveTarget().isSlot()
                && m.moveSource().isPhysical()
                && !m.moveSource().isReserved()
                && m.type != Type.V128;
    }

    private static MachInst pair(boolean load, Reg slotA, Reg a, Reg slotB, Reg b) {
        if (a.regClass() != b.regClass() || Math.abs(slotA.index() - slotB.index()) != 1) {
            return null;
        }
        // Words are counted downwards.
        return slotA.index() > slotB.index()
                ? new SlotPair(load, slotA, a, slotB, b)
                : new SlotPair(load, slotB, b, slotA, a);
    }

    private static int words(Type type) {
        return type == Type.V128 ? 2 : 1;
    }

    /** The access to a slot that loads (or stores) all that counts of a value. */
    private static LoadStoreOp op(Type type, boolean store) {
        return switch (type) {
            case I32 -> store ? LoadStoreOp.STR_X : LoadStoreOp.LDR_W;
            case I64, REF -> store ? LoadStoreOp.STR_X : LoadStoreOp.LDR_X;
            case F32, F64 -> store ? LoadStoreOp.STR_D : LoadStoreOp.LDR_D;
            case V128 -> store ? LoadStoreOp.STR_Q : LoadStoreOp.LDR_Q;
        };
    }

    /**
     * Loads from a slot.
     *
     * @param pushed bytes pushed below the frame at the moment
     */
    static void load(Assembler asm, FrameLayout frame, int pushed, Type type, Reg target, Reg slot) {
        access(asm, frame, pushed, op(type, false), target, frame.slotOffset(slot.index(), words(type)));
    }

    /** Stores into a slot. */
    static void store(Assembler asm, FrameLayout frame, int pushed, Type type, Reg slot, Reg source) {
        access(asm, frame, pushed, op(type, true), source, frame.slotOffset(slot.index(), words(type)));
    }

    /** Accesses the frame at an offset from x29, from whichever end is near. */
    static void access(Assembler asm, FrameLayout frame, int pushed, LoadStoreOp op, Reg rt, int offset) {
        int fromSp = offset + frame.bytes() + pushed;
        if (Address.fits(offset, op.scale)) {
            Address.emit(asm, op, rt, Registers.FP, offset);
        } else if (Address.fits(fromSp, op.scale)) {
            Address.emit(asm, op, rt, Registers.SP, fromSp);
        } else {
            asm.movImmediate(true, Registers.IP1, offset);
            asm.loadStoreIndexed(op, rt, Registers.FP, Registers.IP1, ExtendOp.UXTX, false);
        }
    }
}
