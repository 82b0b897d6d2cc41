package kiln.codegen.x64;

import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.EmitContext;
import kiln.codegen.FunctionCompiler;
import kiln.codegen.MoveFactory;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** From each operation of the IR to its rule. */
final class LoweringRules extends ControlRules {
    LoweringRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    @Override
    protected void lower(Inst inst) {
        rejectVectors(inst);
        switch (inst.opcode()) {
            case ICONST -> lowerIconst(inst);
            case FCONST -> lowerFconst(inst);
            case STACK_ADDR -> emit(new IntegerInsn.Lea(
                    8, def(inst.result()), Address.stackArea(stackOffset(inst), null, 0)));
            case ADD -> lowerAdd(inst);
            case SUB -> lowerSub(inst);
            case MUL -> lowerMul(inst);
            case UMULH, SMULH -> lowerMulHigh(inst);
            case UDIV, SDIV, UREM, SREM -> lowerDivide(inst);
            case AND -> lowerAnd(inst);
            case OR -> lowerOr(inst);
            case XOR -> lowerXor(inst);
            case SHL, LSHR, ASHR, ROTL, ROTR -> lowerShift(inst);
            case CLZ, CTZ, POPCNT -> lowerCount(inst);
            case SEXT8, SEXT16, SEXT32, SEXT, WRAP -> lowerExtend(inst);
            case ICMP, FCMP -> lowerCompare(inst);
            case SELECT -> lowerSelect(inst);
            case FPROMOTE, FDEMOTE, FSQRT -> lowerFloatUnary(inst);
            case FROM_SINT, FROM_UINT -> lowerIntToFloat(inst);
            case TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT -> lowerFloatToInt(inst);
            case BITCAST -> lowerBitcast(inst);
            case FADD, FSUB, FMUL, FDIV -> lowerFloatBinary(inst);
            case FMIN, FMAX -> lowerMinMax(inst);
            case FCOPYSIGN -> lowerCopySign(inst);
            case FABS, FNEG -> lowerSign(inst);
            case FCEIL, FFLOOR, FTRUNC, FNEAREST -> lowerRound(inst);
            case LOAD -> lowerLoad(inst);
            case STORE -> lowerStore(inst);
            case CALL, CALL_INDIRECT -> lowerCall(inst);
            case CALL_NATIVE -> lowerCallNative(inst);
            case TRAP_IF, TRAP_IF_ZERO -> lowerTrapIf(inst);
            case INTERRUPT_CHECK -> lowerInterruptCheck();
            default -> throw unsupported(inst);
        }
    }

    private static UnsupportedOperationException unsupported(Inst inst) {
        return new UnsupportedOperationException("not supported on x86-64: " + inst.opcode()
                + (inst.type() == null ? "" : " on " + inst.type()));
    }

    /** Values of 128 bits can be moved, stored and passed on, but not computed with. */
    private static void rejectVectors(Inst inst) {
        if (inst.type() == Type.V128
                && inst.opcode() != Opcode.LOAD
                && inst.opcode() != Opcode.STORE
                && inst.opcode() != Opcode.SELECT) {
            throw unsupported(inst);
        }
    }

    @Override
    protected MoveFactory moves() {
        return MoveInsn.FACTORY;
    }

    @Override
    protected Reg pinned(Inst inst) {
        return switch (inst.opcode()) {
            case VMCTX -> Registers.CONTEXT;
            case FRAME_POINTER -> Registers.RBP;
            default -> null;
        };
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
            default -> true;
        };
    }

    @Override
    protected void emitPrologue(EmitContext context) {
        Prologue.emit(new Assembler(context.buffer()), context, makesCalls());
    }

    @Override
    protected void emitPadding(CodeBuffer buffer, int bytes) {
        // How much it takes is known when the branches in front have their sizes.
        buffer.padding(FunctionCompiler.LOOP_ALIGNMENT, new Assembler(buffer)::nop);
    }
}
