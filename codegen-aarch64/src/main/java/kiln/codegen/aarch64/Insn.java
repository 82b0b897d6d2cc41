package kiln.codegen.aarch64;

import kiln.codegen.EmitContext;
import kiln.codegen.MachInst;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;

/**
 * An AArch64 instruction, or a fixed short sequence of them that the allocator must not cut. Each extends the
 * {@link Shape} of its operands, or states its own if nothing else has the like; the classes lie in one file for each family.
 * Reserved registers (sp, xzr, x28, x29) may stand wherever the encoding takes them.
 */
abstract class Insn extends MachInst {
    /** Set once a short branch or literal load did not reach its label: the longer form is emitted from then on. */
    private boolean far;

    abstract void emit(Assembler asm, EmitContext context);

    @Override
    public final void emit(EmitContext context) {
        emit(new Assembler(context.buffer()), context);
    }

    @Override
    public final void lengthen() {
        far = true;
    }

    final boolean isFar() {
        return far;
    }

    // Reserved registers are not the allocator's business.

    static Reg use(OperandVisitor v, Reg r) {
        return Registers.isReserved(r) ? r : v.use(r);
    }

    static Reg useLate(OperandVisitor v, Reg r) {
        return Registers.isReserved(r) ? r : v.useLate(r);
    }

    static Reg def(OperandVisitor v, Reg r) {
        return Registers.isReserved(r) ? r : v.def(r);
    }

    /** An integer register's name in its 32-bit or 64-bit form. */
    static String name(boolean wide, Reg r) {
        if (!r.isPhysical() || r == Registers.SP) {
            return r.toString();
        }
        return r == Registers.ZR ? wide ? "xzr" : "wzr" : (wide ? "x" : "w") + r.index();
    }

    /** A vector register's name as a scalar of {@code bytes} bytes. */
    static String scalar(int bytes, Reg r) {
        if (!r.isPhysical()) {
            return r.toString();
        }
        return (bytes == 16 ? "q" : bytes == 8 ? "d" : "s") + r.index();
    }

    static String floating(boolean dbl, Reg r) {
        return scalar(dbl ? 8 : 4, r);
    }

    /** Whether an integer type takes the 64-bit form. */
    static boolean isWide(Type t) {
        return t != Type.I32;
    }

    /** A register's name in the size of a type. */
    static String name(Type t, Reg r) {
        return RegClass.of(t) == RegClass.INT ? name(isWide(t), r) : scalar(t.bytes(), r);
    }
}
