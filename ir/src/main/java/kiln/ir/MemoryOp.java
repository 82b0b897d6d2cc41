package kiln.ir;

import kiln.artifact.api.TrapCode;

/**
 * How a LOAD or STORE touches memory.
 *
 * @param width bytes accessed: 1, 2, 4, 8 or 16; may be less than the value's size for integers
 * @param signed whether a narrow load sign-extends (else it zero-extends)
 * @param region where; accesses through different regions never overlap
 * @param canTrap whether the access must stay where it is, because it may fault, or may do so above the check that
 *     stands before it
 * @param readOnly whether the bytes never change while the function runs: the load may be moved and merged freely
 * @param trap what a fault means, or null if the access never faults where it stands
 */
public record MemoryOp(int width, boolean signed, Region region, boolean canTrap, boolean readOnly, TrapCode trap)
        implements SideData {
    public MemoryOp {
        if (width != 1 && width != 2 && width != 4 && width != 8 && width != 16) {
            throw new IllegalArgumentException("width " + width);
        }
        if (trap != null && !canTrap) {
            throw new IllegalArgumentException("an access that faults can trap");
        }
    }

    // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof MemoryOp m
                && width == m.width
                && signed == m.signed
                && region.equals(m.region)
                && canTrap == m.canTrap
                && readOnly == m.readOnly
                && trap == m.trap;
    }

    @Override
    public int hashCode() {
        return 31 * width + region.hashCode();
    }

    /** An access that means MEMORY_OUT_OF_BOUNDS if it faults. */
    public MemoryOp(int width, boolean signed, Region region, boolean canTrap, boolean readOnly) {
        this(width, signed, region, canTrap, readOnly, canTrap ? TrapCode.MEMORY_OUT_OF_BOUNDS : null);
    }

    /** An access behind a check, without which it could fault. */
    public static MemoryOp guarded(int width, Region region, boolean readOnly) {
        return new MemoryOp(width, false, region, true, readOnly, null);
    }

    /** The same access, a fault of which means {@code code}. */
    public MemoryOp trapping(TrapCode code) {
        return new MemoryOp(width, signed, region, true, readOnly, code);
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
