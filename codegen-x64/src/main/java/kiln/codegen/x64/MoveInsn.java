package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Copies of whole values, which also spill and reload. */
final class MoveInsn {
    private MoveInsn() {}

    /** A copy between registers and slots. An i32 is kept zero-extended; slots of integers are written in full. */
    static final class Move extends Sequence {
        private static final Form FORM = Form.NONE.use().def();

        private final Type type;

        Move(Type type, Reg target, Reg source) {
            super(FORM, source, target);
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
            Reg src = reg(0);
            Reg dst = reg(1);
            if (dst != src) {
                KnownFlags flags = KnownFlags.here(asm);
                copy(asm, context, dst, src);
                // Moves leave the flags alone.
                KnownFlags.keep(asm, flags, dst);
            }
        }

        private void copy(Assembler asm, EmitContext context, Reg dst, Reg src) {
            int bytes = type.bytes();
            if (src.isSlot() && dst.isSlot()) {
                int whole = bytes == 16 ? 16 : 8;
                asm.loadVector(whole, Registers.SCRATCH, Address.slot(context.frame(), src));
                asm.storeVector(whole, Address.slot(context.frame(), dst), Registers.SCRATCH);
            } else if (src.regClass() == RegClass.INT) {
                if (dst.isSlot()) {
                    asm.store(8, Address.slot(context.frame(), dst), src);
                } else if (src.isSlot()) {
                    asm.mov(bytes, dst, Address.slot(context.frame(), src));
                } else {
                    asm.mov(bytes, dst, src);
                }
            } else if (dst.isSlot()) {
                asm.storeVector(bytes, Address.slot(context.frame(), dst), src);
            } else if (src.isSlot()) {
                asm.loadVector(bytes, dst, Address.slot(context.frame(), src));
            } else {
                asm.op(Op.MOVAPS, dst, src);
            }
        }

        @Override
        public String toString() {
            return text("move", reg(1), reg(0));
        }
    }

    /** Stores 0 in a slot of eight bytes. */
    static final class Clear extends Sequence {
        private final Reg slot;

        Clear(Reg slot) {
            super(Form.NONE);
            this.slot = slot;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.store(8, Address.slot(context.frame(), slot), 0);
        }

        @Override
        public String toString() {
            return text("clear", slot);
        }
    }

    /** Exchanges two registers of one class. */
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
                asm.mr(Op.XCHG, 8, Operand.of(a), b);
            } else {
                asm.op(Op.MOVAPS, Registers.SCRATCH, a);
                asm.op(Op.MOVAPS, a, b);
                asm.op(Op.MOVAPS, b, Registers.SCRATCH);
            }
        }

        @Override
        public String toString() {
            return text("swap", a, b);
        }
    }
}
