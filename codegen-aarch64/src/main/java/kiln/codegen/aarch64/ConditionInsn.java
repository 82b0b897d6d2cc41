package kiln.codegen.aarch64;

import kiln.artifact.api.TrapCode;
import kiln.codegen.EmitContext;
import kiln.codegen.Form;
import kiln.codegen.Label;
import kiln.codegen.Reg;

/** What depends on a condition and takes several instructions or a branch. */
final class ConditionInsn {
    /** The source is read late: the target already holds the value to keep when that happens. */
    private static final Form MERGE = Form.NONE.use().useLate().tied(0);

    private static final Form USE = Form.NONE.use();

    private ConditionInsn() {}

    /** What depends on a condition and yields nothing. */
    abstract static class Conditional extends Sequence {
        private final Condition condition;

        Conditional(Condition condition) {
            Reg r = condition.register();
            super(r == null ? Form.NONE : USE, r == null ? new Reg[0] : new Reg[] {r});
            this.condition = condition;
        }

        final Condition condition() {
            return condition.register() == null ? condition : condition.over(reg(0));
        }
    }

    /** A choice between whole vector registers, for which there is no instruction. */
    static final class VectorSelect extends Sequence {
        private final Cond cond;

        /** {@code rd} is tied to {@code rm}, the value where the condition does not hold. */
        VectorSelect(Reg rd, Reg rn, Reg rm, Cond cond) {
            super(MERGE, rm, rn, rd);
            this.cond = cond;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            Label skip = new Label();
            asm.b(cond.negate(), skip);
            asm.movVector(reg(2), reg(1));
            asm.buffer().bind(skip);
        }

        @Override
        public String toString() {
            return text(
                    "select",
                    Registers.scalar(16, reg(2)),
                    Registers.scalar(16, reg(1)),
                    Registers.scalar(16, reg(0)),
                    cond);
        }
    }

    /** A trap outside the hot path if the condition holds. */
    static final class TrapIf extends Conditional {
        private final TrapCode code;

        TrapIf(Condition condition, TrapCode code) {
            super(condition);
            this.code = code;
        }

        @Override
        void emit(Assembler asm, EmitContext context) {
            ComparedFlags flags = ComparedFlags.here(asm);
            condition().branch(asm, Traps.label(asm, code), isFar());
            ComparedFlags.keep(asm, flags, null);
        }

        @Override
        public String toString() {
            return condition() + ", trap " + code;
        }
    }
}
