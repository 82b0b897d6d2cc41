package kiln.artifact;

import java.lang.foreign.MemorySegment;

/**
 * The funcref slots of a module's VMContext: imported functions first, then the defined functions that escape, in
 * ascending order. Read in place, by generated code too, because there may be a hundred thousand: an entry is what a
 * record of the slot is made of when it is first needed.
 *
 * <pre>
 *   0  code      u32  offset in the text; {@link #NO_CODE} or {@link #IMPORTED}
 *   4  type      u32  type index of the function
 *   8  function  u32  index in the module's function space
 * </pre>
 *
 * Immutable.
 */
public final class FuncRefs {
    public static final int ENTRY_BYTES = 12;
    /** Within an entry. */
    public static final int ENTRY_CODE = 0;
    /** Within an entry. */
    public static final int ENTRY_TYPE = 4;
    /** Within an entry. */
    public static final int ENTRY_FUNCTION = 8;

    /**
     * In place of a code offset: the function is in a table, but nobody can call it, and it was left out of the file.
     */
    public static final int NO_CODE = -1;
    /** In place of a code offset: an import, whose record instantiation fills in. */
    public static final int IMPORTED = -2;

    public static final FuncRefs NONE = new FuncRefs(new int[0], new int[0]);

    /** What the entries hold before there is a file, else null. */
    private final int[] words;
    /** Null before there is a file, as {@link #entries} is. */
    private final MemorySegment head;

    private final MemorySegment entries;
    private final int count;

    /**
     * Slots before anything is known of code.
     *
     * @param functions by slot: index in the module's function space, strictly ascending
     * @param types by slot: type index of the function
     * @throws IllegalArgumentException if the lengths differ or the order is not ascending
     */
    public FuncRefs(int[] functions, int[] types) {
        if (functions.length != types.length) {
            throw new IllegalArgumentException("as many types as functions");
        }
        count = functions.length;
        // Of an array, since a process that compiles has no other use for segments, which take long to get ready.
        words = new int[3 * count];
        for (int i = 0; i < count; i++) {
            if (functions[i] < 0 || i > 0 && functions[i] <= functions[i - 1]) {
                throw new IllegalArgumentException("functions not ascending at slot " + i);
            }
            words[3 * i] = NO_CODE;
            words[3 * i + 1] = types[i];
            words[3 * i + 2] = functions[i];
        }
        head = null;
        entries = null;
    }

    /** @param bytes of a file: the head and the entries */
    FuncRefs(MemorySegment bytes) {
        words = null;
        head = bytes;
        entries = bytes.asSlice(References.HEAD_BYTES);
        this.count = (int) (entries.byteSize() / ENTRY_BYTES);
    }

    /** The bytes of a file from the head on. */
    MemorySegment head() {
        return head;
    }

    public int count() {
        return count;
    }

    private int word(int slot, int at) {
        return words != null ? words[3 * slot + at / Integer.BYTES] : Le.i32(entries, (long) slot * ENTRY_BYTES + at);
    }

    /** Text offset of the code, or {@link #NO_CODE} or {@link #IMPORTED}. */
    public int code(int slot) {
        return word(slot, ENTRY_CODE);
    }

    /** Index in the module's function space. */
    public int function(int slot) {
        return word(slot, ENTRY_FUNCTION);
    }

    /** Type index of the function in {@code slot}. */
    public int type(int slot) {
        return word(slot, ENTRY_TYPE);
    }

    /** The slot of {@code function}, or -1 if it does not escape. */
    public int slotOf(int function) {
        int lo = 0;
        int hi = count - 1;
        while (lo <= hi) {
            int mid = lo + hi >>> 1;
            int at = function(mid);
            if (at == function) {
                return mid;
            } else if (at < function) {
                lo = mid + 1;
            } else {
                hi = mid - 1;
            }
        }
        return -1;
    }

    @Override
    public boolean equals(Object o) {
        if (!(o instanceof FuncRefs f) || f.count != count) {
            return false;
        }
        for (int i = 0; i < count; i++) {
            if (function(i) != f.function(i) || type(i) != f.type(i)) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        return count;
    }

    @Override
    public String toString() {
        return "FuncRefs" + count;
    }
}
