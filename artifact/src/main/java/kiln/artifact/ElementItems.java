package kiln.artifact;

import java.util.Arrays;

/**
 * The items of an element segment, one long each, because there may be a hundred thousand: kind in the upper half,
 * value in the lower. Immutable.
 */
public final class ElementItems {
    public static final ElementItems NONE = new ElementItems(new long[0]);

    /** What an item is; the ordinal is the kind's number in files: entries are only appended. */
    public enum Kind {
        /** The function in a funcref slot. */
        FUNC_SLOT,
        /** The null reference; the value is 0. */
        NULL,
        /** The value of a global (index in the module's global space). */
        GLOBAL,
        /** ref.i31 of the value. */
        I31,
        /** As {@link #GLOBAL}, of one that nothing else reads: it is emptied when the segment is dropped. */
        OWN_GLOBAL;

        private static final Kind[] VALUES = values();
    }

    private final long[] items;

    /**
     * @param items made with {@link #item}
     * @throws IllegalArgumentException if an item's kind is unknown
     */
    public ElementItems(long[] items) {
        this.items = items.clone();
        for (long item : this.items) {
            if (Long.compareUnsigned(item >>> 32, Kind.VALUES.length) >= 0) {
                throw new IllegalArgumentException("unknown kind of element item: " + (item >>> 32));
            }
        }
    }

    /** One item. */
    public static long item(Kind kind, int value) {
        return (long) kind.ordinal() << 32 | Integer.toUnsignedLong(value);
    }

    /** Items that are all functions, by slot; -1 is null. */
    public static ElementItems ofSlots(int... slots) {
        long[] items = new long[slots.length];
        for (int i = 0; i < slots.length; i++) {
            items[i] = slots[i] < 0 ? item(Kind.NULL, 0) : item(Kind.FUNC_SLOT, slots[i]);
        }
        return new ElementItems(items);
    }

    public int count() {
        return items.length;
    }

    public Kind kind(int i) {
        return Kind.VALUES[(int) (items[i] >>> 32)];
    }

    /** The slot if item {@code i} is a {@link Kind#FUNC_SLOT}, else -1. */
    public int funcSlot(int i) {
        long item = items[i];
        return item >>> 32 == 0 ? (int) item : -1;
    }

    public int value(int i) {
        return (int) items[i];
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ElementItems e && Arrays.equals(items, e.items);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(items);
    }

    @Override
    public String toString() {
        return items.length + " items";
    }
}
