package kiln.codegen.aarch64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.EmitContext;
import kiln.codegen.LoweringContext;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;

/** What the rules for AArch64 read and write, and what lowering asks about this instruction set. */
final class Context extends LoweringContext {
    /** Whether the branch out of the prologue turned out to be too short. */
    private boolean farPrologue;

    Context(Function function, CodegenOptions options) {
        super(function, options, CommonInsn.INSTANCE, Registers.CONVENTION);
    }

    // Operands.

    static boolean wide(Type t) {
        return Registers.isWide(t);
    }

    static boolean dbl(Type t) {
        return t == Type.F64;
    }

    static int width(Type t) {
        return t.bytes() * 8;
    }

    /** As {@link #value}, with xzr for zero: for operands that are not read as sp. */
    Reg valueOrZero(Value v) {
        return v.is(Opcode.ICONST) && constValue(v) == 0 ? Registers.ZR : value(v);
    }

    // What lowering asks.

    @Override
    protected void lower(Inst inst) {
        LoweringRules.TABLE.lower(this, inst);
    }

    /** Every i32 is zero-extended: ZEXT is its operand, and so is WRAP of what is known to fit. */
    @Override
    protected Value sameRegister(Inst inst) {
        return switch (inst.opcode()) {
            case ZEXT, REF_BITS -> inst.arg(0);
            case WRAP -> hasZeroUpperHalf(inst.arg(0)) ? inst.arg(0) : null;
            default -> null;
        };
    }

    private static boolean hasZeroUpperHalf(Value v) {
        Inst d = v.inst();
        if (d == null) {
            return false;
        }
        return switch (d.opcode()) {
            case ZEXT -> true;
            case AND -> isConst(d.arg(1)) && constValue(d.arg(1)) >>> 32 == 0;
            case LSHR -> isConst(d.arg(1)) && (constValue(d.arg(1)) & 63) >= 32;
            case LOAD, HEAP_LOAD -> d.memory().width() <= 4 && !d.memory().signed();
            default -> false;
        };
    }

    @Override
    protected boolean isCheap(Inst inst) {
        return switch (inst.opcode()) {
            case ICONST -> Immediates.isSingleMove(inst.imm(), wide(inst.type()));
            case FCONST -> FloatInsn.Const.isCheap(inst.type() == Type.F64, inst.imm());
            case VCONST -> isCheap(inst.vector());
            default -> true;
        };
    }

    @Override
    protected boolean isCheap(V128 value) {
        return ShuffleRules.immediate(value) != null;
    }

    @Override
    protected MachInst vectorConstant(Reg target, V128 value) {
        return ShuffleRules.constant(target, value);
    }

    @Override
    protected boolean keepsConstantsInLoops() {
        return options.optLevel() > 0;
    }

    static Assembler assembler(EmitContext context) {
        if (context.buffer().encoder() instanceof Assembler known) {
            return known;
        }
        Assembler made = new Assembler(context.buffer());
        context.buffer().setEncoder(made);
        return made;
    }

    @Override
    protected void emitPrologue(EmitContext context) {
        Prologue.emit(assembler(context), context.frame(), makesCalls(), farPrologue);
    }

    @Override
    protected void lengthenPrologue() {
        farPrologue = true;
    }

    @Override
    protected void emitPadding(CodeBuffer buffer, int bytes) {
        Assembler a = new Assembler(buffer);
        for (int i = 0; i < bytes; i += 4) {
            a.nop();
        }
    }
}
