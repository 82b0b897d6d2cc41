package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.Reg;

/** Atomic accesses that are bound to rax. {@code size} is 1, 2, 4 or 8 bytes. */
final class AtomicInsn {
    private AtomicInsn() {}

    /**
     * {@code rax} = what is at the address, which becomes {@code replacement} if that was equal to {@code rax}: to the
     * low bytes, the others stay then.
     */
    static final class CompareAndExchange extends Sequence {
        private final int size;
        private final Address address;

        private CompareAndExchange(int size, Address address, Form form, Reg... regs) {
            super(form, regs);
            this.size = size;
            this.address = address;
            setPosition(address.position());
        }

        static CompareAndExchange of(int size, Reg dst, Address address, Reg expected, Reg replacement) {
            Form form = address.append(Form.NONE.useFixed(Registers.RAX).use()).defFixed(Registers.RAX);
            Reg[] regs = new Reg[form.count()];
            regs[0] = expected;
            regs[1] = replacement;
            regs[address.put(regs, 2)] = dst;
            return new CompareAndExchange(size, address, form, regs);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.mr(Op.CMPXCHG, size, address.resolve(this, 2, context), reg(1));
        }

        @Override
        public String toString() {
            return text(
                    "lock cmpxchg",
                    name(form().count() - 1, size),
                    name(0, size),
                    "m" + size + " " + address.over(this, 2),
                    name(1, size));
        }
    }

    /** {@code rax} = what is at the address, which becomes {@code rax op operand}; zero-extended. */
    static final class Modify extends Sequence {
        private final Op op;
        private final int size;
        private final Address address;
        private final boolean constant;
        private final int imm;

        private Modify(Op op, int size, Address address, boolean constant, int imm, Form form, Reg... regs) {
            super(form, regs);
            this.op = op;
            this.size = size;
            this.address = address;
            this.constant = constant;
            this.imm = imm;
            setPosition(address.position());
        }

        /** With {@code imm} as the operand if {@code operand} is null. */
        static Modify of(Op op, int size, Reg dst, Address address, Reg operand, int imm, Reg temp) {
            // rax is written before the others are read for the last time.
            Form in = address.appendLate(Form.NONE);
            Form form = (operand == null ? in : in.useLate()).temp().defFixed(Registers.RAX);
            Reg[] regs = new Reg[form.count()];
            int at = address.put(regs, 0);
            if (operand != null) {
                regs[at++] = operand;
            }
            regs[at] = temp;
            regs[at + 1] = dst;
            return new Modify(op, size, address, operand == null, imm, form, regs);
        }

        private Reg temp() {
            return reg(form().count() - 2);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Address a = (Address) address.resolve(this, 0, context);
            Op load = size == 1 ? Op.MOVZX8 : size == 2 ? Op.MOVZX16 : Op.MOV;
            int wide = Math.max(size, 4);
            asm.rm(load, wide, Registers.RAX, a);
            Label again = new Label();
            asm.buffer().bind(again);
            asm.mov(wide, temp(), Registers.RAX);
            Operand operand = constant ? Operand.imm(imm) : Operand.of(reg(form().count() - 3));
            asm.op(op, wide, temp(), operand);
            // The page is there, since the load has been.
            asm.mr(Op.CMPXCHG, size, a.trapping(null), temp());
            asm.jcc(Cond.NE, again);
        }

        @Override
        public String toString() {
            return text(
                    "lock " + op.mnemonic(size),
                    name(form().count() - 1, size),
                    "m" + size + " " + address.over(this, 0),
                    constant ? Integer.toString(imm) : name(form().count() - 3, size),
                    "temp " + temp());
        }
    }
}
