package kiln.codegen.x64;

import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;

/**
 * What the allocator sees as one instruction: a single one of the machine ({@link Insn}), or a short sequence that must
 * not be cut. The classes lie in one file for each family. Flags are set and read within one of these and never live
 * from one to the next, so every one may change them.
 */
abstract class Sequence extends MachInst {
    Sequence(Form form, Reg... regs) {
        super(form, regs);
    }

    abstract void emit(Assembler asm, EmitContext context);

    @Override
    public final void emit(EmitContext context) {
        emit(Context.assembler(context), context);
    }

    /** An operand's register as text, an integer register by the name of its low {@code size} bytes. */
    final String name(int operand, int size) {
        return Registers.name(reg(operand), size);
    }

    /** {@code regs} for {@code form}: those of {@code first}, if any, then of {@code second}, then {@code rest}. */
    static Reg[] regs(Form form, Operand first, Operand second, Reg... rest) {
        Reg[] regs = new Reg[form.count()];
        int at = first == null ? 0 : first.put(regs, 0);
        at = second == null ? at : second.put(regs, at);
        System.arraycopy(rest, 0, regs, at, rest.length);
        return regs;
    }

    static String format(String format, Object... args) {
        return String.format(format, args);
    }
}
