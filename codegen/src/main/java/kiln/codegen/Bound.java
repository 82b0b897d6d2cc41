package kiln.codegen;

import java.util.ArrayList;
import java.util.List;

/**
 * Values that the calling convention binds to registers: an operand of calls, returns and entries.
 *
 * @param values what is bound
 * @param places for each its register
 */
public record Bound(Reg[] values, Reg[] places) {
    public static final Bound NONE = new Bound(new Reg[0], new Reg[0]);

    /** Collects what is bound. */
    static final class Builder {
        private final List<Reg> values = new ArrayList<>();
        private final List<Reg> places = new ArrayList<>();

        void add(Reg value, Reg place) {
            values.add(value);
            places.add(place);
        }

        Bound build() {
            return new Bound(values.toArray(Reg[]::new), places.toArray(Reg[]::new));
        }
    }

    /** {@code form} with an operand for each value, read from its register. */
    public Form uses(Form form) {
        Form f = form;
        for (Reg place : places) {
            f = f.useFixed(place);
        }
        return f;
    }

    /** {@code form} with an operand for each value, written to its register. */
    public Form defines(Form form) {
        Form f = form;
        for (Reg place : places) {
            f = f.defFixed(place);
        }
        return f;
    }

    public int count() {
        return values.length;
    }

    /**
     * Operands of {@code inst} that are bound to registers, as text: values with their registers, which are left out
     * once they are the same.
     */
    public static String text(MachInst inst, int from, int count) {
        StringBuilder s = new StringBuilder("(");
        for (int i = from; i < from + count; i++) {
            s.append(i == from ? "" : ", ").append(inst.reg(i));
            if (inst.reg(i) != inst.form().fixed(i)) {
                s.append(':').append(inst.form().fixed(i));
            }
        }
        return s.append(')').toString();
    }

    public boolean isEmpty() {
        return values.length == 0;
    }
}
