package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Copies between registers and slots. No move touches the flags. */
abstract sealed class MoveInsn extends Insn {
    static final MoveFactory FACTORY = new MoveFactory() {
        @Override
        public MachInst move(Type type, Reg target, Reg source) {
            return new Move(type, target, source);
        }

        @Override
        public MachInst swap(Reg a, Reg b) {
            return new Swap(a, b);
        }
    };

    /**
     * A copy of one value. An integer slot is always written in eight bytes, and an i32 always read in four, so that
     * either way the register ends up zero-extended.
     */
    static final class Move extends MoveInsn {
        private final Type type;
        private Reg target;
        private Reg source;

        Move(Type type, Reg target, Reg source) {
            this.type = type;
            this.target = target;
            this.source = source;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            source = use(v, source);
            target = def(v, target);
        }

        @Override
        public boolean isMove() {
            return !Registers.isReserved(source) && !Registers.isReserved(target);
        }

        @Override
        public Reg moveSource() {
            return source;
        }

        @Override
        public Reg moveTarget() {
            return target;
        }

        @Override
        public MachInst rematerialize(Reg to) {
            return Registers.isReserved(source) ? new Move(type, to, source) : null;
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (target == source) {
                return;
            }
            if (target.isSlot() && source.isSlot()) {
                Reg tmp = target.regClass() == RegClass.INT ? Registers.IP0 : Registers.VTMP;
                load(a, c.frame(), 0, type, tmp, source);
                store(a, c.frame(), 0, type, target, tmp);
            } else if (target.isSlot()) {
                store(a, c.frame(), 0, type, target, source);
            } else if (source.isSlot()) {
                load(a, c.frame(), 0, type, target, source);
            } else if (RegClass.of(type) == RegClass.INT) {
                a.mov(isWide(type), target, source);
            } else if (type == Type.V128) {
                a.vectorMov(target, source);
            } else {
                a.floatUnary(FloatOp.Unary.FMOV, true, target, source);
            }
        }

        @Override
        public String toString() {
            return "mov " + name(type, target) + ", " + name(type, source);
        }
    }

    /** Exchanges two registers through the scratch register of their class. */
    static final class Swap extends MoveInsn {
        private Reg a;
        private Reg b;

        Swap(Reg a, Reg b) {
            this.a = a;
            this.b = b;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            a = v.use(a);
            b = v.use(b);
        }

        @Override
        void emit(Assembler asm, EmitContext c) {
            if (a.regClass() == RegClass.INT) {
                asm.mov(true, Registers.IP0, a);
                asm.mov(true, a, b);
                asm.mov(true, b, Registers.IP0);
            } else {
                asm.vectorMov(Registers.VTMP, a);
                asm.vectorMov(a, b);
                asm.vectorMov(b, Registers.VTMP);
            }
        }

        @Override
        public String toString() {
            return "swap " + a + ", " + b;
        }
    }

    /** Two slots that are neighbours, loaded or stored at once; {@code low} is the one at the lower address. */
    static final class SlotPair extends MoveInsn {
        private final boolean load;
        private final boolean vector;
        private final Reg lowSlot;
        private final Reg highSlot;
        private final Reg low;
        private final Reg high;

        private SlotPair(boolean load, Reg lowSlot, Reg low, Reg highSlot, Reg high) {
            this.load = load;
            this.vector = low.regClass() == RegClass.VECTOR;
            this.lowSlot = lowSlot;
            this.highSlot = highSlot;
            this.low = low;
            this.high = high;
        }

        /** Exists after allocation only. */
        @Override
        public void visitOperands(OperandVisitor v) {}

        @Override
        void emit(Assembler a, EmitContext c) {
            int offset = c.frame().slotOffset(lowSlot.index(), 1);
            int fromSp = offset + c.frame().bytes();
            PairOp op = vector ? load ? PairOp.LDP_D : PairOp.STP_D : load ? PairOp.LDP_X : PairOp.STP_X;
            if (Immediates.isPair(offset, op.scale)) {
                a.pairOffset(op, low, high, Registers.FP, offset);
            } else if (Immediates.isPair(fromSp, op.scale)) {
                a.pairOffset(op, low, high, Registers.SP, fromSp);
            } else {
                Type type = vector ? Type.F64 : Type.I64;
                access(a, c.frame(), 0, op(type, !load), low, offset);
                access(a, c.frame(), 0, op(type, !load), high, offset + 8);
            }
        }

        @Override
        public String toString() {
            return (load ? "ldp " : "stp ") + low + ", " + high + ", " + lowSlot + ", " + highSlot;
        }
    }

    /** One instruction for two moves that follow each other, or null. */
    static MachInst pair(Move a, Move b) {
        if (isLoad(a) && isLoad(b) && a.target != b.target) {
            return pair(true, a.source, a.target, b.source, b.target);
        }
        if (isLoad(a) || isLoad(b) || !isStore(a) || !isStore(b)) {
            return null;
        }
        return pair(false, a.target, a.source, b.target, b.source);
    }

    private static boolean isLoad(Move m) {
        return m.source.isSlot() && m.target.isPhysical() && m.type != Type.V128;
    }

    private static boolean isStore(Move m) {
        return m.target.isSlot() && m.source.isPhysical() && !Registers.isReserved(m.source) && m.type != Type.V128;
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
    static void load(Assembler a, FrameLayout frame, int pushed, Type type, Reg target, Reg slot) {
        access(a, frame, pushed, op(type, false), target, frame.slotOffset(slot.index(), words(type)));
    }

    /** Stores into a slot. */
    static void store(Assembler a, FrameLayout frame, int pushed, Type type, Reg slot, Reg source) {
        access(a, frame, pushed, op(type, true), source, frame.slotOffset(slot.index(), words(type)));
    }

    /** Accesses the frame at an offset from x29, from whichever end is near. */
    static void access(Assembler a, FrameLayout frame, int pushed, LoadStoreOp op, Reg rt, int offset) {
        int fromSp = offset + frame.bytes() + pushed;
        if (Address.fits(offset, op.scale)) {
            Address.emit(a, op, rt, Registers.FP, offset);
        } else if (Address.fits(fromSp, op.scale)) {
            Address.emit(a, op, rt, Registers.SP, fromSp);
        } else {
            a.movImmediate(true, Registers.IP1, offset);
            a.loadStoreIndexed(op, rt, Registers.FP, Registers.IP1, ExtendOp.UXTX, false);
        }
    }
}
