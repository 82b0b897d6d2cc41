package kiln.codegen.x64;

import kiln.artifact.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Label;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;
import kiln.ir.Type;

/** A comparison together with what depends on it. */
final class ConditionInsn {
    private ConditionInsn() {}

    /** Jumps to {@code target} if the condition holds; the flags are set. */
    static void jumpIf(Assembler asm, Condition c, Label target) {
        switch (c.parity()) {
            case NONE -> asm.jcc(c.cond(), target);
            case OR_UNORDERED -> {
                asm.jcc(Cond.P, target);
                asm.jcc(c.cond(), target);
            }
            case AND_ORDERED -> {
                Label not = new Label();
                asm.jcc(Cond.P, not);
                asm.jcc(c.cond(), target);
                asm.buffer().bind(not);
            }
        }
    }

    /** 0 or 1. */
    static final class SetCond extends Shape.Conditional {
        private Reg dst;
        private Reg temp;

        /** {@code temp} is needed for conditions on parity, else null. */
        SetCond(Condition condition, Reg dst, Reg temp) {
            super(condition);
            this.dst = dst;
            this.temp = temp;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            condition.flags().visit(v);
            if (temp != null) {
                temp = v.temp(temp);
            }
            dst = v.def(dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            // Clearing first saves a dependent instruction, where the register is not still needed for the comparison.
            boolean clearFirst = !condition.flags().reads(dst);
            if (clearFirst) {
                asm.op(Op.XOR, 4, dst, dst);
            }
            condition.emitFlags(asm, context);
            asm.set(condition.cond(), dst);
            if (condition.parity() != Condition.Parity.NONE) {
                boolean and = condition.parity() == Condition.Parity.AND_ORDERED;
                asm.set(and ? Cond.NP : Cond.P, temp);
                asm.op(and ? Op.AND : Op.OR, 1, dst, temp);
            }
            if (!clearFirst) {
                asm.op(Op.MOVZX8, 4, dst, Operand.of(dst));
            }
        }

        @Override
        public String toString() {
            return format("%s ? set %s%s", condition, dst, temp == null ? "" : " ; temp " + temp);
        }
    }

    /** {@code dst = condition ? src : base}, where dst takes the place of base; integers. Not for {@code AND_ORDERED}. */
    static final class Select extends Shape.Conditional {
        private final int size;
        private Reg dst;
        private final Operand src;
        private Reg base;

        Select(Condition condition, int size, Reg dst, Operand src, Reg base) {
            super(condition);
            if (condition.parity() == Condition.Parity.AND_ORDERED) {
                throw new IllegalArgumentException("the condition must be negated: " + condition);
            }
            this.size = size;
            this.dst = dst;
            this.src = src;
            this.base = base;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = base;
            condition.flags().visit(v);
            src.visit(v);
            base = v.use(base);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand s = src.resolve(context);
            condition.emitFlags(asm, context);
            asm.cmov(condition.cond(), size, dst, s);
            if (condition.parity() == Condition.Parity.OR_UNORDERED) {
                asm.cmov(Cond.P, size, dst, s);
            }
        }

        @Override
        public String toString() {
            return format("%s ? %s = %s : %s", condition, name(dst, size), src.text(size), name(base, size));
        }
    }

    /** {@code dst = base + condition} or {@code base - condition}, by adding the carry; the condition is B or AE. */
    static final class AddCarry extends Shape.Conditional {
        private final boolean subtract;
        private final int size;
        private Reg dst;
        private Reg base;

        AddCarry(Condition condition, boolean subtract, int size, Reg dst, Reg base) {
            super(condition);
            if (condition.cond() != Cond.B && condition.cond() != Cond.AE) {
                throw new IllegalArgumentException("not a carry: " + condition);
            }
            this.subtract = subtract;
            this.size = size;
            this.dst = dst;
            this.base = base;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = base;
            condition.flags().visit(v);
            base = v.use(base);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            condition.emitFlags(asm, context);
            // x + !carry = x - (-1) - carry, and so on.
            boolean inverted = condition.cond() == Cond.AE;
            asm.op(subtract != inverted ? Op.SBB : Op.ADC, size, dst, inverted ? -1 : 0);
        }

        @Override
        public String toString() {
            return format("%s ? %s = %s %s 1", condition, name(dst, size), name(base, size), subtract ? "-" : "+");
        }
    }

    /** As {@link Select} for vector registers, with a jump. */
    static final class VectorSelect extends Shape.Conditional {
        private final Type type;
        private Reg dst;
        private Reg src;
        private Reg base;

        VectorSelect(Condition condition, Type type, Reg dst, Reg src, Reg base) {
            super(condition);
            this.type = type;
            this.dst = dst;
            this.src = src;
            this.base = base;
        }

        @Override
        public void visitOperands(OperandVisitor v) {
            Reg reused = base;
            condition.flags().visit(v);
            src = v.use(src);
            base = v.use(base);
            dst = v.defReuse(dst, reused);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            if (src == dst) {
                return;
            }
            Label keep = new Label();
            condition.emitFlags(asm, context);
            jumpIf(asm, condition.negate(), keep);
            asm.op(Op.MOVAPS, dst, src);
            asm.buffer().bind(keep);
        }

        @Override
        public String toString() {
            return format("%s ? %s = %s : %s ; %s", condition, dst, src, base, type);
        }
    }

    /** A trap if the condition holds. */
    static final class TrapIf extends Shape.Conditional {
        private final TrapCode code;

        TrapIf(Condition condition, TrapCode code) {
            super(condition);
            this.code = code;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            condition.emitFlags(asm, context);
            jumpIf(asm, condition, Traps.label(asm, code));
        }

        @Override
        public String toString() {
            return format("%s ? trap %s", condition, code);
        }
    }
}
