package kiln.ir;

/**
 * How a LOAD or STORE touches memory.
 *
 * @param width bytes accessed: 1, 2, 4, 8 or 16; may be less than the value's size for integers
 * @param signed whether a narrow load sign-extends (else it zero-extends)
 * @param region where; accesses through different regions never overlap
 * @param canTrap whether the access may fault, which is then MEMORY_OUT_OF_BOUNDS
 * @param readOnly whether the bytes never change while the function runs: the load may be moved and merged freely
 */
public record MemoryOp(int width, boolean signed, Region region, boolean canTrap, boolean readOnly) {
    public MemoryOp {
        if (width != 1 && width != 2 && width != 4 && width != 8 && width != 16) {
            throw new IllegalArgumentException("width " + width);
        }
    }

    /** An access of a value of {@code type} in full width that cannot fault. */
    public static MemoryOp of(Type type, Region region) {
        return new MemoryOp(type.bytes(), false, region, false, false);
    }

    /** As {@link #of}, from memory that never changes. */
    public static MemoryOp readOnly(Type type, Region region) {
        return new MemoryOp(type.bytes(), false, region, false, true);
    }
}
