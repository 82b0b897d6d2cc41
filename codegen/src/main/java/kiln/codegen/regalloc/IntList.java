package kiln.codegen.regalloc;

import java.util.Arrays;

/** A growing array of ints. */
final class IntList {
    private static final int[] NONE = {};
    /** A list that stays empty. */
    private static final IntList EMPTY = new IntList();

    int[] data = NONE;
    int size;

    void add(int v) {
        if (size == data.length) {
            data = Arrays.copyOf(data, Math.max(8, size * 2));
        }
        data[size++] = v;
    }

    int get(int i) {
        return data[i];
    }

    void clear() {
        size = 0;
    }

    /** Another list of the same numbers, which takes no more room than they need, and to which none are added. */
    IntList copy() {
        if (size == 0) {
            return EMPTY;
        }
        IntList result = new IntList();
        result.data = toArray();
        result.size = size;
        return result;
    }

    int[] toArray() {
        return size == 0 ? NONE : Arrays.copyOf(data, size);
    }
}
