package kiln.codegen.aarch64;

import java.util.Arrays;
import java.util.List;
import kiln.codegen.CodegenOptions;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Type;

/** Branches and checks. */
abstract class ControlRules extends CallRules {
    /** Up to so many targets are compared with one after the other. */
    private static final int MAX_CHAIN = 3;

    ControlRules(Function function, CodegenOptions options) {
        super(function, options);
    }

    // BRANCH.

    final void branch(Inst inst, MachBlock yes, MachBlock no) {
        if (yes == no) {
            emit(new ControlInsn.Jump(yes));
        } else {
            emit(new ControlInsn.Branch(test(inst.arg(0)), yes, no));
        }
    }

    // SWITCH.

    final void switches(Inst inst, MachBlock[] targets) {
        List<MachBlock> cases = Arrays.asList(targets).subList(0, targets.length - 1);
        MachBlock otherwise = targets[targets.length - 1];
        if (cases.isEmpty()) {
            emit(new ControlInsn.Jump(otherwise));
            return;
        }
        Reg index = value(inst.arg(0));
        emit(cases.size() <= MAX_CHAIN
                ? new ControlInsn.CompareChain(index, cases, otherwise)
                : new ControlInsn.JumpTable(index, cases, otherwise));
    }

    // TRAP_IF, TRAP_IF_ZERO.

    final void trapIf(Inst inst) {
        emit(new ControlInsn.TrapIf(test(inst.arg(0)), inst.trap()));
    }

    final void trapIfZero(Inst inst) {
        Reg r = inst.type() == Type.I32 ? value(inst.arg(0)) : reg(inst.arg(0));
        emit(new ControlInsn.TrapIf(new Test.Zero(r, wide(inst.type()), true), inst.trap()));
    }
}
