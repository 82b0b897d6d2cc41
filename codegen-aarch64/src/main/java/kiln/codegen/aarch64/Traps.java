package kiln.codegen.aarch64;

import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.Label;

/** Explicit traps. */
final class Traps {
    private Traps() {}

    /** Calls the trap stub here; the return address is the trap site. */
    static void trap(Assembler asm, TrapCode code) {
        asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.CONTEXT, VMContextLayout.TRAP_STUB);
        asm.blr(Registers.IP0);
        asm.buffer().trapSite(code);
    }

    /** The place of a trap behind the body, for conditional branches from the current instruction. */
    static Label label(Assembler asm, TrapCode code) {
        return asm.buffer().rarelyAt(() -> trap(asm, code));
    }
}
