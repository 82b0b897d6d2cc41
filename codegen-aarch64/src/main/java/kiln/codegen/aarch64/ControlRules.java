package kiln.codegen.aarch64;

import static kiln.codegen.aarch64.Context.wide;

import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;
import kiln.codegen.Rules;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;

/** Checks, and the ends of blocks. */
final class ControlRules {
    private ControlRules() {}

    // TRAP_IF, TRAP_IF_ZERO.

    static final Rules<Context> TRAP_IF = Rules.<Context>of("trapIf")
            .rule("x is zero", ControlRules::trapIfZero)
            .base("a condition holds", (c, inst) -> {
                ConditionRules.Test test = ConditionRules.test(c, inst.arg(0));
                test.emit(c, new ConditionInsn.TrapIf(test.condition(), inst.trap()));
            });

    private static boolean trapIfZero(Context c, Inst inst) {
        if (inst.opcode() != Opcode.TRAP_IF_ZERO) {
            return false;
        }
        Reg r = inst.type() == Type.I32 ? c.value(inst.arg(0)) : c.reg(inst.arg(0));
        c.emit(new ConditionInsn.TrapIf(new Condition.Zero(r, wide(inst.type()), true), inst.trap()));
        return true;
    }

    // INTERRUPT_CHECK.

    static final Rules<Context> INTERRUPT_CHECK = Rules.<Context>of("interruptCheck")
            .rule("left to a call", (c, inst) -> c.callsItselfInEachTurn(inst))
            .base("check", (c, _) -> c.emit(new ControlInsn.InterruptCheck()));

    // BRANCH.

    static final Rules<Context> BRANCH = Rules.<Context>of("branch").base("on a condition", (c, inst) -> {
        ConditionRules.Test test = ConditionRules.test(c, inst.arg(0));
        test.emit(c, new ControlInsn.Branch(test.condition(), c.target(0), c.target(1)));
    });

    // SWITCH.

    static final Rules<Context> BRANCH_TABLE = Rules.<Context>of("branchTable")
            .rule("few cases: a chain of comparisons", (c, inst) -> {
                List<MachBlock> cases = c.cases();
                if (cases.size() > Context.MAX_COMPARE_CHAIN) {
                    return false;
                }
                c.emit(new ControlInsn.CompareChain(c.value(inst.arg(0)), cases, c.defaultTarget()));
                return true;
            })
            .rule("a table for all indices", (c, inst) -> {
                List<MachBlock> all = c.allCases(inst.arg(0));
                if (all == null) {
                    return false;
                }
                c.emit(new ControlInsn.JumpTable(c.value(inst.arg(0)), all, null));
                return true;
            })
            .base(
                    "a table",
                    (c, inst) -> c.emit(new ControlInsn.JumpTable(c.value(inst.arg(0)), c.cases(), c.defaultTarget())));

    // TRAP, UNWIND.

    static final Rules<Context> TRAP =
            Rules.<Context>of("trap").base("trap", (c, inst) -> c.emit(new ControlInsn.Trap(inst.trap())));

    static final Rules<Context> UNWIND =
            Rules.<Context>of("unwind").base("leave all frames", (c, _) -> c.emit(new ControlInsn.Unwind()));
}
