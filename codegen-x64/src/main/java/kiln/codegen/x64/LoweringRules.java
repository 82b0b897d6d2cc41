package kiln.codegen.x64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.EmitContext;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.MoveFactory;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** What the driver of lowering asks about this instruction set. */
final class LoweringRules extends ControlRules {
    LoweringRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    @Override
    protected MoveFactory moves() {
        return MoveInsn.FACTORY;
    }

    /** An i32 is kept zero-extended. */
    @Override
    protected Value sameRegister(Inst inst) {
        return inst.opcode() == Opcode.ZEXT ? inst.arg(0) : null;
    }

    /** Constants of ten bytes, and those that come from memory, are better kept in a register over a loop. */
    @Override
    protected boolean isCheap(Inst inst) {
        return switch (inst.opcode()) {
            case ICONST -> inst.type() == Type.I32 || (int) inst.imm() == inst.imm() || inst.imm() >>> 32 == 0;
            case FCONST -> inst.imm() == 0;
            case VCONST -> inst.vector().low() == 0 && inst.vector().high() == 0;
            default -> true;
        };
    }

    @Override
    protected void emitPrologue(EmitContext context) {
        Prologue.emit(new Assembler(context.buffer()), context.frame(), makesCalls());
    }

    @Override
    protected void emitPadding(CodeBuffer buffer, int bytes) {
        // How much it takes is known when the branches in front have their sizes.
        buffer.padding(FunctionCompiler.LOOP_ALIGNMENT, new Assembler(buffer)::nop);
    }
}
