package kiln.codegen.aarch64;

import java.util.List;
import kiln.artifact.StoreLayout;
import kiln.artifact.TrapCode;
import kiln.artifact.VMContextLayout;
import kiln.codegen.EmitContext;
import kiln.codegen.MachBlock;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Jumps and checks. */
abstract sealed class ControlInsn extends Insn {
    static final class Jump extends ControlInsn {
        private final MachBlock target;

        Jump(MachBlock target) {
            this.target = target;
        }

        @Override
        public void visitOperands(OperandVisitor v) {}

        @Override
        void emit(Assembler a, EmitContext c) {
            if (!c.isNext(target)) {
                a.b(target.label());
            }
        }

        @Override
        public String toString() {
            return "b " + target;
        }
    }

    /** Two ways. */
    static final class Branch extends ControlInsn {
        private Test test;
        private final MachBlock yes;
        private final MachBlock no;

        Branch(Test test, MachBlock yes, MachBlock no) {
            this.test = test;
            this.yes = yes;
            this.no = no;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            test = test.visitOperands(v);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            if (c.isNext(yes)) {
                test.negate().branch(a, no.label(), isFar());
            } else {
                test.branch(a, yes.label(), isFar());
                if (!c.isNext(no)) {
                    a.b(no.label());
                }
            }
        }

        @Override
        public String toString() {
            return test + ", " + yes + " else " + no;
        }
    }

    /** One comparison for each of a few targets. */
    static final class CompareChain extends ControlInsn {
        private Reg index;
        private final List<MachBlock> targets;
        private final MachBlock otherwise;

        CompareChain(Reg index, List<MachBlock> targets, MachBlock otherwise) {
            this.index = index;
            this.targets = targets;
            this.otherwise = otherwise;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            index = use(v, index);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            for (int i = 0; i < targets.size(); i++) {
                if (i == 0) {
                    new Test.Zero(index, false, true).branch(a, targets.get(i).label(), isFar());
                } else {
                    a.cmpImmediate(false, index, i);
                    new Test.Flags(Cond.EQ).branch(a, targets.get(i).label(), isFar());
                }
            }
            if (!c.isNext(otherwise)) {
                a.b(otherwise.label());
            }
        }

        @Override
        public String toString() {
            return "switch " + name(false, index) + ", " + targets + " else " + otherwise;
        }
    }

    /** A jump through a table of distances, which stands right behind it. */
    static final class JumpTable extends ControlInsn {
        private Reg index;
        private final List<MachBlock> targets;
        private final MachBlock otherwise;

        JumpTable(Reg index, List<MachBlock> targets, MachBlock otherwise) {
            this.index = index;
            this.targets = targets;
            this.otherwise = otherwise;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            index = use(v, index);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            int count = targets.size();
            if (Immediates.isAddSub(count)) {
                a.cmpImmediate(false, index, count);
            } else {
                a.movImmediate(false, Registers.IP0, count);
                a.cmp(false, index, Registers.IP0);
            }
            new Test.Flags(Cond.HS).branch(a, otherwise.label(), isFar());
            int table = a.buffer().size() + 16;
            a.adr(Registers.IP0, 16);
            a.loadStoreIndexed(LoadStoreOp.LDRSW, Registers.IP1, Registers.IP0, index, ExtendOp.UXTW, true);
            a.alu(AluOp.ADD, true, Registers.IP0, Registers.IP0, Registers.IP1);
            a.br(Registers.IP0);
            for (MachBlock target : targets) {
                a.buffer().refer(a.buffer().size(), target.label(), (b, at, to) -> {
                    b.set4(at, to - table);
                    return true;
                });
                a.buffer().put4(0);
            }
        }

        @Override
        public String toString() {
            return "table " + name(false, index) + ", " + targets + " else " + otherwise;
        }
    }

    /** A trap outside the hot path if a test succeeds. */
    static final class TrapIf extends ControlInsn {
        private Test test;
        private final TrapCode code;

        TrapIf(Test test, TrapCode code) {
            this.test = test;
            this.code = code;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            test = test.visitOperands(v);
        }

        @Override
        void emit(Assembler a, EmitContext c) {
            test.branch(a, Traps.label(a, code), isFar());
        }

        @Override
        public String toString() {
            return test + ", trap " + code;
        }
    }

    /** A trap in any case. */
    static final class Trap extends ControlInsn {
        private final TrapCode code;

        Trap(TrapCode code) {
            this.code = code;
        }

        @Override
        public void visitOperands(OperandVisitor v) {}

        @Override
        void emit(Assembler a, EmitContext c) {
            Traps.trap(a, code);
            // The return address is the trap site: it must not be that of an access at the start of the next block,
            // too.
            a.udf(0);
        }

        @Override
        public String toString() {
            return "trap " + code;
        }
    }

    /** Compares the stack pointer with the limit, which an interruption raises above every address. */
    static final class InterruptCheck extends ControlInsn {
        @Override
        public void visitOperands(OperandVisitor v) {}

        @Override
        void emit(Assembler a, EmitContext c) {
            Prologue.checkStack(a, isFar());
        }

        @Override
        public String toString() {
            return "interrupt_check";
        }
    }

    /** Leaves the activation. */
    static final class Unwind extends ControlInsn {
        @Override
        public void visitOperands(OperandVisitor v) {}

        @Override
        void emit(Assembler a, EmitContext c) {
            a.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.VMCTX, VMContextLayout.STORE);
            a.loadStoreScaled(LoadStoreOp.LDR_X, Registers.IP0, Registers.IP0, StoreLayout.UNWIND_STUB);
            a.br(Registers.IP0);
        }

        @Override
        public String toString() {
            return "unwind";
        }
    }
}
