package kiln.codegen.aarch64;

import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/**
 * The operand shapes that several instructions share. A shape holds the registers, under the manual's names, and states
 * once what of them is read and written; its instructions add how they are encoded and printed.
 */
final class Shape {
    private Shape() {}

    /** No registers, or registers that are physical already, because the instruction is made after allocation. */
    abstract static class Plain extends Insn {
        @Override
        public final void visitOperands(OperandVisitor v) {}
    }

    /** {@code rd}: a value out of nothing. */
    abstract static class Define extends Insn {
        Reg rd;

        Define(Reg rd) {
            this.rd = rd;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            rd = def(v, rd);
        }
    }

    /** {@code rd} from {@code rn}. */
    abstract static class Unary extends Insn {
        Reg rd;
        Reg rn;

        Unary(Reg rd, Reg rn) {
            this.rd = rd;
            this.rn = rn;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rd = def(v, rd);
        }
    }

    /** {@code rd} from {@code rn} and {@code rm}. */
    abstract static class Binary extends Insn {
        Reg rd;
        Reg rn;
        Reg rm;

        Binary(Reg rd, Reg rn, Reg rm) {
            this.rd = rd;
            this.rn = rn;
            this.rm = rm;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            rm = use(v, rm);
            rd = def(v, rd);
        }
    }

    /** {@code rd} takes the place of {@code kept}, some of which stays. */
    abstract static class Merge extends Insn {
        Reg rd;
        Reg kept;
        Reg rn;

        Merge(Reg rd, Reg kept, Reg rn) {
            this.rd = rd;
            this.kept = kept;
            this.rn = rn;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            Reg reused = kept;
            kept = v.use(kept);
            // Late: the target already holds what is kept when this is read.
            rn = useLate(v, rn);
            rd = v.defReuse(rd, reused);
        }
    }

    /** {@code rn} and {@code rm} are compared; without {@code rm}, {@code rn} is compared with a constant. */
    abstract static class Compare extends Insn {
        Reg rn;
        Reg rm;

        Compare(Reg rn, Reg rm) {
            this.rn = rn;
            this.rm = rm;
        }

        @Override
        public final void visitOperands(OperandVisitor v) {
            rn = use(v, rn);
            if (rm != null) {
                rm = use(v, rm);
            }
        }
    }
}
