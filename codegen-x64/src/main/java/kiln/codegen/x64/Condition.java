package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * A comparison and what it is asked. A sequence that goes by it has the comparison's operands as its first ones.
 *
 * @param comparison sets the flags and nothing else
 * @param parity whether a condition on the parity flag (unordered floats) comes on top
 */
record Condition(Insn comparison, Cond cond, Parity parity) {
    /** Equality of floats needs two conditions. */
    enum Parity {
        NONE,
        /** ... and the operands are ordered. */
        AND_ORDERED,
        /** ... or the operands are unordered. */
        OR_UNORDERED
    }

    static Condition of(Insn comparison, Cond cond) {
        return new Condition(comparison, cond, Parity.NONE);
    }

    /** Number of operands that the comparison has. */
    int operands() {
        return comparison.form().count();
    }

    /** Whether the comparison that {@code inst} begins with reads {@code r}. */
    boolean reads(MachInst inst, Reg r) {
        for (int i = 0; i < operands(); i++) {
            if (inst.reg(i) == r) {
                return true;
            }
        }
        return false;
    }

    /**
     * Emits the comparison that {@code inst} begins with, unless the flags tell already what it would, and records what
     * they say.
     */
    void emitFlags(Assembler asm, EmitContext context, MachInst inst) {
        if (isKnown(KnownFlags.here(asm), inst)) {
            return;
        }
        if (comparison.comparesWithZero()) {
            asm.test(comparison.size(), inst.reg(0));
            ResultFlags.record(asm, inst.reg(0), comparison.size(), true);
        } else {
            comparison.encode(asm, context, inst);
            asm.buffer().machineState(ComparedFlags.of(comparison, inst));
        }
    }

    /** Whether {@code flags} (may be null) tell what the comparison would that {@code inst} begins with. */
    boolean isKnown(KnownFlags flags, MachInst inst) {
        if (!comparison.comparesWithZero()) {
            return flags instanceof ComparedFlags c && c.equal(comparison, inst);
        }
        return parity == Parity.NONE
                && flags instanceof ResultFlags r
                && r.reg() == inst.reg(0)
                && r.size() == comparison.size()
                && r.tell(cond);
    }

    Condition negate() {
        return new Condition(
                comparison,
                cond.negate(),
                switch (parity) {
                    case NONE -> Parity.NONE;
                    case AND_ORDERED -> Parity.OR_UNORDERED;
                    case OR_UNORDERED -> Parity.AND_ORDERED;
                });
    }

    /** Text over the operands that {@code inst} begins with. */
    String text(MachInst inst) {
        return comparison.text(inst) + "; " + cond
                + switch (parity) {
                    case NONE -> "";
                    case AND_ORDERED -> "&np";
                    case OR_UNORDERED -> "|p";
                };
    }
}
