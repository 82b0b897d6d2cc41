package kiln.codegen.x64;

import java.util.List;
import kiln.artifact.TrapCode;
import kiln.artifact.VMContextLayout;
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
        // The table is indexed with all 64 bits, so the index must be zero-extended: no low() here.
        Reg r = reg(index);
        emit(
                cases.size() <= MAX_CHAIN
                        ? new ControlInsn.CompareChain(r, cases, otherwise)
                        : new ControlInsn.JumpTable(r, newReg(Type.I64), newReg(Type.I64), cases, otherwise));
    }

    @Override
    protected final void lowerTrapIf(Inst inst) {
        Condition c = inst.opcode() == Opcode.TRAP_IF
                ? condition(inst.arg(0))
                : inst.type() == Type.I32
                        ? condition(inst.arg(0)).negate()
                        : notZero(inst.arg(0), size(inst.type())).negate();
        emit(new ConditionInsn.TrapIf(c, inst.trap()));
    }

    /** The stack limit is all ones when the store asked for an interruption. */
    @Override
    protected final void lowerInterruptCheck() {
        Address limit = Address.of(Registers.CONTEXT, VMContextLayout.STACK_LIMIT);
        Insn compare = Insn.compare(Op.CMP, 8, Operand.inRegister(Registers.RSP), limit);
        emit(new ConditionInsn.TrapIf(Condition.of(compare, Cond.B), TrapCode.STACK_CHECK));
    }
}
