package kiln.codegen.regalloc;

import kiln.codegen.Reg;

/** Hands an instruction its registers, operand by operand, in the order in which {@link Operands} saw them. */
final class Rewriter extends OperandMapper {
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

    @Override
    Reg map(Reg r) {
        Reg a = assigned[at++];
        return a == null ? r : a;
    }
}
