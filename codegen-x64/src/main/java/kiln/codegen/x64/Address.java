package kiln.codegen.x64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.FrameLayout;
import kiln.codegen.Label;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/**
 * An addressing mode: {@code [base + (index << shift) + disp]} with base and index optional, or {@code [rip + label]}, or
 * bytes of the frame's STACK_ADDR area.
 */
final class Address extends Operand {
    private Reg base;
    private Reg index;
    private final int shift;
    private final int disp;
    private final Label label;
    private final boolean inStackArea;
    /** What a fault means, or null if there is none. */
    private final TrapCode trap;

    private Address(Reg base, Reg index, int shift, int disp, Label label, boolean inStackArea, TrapCode trap) {
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
    }

    public static Address of(Reg base, int disp) {
        return new Address(base, null, 0, disp, null, false, null);
    }

    /** {@code shift} is 0 to 3; base and index may be null. */
    public static Address of(Reg base, Reg index, int shift, int disp) {
        return new Address(base, index, shift, disp, null, false, null);
    }

    /** A place in the same function. */
    public static Address of(Label label) {
        return new Address(null, null, 0, 0, label, false, null);
    }

    /** Byte {@code offset} of the frame's STACK_ADDR area, plus an index that may be null. */
    static Address stackArea(int offset, Reg index, int shift) {
        return new Address(Registers.RBP, index, shift, offset, null, true, null);
    }

    /** Where a spill slot lies. */
    static Address slot(FrameLayout frame, Reg slot) {
        return of(Registers.RBP, frame.slotOffset(slot.index(), slot.type().bytes() == 16 ? 2 : 1));
    }

    /** The same address, accesses to which are trap sites if {@code code} is not null. */
    Address trapping(TrapCode code) {
        return new Address(base, index, shift, disp, label, inStackArea, code);
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
    void visit(OperandVisitor v) {
        if (base != null) {
            base = v.use(base);
        }
        if (index != null) {
            index = v.use(index);
        }
    }

    @Override
    Address resolve(EmitContext context) {
        return inStackArea
                ? new Address(base, index, shift, disp - context.frame().bytes(), null, false, trap)
                : this;
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
