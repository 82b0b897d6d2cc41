package kiln.codegen.aarch64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Reg;

/** An access to memory whose first instruction may fault. */
abstract class TrappingAccess extends Sequence {
    /** What a fault means, or null if there is none. */
    final TrapCode trap;

    TrappingAccess(TrapCode trap, Form form, Reg... regs) {
        super(form, regs);
        this.trap = trap;
    }

    abstract void access(Assembler asm);

    @Override
    final void emit(Assembler asm, EmitContext context) {
        if (trap != null) {
            context.buffer().trapSite(trap);
        }
        access(asm);
    }
}
