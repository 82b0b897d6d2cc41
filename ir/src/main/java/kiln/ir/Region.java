package kiln.ir;

import java.util.Locale;
import kiln.artifact.MemoryConstants;

/**
 * A part of memory that no access through another region touches. Two regions overlap only if they are equal: imported
 * things of one kind, which may be the same thing twice, share one region (index {@link #IMPORTED}).
 *
 * @param kind what is stored there
 * @param index which one of its kind, or {@link #IMPORTED}, or 0
 * @param isSmall whether it is a memory that always ends {@link MemoryConstants#PAGE_SIZE} bytes or more before the end
 *     of what 32-bit indices reach; what is imported is taken for one that may not
 */
public record Region(Kind kind, int index, boolean isSmall) {
    public static final int IMPORTED = -1;

    /** What kind of storage a region is. */
    public enum Kind {
        /** A linear memory's bytes. */
        MEMORY,
        /** A global's value. */
        GLOBAL,
        /** A table's elements. */
        TABLE,
        /** Fields of VMContext, VMStoreContext and of the records that they point to (base, length, funcrefs). */
        CONTEXT,
        /** Bytes owned by STACK_ADDR, and argument areas. */
        STACK,
        /** Objects of the garbage-collected heap. */
        HEAP
    }

    /** One that is no small memory. */
    public Region(Kind kind, int index) {
        this(kind, index, false);
    }

    public static final Region CONTEXT = new Region(Kind.CONTEXT, 0);
    public static final Region STACK = new Region(Kind.STACK, 0);

    // What records have by themselves is linked when it is first used, which takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof Region r && kind == r.kind && index == r.index && isSmall == r.isSmall;
    }

    @Override
    public int hashCode() {
        return kind.ordinal() * 31 + index;
    }

    @Override
    public String toString() {
        return (isSmall ? "small " : "")
                + kind.name().toLowerCase(Locale.ROOT)
                + (index == IMPORTED ? "*" : Integer.toString(index));
    }
}
