package kiln.codegen.aarch64;

import java.util.List;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.MachBlock;
import kiln.codegen.OperandList;
import kiln.codegen.Reg;

/** Jumps and checks. */
final class ControlInsn {
    private static final Form USE = Form.NONE.use();

    private ControlInsn() {}

    static final class Jump extends Sequence {
        private final MachBlock target;

        Jump(MachBlock target) {
            super(Form.NONE);
            this.target = target;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (!context.isNext(target)) {
                asm.b(target.label());
            }
        }

        @Override
        public boolean isJump() {
            return true;
        }

        @Override
        public String toString() {
            return "b " + target;
        }
    }

    /** Two targets. */
    static final class Branch extends ConditionInsn.Conditional {
        private final MachBlock yes;
        private final MachBlock no;

        Branch(Condition condition, MachBlock yes, MachBlock no) {
            super(condition);
            this.yes = yes;
            this.no = no;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            ComparedFlags flags = ComparedFlags.here(asm);
            if (context.isNext(yes)) {
                condition().negate().branch(asm, no.label(), isFar());
            } else {
                condition().branch(asm, yes.label(), isFar());
                if (!context.isNext(no)) {
                    asm.b(no.label());
                }
            }
            ComparedFlags.keep(asm, flags, null);
        }

        @Override
        public String toString() {
            return condition() + ", " + yes + " else " + no;
        }
    }

    /** A few targets, told apart by comparisons: two of them share one. */
    static final class CompareChain extends Sequence {
        private final List<MachBlock> targets;
        private final MachBlock defaultTarget;

        CompareChain(Reg index, List<MachBlock> targets, MachBlock defaultTarget) {
            super(USE, index);
            this.targets = targets;
            this.defaultTarget = defaultTarget;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg index = reg(0);
            int last = targets.size() - 1;
            int i = 0;
            for (; i + 1 < last; i += 2) {
                asm.cmpImmediate(false, index, i + 1);
                branch(asm, Cond.LO, targets.get(i));
                branch(asm, Cond.EQ, targets.get(i + 1));
            }
            if (i == last) {
                if (i > 0) {
                    asm.cmpImmediate(false, index, i);
                }
                Condition is = i == 0 ? new Condition.Zero(index, false, true) : new Condition.Flags(Cond.EQ);
                if (context.isNext(targets.get(i))) {
                    is.negate().branch(asm, defaultTarget.label(), isFar());
                    return;
                }
                is.branch(asm, targets.get(i).label(), isFar());
            } else {
                asm.cmpImmediate(false, index, last);
                MachBlock below = targets.get(i);
                MachBlock equal = targets.get(last);
                if (context.isNext(below) || context.isNext(equal)) {
                    // What comes next needs no branch: the default takes its place.
                    boolean isBelowNext = context.isNext(below);
                    branch(asm, isBelowNext ? Cond.EQ : Cond.LO, isBelowNext ? equal : below);
                    branch(asm, Cond.HI, defaultTarget);
                    return;
                }
                branch(asm, Cond.LO, below);
                branch(asm, Cond.EQ, equal);
            }
            if (!context.isNext(defaultTarget)) {
                asm.b(defaultTarget.label());
            }
        }

        private void branch(Assembler asm, Cond cond, MachBlock target) {
            new Condition.Flags(cond).branch(asm, target.label(), isFar());
        }

        @Override
        public String toString() {
            return "switch " + Registers.name(false, reg(0)) + ", " + targets + " else " + defaultTarget;
        }
    }

    /** A jump through a table of distances behind the body. */
    static final class JumpTable extends Sequence {
        private final List<MachBlock> targets;
        /** Null if there are no other indices. */
        private final MachBlock defaultTarget;

        JumpTable(Reg index, List<MachBlock> targets, MachBlock defaultTarget) {
            super(USE, index);
            this.targets = targets;
            this.defaultTarget = defaultTarget;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg index = reg(0);
            if (defaultTarget != null) {
                compare(asm, index);
            }
            // Copies of the jump share the table.
            Label table = asm.buffer().onceLater(this, at -> targets.forEach(t -> asm.tableEntry(t.label(), at)));
            if (isFar()) {
                asm.adrFar(Registers.IP0, table, Registers.IP1);
            } else {
                asm.adr(Registers.IP0, table);
            }
            asm.loadStoreIndexed(LoadStoreOp.LDRSW, Registers.IP1, Registers.IP0, index, ExtendOp.UXTW, true);
            asm.alu(Op.ADD, true, Registers.IP0, Registers.IP0, Registers.IP1);
            asm.br(Registers.IP0);
        }

        @Override
        public boolean isTableJump() {
            return true;
        }

        /** Leaves the table alone for an index that is not in it. */
        private void compare(Assembler asm, Reg index) {
            int count = targets.size();
            if (Immediates.isAddSub(count)) {
                asm.cmpImmediate(false, index, count);
            } else {
                asm.movImmediate(false, Registers.IP0, count);
                asm.cmp(false, index, Registers.IP0);
            }
            new Condition.Flags(Cond.HS).branch(asm, defaultTarget.label(), isFar());
        }

        @Override
        public String toString() {
            String otherwise = defaultTarget == null ? "" : " else " + defaultTarget;
            return "table " + Registers.name(false, reg(0)) + ", " + targets + otherwise;
        }
    }

    /** Leaves the function with results in their registers, and takes its stack arguments off. */
    static final class Return extends Sequence {
        private final int argumentBytes;

        Return(OperandList results, int argumentBytes) {
            super(results.form(), results.regs());
            this.argumentBytes = argumentBytes;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Prologue.leave(asm, context.frame(), argumentBytes);
            asm.ret();
        }

        @Override
        public String toString() {
            return text("ret", fixedText(0, form().count()));
        }
    }

    /** A trap in any case. */
    static final class Trap extends Sequence {
        private final TrapCode code;

        Trap(TrapCode code) {
            super(Form.NONE);
            this.code = code;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Traps.trap(asm, code);
            // The return address is the trap site: it must not be that of an access at the start of the next block,
            // too.
            asm.udf(0);
        }

        @Override
        public String toString() {
            return "trap " + code;
        }
    }

    /** Compares the stack pointer with the limit, which an interruption raises above every address. */
    static final class InterruptCheck extends Sequence {
        InterruptCheck() {
            super(Form.NONE);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Prologue.checkStack(asm, isFar());
        }

        @Override
        public String toString() {
            return "interrupt_check";
        }
    }

    /** Leaves the activation. */
    static final class Unwind extends Sequence {
        Unwind() {
            super(Form.NONE);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.CONTEXT, VMContextLayout.STORE);
            asm.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.IP0, StoreLayout.UNWIND_STUB);
            asm.br(Registers.IP0);
        }

        @Override
        public String toString() {
            return "unwind";
        }
    }
}
