package kiln.codegen.x64;

import java.util.List;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
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
            .rule("x is zero", (c, inst) -> {
                if (inst.opcode() != Opcode.TRAP_IF_ZERO) {
                    return false;
                }
                Condition notZero = ConditionRules.condition(c, inst.arg(0));
                c.emit(new ConditionInsn.TrapIf(notZero.negate(), inst.trap()));
                return true;
            })
            .base("a condition holds", (c, inst) -> {
                Condition condition = ConditionRules.condition(c, inst.arg(0));
                c.emit(new ConditionInsn.TrapIf(condition, inst.trap()));
            });

    // INTERRUPT_CHECK.

    /** The stack limit is all ones when the store asked for an interruption. */
    static final Rules<Context> INTERRUPT_CHECK = Rules.<Context>of("interruptCheck")
            .rule("left to a call", (c, inst) -> c.callsItselfInEachTurn(inst))
            .base("check", (c, _) -> {
                Address limit = Address.of(Registers.CONTEXT, VMContextLayout.STACK_LIMIT);
                Insn compare = Insn.compare(Op.CMP, 8, Operand.inRegister(Registers.RSP), limit);
                c.emit(new ConditionInsn.TrapIf(Condition.of(compare, Cond.B), TrapCode.STACK_CHECK));
            });

    // BRANCH.

    static final Rules<Context> BRANCH = Rules.<Context>of("branch").base("on a condition", (c, inst) -> {
        Condition condition = ConditionRules.condition(c, inst.arg(0));
        c.emit(new ControlInsn.Branch(condition, c.target(0), c.target(1)));
    });

    // SWITCH. The table is indexed with all 64 bits, so the index must be zero-extended: no low() here.

    static final Rules<Context> BRANCH_TABLE = Rules.<Context>of("branchTable")
            .rule("few cases: a chain of comparisons", (c, inst) -> {
                if (c.cases().size() > Context.MAX_COMPARE_CHAIN) {
                    return false;
                }
                c.emit(new ControlInsn.CompareChain(c.reg(inst.arg(0)), c.cases(), c.defaultTarget()));
                return true;
            })
            .rule("a table for all indices", (c, inst) -> {
                List<MachBlock> all = c.allCases(inst.arg(0));
                if (all == null) {
                    return false;
                }
                jumpTable(c, inst, all, null);
                return true;
            })
            .base("a table", (c, inst) -> jumpTable(c, inst, c.cases(), c.defaultTarget()));

    private static void jumpTable(Context c, Inst inst, List<MachBlock> cases, MachBlock defaultTarget) {
        Reg index = c.reg(inst.arg(0));
        Reg table = c.newReg(Type.I64);
        Reg temp = c.newReg(Type.I64);
        c.emit(new ControlInsn.JumpTable(index, table, temp, cases, defaultTarget));
    }

    // TRAP, UNWIND.

    static final Rules<Context> TRAP =
            Rules.<Context>of("trap").base("trap", (c, inst) -> c.emit(new ControlInsn.Trap(inst.trap())));

    static final Rules<Context> UNWIND =
            Rules.<Context>of("unwind").base("leave all frames", (c, _) -> c.emit(new ControlInsn.Unwind()));
}
