package kiln.codegen;

import java.util.List;
import kiln.artifact.TrapCode;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Value;

/**
 * From each operation of the IR to its rule. A back end has one rule for each abstract method; what several operations share is
 * decided here, so that no instruction set forgets one.
 */
public abstract class OperationRules extends LoweringContext implements CallLowering.Machine {
    /** Up to this many cases, branches that can be predicted one by one are better than a table. */
    protected static final int MAX_CHAIN = 3;

    /** What calls, returns and parameters have in common on all instruction sets. */
    protected final CallLowering calls;

    @SuppressWarnings("this-escape") // kept there, not called before it is whole
    protected OperationRules(Function function, CodegenOptions options, CallingConvention convention) {
        super(function, options);
        calls = new CallLowering(this, this, convention);
    }

    @Override
    protected final Reg pinned(Inst inst) {
        return calls.pinned(inst);
    }

    @Override
    protected final void lowerEntry(List<Value> params) {
        calls.lowerEntry(params);
    }

    @Override
    protected final void lower(Inst inst) {
        switch (inst.opcode()) {
            case ICONST -> lowerIntConstant(inst);
            case FCONST -> lowerFloatConstant(inst);
            case VCONST -> lowerVectorConstant(inst);
            case STACK_ADDR -> lowerStackAddress(inst);

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
            case SEXT8, SEXT16, SEXT32, SEXT -> lowerSignExtend(inst);
            case WRAP -> lowerWrap(inst);

            case ICMP, FCMP -> lowerCompare(inst);
            case SELECT -> lowerSelect(inst);

            case FADD, FSUB, FMUL, FDIV -> lowerFloatBinary(inst);
            case FMIN, FMAX -> lowerMinMax(inst);
            case FCOPYSIGN -> lowerCopySign(inst);
            case FABS, FNEG -> lowerSign(inst);
            case FSQRT -> lowerSquareRoot(inst);
            case FCEIL, FFLOOR, FTRUNC, FNEAREST -> lowerRound(inst);
            case FPROMOTE, FDEMOTE -> lowerChangePrecision(inst);
            case FROM_SINT, FROM_UINT -> lowerIntToFloat(inst);
            case TO_SINT, TO_UINT, TO_SINT_SAT, TO_UINT_SAT -> lowerFloatToInt(inst);
            case BITCAST -> lowerBitcast(inst);

            case VBINARY -> lowerVectorBinary(inst);

            case LOAD -> lowerLoad(inst);
            case STORE -> lowerStore(inst);
            case CALL, CALL_INDIRECT -> lowerCall(inst);
            case CALL_NATIVE -> lowerCallNative(inst);
            case TRAP_IF, TRAP_IF_ZERO -> lowerTrapIf(inst);
            case INTERRUPT_CHECK -> lowerInterruptCheck();

            case VMCTX, FRAME_POINTER, ZEXT ->
                throw new IllegalArgumentException("has the register of another value: " + inst);
            case JUMP, BRANCH, SWITCH, RETURN, TRAP, RETURN_CALL, RETURN_CALL_INDIRECT, UNWIND ->
                throw new IllegalArgumentException("terminator: " + inst);
        }
    }

    @Override
    protected final void lowerTerminator(Inst inst, MachBlock[] targets) {
        switch (inst.opcode()) {
            case BRANCH -> {
                if (targets[0] == targets[1]) {
                    emit(jump(targets[0]));
                } else {
                    lowerBranch(inst, targets[0], targets[1]);
                }
            }
            case SWITCH -> {
                MachBlock otherwise = targets[targets.length - 1];
                if (targets.length == 1) {
                    emit(jump(otherwise));
                } else {
                    lowerSwitch(inst.arg(0), List.of(targets).subList(0, targets.length - 1), otherwise);
                }
            }
            case RETURN -> calls.lowerReturn(inst);
            case TRAP -> emit(trap(inst.trap()));
            case RETURN_CALL, RETURN_CALL_INDIRECT -> lowerReturnCall(inst);
            case UNWIND -> emit(unwind());
            default -> throw new IllegalArgumentException("not a terminator with a rule: " + inst);
        }
    }

