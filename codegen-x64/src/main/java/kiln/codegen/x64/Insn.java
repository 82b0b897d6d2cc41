package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * An x86-64 instruction, or a short sequence that belongs together. Each extends the {@link Shape} of its operands, or
 * states its own if nothing else has the like; the classes lie in one file for each family. Flags are set and read within one
 * of these and never live from one to the next, so every one may change them.
 */
abstract class Insn extends MachInst {
    abstract void emit(Assembler asm, EmitContext context);

    @Override
    public final void emit(EmitContext context) {
        emit(new Assembler(context.buffer()), context);
    }

    /** An integer register as text. */
    static String name(Reg r, int size) {
        return Registers.name(r, size);
    }

    static String format(String format, Object... args) {
        return String.format(format, args);
    }
}
