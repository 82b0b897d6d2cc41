package kiln.codegen.x64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.V128;

/**
 * A source operand of an instruction that takes a register, memory, or an immediate in the same place. It is a
 * description and does not change: an instruction made with it appends the operand's roles to its form and its
 * registers to its own, and asks for the operand {@link #over} the registers that it has then.
 */
abstract sealed class Operand permits Operand.InReg, Operand.Imm, Operand.Pooled, Address {
    /** {@code form} with the registers that are read. */
    Form append(Form form) {
        return form;
    }

    /** Puts the registers that are read into {@code regs} from {@code at} on, and returns the place behind them. */
    int put(Reg[] regs, int at) {
        return at;
    }

    /** The same operand over the registers that {@code inst} has for it, from operand {@code at} on. */
    Operand over(MachInst inst, int at) {
        return this;
    }

    /** This operand with spill slots, constants and places in the frame turned into addresses. */
    Operand resolve(EmitContext context) {
        return this;
    }

    /** What is encoded for an operand that {@code inst} has from operand {@code at} on. */
    final Operand resolve(MachInst inst, int at, EmitContext context) {
        return over(inst, at).resolve(context);
    }

    /** Where the access comes from, if this is a folded load that may trap; else -1. */
    int position() {
        return -1;
    }

    /** The bits X and B of REX. */
    int highBits() {
        throw new IllegalArgumentException("not a register or memory: " + this);
    }

    /** Whether this and {@code other} are one value wherever their registers are; not asked of memory. */
    boolean isSameOver(Operand other) {
        return getClass() == other.getClass();
    }

    /** Text for an access of {@code bytes}. */
    abstract String text(int bytes);

    @Override
    public final String toString() {
        return text(8);
    }

    static Operand of(Reg r) {
        return new InReg(r, true);
    }

    /** A value that must be in a register, because its slot would be too short, or the encoding takes no memory. */
    static InReg inRegister(Reg r) {
        return new InReg(r, false);
    }

    static Operand imm(int value) {
        return new Imm(value);
    }

    /** A value in a register, or in a spill slot if the allocator found none. */
    static final class InReg extends Operand {
        private final Reg reg;
        private final boolean mayBeSlot;

        private InReg(Reg reg, boolean mayBeSlot) {
            this.reg = reg;
            this.mayBeSlot = mayBeSlot;
        }

        Reg reg() {
            return reg;
        }

        @Override
        Form append(Form form) {
            return mayBeSlot ? form.any() : form.use();
        }

        @Override
        int put(Reg[] regs, int at) {
            regs[at] = reg;
            return at + 1;
        }

        @Override
        Operand over(MachInst inst, int at) {
            return new InReg(inst.reg(at), mayBeSlot);
        }

        @Override
        Operand resolve(EmitContext context) {
            return reg.isSlot() ? Address.slot(context.frame(), reg) : this;
        }

        @Override
        int highBits() {
            return reg.index() >> 3;
        }

        @Override
        String text(int bytes) {
            return Registers.name(reg, bytes);
        }
    }

    /** A sign-extended immediate. */
    static final class Imm extends Operand {
        private final int value;

        private Imm(int value) {
            this.value = value;
        }

        int value() {
            return value;
        }

        @Override
        boolean isSameOver(Operand other) {
            return other instanceof Imm i && i.value == value;
        }

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
            return new Pooled(lanes(size, bits));
        }

        /** The bits of that. */
        static V128 lanes(int size, long bits) {
            long lanes = size == 4 ? bits << 32 | bits & 0xffffffffL : bits;
            return new V128(lanes, lanes);
        }

        @Override
        Address resolve(EmitContext context) {
            CodeBuffer buffer = context.buffer();
            if (bits instanceof V128 v) {
                return Address.of(buffer.constant16(v));
            }
            return Address.of(bits instanceof Long l ? buffer.constant8(l) : buffer.constant4((Integer) bits));
        }

        @Override
        boolean isSameOver(Operand other) {
            return other instanceof Pooled p && p.bits.equals(bits);
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
