package kiln.codegen.aarch64;

import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * An addressing mode that one load or store can have: base register with either a displacement or an index register.
 * The base may be sp, x28 or x29.
 */
final class Address {
    private final Reg base;
    private final Reg index;
    private final ExtendOp extend;
    private final int shift;
    private final int displacement;

    private Address(Reg base, Reg index, ExtendOp extend, int shift, int displacement) {
        this.base = base;
        this.index = index;
        this.extend = extend;
        this.shift = shift;
        this.displacement = displacement;
    }

    /** {@code [base, #displacement]}, which must fit the access, see {@link #fits}. */
    static Address of(Reg base, int displacement) {
        return new Address(base, null, null, 0, displacement);
    }

    /**
     * {@code [base, index, extend #shift]}.
     *
     * @param extend UXTX for a 64-bit index, UXTW or SXTW for a 32-bit one
     * @param shift 0 or the log2 of the access's bytes
     */
    static Address indexed(Reg base, Reg index, ExtendOp extend, int shift) {
        return new Address(base, index, extend, shift, 0);
    }

    /** Whether a displacement can be encoded with an access of {@code 1 << scale} bytes. */
    static boolean fits(long displacement, int scale) {
        return Immediates.isScaled(displacement, scale) || Immediates.isUnscaled(displacement);
    }

    /** {@code form} with an operand for each register. */
    Form uses(Form form) {
        return index == null ? form.use() : form.use().use();
    }

    /** The registers, with others around them. */
    Reg[] regs(Reg before, Reg after) {
        int at = before == null ? 0 : 1;
        Reg[] regs = new Reg[at + (index == null ? 1 : 2) + (after == null ? 0 : 1)];
        if (before != null) {
            regs[0] = before;
        }
        regs[at] = base;
        if (index != null) {
            regs[at + 1] = index;
        }
        if (after != null) {
            regs[regs.length - 1] = after;
        }
        return regs;
    }

    /** The same address over the registers that {@code inst} has from operand {@code at} on. */
    Address over(MachInst inst, int at) {
        return new Address(inst.reg(at), index == null ? null : inst.reg(at + 1), extend, shift, displacement);
    }

    /** Whether the address consists of reserved registers only, so that it means the same wherever it is computed. */
    boolean isConstant() {
        return index == null && base.isReserved();
    }

    /** Whether {@code other} is {@code bytes} behind this address, which is a register with a displacement. */
    boolean isFollowedBy(Address other, int bytes) {
        return index == null && other.index == null && base == other.base && displacement + bytes == other.displacement;
    }

    /** Whether this address changes when {@code r} does. */
    boolean reads(Reg r) {
        return base == r || index == r;
    }

    Reg base() {
        return base;
    }

    int displacement() {
        return displacement;
    }

    void emit(Assembler asm, LoadStoreOp op, Reg rt) {
        if (index != null) {
            asm.loadStoreIndexed(op, rt, base, index, extend, shift != 0);
        } else {
            emit(asm, op, rt, base, displacement);
        }
    }

    /** An access at a displacement for which {@link #fits} holds, in the form that takes it. */
    static void emit(Assembler asm, LoadStoreOp op, Reg rt, Reg base, int displacement) {
        if (Immediates.isScaled(displacement, op.scale)) {
            asm.loadStoreScaled(op, rt, base, displacement);
        } else {
            asm.loadStoreUnscaled(op, rt, base, displacement);
        }
    }

    @Override
    public String toString() {
        if (index == null) {
            return "[" + base + (displacement == 0 ? "" : ", #" + displacement) + "]";
        }
        String name = extend == ExtendOp.UXTX ? "lsl" : extend.toString();
        String how = shift != 0 ? ", " + name + " #" + shift : extend == ExtendOp.UXTX ? "" : ", " + name;
        return "[" + base + ", " + Registers.name(extend.isWide(), index) + how + "]";
    }
}
