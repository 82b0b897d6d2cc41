package kiln.codegen.x64;

import kiln.codegen.Reg;

/** What a code buffer records of the flags where whatever comes next may ask the same thing again. */
sealed interface KnownFlags permits ResultFlags, ComparedFlags {
    /** Whether the flags no longer say what they are recorded to say once {@code r} is written. */
    boolean dependOn(Reg r);

    /** What is recorded right here, or null. */
    static KnownFlags here(Assembler asm) {
        return (KnownFlags) asm.buffer().machineState();
    }

    /** Records what was known before code that has left the flags alone and written {@code written} (may be null). */
    static void keep(Assembler asm, KnownFlags flags, Reg written) {
        if (flags != null && (written == null || !flags.dependOn(written))) {
            asm.buffer().machineState(flags);
        }
    }
}
