package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.ir.V128;

/** A source operand of an instruction that takes a register, memory, or an immediate in the same place. */
abstract sealed class Operand permits Operand.InReg, Operand.Imm, Operand.Pooled, Address {

    /** Passes the registers that are read to {@code v}. */
    abstract void visit(OperandVisitor v);

    /** This operand with spill slots, constants and places in the frame turned into addresses. */
    Operand resolve(EmitContext context) {
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

    /** A value that must be in a register, because its slot would be too short. */
    static Operand inRegister(Reg r) {
        return new InReg(r, false);
    }

    static Operand imm(int value) {
        return new Imm(value);
    }

    /** A value in a register, or in a spill slot if the allocator found none. */
    static final class InReg extends Operand {
        private Reg reg;
        private final boolean mayBeSlot;

        InReg(Reg reg) {
            this(reg, true);
        }

        private InReg(Reg reg, boolean mayBeSlot) {
            this.reg = reg;
            this.mayBeSlot = mayBeSlot;
        }

        Reg reg() {
            return reg;
        }

        @Override
        void visit(OperandVisitor v) {
            reg = mayBeSlot ? v.useAny(reg) : v.use(reg);
        }

        @Override
        Operand resolve(EmitContext context) {
            return reg.isSlot() ? Address.slot(context.frame(), reg) : this;
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
        String text(int bytes) {
            return Integer.toString(value);
        }
    }

    /** A constant behind the function's code. */
    static final class Pooled extends Operand {
        private final Object bits;

        /** {@code bits} is an Integer, a Long or a V128, which says how many bytes it takes. */
        Pooled(Object bits) {
            this.bits = bits;
        }

        /** A float constant of 4 or 8 bytes. */
        static Pooled ofFloat(int size, long bits) {
            return new Pooled(size == 4 ? (Object) (int) bits : (Object) bits);
        }

        /** A constant that fills a vector register: {@code bits} of {@code size} bytes in every lane. */
        static Pooled splat(int size, long bits) {
            long lanes = size == 4 ? bits << 32 | bits & 0xffffffffL : bits;
            return new Pooled(new V128(lanes, lanes));
        }

        @Override
        void visit(OperandVisitor v) {}

        @Override
        Operand resolve(EmitContext context) {
            return Address.of(
                    switch (bits) {
                        case Integer i -> context.buffer().constant4(i);
                        case Long l -> context.buffer().constant8(l);
                        case V128 v -> context.buffer().constant16(v);
                        default -> throw new IllegalStateException();
                    });
        }

        @Override
        String text(int bytes) {
            return "const("
                    + switch (bits) {
                        case Integer i -> "0x" + Integer.toHexString(i);
                        case Long l -> "0x" + Long.toHexString(l);
                        default -> bits.toString();
                    }
                    + ")";
        }
    }
}