    // Constants and addresses.

    protected abstract void lowerIntConstant(Inst inst);

    protected abstract void lowerFloatConstant(Inst inst);

    protected abstract void lowerVectorConstant(Inst inst);

    protected abstract void lowerStackAddress(Inst inst);

    // Integers.

    protected abstract void lowerAdd(Inst inst);

    protected abstract void lowerSub(Inst inst);

    protected abstract void lowerMul(Inst inst);

    /** UMULH, SMULH. */
    protected abstract void lowerMulHigh(Inst inst);

    /** UDIV, SDIV, UREM, SREM, with their traps. */
    protected abstract void lowerDivide(Inst inst);

    protected abstract void lowerAnd(Inst inst);

    protected abstract void lowerOr(Inst inst);

    protected abstract void lowerXor(Inst inst);

    /** SHL, LSHR, ASHR, ROTL, ROTR. */
    protected abstract void lowerShift(Inst inst);

    /** CLZ, CTZ, POPCNT. */
    protected abstract void lowerCount(Inst inst);

    /** SEXT8, SEXT16, SEXT32, SEXT. */
    protected abstract void lowerSignExtend(Inst inst);

    /** WRAP to a register of its own: the upper half becomes zero. */
    protected abstract void lowerWrap(Inst inst);

    // Conditions.

    /** ICMP, FCMP. */
    protected abstract void lowerCompare(Inst inst);

    protected abstract void lowerSelect(Inst inst);

    // Floats.

    /** FADD, FSUB, FMUL, FDIV. */
    protected abstract void lowerFloatBinary(Inst inst);

    /** FMIN, FMAX. */
    protected abstract void lowerMinMax(Inst inst);

    protected abstract void lowerCopySign(Inst inst);

    /** FABS, FNEG. */
    protected abstract void lowerSign(Inst inst);

    protected abstract void lowerSquareRoot(Inst inst);

    /** FCEIL, FFLOOR, FTRUNC, FNEAREST. */
    protected abstract void lowerRound(Inst inst);

    /** FPROMOTE, FDEMOTE. */
    protected abstract void lowerChangePrecision(Inst inst);

    /** FROM_SINT, FROM_UINT. */
    protected abstract void lowerIntToFloat(Inst inst);

    /** TO_SINT, TO_UINT, which trap, and TO_SINT_SAT, TO_UINT_SAT, which saturate. */
    protected abstract void lowerFloatToInt(Inst inst);

    protected abstract void lowerBitcast(Inst inst);

    // Vectors.

    /** VBINARY. */
    protected abstract void lowerVectorBinary(Inst inst);

    // Memory and calls.

    protected abstract void lowerLoad(Inst inst);

    protected abstract void lowerStore(Inst inst);

    /** CALL, CALL_INDIRECT. */
    protected abstract void lowerCall(Inst inst);

    protected abstract void lowerCallNative(Inst inst);

    // Control.

    /** TRAP_IF, TRAP_IF_ZERO. */
    protected abstract void lowerTrapIf(Inst inst);

    protected abstract void lowerInterruptCheck();

    protected abstract void lowerBranch(Inst inst, MachBlock yes, MachBlock no);

    /** Up to {@link #MAX_CHAIN} cases are a chain of comparisons, more a jump through a table. */
    protected abstract void lowerSwitch(Value index, List<MachBlock> cases, MachBlock otherwise);

    /** RETURN_CALL, RETURN_CALL_INDIRECT. */
    protected abstract void lowerReturnCall(Inst inst);

    /** The end of a block that traps. */
    protected abstract MachInst trap(TrapCode code);

    /** The end of a block that leaves the activation. */
    protected abstract MachInst unwind();
}
