package kiln.codegen.x64;

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

/** Where control goes. */
final class ControlInsn {
    private ControlInsn() {}

    /** An unconditional jump. */
    static final class Jump extends Sequence {
        private final MachBlock target;

        Jump(MachBlock target) {
            super(Form.NONE);
            this.target = target;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (!context.isNext(target)) {
                asm.jmp(target.label());
            }
        }

        @Override
        public boolean isJump() {
            return true;
        }

        @Override
        public String toString() {
            return text("jmp", target);
        }
    }

    /** A comparison and a conditional jump. */
    static final class Branch extends ConditionInsn.Conditional {
        private final MachBlock yes;
        private final MachBlock no;

        Branch(Condition condition, MachBlock yes, MachBlock no) {
            super(condition, form(condition), null);
            this.yes = yes;
            this.no = no;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            emitFlags(asm, context);
            KnownFlags flags = KnownFlags.here(asm);
            if (context.isNext(yes)) {
                ConditionInsn.jumpIf(asm, condition.negate(), no.label());
            } else {
                ConditionInsn.jumpIf(asm, condition, yes.label());
                if (!context.isNext(no)) {
                    asm.jmp(no.label());
                }
            }
            KnownFlags.keep(asm, flags, null);
        }

        @Override
        public String toString() {
            return format("%s ? jmp %s : %s", text(), yes, no);
        }
    }

    /** A few targets, told apart by comparisons: two of them share one. */
    static final class CompareChain extends Sequence {
        private final List<MachBlock> targets;
        private final MachBlock defaultTarget;

        CompareChain(Reg index, List<MachBlock> targets, MachBlock defaultTarget) {
            super(Form.NONE.use(), index);
            this.targets = targets;
            this.defaultTarget = defaultTarget;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg index = reg(0);
            int last = targets.size() - 1;
            int i = 0;
            for (; i + 1 < last; i += 2) {
                asm.op(Op.CMP, 4, index, i + 1);
                asm.jcc(Cond.B, targets.get(i).label());
                asm.jcc(Cond.E, targets.get(i + 1).label());
            }
            if (i == last) {
                if (i == 0) {
                    asm.test(4, index);
                } else {
                    asm.op(Op.CMP, 4, index, i);
                }
                if (context.isNext(targets.get(i))) {
                    asm.jcc(Cond.NE, defaultTarget.label());
                    return;
                }
                asm.jcc(Cond.E, targets.get(i).label());
            } else {
                asm.op(Op.CMP, 4, index, last);
                MachBlock below = targets.get(i);
                MachBlock equal = targets.get(last);
                if (context.isNext(below) || context.isNext(equal)) {
                    // What comes next needs no jump: the default takes its place.
                    boolean isBelowNext = context.isNext(below);
                    asm.jcc(isBelowNext ? Cond.E : Cond.B, (isBelowNext ? equal : below).label());
                    asm.jcc(Cond.A, defaultTarget.label());
                    return;
                }
                asm.jcc(Cond.B, below.label());
                asm.jcc(Cond.E, equal.label());
            }
            if (!context.isNext(defaultTarget)) {
                asm.jmp(defaultTarget.label());
            }
        }

        @Override
        public String toString() {
            return format("switch %s, %s else %s", reg(0), targets, defaultTarget);
        }
    }

    /** A jump through a table of distances behind the body. */
    static final class JumpTable extends Sequence {
        private final List<MachBlock> targets;
        /** Null if there are no other indices. */
        private final MachBlock defaultTarget;

        JumpTable(Reg index, Reg table, Reg temp, List<MachBlock> targets, MachBlock defaultTarget) {
            super(Form.NONE.use().temp().temp(), index, table, temp);
            this.targets = targets;
            this.defaultTarget = defaultTarget;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg index = reg(0);
            Reg table = reg(1);
            Reg temp = reg(2);
            if (defaultTarget != null) {
                asm.op(Op.CMP, 4, index, targets.size());
                asm.jcc(Cond.AE, defaultTarget.label());
            }
            // Copies of the jump share the table.
            Label base = asm.buffer().onceLater(this, at -> targets.forEach(t -> asm.tableEntry(t.label(), at)));
            asm.lea(8, table, Address.of(base));
            asm.op(Op.MOVSXD, 8, temp, Address.of(table, index, 2, 0));
            asm.op(Op.ADD, 8, temp, table);
            asm.jmp(Operand.of(temp));
        }

        @Override
        public boolean isTableJump() {
            return true;
        }

        @Override
        public String toString() {
            String otherwise = defaultTarget == null ? "" : " else " + defaultTarget;
            return format("switch %s, %s%s ; temp %s, %s", reg(0), targets, otherwise, reg(1), reg(2));
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
            Prologue.leave(asm, context.frame());
            if (argumentBytes == 0) {
                asm.ret();
            } else if (argumentBytes <= 0xffff) {
                asm.ret(argumentBytes);
            } else {
                // More than the instruction can take off; no register here carries an argument.
                asm.pop(Registers.R11);
                asm.lea(8, Registers.RSP, Address.of(Registers.RSP, argumentBytes));
                asm.jmp(Operand.of(Registers.R11));
            }
        }

        @Override
        public String toString() {
            return text("ret", fixedText(0, form().count()));
        }
    }

    /** Always traps. */
    static final class Trap extends Sequence {
        private final TrapCode code;

        Trap(TrapCode code) {
            super(Form.NONE);
            this.code = code;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Traps.trap(asm, code);
        }

        @Override
        public String toString() {
            return text("trap", code);
        }
    }

    /** Leaves all frames of the activation. */
    static final class Unwind extends Sequence {
        Unwind() {
            super(Form.NONE);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.mov(8, Registers.RAX, Address.of(Registers.CONTEXT, VMContextLayout.STORE));
            asm.jmp(Address.of(Registers.RAX, StoreLayout.UNWIND_STUB));
        }

        @Override
        public String toString() {
            return "unwind";
        }
    }
}
