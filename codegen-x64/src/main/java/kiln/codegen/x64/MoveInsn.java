package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/** Copies of whole values, which also spill and reload. */
abstract sealed class MoveInsn extends Insn {
    /** What the allocator inserts. */
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

    /** A copy between registers and slots. An i32 is kept zero-extended; slots of integers are written in full. */
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
            source = v.use(source);
            target = v.def(target);
        }

        @Override
        public boolean isMove() {
            return true;
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
        void emit(Assembler asm, EmitContext context) {
            if (target != source) {
                Object flags = asm.buffer().remark();
                copy(asm, context);
                // Moves leave the flags alone.
                if (flags instanceof ResultFlags r && r.reg() != target) {
                    asm.buffer().remark(flags);
                }
            }
        }

        private void copy(Assembler asm, EmitContext context) {
            int bytes = type.bytes();
            if (source.isSlot() && target.isSlot()) {
                int whole = bytes == 16 ? 16 : 8;
                asm.loadVector(whole, Registers.SCRATCH, Address.slot(context.frame(), source));
                asm.storeVector(whole, Address.slot(context.frame(), target), Registers.SCRATCH);
            } else if (source.regClass() == RegClass.INT) {
                if (target.isSlot()) {
                    asm.store(8, Address.slot(context.frame(), target), source);
                } else if (source.isSlot()) {
                    asm.mov(bytes, target, Address.slot(context.frame(), source));
                } else {
                    asm.mov(bytes, target, source);
                }
            } else if (target.isSlot()) {
                asm.storeVector(bytes, Address.slot(context.frame(), target), source);
            } else if (source.isSlot()) {
                asm.loadVector(bytes, target, Address.slot(context.frame(), source));
            } else {
                asm.movaps(target, source);
            }
        }

        @Override
        public String toString() {
            return format("move %s, %s", target, source);
        }
    }

    /** Exchanges two registers of one class. */
    static final class Swap extends MoveInsn {
        private final Reg a;
        private final Reg b;

        Swap(Reg a, Reg b) {
            this.a = a;
            this.b = b;
        }

        @Override
        public void visitOperands(OperandVisitor v) {}

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (a.regClass() == RegClass.INT) {
                asm.xchg(8, a, b);
            } else {
                asm.movaps(Registers.SCRATCH, a);
                asm.movaps(a, b);
                asm.movaps(b, Registers.SCRATCH);
            }
        }

        @Override
        public String toString() {
            return format("swap %s, %s", a, b);
        }
    }
}
