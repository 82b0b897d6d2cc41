package kiln.codegen.regalloc;

import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegSet;

/** Hands an instruction its registers, operand by operand, in the order in which {@link Operands} saw them. */
final class Rewriter implements OperandVisitor {
    private Reg[] assigned = new Reg[16];
    private int at;

    void begin(int operands) {
        if (operands > assigned.length) {
            assigned = new Reg[operands * 2];
        }
        at = 0;
    }

    /** Sets the register of operand {@code i}; null leaves it as it is. */
    void set(int i, Reg r) {
        assigned[i] = r;
    }

    Reg get(int i) {
        return assigned[i];
    }

    private Reg take(Reg r) {
        Reg a = assigned[at++];
        return a == null ? r : a;
    }

    @Override
    public Reg use(Reg r) {
        return take(r);
    }

    @Override
    public Reg useLate(Reg r) {
        return take(r);
    }

    @Override
    public Reg useAny(Reg r) {
        return take(r);
    }

    @Override
    public Reg useFixed(Reg r, Reg physical) {
        return take(r);
    }

    @Override
    public Reg def(Reg r) {
        return take(r);
    }

    @Override
    public Reg defEarly(Reg r) {
        return take(r);
    }

    @Override
    public Reg defReuse(Reg r, Reg reused) {
        return take(r);
    }

    @Override
    public Reg defFixed(Reg r, Reg physical) {
        return take(r);
    }

    @Override
    public Reg temp(Reg r) {
        return take(r);
    }

    @Override
    public void clobber(RegSet set) {}
}
