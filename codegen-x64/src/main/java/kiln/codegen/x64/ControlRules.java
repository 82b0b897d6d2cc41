package kiln.codegen.x64;

import kiln.codegen.CodegenOptions;
import kiln.codegen.MachBlock;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Type;

/** Rules for the ends of blocks. */
abstract class ControlRules extends CallRules {
    ControlRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    @Override
    protected final MachInst jump(MachBlock target) {
        return new ControlInsn.Jump(target);
    }

    @Override
    protected final void lowerTerminator(Inst inst, MachBlock[] targets) {
        switch (inst.opcode()) {
            case JUMP -> emit(jump(targets[0]));
            case BRANCH -> emitFolding(new ControlInsn.JumpIf(condition(inst.arg(0)), targets[0], targets[1]));
            case SWITCH -> lowerSwitch(inst, targets);
            case RETURN -> lowerReturn(inst);
            case TRAP -> emit(new ControlInsn.Trap(inst.trap()));
            case RETURN_CALL, RETURN_CALL_INDIRECT -> lowerReturnCall(inst);
            case UNWIND -> emit(new ControlInsn.Unwind());
            default -> throw new IllegalArgumentException("not a terminator: " + inst);
        }
    }

    private void lowerSwitch(Inst inst, MachBlock[] targets) {
        // The table is indexed with all 64 bits, so the index must be zero-extended: no low() here.
        Reg index = reg(inst.arg(0));
        boolean chain = targets.length - 1 <= ControlInsn.Switch.MAX_CHAIN;
        emit(new ControlInsn.Switch(
                index, chain ? null : newReg(Type.I64), chain ? null : newReg(Type.I64), targets));
    }
}
