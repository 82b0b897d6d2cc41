package kiln.codegen.x64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.EmitContext;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.LoweringContext;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** What the rules for x86-64 read and write, and what lowering asks about this instruction set. */
final class Context extends LoweringContext {
    private final CpuFeatures features;

    Context(Function function, CodegenOptions options) {
        super(function, options, CommonInsn.INSTANCE, Registers.CONVENTION);
        this.features = CpuFeatures.of(options.features());
    }

    // Operands.

    static int size(Type type) {
        return type.bytes();
    }

    static int size(Inst inst) {
        return inst.type().bytes();
    }

    /** Whether {@code v} is the integer constant {@code k}. */
    static boolean isConst(Value v, long k) {
        return v.is(Opcode.ICONST) && constValue(v) == k;
    }

    static boolean fitsImm(Value v) {
        return v.is(Opcode.ICONST) && (int) constValue(v) == constValue(v);
    }

    /** An integer constant that {@link #fitsImm}. */
    static Operand imm(Value v) {
        return Operand.imm((int) constValue(v));
    }

    /** The operand as immediate, memory or register, for an operation of {@code size} bytes. */
    Operand source(Value v, int size) {
        return fitsImm(v) ? imm(v) : registerOrMemory(v, size);
    }

    /** The operand as memory or register. */
    Operand registerOrMemory(Value v, int size) {
        Inst load = foldableLoad(v, size);
        return load != null ? fold(load) : Operand.of(value(v));
    }

    /** As {@link #registerOrMemory}, for floats; constants come from memory as well. */
    Operand floatSource(Value v) {
        if (v.is(Opcode.FCONST) && constValue(v) != 0) {
            return Operand.Pooled.ofFloat(size(v.type()), constValue(v));
        }
        Inst load = foldableLoad(v, size(v.type()));
        return load != null ? fold(load) : Operand.of(reg(v));
    }

    /** A load of exactly {@code size} bytes that the current rule may do itself. */
    Inst foldableLoad(Value v, int size) {
        Inst load = foldable(v, Opcode.LOAD);
        return load != null && load.memory().width() == size && v.type().bytes() == size ? load : null;
    }

    /**
     * The memory operand that stands for a load, which is then done. An instruction made with it comes from where a
     * load that may trap does: so it must have one such operand at most.
     */
    Address fold(Inst load) {
        absorb(load);
        Address a = MemoryRules.address(this, load);
        return load.memory().trap() != null ? a.at(load.position()) : a;
    }

    // Instructions.

    /** Whether the processor has an instruction. */
    boolean has(Op op) {
        return features.has(op.feature());
    }

    /** Whether the processor has an instruction's VEX twin. */
    boolean hasTwin(Op op) {
        return op.hasVexTwin() && features.has(Op.Feature.AVX);
    }

    /** {@code left op right} on vector registers: with AVX in any register, else in that of {@code left}. */
    void emitBinary(Op op, Reg dst, Reg left, Operand right) {
        emit(hasTwin(op) ? Insn.vex(op, op.size(), dst, left, right) : Insn.binary(op, op.size(), dst, left, right));
    }

    // What lowering asks.

    @Override
    protected void lower(Inst inst) {
        LoweringRules.TABLE.lower(this, inst);
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
