package kiln.codegen.aarch64;

import java.util.List;
import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.EmitContext;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.MoveFactory;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Type;
import kiln.ir.Value;

/** Which rule lowers which operation. */
final class LoweringRules extends ControlRules {
    private static final MoveFactory MOVES = new Moves();

    /** Whether the branch out of the prologue turned out to be too short. */
    private boolean farPrologue;

    LoweringRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    @Override
    protected void lower(Inst inst) {
        switch (inst.opcode()) {
            case ICONST -> constant(inst);
            case FCONST -> floatConstant(inst);
            case VCONST -> vectorConstant(inst);
            case VMCTX, FRAME_POINTER -> emit(MOVES.move(Type.I64, def(inst.result()), pinned(inst)));
            case STACK_ADDR -> stackAddress(inst);

            case ADD -> add(inst);
            case SUB -> sub(inst);
            case MUL -> mul(inst);
            case UMULH -> mulHigh(inst, false);
            case SMULH -> mulHigh(inst, true);
            case UDIV -> divide(inst, false, false);
            case SDIV -> divide(inst, true, false);
            case UREM -> divide(inst, false, true);
            case SREM -> divide(inst, true, true);
            case AND -> logical(inst, AluOp.AND, AluOp.BIC);
            case OR -> logical(inst, AluOp.ORR, AluOp.ORN);
            case XOR -> logical(inst, AluOp.EOR, AluOp.EON);
            case SHL, LSHR, ASHR, ROTL, ROTR -> shift(inst);
            case CLZ, CTZ -> countZeros(inst);
            case POPCNT -> populationCount(inst);
            case SEXT8 -> signExtend(inst, 8);
            case SEXT16 -> signExtend(inst, 16);
            case SEXT32, SEXT -> signExtend(inst, 32);
            case WRAP -> wrap(inst);
            // Only where the driver asks for a copy: the register of the operand serves otherwise.
            case ZEXT -> emit(MOVES.move(Type.I32, def(inst.result()), reg(inst.arg(0))));

            case ICMP, FCMP -> comparison(inst);
            case SELECT -> select(inst);

            case FPROMOTE, FDEMOTE -> changePrecision(inst);
            case FROM_SINT -> fromInt(inst, true);
            case FROM_UINT -> fromInt(inst, false);
            case TO_SINT -> toInt(inst, true);
            case TO_UINT -> toInt(inst, false);
            case TO_SINT_SAT -> toIntSaturating(inst, true);
            case TO_UINT_SAT -> toIntSaturating(inst, false);
            case BITCAST -> bitcast(inst);

            case FADD -> floatBinary(inst, FloatOp.Binary.FADD);
            case FSUB -> floatBinary(inst, FloatOp.Binary.FSUB);
            case FMUL -> floatBinary(inst, FloatOp.Binary.FMUL);
            case FDIV -> floatBinary(inst, FloatOp.Binary.FDIV);
            case FMIN -> floatBinary(inst, FloatOp.Binary.FMIN);
            case FMAX -> floatBinary(inst, FloatOp.Binary.FMAX);
            case FCOPYSIGN -> copySign(inst);
            case FSQRT -> floatUnary(inst, FloatOp.Unary.FSQRT);
            case FABS -> floatUnary(inst, FloatOp.Unary.FABS);
            case FNEG -> floatUnary(inst, FloatOp.Unary.FNEG);
            case FCEIL -> floatUnary(inst, FloatOp.Unary.FRINTP);
            case FFLOOR -> floatUnary(inst, FloatOp.Unary.FRINTM);
            case FTRUNC -> floatUnary(inst, FloatOp.Unary.FRINTZ);
            case FNEAREST -> floatUnary(inst, FloatOp.Unary.FRINTN);

            case LOAD -> load(inst);
            case STORE -> store(inst);
            case CALL, CALL_INDIRECT -> call(inst);
            case CALL_NATIVE -> callNative(inst);

            case TRAP_IF -> trapIf(inst);
            case TRAP_IF_ZERO -> trapIfZero(inst);
            case INTERRUPT_CHECK -> emit(new ControlInsn.InterruptCheck());

            case JUMP, BRANCH, SWITCH, RETURN, TRAP, RETURN_CALL, RETURN_CALL_INDIRECT, UNWIND ->
                    throw new IllegalArgumentException("terminator: " + inst);
        }
    }

    @Override
    protected void lowerTerminator(Inst inst, MachBlock[] targets) {
        switch (inst.opcode()) {
            case BRANCH -> branch(inst, targets[0], targets[1]);
            case SWITCH -> switches(inst, targets);
            case RETURN -> returns(inst);
            case TRAP -> emit(new ControlInsn.Trap(inst.trap()));
            case RETURN_CALL, RETURN_CALL_INDIRECT -> tailCall(inst);
            case UNWIND -> emit(new ControlInsn.Unwind());
            default -> throw new IllegalArgumentException("no terminator: " + inst);
        }
    }

    @Override
    protected void lowerEntry(List<Value> params) {
        parameters(params);
    }

    @Override
    protected MachInst jump(MachBlock target) {
        return new ControlInsn.Jump(target);
    }

    @Override
    protected MoveFactory moves() {
        return MOVES;
    }

    @Override
    protected Reg pinned(Inst inst) {
        return switch (inst.opcode()) {
            case VMCTX -> Registers.VMCTX;
            case FRAME_POINTER -> Registers.FP;
            default -> null;
        };
    }

    /** Every i32 is zero-extended: ZEXT is its operand, and so is WRAP of what is known to fit. */
    @Override
    protected Value sameRegister(Inst inst) {
        return switch (inst.opcode()) {
            case ZEXT -> inst.arg(0);
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
            case LOAD -> d.memory().width() <= 4 && !d.memory().signed();
            default -> false;
        };
    }

    @Override
    protected boolean isCheap(Inst inst) {
        return switch (inst.opcode()) {
            case ICONST -> Immediates.isSingleMove(inst.imm(), wide(inst.type()));
            case FCONST -> FloatInsn.Constant.isCheap(inst.type() == Type.F64, inst.imm());
            case VCONST -> inst.vector().low() == 0 && inst.vector().high() == 0;
            default -> true;
        };
    }

    @Override
    protected boolean keepsConstantsInLoops() {
        return options.optLevel() > 0;
    }

    @Override
    protected void emitPrologue(EmitContext context) {
        Assembler a = new Assembler(context.buffer(), () -> farPrologue = true);
        Prologue.emit(a, context.frame(), makesCalls(), farPrologue);
    }

    @Override
    protected void emitPadding(CodeBuffer buffer, int bytes) {
        Assembler a = new Assembler(buffer);
        for (int i = 0; i < bytes; i += 4) {
            a.nop();
        }
    }
}
