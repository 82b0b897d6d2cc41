package kiln.codegen.aarch64;

import kiln.codegen.Reg;

/**
 * What a code buffer records where the flags are as {@code comparison} sets them and its registers have not been
 * written since: selects and branches that go by one condition share its comparison.
 */
record ComparedFlags(Insn comparison) {
    /** What is recorded right here, or null. */
    static ComparedFlags here(Assembler asm) {
        return (ComparedFlags) asm.buffer().machineState();
    }

    /** Records what was known before code that has left the flags alone and written {@code written} (may be null). */
    static void keep(Assembler asm, ComparedFlags flags, Reg written) {
        if (flags != null && (written == null || !flags.reads(written))) {
            asm.buffer().machineState(flags);
        }
    }

    private boolean reads(Reg r) {
        for (int i = 0; i < comparison.form().count(); i++) {
            if (comparison.reg(i) == r) {
                return true;
            }
        }
        return false;
    }
}
