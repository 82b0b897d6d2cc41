package kiln.codegen.x64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.FrameLayout;
import kiln.codegen.Label;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * An addressing mode: {@code [base + (index << shift) + disp]} with base and index optional, or {@code [rip + label]},
 * or bytes of the frame's STACK_ADDR area.
 */
final class Address extends Operand {
    private final Reg base;
    private final Reg index;
    private final int shift;
    private final int disp;
    private final Label label;
    private final boolean inStackArea;
    /** What a fault means, or null if there is none. */
    private final TrapCode trap;

    private final int position;

    private Address(
            Reg base, Reg index, int shift, int disp, Label label, boolean inStackArea, TrapCode trap, int position) {
        if (index == Registers.RSP) {
            throw new IllegalArgumentException("rsp cannot be an index");
        }
        this.base = base;
        this.index = index;
        this.shift = shift;
        this.disp = disp;
        this.label = label;
        this.inStackArea = inStackArea;
        this.trap = trap;
        this.position = position;
    }

    static Address of(Reg base, int disp) {
        return of(base, null, 0, disp);
    }

    /** {@code shift} is 0 to 3; base and index may be null. */
    static Address of(Reg base, Reg index, int shift, int disp) {
        return new Address(base, index, shift, disp, null, false, null, -1);
    }

    /** A place in the same function. */
    static Address of(Label label) {
        return new Address(null, null, 0, 0, label, false, null, -1);
    }

    /** Byte {@code offset} of the frame's STACK_ADDR area, plus an index that may be null. */
    static Address stackArea(int offset, Reg index, int shift) {
        return new Address(Registers.RBP, index, shift, offset, null, true, null, -1);
    }

    /** Where a spill slot lies. */
    static Address slot(FrameLayout frame, Reg slot) {
        return of(Registers.RBP, frame.slotOffset(slot.index(), slot.type().bytes() == 16 ? 2 : 1));
    }

    /** The same address, accesses to which are trap sites if {@code code} is not null. */
    Address trapping(TrapCode code) {
        return new Address(base, index, shift, disp, label, inStackArea, code, position);
    }

    /** The same address, accesses to which come from a place of their own, which their instruction takes over. */
    Address at(int wasmOffset) {
        return new Address(base, index, shift, disp, label, inStackArea, trap, wasmOffset);
    }

    Reg base() {
        return base;
    }

    Reg index() {
        return index;
    }

    int shift() {
        return shift;
    }

    int disp() {
        return disp;
    }

    Label label() {
        return label;
    }

    /** Whether this is a fixed place in the frame. */
    boolean isInFrame() {
        return inStackArea && index == null;
    }

    /** What a fault means, or null. */
    TrapCode trap() {
        return trap;
    }

    @Override
    int position() {
        return position;
    }

    @Override
    Form append(Form form) {
        Form f = base != null ? form.use() : form;
        return index != null ? f.use() : f;
    }

    /** As {@link #append}, for a sequence that reads the registers after it has written others. */
    Form appendLate(Form form) {
        Form f = base != null ? form.useLate() : form;
        return index != null ? f.useLate() : f;
    }

    @Override
    int put(Reg[] regs, int at) {
        int next = at;
        if (base != null) {
            regs[next++] = base;
        }
        if (index != null) {
            regs[next++] = index;
        }
        return next;
    }

    @Override
    Address over(MachInst inst, int at) {
        Reg b = base == null ? null : inst.reg(at);
        Reg i = index == null ? null : inst.reg(base == null ? at : at + 1);
        return b == base && i == index ? this : new Address(b, i, shift, disp, label, inStackArea, trap, position);
    }

    @Override
    Address resolve(EmitContext context) {
        return inStackArea
                ? new Address(base, index, shift, disp - context.frame().bytes(), null, false, trap, position)
                : this;
    }

    @Override
    int highBits() {
        return (index == null ? 0 : index.index() >> 3 << 1) | (base == null ? 0 : base.index() >> 3);
    }

    @Override
    String text(int bytes) {
        StringBuilder s = new StringBuilder("[");
        if (label != null) {
            return s.append("rip + ")
                    .append(label.isBound() ? "." + label.offset() : "label")
                    .append("]")
                    .toString();
        }
        if (base != null) {
            s.append(inStackArea ? "stack" : base);
        }
        if (index != null) {
            s.append(base != null ? " + " : "").append(index).append(shift == 0 ? "" : "*" + (1 << shift));
        }
        if (disp != 0 || base == null && index == null) {
            boolean first = base == null && index == null;
            s.append(first ? "" : disp < 0 ? " - " : " + ").append(first ? disp : Math.abs((long) disp));
        }
        return s.append("]").toString();
    }
}
