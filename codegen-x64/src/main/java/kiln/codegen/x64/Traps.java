package kiln.codegen.x64;

import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.Label;

/** Explicit traps. */
final class Traps {
    private Traps() {}

    /**
     * Calls the trap stub here; the return address is the trap site. A byte behind it, which never runs, keeps that
     * address inside of the function and apart from the next instruction, which may be a trap site of its own.
     */
    static void trap(Assembler asm, TrapCode code) {
        asm.call(Address.of(Registers.CONTEXT, VMContextLayout.TRAP_STUB));
        asm.buffer().trapSite(code);
        asm.zo(Op.INT3);
    }

    /** The place of a trap behind the body, for conditional jumps from the current instruction. */
    static Label label(Assembler asm, TrapCode code) {
        return asm.buffer().rarelyAt(() -> trap(asm, code));
    }
}
