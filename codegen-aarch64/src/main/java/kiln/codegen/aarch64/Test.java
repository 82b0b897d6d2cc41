package kiln.codegen.aarch64;

import kiln.codegen.Label;
import kiln.codegen.OperandVisitor;
import kiln.codegen.Reg;

/** What a conditional branch looks at. */
sealed interface Test {
    /** The flags, as an instruction before left them. */
    record Flags(Cond cond) implements Test {
        @Override
        public Test negate() {
            return new Flags(cond.negate());
        }

        @Override
        public Test visitOperands(OperandVisitor v) {
            return this;
        }

        @Override
        public void branch(Assembler a, Label target) {
            a.b(cond, target);
        }

        @Override
        public String toString() {
            return "b." + cond;
        }
    }

    /** Whether a register is zero (or is not). */
    record Zero(Reg reg, boolean wide, boolean zero) implements Test {
        @Override
        public Test negate() {
            return new Zero(reg, wide, !zero);
        }

        @Override
        public Test visitOperands(OperandVisitor v) {
            return new Zero(Insn.use(v, reg), wide, zero);
        }

        @Override
        public void branch(Assembler a, Label target) {
            if (zero) {
                a.cbz(wide, reg, target);
            } else {
                a.cbnz(wide, reg, target);
            }
        }

        @Override
        public String toString() {
            return (zero ? "cbz " : "cbnz ") + Insn.name(wide, reg);
        }
    }

    /** Whether a bit is set (or is not). */
    record Bit(Reg reg, int bit, boolean set) implements Test {
        @Override
        public Test negate() {
            return new Bit(reg, bit, !set);
        }

        @Override
        public Test visitOperands(OperandVisitor v) {
            return new Bit(Insn.use(v, reg), bit, set);
        }

        @Override
        public void branch(Assembler a, Label target) {
            if (set) {
                a.tbnz(reg, bit, target);
            } else {
                a.tbz(reg, bit, target);
            }
        }

        @Override
        public String toString() {
            return (set ? "tbnz " : "tbz ") + Insn.name(bit > 31, reg) + ", #" + bit;
        }
    }

    /** The test that succeeds exactly when this one does not. */
    Test negate();

    /** The same test on the registers that the visitor answers. */
    Test visitOperands(OperandVisitor v);

    /** Branches to a label in the range of this test's instruction. */
    void branch(Assembler a, Label target);

    /** Branches to any label of the function. */
    default void branch(Assembler a, Label target, boolean far) {
        if (far) {
            Label skip = new Label();
            negate().branch(a, skip);
            a.b(target);
            a.buffer().bind(skip);
        } else {
            branch(a, target);
        }
    }
}
