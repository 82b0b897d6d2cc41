package kiln.codegen.x64;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.EmitContext;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.LoweringContext;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.x64.Op.Prefix;
import kiln.codegen.x64.Op.Twin;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;

/** What the rules for x86-64 read and write, and what lowering asks about this instruction set. */
final class Context extends LoweringContext {
    /** How many instructions behind a load are looked at for a store to the same place. */
    private static final int MAX_TO_STORE = 16;

    /** So many of the sixteen vector registers that loops are left enough for what they compute. */
    private static final int MAX_CONSTANTS_KEPT = 6;

    private final CpuFeatures features;
    /** By header of a loop, the constants that it keeps in registers though they could be operands in memory. */
    private final Map<Integer, Set<Object>> kept = new HashMap<>();

    /** {@code options} name the {@code features} that are implied as well. */
    Context(Function function, CodegenOptions options, CpuFeatures features) {
        super(function, options, CommonInsn.INSTANCE, Registers.CONVENTION);
        this.features = features;
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
        if (isPooled(v)) {
            return Operand.Pooled.ofFloat(size(v.type()), constValue(v));
        }
        Inst load = foldableLoad(v, size(v.type()));
        return load != null ? fold(load) : Operand.of(reg(v));
    }

    /** Whether a float is a constant that comes from memory. */
    boolean isPooled(Value v) {
        return v.is(Opcode.FCONST)
                && constValue(v) != 0
                && !isKept(v.type() == Type.F32 ? (Object) (int) constValue(v) : (Object) constValue(v));
    }

    /**
     * Whether a constant stays in a register throughout the loop: an innermost one, since there may be fewer loads of
     * floats a cycle than operations on them (two loads, on AMD's Zen 4, but two additions and two multiplications).
     * The first ones that are asked for do.
     *
     * @param bits an Integer, a Long or a V128
     */
    private boolean isKept(Object bits) {
        int loop = options.optLevel() > 0 ? busyLoop() : -1;
        if (loop < 0) {
            return false;
        }
        Set<Object> all = kept.computeIfAbsent(loop, _ -> new HashSet<>());
        return all.contains(bits) || all.size() < MAX_CONSTANTS_KEPT && all.add(bits);
    }

    /** A load of exactly {@code size} bytes that the current rule may do itself. */
    Inst foldableLoad(Value v, int size) {
        Inst load = foldableLoad(v);
        boolean fits = load != null && load.memory().width() == size && v.type().bytes() == size;
        return fits && !isRenewed(load) ? load : null;
    }

