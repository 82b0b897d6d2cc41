package kiln.codegen.x64;

import kiln.codegen.FrameLayout;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** A source operand of an instruction that takes a register, memory, or an immediate in the same place. */
public abstract sealed class Operand permits Operand.InReg, Operand.Imm, Address {

    /** Passes the registers that are read to {@code v}. */
    abstract void visit(OperandVisitor v);

    /** As {@link #visit}, for an operand that is still read when results are written. */
    abstract void visitLate(OperandVisitor v);

    /** This operand with spill slots turned into addresses in the frame. */
    Operand resolve(FrameLayout frame) {
        return this;
    }

    /** Text for an access of {@code bytes}. */
    abstract String text(int bytes);

    @Override
    public final String toString() {
        return text(8);
    }

    static Operand of(Reg r) {
        return new InReg(r);
    }

    static Operand imm(int value) {
        return new Imm(value);
    }

    /** A value in a register, or in a spill slot if the allocator found none. */
    static final class InReg extends Operand {
        private Reg reg;

        InReg(Reg reg) {
            this.reg = reg;
        }

        Reg reg() {
            return reg;
        }

        @Override
        void visit(OperandVisitor v) {
            reg = v.useAny(reg);
        }

        @Override
        void visitLate(OperandVisitor v) {
            reg = v.useLate(reg);
        }

        @Override
        Operand resolve(FrameLayout frame) {
            return reg.isSlot() ? Address.slot(frame, reg) : this;
        }

        @Override
        String text(int bytes) {
            return Registers.name(reg, bytes);
        }
    }

    /** A sign-extended immediate. */
    static final class Imm extends Operand {
        private final int value;

        Imm(int value) {
            this.value = value;
        }

        int value() {
            return value;
        }

        @Override
        void visit(OperandVisitor v) {}

        @Override
        void visitLate(OperandVisitor v) {}

        @Override
        String text(int bytes) {
            return Integer.toString(value);
        }
    }
}
