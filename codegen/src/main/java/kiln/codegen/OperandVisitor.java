package kiln.codegen;

/**
 * Reads and rewrites the register operands of an instruction. An instruction states its operands exactly once, in
 * {@link MachInst#visitOperands}, passing each register through one of these methods and storing what comes back.
 *
 * <p>An instruction has two points: early (operands are read) and late (results are written). A plain use ends early
 * and a plain definition begins late, so they may share a register. The same virtual register may be passed several
 * times, also with different fixed registers. Definitions and temporaries define each virtual register once in the
 * function (SSA), which includes block parameters.
 */
public interface OperandVisitor {
    /** Read early, from any register of its class. */
    Reg use(Reg r);

    /** Read until late: never shares a register with a definition or temporary of this instruction. */
    Reg useLate(Reg r);

    /** Read early, from a register or from a spill slot. */
    Reg useAny(Reg r);

    /** Read early, from this physical register. */
    Reg useFixed(Reg r, Reg physical);

    /** Written late, to any register. */
    Reg def(Reg r);

    /** Written early: never shares a register with a use of this instruction. */
    Reg defEarly(Reg r);

    /**
     * Written late, to the register of {@code reused}, a virtual register passed before through {@link #use}. The allocator copies the used
     * value first where it lives on.
     */
    Reg defReuse(Reg r, Reg reused);

    /** Written late, to this physical register. */
    Reg defFixed(Reg r, Reg physical);

    /** A register for the instruction's own needs: written early, dead afterwards, shared with no other operand. */
    Reg temp(Reg r);

    /** Registers whose contents are lost (late), apart from those that hold fixed definitions. */
    void clobber(RegSet set);
}
