package kiln.codegen.aarch64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.Reg;
import kiln.ir.AtomicOp;

/**
 * Atomic accesses of {@code 1 << scale} bytes. What is narrower than a register is zero-extended. In a loop nothing may
 * be spilled or reloaded between the exclusive load and the exclusive store, so that it is one instruction for the
 * allocator.
 */
final class AtomicInsn {
    private static final Form LOAD = Form.NONE.use().def();
    private static final Form STORE = Form.NONE.use().use();
    private static final Form MODIFY = Form.NONE.use().use().def();
    /** The result is written before the others are read for the last time. */
    private static final Form MODIFY_LOOP = Form.NONE.useLate().useLate().def();

    private static final Form COMPARE = Form.NONE.use().useLate().useLate().tied(0);
    private static final Form COMPARE_LOOP =
            Form.NONE.useLate().useLate().useLate().def();

    private AtomicInsn() {}

    /** An access at an address that is a register. */
    abstract static class Access extends TrappingAccess {
        final int scale;

        Access(int scale, TrapCode trap, Form form, Reg... regs) {
            super(trap, form, regs);
            this.scale = scale;
        }

        final String name(int operand) {
            return Registers.name(scale == 3, reg(operand));
        }
    }

    /** LDAR. */
    static final class Load extends Access {
        Load(int scale, Reg rt, Reg address, TrapCode trap) {
            super(scale, trap, LOAD, address, rt);
        }

        @Override
        void access(Assembler asm) {
            asm.ordered(AtomicMemoryOp.LDAR, scale, reg(1), reg(0));
        }

        @Override
        public String toString() {
            return text(AtomicMemoryOp.LDAR.mnemonic(scale), name(1), "[" + reg(0) + "]");
        }
    }

    /** STLR. */
    static final class Store extends Access {
        Store(int scale, Reg rt, Reg address, TrapCode trap) {
            super(scale, trap, STORE, rt, address);
        }

        @Override
        void access(Assembler asm) {
            asm.ordered(AtomicMemoryOp.STLR, scale, reg(0), reg(1));
        }

        @Override
        public String toString() {
            return text(AtomicMemoryOp.STLR.mnemonic(scale), name(0), "[" + reg(1) + "]");
        }
    }

    /** LDADDAL, LDCLRAL, LDEORAL, LDSETAL, SWPAL. */
    static final class Modify extends Access {
        private final AtomicMemoryOp op;

        Modify(AtomicMemoryOp op, int scale, Reg rt, Reg operand, Reg address, TrapCode trap) {
            super(scale, trap, MODIFY, operand, address, rt);
            this.op = op;
        }

        @Override
        void access(Assembler asm) {
            asm.atomic(op, scale, reg(0), reg(2), reg(1));
        }

        @Override
        public String toString() {
            return text(op.mnemonic(scale), name(0), name(2), "[" + reg(1) + "]");
        }
    }

    /** CASAL. */
    static final class CompareAndExchange extends Access {
        CompareAndExchange(int scale, Reg rd, Reg expected, Reg replacement, Reg address, TrapCode trap) {
            super(scale, trap, COMPARE, expected, replacement, address, rd);
        }

        @Override
        void access(Assembler asm) {
            asm.atomic(AtomicMemoryOp.CASAL, scale, reg(3), reg(1), reg(2));
        }

        @Override
        public String toString() {
            String kept = name(3) + "(" + name(0) + ")";
            return text(AtomicMemoryOp.CASAL.mnemonic(scale), kept, name(1), "[" + reg(2) + "]");
        }
    }

    /** An exclusive load and an exclusive store, again and again until nobody else has stored between them. */
    abstract static class Loop extends Access {
        Loop(int scale, TrapCode trap, Form form, Reg... regs) {
            super(scale, trap, form, regs);
        }

        /**
         * Between the two; may write the scratch registers.
         *
         * @param end where to go if nothing is to be stored
         * @return what is to be stored, not in the second scratch register
         */
        abstract Reg change(Assembler asm, Reg old, Label end);

        final void repeat(Assembler asm, Reg old, Reg address) {
            Label again = new Label();
            Label end = new Label();
            asm.buffer().bind(again);
            asm.ordered(AtomicMemoryOp.LDAXR, scale, old, address);
            asm.storeExclusive(scale, Registers.IP1, change(asm, old, end), address);
            asm.cbnz(false, Registers.IP1, again);
            asm.buffer().bind(end);
        }
    }

    /** What an ATOMIC_RMW does, without LSE. */
    static final class ModifyLoop extends Loop {
        private final AtomicOp op;

        ModifyLoop(AtomicOp op, int scale, Reg rt, Reg operand, Reg address, TrapCode trap) {
            super(scale, trap, MODIFY_LOOP, operand, address, rt);
            this.op = op;
        }

        @Override
        void access(Assembler asm) {
            repeat(asm, reg(2), reg(1));
        }

        @Override
        Reg change(Assembler asm, Reg old, Label end) {
            Op alu = switch (op) {
                case ADD -> Op.ADD;
                case SUB -> Op.SUB;
                case AND -> Op.AND;
                case OR -> Op.ORR;
                case XOR -> Op.EOR;
                case XCHG -> null;
            };
            if (alu == null) {
                return reg(0);
            }
            asm.alu(alu, scale == 3, Registers.IP0, old, reg(0));
            return Registers.IP0;
        }

        @Override
        public String toString() {
            return text("exclusive " + op + (8 << scale), name(2), "[" + reg(1) + "]", name(0));
        }
    }

    /** What an ATOMIC_CMPXCHG does, without LSE. */
    static final class CompareAndExchangeLoop extends Loop {
        CompareAndExchangeLoop(int scale, Reg rt, Reg expected, Reg replacement, Reg address, TrapCode trap) {
            super(scale, trap, COMPARE_LOOP, expected, replacement, address, rt);
        }

        @Override
        void access(Assembler asm) {
            repeat(asm, reg(3), reg(2));
        }

        @Override
        Reg change(Assembler asm, Reg old, Label end) {
            // The difference of the bytes that count; no flags, which might be somebody's.
            asm.alu(Op.EOR, scale == 3, Registers.IP1, old, reg(0));
            if (scale < 2) {
                asm.bitfield(Op.UBFM, false, Registers.IP1, Registers.IP1, 0, (8 << scale) - 1);
            }
            asm.cbnz(scale == 3, Registers.IP1, end);
            return reg(1);
        }

        @Override
        public String toString() {
            return text("exclusive cmpxchg" + (8 << scale), name(3), "[" + reg(2) + "]", name(0), name(1));
        }
    }

    /** DMB ISH. */
    static final class Fence extends Sequence {
        Fence() {
            super(Form.NONE);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.memoryBarrier();
        }

        @Override
        public String toString() {
            return "dmb ish";
        }
    }
}