    /**
     * Whether what an integer load reads is soon written anew. A loop that does {@code x = f(x)} in memory waits for
     * the way there and back each turn. Some processors leave that out (memory renaming; measured on AMD's Zen 3), but
     * for plain moves only: an instruction with another operand that loads waits some five cycles.
     */
    private static boolean isRenewed(Inst load) {
        Inst i = load.type().isInt() ? load.next() : null;
        for (int n = 0; i != null && n < MAX_TO_STORE; n++, i = i.next()) {
            if (MemoryRules.isStore(i) && MemoryRules.isSamePlace(load, i)) {
                return true;
            }
        }
        return false;
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

    /** Whether instructions on vector registers have a VEX prefix. */
    boolean hasAvx() {
        return features.has(Op.Feature.AVX);
    }

    /** The row that does an operation on lanes alone, with operands in the same order; null if there is none. */
    Op instruction(LaneOp lanes) {
        Op op = Op.of(lanes);
        return op != null && has(op) ? op : null;
    }

    /**
     * The last operand of an instruction on vectors: a constant, which lies aligned, or a load of as many bytes as the
     * instruction reads where their address may be any, or a register or its slot. Zeros are cheapest in a register.
     */
    Operand vectorSource(Op op, Value v) {
        if (op.isRegisterOnly()) {
            return Operand.inRegister(reg(v));
        }
        if (v.is(Opcode.VCONST)) {
            V128 bits = v.inst().vector();
            return bits.equals(V128.ZERO) ? Operand.of(reg(v)) : vectorSource(bits);
        }
        Inst load = op.alignment(hasAvx()) == 1 ? foldableLoad(v, op.memoryBytes(op.size())) : null;
        return load != null ? fold(load) : Operand.of(reg(v));
    }

    /** The last operand of such an instruction where a rule has a constant that is not zero. */
    Operand vectorSource(V128 bits) {
        return isPooled(bits) ? new Operand.Pooled(bits) : Operand.of(vector(bits));
    }

    /** As above, {@code bits} of {@code size} bytes in every lane. */
    Operand splatSource(int size, long bits) {
        return vectorSource(Operand.Pooled.lanes(size, bits));
    }

    /** Whether a vector constant that is not zero comes from memory. */
    private boolean isPooled(V128 bits) {
        return isCheap(bits) || !isKept(bits);
    }

    /** Whether {@link #vectorSource} gives memory. */
    boolean isVectorMemory(Op op, Value v) {
        return v.is(Opcode.VCONST)
                ? !v.inst().vector().equals(V128.ZERO) && isPooled(v.inst().vector())
                : op.alignment(hasAvx()) == 1 && foldableLoad(v, op.memoryBytes(op.size())) != null;
    }

    /** A register with nothing but zeros. */
    Reg zeroVector() {
        Reg zero = newReg(Type.V128);
        emit(new FloatInsn.VectorConst(zero, V128.ZERO));
        return zero;
    }

    /** {@code op src} on vector registers. */
    void emitUnary(Op op, Reg dst, Operand src) {
        emit(Insn.unary(op, op.size(), dst, src));
    }

    /** {@code op src} on vector registers, and an immediate. */
    void emitUnary(Op op, Reg dst, Operand src, int imm) {
        emit(Insn.unary(op, op.size(), dst, src, imm));
    }

    /** {@code left op right} on vector registers: with AVX in any register, else in that of {@code left}. */
    void emitBinary(Op op, Reg dst, Reg left, Operand right) {
        emit(
                isThreeOperand(op)
                        ? Insn.vex(op, op.size(), dst, left, right)
                        : Insn.binary(op, op.size(), dst, left, right));
    }

    void emitBinary(Op op, Reg dst, Reg left, Reg right) {
        emitBinary(op, dst, left, op.isRegisterOnly() ? Operand.inRegister(right) : Operand.of(right));
    }

    /** As {@link #emitBinary(Op, Reg, Reg, Operand)}, and an immediate. */
    void emitBinary(Op op, Reg dst, Reg left, Operand right, int imm) {
        emitBinary(op, op.size(), dst, left, right, imm);
    }

    /** As above; {@code size} says which bytes of an integer register go into a vector. */
    void emitBinary(Op op, int size, Reg dst, Reg left, Operand right, int imm) {
        emit(
                isThreeOperand(op)
                        ? Insn.vex(op, size, dst, left, right, imm)
                        : Insn.binary(op, size, dst, left, right, imm));
    }

    /** {@code src op imm} on lanes. */
    void emitShift(Op op, Reg dst, Reg src, int imm) {
        emit(Insn.shift(op, dst, src, imm, isThreeOperand(op)));
    }

    /** {@code mask ? right : left} on lanes, by the highest bits of the mask's. */
    void emitBlend(Op op, Reg dst, Reg left, Operand right, Reg mask) {
        emit(Insn.blend(op, dst, left, right, mask, hasAvx()));
    }

    /** Whether the result of {@code op} may be in any register. */
    boolean isThreeOperand(Op op) {
        return op.prefix() != Prefix.LEGACY || hasAvx() && op.twin() == Twin.THREE_OPERANDS;
    }

    /** Encodes for the processor that the function is compiled for. */
    static Assembler assembler(EmitContext context) {
        if (context.buffer().encoder() instanceof Assembler known) {
            return known;
        }
        Assembler made = new Assembler(context.buffer(), CpuFeatures.hasAvx(context.features()));
        context.buffer().setEncoder(made);
        return made;
    }

    // What lowering asks.

    @Override
    protected void lower(Inst inst) {
        LoweringRules.TABLE.lower(this, inst);
    }

    /** An i32 is kept zero-extended. */
    @Override
    protected Value sameRegister(Inst inst) {
        return inst.opcode() == Opcode.ZEXT || inst.opcode() == Opcode.REF_BITS ? inst.arg(0) : null;
    }

    /** Constants of ten bytes, and those that come from memory, are better kept in a register over a loop. */
    @Override
    protected boolean isCheap(Inst inst) {
        return switch (inst.opcode()) {
            case ICONST -> inst.type() == Type.I32 || (int) inst.imm() == inst.imm() || inst.imm() >>> 32 == 0;
            case FCONST -> inst.imm() == 0;
            case VCONST -> isCheap(inst.vector());
            default -> true;
        };
    }

    /** Zeros and ones take no memory. */
    @Override
    protected boolean isCheap(V128 value) {
        return value.low() == value.high() && (value.low() == 0 || value.low() == -1);
    }

    @Override
    protected MachInst vectorConstant(Reg target, V128 value) {
        return new FloatInsn.VectorConst(target, value);
    }

    @Override
    protected void emitPrologue(EmitContext context) {
        Prologue.emit(assembler(context), context.frame(), makesCalls());
    }

    @Override
    protected void emitPadding(CodeBuffer buffer, int bytes) {
        // How much it takes is known when the branches in front have their sizes.
        buffer.padding(FunctionCompiler.LOOP_ALIGNMENT, new Assembler(buffer)::nop);
    }
}
