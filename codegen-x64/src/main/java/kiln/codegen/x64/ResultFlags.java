package kiln.codegen.x64;

import kiln.codegen.Reg;

/**
 * What a code buffer records where the flags describe the value just computed into a register, as a comparison of it
 * with zero would.
 *
 * @param logical whether carry and overflow are clear, as such a comparison leaves them; else only zero and sign are
 *     right
 */
record ResultFlags(Reg reg, int size, boolean logical) implements KnownFlags {
    /** Says so of the instruction that was just emitted. */
    static void record(Assembler asm, Reg reg, int size, boolean logical) {
        asm.buffer().machineState(new ResultFlags(reg, size, logical));
    }

    @Override
    public boolean dependOn(Reg r) {
        return r == reg;
    }

    /** Whether {@code cond} can be read without the comparison. */
    boolean tell(Cond cond) {
        return logical || cond == Cond.E || cond == Cond.NE || cond == Cond.S || cond == Cond.NS;
    }
}
