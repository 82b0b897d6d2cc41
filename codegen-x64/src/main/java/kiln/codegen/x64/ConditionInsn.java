package kiln.codegen.x64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
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

    /** Begins with the operands of a comparison. */
    abstract static class Conditional extends Sequence {
        final Condition condition;
        /** The number of operands of the comparison, and of the first one behind them. */
        final int own;

        /** {@code src} and {@code rest} are what {@code form} has behind the comparison's operands; src may be null. */
        Conditional(Condition condition, Form form, Operand src, Reg... rest) {
            super(form, withComparison(condition, form, src, rest));
            this.condition = condition;
            this.own = condition.operands();
            setPosition(condition.comparison().position());
        }

        private static Reg[] withComparison(Condition condition, Form form, Operand src, Reg... rest) {
            Reg[] regs = new Reg[form.count()];
            int n = condition.operands();
            for (int i = 0; i < n; i++) {
                regs[i] = condition.comparison().reg(i);
            }
            n = src == null ? n : src.put(regs, n);
            System.arraycopy(rest, 0, regs, n, rest.length);
            return regs;
        }

        static Form form(Condition condition) {
            return condition.comparison().form();
        }

        final void emitFlags(Assembler asm, EmitContext context) {
            condition.emitFlags(asm, context, this);
        }

        /** The last operand. */
        final Reg dst() {
            return reg(form().count() - 1);
        }

        final String text() {
            return condition.text(this);
        }
    }

    /** 0 or 1. */
    static final class SetCond extends Conditional {
        private SetCond(Condition condition, Form form, Reg... own) {
            super(condition, form, null, own);
        }

        /** {@code temp} is needed for conditions on parity, else null. */
        static SetCond of(Condition c, Reg dst, Reg temp) {
            return temp == null
                    ? new SetCond(c, form(c).def(), dst)
                    : new SetCond(c, form(c).temp().def(), temp, dst);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg dst = dst();
            // Clearing first saves a dependent instruction, where the register is not still needed for the comparison.
            boolean clearFirst = !condition.reads(this, dst);
            KnownFlags before = KnownFlags.here(asm);
            if (clearFirst && condition.isKnown(before, this)) {
                asm.movImm(dst, 0);
                KnownFlags.keep(asm, before, dst);
            } else if (clearFirst) {
                asm.op(Op.XOR, 4, dst, dst);
            }
            emitFlags(asm, context);
            KnownFlags flags = KnownFlags.here(asm);
            asm.set(condition.cond(), dst);
            if (condition.parity() != Condition.Parity.NONE) {
                boolean and = condition.parity() == Condition.Parity.AND_ORDERED;
                asm.set(and ? Cond.NP : Cond.P, reg(own));
                asm.op(and ? Op.AND : Op.OR, 1, dst, reg(own));
            }
            if (!clearFirst) {
                asm.op(Op.MOVZX8, 4, dst, dst);
            }
            if (condition.parity() == Condition.Parity.NONE) {
                KnownFlags.keep(asm, flags, dst);
            }
        }

        @Override
        public String toString() {
            boolean hasTemp = condition.parity() != Condition.Parity.NONE;
            return format("%s ? set %s%s", text(), dst(), hasTemp ? " ; temp " + reg(own) : "");
        }
    }

    /** {@code dst = condition ? src : base}, in the register of base; integers. Not for {@code AND_ORDERED}. */
    static final class Select extends Conditional {
        private final int size;
        private final Operand src;

        private Select(Condition condition, int size, Form form, Reg dst, Operand src, Reg base) {
            super(condition, form, src, base, dst);
            if (condition.parity() == Condition.Parity.AND_ORDERED) {
                throw new IllegalArgumentException("the condition must be negated: " + text());
            }
            this.size = size;
            this.src = src;
            if (src.position() >= 0) {
                setPosition(src.position());
            }
        }

        static Select of(Condition c, int size, Reg dst, Operand src, Reg base) {
            Form form = src.append(form(c));
            return new Select(c, size, form.use().tied(form.count()), dst, src, base);
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Operand s = src.resolve(this, own, context);
            emitFlags(asm, context);
            KnownFlags flags = KnownFlags.here(asm);
            asm.cmov(condition.cond(), size, dst(), s);
            if (condition.parity() == Condition.Parity.OR_UNORDERED) {
                asm.cmov(Cond.P, size, dst(), s);
            }
            KnownFlags.keep(asm, flags, dst());
        }

        @Override
        public String toString() {
            int last = form().count() - 1;
            String s = src.over(this, own).text(size);
            return format("%s ? %s = %s : %s", text(), name(last, size), s, name(last - 1, size));
        }
    }

    /** {@code dst = base + condition} or {@code base - condition}, by adding the carry; the condition is B or AE. */
    static final class AddCarry extends Conditional {
        private final boolean subtract;
        private final int size;

        AddCarry(Condition condition, boolean subtract, int size, Reg dst, Reg base) {
            super(condition, form(condition).use().tied(condition.operands()), null, base, dst);
            if (condition.cond() != Cond.B && condition.cond() != Cond.AE) {
                throw new IllegalArgumentException("not a carry: " + text());
            }
            this.subtract = subtract;
            this.size = size;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            emitFlags(asm, context);
            // x + !carry = x - (-1) - carry, and so on.
            boolean inverted = condition.cond() == Cond.AE;
            asm.op(subtract != inverted ? Op.SBB : Op.ADC, size, dst(), inverted ? -1 : 0);
        }

        @Override
        public String toString() {
            String op = subtract ? "-" : "+";
            return format("%s ? %s = %s %s 1", text(), name(own + 1, size), name(own, size), op);
        }
    }

    /** As {@link Select} for vector registers, with a jump. */
    static final class VectorSelect extends Conditional {
        private final Type type;

        VectorSelect(Condition condition, Type type, Reg dst, Reg src, Reg base) {
            super(condition, form(condition).use().use().tied(condition.operands() + 1), null, src, base, dst);
            this.type = type;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Reg src = reg(own);
            if (src == dst()) {
                return;
            }
            Label keep = new Label();
            emitFlags(asm, context);
            jumpIf(asm, condition.negate(), keep);
            asm.op(Op.MOVAPS, dst(), src);
            asm.buffer().bind(keep);
        }

        @Override
        public String toString() {
            return format("%s ? %s = %s : %s ; %s", text(), dst(), reg(own), reg(own + 1), type);
        }
    }

    /** A trap if the condition holds. */
    static final class TrapIf extends Conditional {
        private final TrapCode code;

        TrapIf(Condition condition, TrapCode code) {
            super(condition, form(condition), null);
            this.code = code;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            emitFlags(asm, context);
            KnownFlags flags = KnownFlags.here(asm);
            jumpIf(asm, condition, Traps.label(asm, code));
            KnownFlags.keep(asm, flags, null);
        }

        @Override
        public String toString() {
            return format("%s ? trap %s", text(), code);
        }
    }
}
