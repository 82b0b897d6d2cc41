package kiln.codegen.aarch64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** Comparisons of a kind of their own, and what depends on a condition. */
final class ConditionInsn {
    private ConditionInsn() {}

    /** FCMP with a register, or with zero if there is none. */
    static final class CompareFloat extends Shape.Compare {
        private final boolean dbl;

        CompareFloat(boolean dbl, Reg rn, Reg rm) {
            super(rn, rm);
            this.dbl = dbl;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (rm == null) {
                asm.floatCompareZero(dbl, rn);
            } else {
                asm.floatCompare(dbl, rn, rm);
            }
        }

        @Override
        public String toString() {
            return text("fcmp", floating(dbl, rn), rm == null ? "#0.0" : floating(dbl, rm));
        }
    }

    /** CCMP on two registers. */
    static final class ConditionalCompare extends Shape.Compare {
        private final boolean wide;
        private final int nzcv;
        private final Cond cond;

        ConditionalCompare(boolean wide, Reg rn, Reg rm, int nzcv, Cond cond) {
            super(rn, rm);
            this.wide = wide;
            this.nzcv = nzcv;
            this.cond = cond;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.conditionalCompare(wide, rn, rm, nzcv, cond);
        }

        @Override
        public String toString() {
            return text("ccmp", name(wide, rn), name(wide, rm), "#" + nzcv, cond);
        }
    }

    /** CCMP with a constant 0..31, or CCMN for -31..-1. */
    static final class ConditionalCompareImmediate extends Shape.Compare {
        private final boolean wide;
        private final int imm;
        private final int nzcv;
        private final Cond cond;

        ConditionalCompareImmediate(boolean wide, Reg rn, int imm, int nzcv, Cond cond) {
            super(rn, null);
            this.wide = wide;
            this.imm = imm;
            this.nzcv = nzcv;
            this.cond = cond;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (imm >= 0) {
                asm.conditionalCompareImmediate(wide, rn, imm, nzcv, cond);
            } else {
                asm.conditionalCompareNegativeImmediate(wide, rn, -imm, nzcv, cond);
            }
        }

        @Override
        public String toString() {
            return text(imm >= 0 ? "ccmp" : "ccmn", name(wide, rn), "#" + Math.abs(imm), "#" + nzcv, cond);
        }
    }

    /** CSEL, CSINC, CSINV, CSNEG. */
    static final class Select extends Shape.Binary {
        private final SelectOp op;
        private final boolean wide;
        private final Cond cond;

        Select(SelectOp op, boolean wide, Reg rd, Reg rn, Reg rm, Cond cond) {
            super(rd, rn, rm);
            this.op = op;
            this.wide = wide;
            this.cond = cond;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.conditionalSelect(op, wide, rd, rn, rm, cond);
        }

        @Override
        public String toString() {
            return text(op, name(wide, rd), name(wide, rn), name(wide, rm), cond);
        }
    }

    /** FCSEL. */
    static final class FloatSelect extends Shape.Binary {
        private final boolean dbl;
        private final Cond cond;

        FloatSelect(boolean dbl, Reg rd, Reg rn, Reg rm, Cond cond) {
            super(rd, rn, rm);
            this.dbl = dbl;
            this.cond = cond;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            asm.floatSelect(dbl, rd, rn, rm, cond);
        }

        @Override
        public String toString() {
            return text("fcsel", floating(dbl, rd), floating(dbl, rn), floating(dbl, rm), cond);
        }
    }

    /** A choice between whole vector registers, for which there is no instruction. */
    static final class VectorSelect extends Shape.Merge {
        private final Cond cond;

        /** {@code rd} takes the place of {@code rm}, the value where the condition does not hold. */
        VectorSelect(Reg rd, Reg rn, Reg rm, Cond cond) {
            super(rd, rm, rn);
            this.cond = cond;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Label skip = new Label();
            asm.b(cond.negate(), skip);
            asm.vectorMov(rd, rn);
            asm.buffer().bind(skip);
        }

        @Override
        public String toString() {
            return text("select", scalar(16, rd), scalar(16, rn), scalar(16, kept), cond);
        }
    }

    /** A trap outside the hot path if the condition holds. */
    static final class TrapIf extends Insn {
        private Condition condition;
        private final TrapCode code;

        TrapIf(Condition condition, TrapCode code) {
            this.condition = condition;
            this.code = code;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            condition = condition.visitOperands(v);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            condition.branch(asm, Traps.label(asm, code), isFar());
        }

        @Override
        public String toString() {
            return condition + ", trap " + code;
        }
    }
}
