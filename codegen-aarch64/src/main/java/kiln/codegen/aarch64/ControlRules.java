package kiln.codegen.aarch64;

import java.util.List;
import kiln.artifact.TrapCode;
import kiln.codegen.CodegenOptions;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/** Rules for checks and for the ends of blocks. */
abstract class ControlRules extends CallRules {
    ControlRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // Checks.

    @Override
    protected final void lowerTrapIf(Inst inst) {
        if (inst.opcode() == Opcode.TRAP_IF) {
            emit(new ConditionInsn.TrapIf(condition(inst.arg(0)), inst.trap()));
            return;
        }
        Reg r = inst.type() == Type.I32 ? value(inst.arg(0)) : reg(inst.arg(0));
        emit(new ConditionInsn.TrapIf(new Condition.Zero(r, wide(inst.type()), true), inst.trap()));
    }

    @Override
    protected final void lowerInterruptCheck() {
        emit(new ControlInsn.InterruptCheck());
    }

    // Ends of blocks.

    @Override
    protected final MachInst jump(MachBlock target) {
        return new ControlInsn.Jump(target);
    }

    @Override
    protected final MachInst trap(TrapCode code) {
        return new ControlInsn.Trap(code);
    }

    @Override
    protected final MachInst unwind() {
        return new ControlInsn.Unwind();
    }

    @Override
    protected final void lowerBranch(Inst inst, MachBlock yes, MachBlock no) {
        emit(new ControlInsn.Branch(condition(inst.arg(0)), yes, no));
    }

    @Override
    protected final void lowerSwitch(Value index, List<MachBlock> cases, MachBlock otherwise) {
        Reg r = value(index);
        emit(
                cases.size() <= MAX_CHAIN
                        ? new ControlInsn.CompareChain(r, cases, otherwise)
                        : new ControlInsn.JumpTable(r, cases, otherwise));
    }
}
