package kiln.codegen.aarch64;

import kiln.codegen.Label;
import kiln.codegen.Reg;

/** What a conditional branch looks at: unlike on x86-64, an instruction of its own has set the flags. */
sealed interface Condition {
    /** The flags, as an instruction before left them. */
    record Flags(Cond cond) implements Condition {
        @Override
        public Condition negate() {
            return new Flags(cond.negate());
        }

        @Override
        public Reg register() {
            return null;
        }

        @Override
        public Condition over(Reg r) {
            return this;
        }

        @Override
        public void branch(Assembler asm, Label target) {
            asm.b(cond, target);
        }

        @Override
        public String toString() {
            return "b." + cond;
        }
    }

    /** Whether a register is zero (or is not). */
    record Zero(Reg reg, boolean wide, boolean zero) implements Condition {
        @Override
        public Condition negate() {
            return new Zero(reg, wide, !zero);
        }

        @Override
        public Reg register() {
            return reg;
        }

        @Override
        public Condition over(Reg r) {
            return new Zero(r, wide, zero);
        }

        @Override
        public void branch(Assembler asm, Label target) {
            if (zero) {
                asm.cbz(wide, reg, target);
            } else {
                asm.cbnz(wide, reg, target);
            }
        }

        @Override
        public String toString() {
            return (zero ? "cbz " : "cbnz ") + Registers.name(wide, reg);
        }
    }

    /** Whether a bit is set (or is not). */
    record Bit(Reg reg, int bit, boolean set) implements Condition {
        @Override
        public Condition negate() {
            return new Bit(reg, bit, !set);
        }

        @Override
        public Reg register() {
            return reg;
        }

        @Override
        public Condition over(Reg r) {
            return new Bit(r, bit, set);
        }

        @Override
        public void branch(Assembler asm, Label target) {
            if (set) {
                asm.tbnz(reg, bit, target);
            } else {
                asm.tbz(reg, bit, target);
            }
        }

        @Override
        public String toString() {
            return (set ? "tbnz " : "tbz ") + Registers.name(bit > 31, reg) + ", #" + bit;
        }
    }

    /** The condition that holds exactly when this one does not. */
    Condition negate();

    /** The register that is looked at, or null. */
    Reg register();

    /** The same condition on another register. */
    Condition over(Reg r);

    /** Branches to a label in the range of this condition's instruction. */
    void branch(Assembler asm, Label target);

    /** Branches to any label of the function. */
    default void branch(Assembler asm, Label target, boolean far) {
        if (far) {
            Label skip = new Label();
            negate().branch(asm, skip);
            asm.b(target);
            asm.buffer().bind(skip);
        } else {
            branch(asm, target);
        }
    }
}
