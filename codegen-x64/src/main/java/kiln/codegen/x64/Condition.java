package kiln.codegen.x64;

import kiln.codegen.EmitContext;

/**
 * A comparison and what it is asked.
 *
 * @param parity whether a condition on the parity flag (unordered floats) comes on top
 */
record Condition(Flags flags, Cond cond, Parity parity) {
    /** Equality of floats needs two conditions. */
    enum Parity {
        NONE,
        /** ... and the operands are ordered. */
        AND_ORDERED,
        /** ... or the operands are unordered. */
        OR_UNORDERED
    }

    static Condition of(Flags flags, Cond cond) {
        return new Condition(flags, cond, Parity.NONE);
    }

    /** Emits the comparison, unless the flags tell already what it would. */
    void emitFlags(Assembler asm, EmitContext context) {
        boolean told = flags instanceof Flags.Compare c
                && parity == Parity.NONE
                && asm.buffer().remark() instanceof ResultFlags r
                && c.isWithZero(r.reg(), r.size())
                && r.tell(cond);
        if (!told) {
            flags.emit(asm, context);
        }
    }

    Condition negate() {
        return new Condition(
                flags,
                cond.negate(),
                switch (parity) {
                    case NONE -> Parity.NONE;
                    case AND_ORDERED -> Parity.OR_UNORDERED;
                    case OR_UNORDERED -> Parity.AND_ORDERED;
                });
    }

    @Override
    public String toString() {
        return flags + "; " + cond
                + switch (parity) {
                    case NONE -> "";
                    case AND_ORDERED -> "&np";
                    case OR_UNORDERED -> "|p";
                };
    }
}
