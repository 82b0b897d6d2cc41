package kiln.ir;

import java.util.Locale;

/**
 * A part of memory that no access through another region touches. Two regions overlap only if they are equal: imported
 * things of one kind, which may be the same thing twice, share one region (index {@link #IMPORTED}).
 *
 * @param kind what is stored there
 * @param index which one of its kind, or {@link #IMPORTED}, or 0
 */
public record Region(Kind kind, int index) {
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

    public static final Region CONTEXT = new Region(Kind.CONTEXT, 0);
    public static final Region STACK = new Region(Kind.STACK, 0);

    // What records have by themselves is linked when it is first used, which takes milliseconds; see architecture.md.
    @Override
    public boolean equals(Object o) {
        return o instanceof Region r && kind == r.kind && index == r.index;
    }

    @Override
    public int hashCode() {
        return kind.ordinal() * 31 + index;
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + (index == IMPORTED ? "*" : Integer.toString(index));
    }
}
