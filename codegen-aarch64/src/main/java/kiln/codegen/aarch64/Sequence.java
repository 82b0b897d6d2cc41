package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * What the allocator sees as one instruction: a single one of the machine ({@link Insn} and the loads and stores), or a
 * short sequence that must not be cut. The classes lie in one file for each family. Reserved registers (sp, xzr, x28,
 * x29) may stand wherever the encoding takes them.
 */
abstract class Sequence extends MachInst {
    /** Set once a short branch or literal load did not reach its label: the longer form is emitted from then on. */
    private boolean far;

    Sequence(Form form, Reg... regs) {
        super(form, regs);
    }

    abstract void emit(Assembler asm, EmitContext context);

    @Override
    public final void emit(EmitContext context) {
        emit(Context.assembler(context), context);
    }

    @Override
    public final void lengthen() {
        far = true;
    }

    final boolean isFar() {
        return far;
    }
}
