package kiln.codegen.aarch64;

/**
 * What an instruction of data processing has besides registers: how its last source is changed, a constant, a
 * condition. Those that most functions have are compared by hand, since linking what records have by themselves takes
 * milliseconds; see architecture.md.
 */
sealed interface Modifier {
    /** Nothing. */
    Modifier NONE = new None();

    /** The encoding of {@code op} with this, without registers and size. */
    int encode(Op op, boolean wide);

    /** As text behind the registers, which begins with a comma; empty if there is none. */
    @Override
    String toString();

    /** As text right behind the target; not a default method, for which NONE's class would need this one first. */
    static String ofTarget(Modifier modifier) {
        return switch (modifier) {
            case IntoElement into -> "[" + into.index + "]";
            case ElementIntoElement into -> "[" + into.target + "]";
            default -> "";
        };
    }

    /** Nothing. */
    record None() implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            return op.bits;
        }

        @Override
        public boolean equals(Object o) {
            return o instanceof None;
        }

        @Override
        public int hashCode() {
            return 0;
        }

        @Override
        public String toString() {
            return "";
        }
    }

    /** The last source is shifted: ADD and SUB (not by ROR) and the logical operations. */
    record Shifted(ShiftOp shift, int amount) implements Modifier {
        @Override
        public boolean equals(Object o) {
            return o instanceof Shifted s && shift == s.shift && amount == s.amount;
        }

        @Override
        public int hashCode() {
            return 64 * shift.ordinal() + amount;
        }

        @Override
        public int encode(Op op, boolean wide) {
            boolean taken = op.isLogical() || op.isAddSub() && shift != ShiftOp.ROR;
            Assembler.require(taken && amount >= 0 && amount < (wide ? 64 : 32));
            return op.bits | shift.ordinal() << 22 | amount << 10;
        }

        @Override
        public String toString() {
            return ", " + shift + " #" + amount;
        }
    }

    /** The last source of ADD or SUB is extended and shifted left by 0 to 4; 31 is sp as first source and target. */
    record Extended(ExtendOp extend, int amount) implements Modifier {
        @Override
        public boolean equals(Object o) {
            return o instanceof Extended e && extend == e.extend && amount == e.amount;
        }

        @Override
        public int hashCode() {
            return 64 * extend.ordinal() + amount;
        }

        @Override
        public int encode(Op op, boolean wide) {
            Assembler.require(op.isAddSub() && amount >= 0 && amount <= 4);
            return op.bits | 0x0020_0000 | extend.ordinal() << 13 | amount << 10;
        }

        @Override
        public String toString() {
            return ", " + extend + (amount == 0 ? "" : " #" + amount);
        }
    }

    /** What {@link Immediates#isAddSub} accepts. */
    record AddSubImmediate(int value) implements Modifier {
        @Override
        public boolean equals(Object o) {
            return o instanceof AddSubImmediate i && value == i.value;
        }

        @Override
        public int hashCode() {
            return value;
        }

        @Override
        public int encode(Op op, boolean wide) {
            Assembler.require(Immediates.isAddSub(value & 0xffff_ffffL));
            return op.bits | ((value & ~0xfff) == 0 ? value << 10 : value >>> 12 << 10 | 1 << 22);
        }

        @Override
        public String toString() {
            return ", #" + value;
        }
    }

    /** A bitmask that {@link Immediates#logical} accepts for the size. */
    record LogicalImmediate(long mask) implements Modifier {
        @Override
        public boolean equals(Object o) {
            return o instanceof LogicalImmediate i && mask == i.mask;
        }

        @Override
        public int hashCode() {
            return Long.hashCode(mask);
        }

        @Override
        public int encode(Op op, boolean wide) {
            int fields = Immediates.logical(mask, wide);
            Assembler.require(fields >= 0);
            return op.bits | fields << 10;
        }

        @Override
        public String toString() {
            return ", #0x" + Long.toHexString(mask);
        }
    }

    /** The rotation and the highest bit of a bitfield move. */
    record Field(int immr, int imms) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            return op.bits | immr << 16 | imms << 10;
        }

        @Override
        public String toString() {
            return ", #" + immr + ", #" + imms;
        }
    }

    /** The lowest bit of an extraction. */
    record Lowest(int lsb) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            return op.bits | lsb << 10;
        }

        @Override
        public String toString() {
            return ", #" + lsb;
        }
    }

    /** The condition of a select. */
    record When(Cond cond) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            return op.bits | cond.ordinal() << 12;
        }

        @Override
        public String toString() {
            return ", " + cond;
        }
    }

    /** Of a conditional comparison: where {@code cond} does not hold, the flags become {@code nzcv}. */
    record Chained(int nzcv, Cond cond) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            return op.bits | cond.ordinal() << 12 | nzcv;
        }

        @Override
        public String toString() {
            return ", #" + nzcv + ", " + cond;
        }
    }

    /** As {@link Chained}, with a constant 0..31 to compare with (CCMN: its negative). */
    record ChainedImmediate(int value, int nzcv, Cond cond) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            Assembler.require(value >= 0 && value <= 31);
            return op.bits | value << 16 | cond.ordinal() << 12 | nzcv;
        }

        @Override
        public String toString() {
            return ", #" + value + ", #" + nzcv + ", " + cond;
        }
    }

    /** A vector's elements of {@code bits} bits are shifted left, by 0 up to one less than that. */
    record LeftBy(int bits, int amount) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            Assembler.require(amount >= 0 && amount < bits);
            return op.bits | bits + amount << 16;
        }

        @Override
        public String toString() {
            return ", #" + amount;
        }
    }

    /**
     * A vector's elements are shifted right by 1 to {@code bits}, the bits of an element (the result's, if smaller).
     */
    record RightBy(int bits, int amount) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            Assembler.require(amount > 0 && amount <= bits);
            return op.bits | 2 * bits - amount << 16;
        }

        @Override
        public String toString() {
            return ", #" + amount;
        }
    }

    /** The last source is an element, the field above the bit that gives its size. */
    record Element(Arrangement lanes, int index) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            requireElement(lanes, index);
            return op.bits | index << 17 + lanes.log2;
        }

        @Override
        public String toString() {
            return "[" + index + "]";
        }
    }

    /** The last factor is an element: of words or doublewords, whose numbers lie in bits H and L. */
    record Factor(Arrangement lanes, int index) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            requireElement(lanes, index);
            Assembler.require(lanes.log2 >= 2);
            int hl = lanes == Arrangement.D2 ? index << 1 : index;
            return op.bits | hl >> 1 << 11 | (hl & 1) << 21;
        }

        @Override
        public String toString() {
            return "[" + index + "]";
        }
    }

    /** An element of the target is written, from an integer register. */
    record IntoElement(Arrangement lanes, int index) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            requireElement(lanes, index);
            return op.bits | index << 17 + lanes.log2;
        }

        @Override
        public String toString() {
            return "";
        }
    }

    /** An element of the target is written, from one of the source. */
    record ElementIntoElement(Arrangement lanes, int target, int source) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            requireElement(lanes, target);
            requireElement(lanes, source);
            return op.bits | target << 17 + lanes.log2 | source << 11 + lanes.log2;
        }

        @Override
        public String toString() {
            return "[" + source + "]";
        }
    }

    private static void requireElement(Arrangement lanes, int index) {
        Assembler.require(index >= 0 && index < 16 >> lanes.log2);
    }

    /** The place, 0..15, of the first byte of EXT. */
    record FromByte(int index) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            Assembler.require(index >= 0 && index < 16);
            return op.bits | index << 11;
        }

        @Override
        public String toString() {
            return ", #" + index;
        }
    }

    /**
     * A vector constant's eight bits, and how they become an element.
     *
     * @param value of the element, or of the operand that is shifted left, for text
     */
    record VectorImmediate(int cmode, int imm8, String value) implements Modifier {
        @Override
        public int encode(Op op, boolean wide) {
            return op.bits | imm8 >> 5 << 16 | cmode << 12 | (imm8 & 31) << 5;
        }

        @Override
        public String toString() {
            return ", " + value;
        }
    }
}
