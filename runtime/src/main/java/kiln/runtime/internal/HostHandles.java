package kiln.runtime.internal;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Map;
import kiln.artifact.HeapLayout;

/**
 * Numbers for the objects of Java's that WebAssembly holds. An object has one number as long as it has one, so that
 * comparing numbers compares objects. A collection marks the numbers that WebAssembly still has; the others are freed.
 */
public final class HostHandles {
    /** So many handles there are before a collection is asked for because of them. */
    private static final int MANY = 1 << 16;

    private static final int FIRST = 64;
    private static final Object[] NO_OBJECTS = {};
    private static final long[] NO_BITS = {};
    private static final int[] NO_NUMBERS = {};

    /** Null as long as there was no handle. */
    private Map<Object, Integer> numbers;

    private Object[] objects = NO_OBJECTS;
    /** One bit for each handle: whether WebAssembly was seen to have it. */
    private long[] marks = NO_BITS;
    /** One bit for each handle: whether Java has its number, and may come with it at any time. */
    private long[] pins = NO_BITS;
    /** Of numbers that are free, the next one, by number; -1 ends the list. */
    private int[] nextFree = NO_NUMBERS;

    private int firstFree = -1;
    /** Numbers from here on were never used. */
    private int end;

    private int count;
    private int limit = MANY;

    /**
     * The reference to an object, not 0.
     *
     * @throws OutOfMemoryError if all numbers are in use
     */
    public int reference(Object o) {
        if (numbers == null) {
            numbers = new IdentityHashMap<>();
        }
        Integer known = numbers.get(o);
        if (known != null) {
            return tagged(known);
        }
        int n = firstFree;
        if (n >= 0) {
            firstFree = nextFree[n];
        } else {
            n = end;
            if (n == objects.length) {
                grow();
            }
            end++;
        }
        objects[n] = o;
        numbers.put(o, n);
        count++;
        return tagged(n);
    }

    private void grow() {
        int size = Math.min(Math.max(FIRST, 2 * objects.length), HeapLayout.MAX_HANDLES);
        if (size == objects.length) {
            throw new OutOfMemoryError("all numbers for objects that WebAssembly holds are in use");
        }
        objects = Arrays.copyOf(objects, size);
        nextFree = Arrays.copyOf(nextFree, size);
        marks = Arrays.copyOf(marks, size + 63 >>> 6);
        pins = Arrays.copyOf(pins, size + 63 >>> 6);
    }

    private static int tagged(int number) {
        return number << HeapLayout.HANDLE_SHIFT | HeapLayout.HANDLE_TAG;
    }

    private static int number(long reference) {
        return (int) (reference >>> HeapLayout.HANDLE_SHIFT);
    }

    /** Whether a value is a reference to something of the host's that has a number now. */
    public boolean has(long reference) {
        return reference >>> 32 == 0
                && (reference & HeapLayout.TAG_MASK) == HeapLayout.HANDLE_TAG
                && number(reference) < end
                && objects[number(reference)] != null;
    }

    /** The object that a reference names. */
    public Object object(long reference) {
        return objects[number(reference)];
    }

    /** Keeps an object for good, because Java has its number. */
    public void pin(long reference) {
        int n = number(reference);
        pins[n >>> 6] |= 1L << n;
    }

    /** Whether Java may give this reference to generated code. */
    public boolean isPinned(long reference) {
        int n = number(reference);
        return has(reference) && (pins[n >>> 6] & 1L << n) != 0;
    }

    /** How many objects have a number. */
    public int count() {
        return count;
    }

    /** Whether so many numbers were given since the last collection that it is time for one. */
    public boolean isDue() {
        return count >= limit;
    }

    // ---- collection

    /** Says that nothing was seen yet. */
    public void clearMarks() {
        Arrays.fill(marks, 0);
    }

    /** Takes note that WebAssembly has this reference. */
    void mark(long reference) {
        int n = number(reference);
        marks[n >>> 6] |= 1L << n;
    }

    /** As {@link #mark}, of a word that may or may not be a reference. */
    public void markIfHandle(long word) {
        if (has(word)) {
            mark(word);
        }
    }

    boolean isMarked(long reference) {
        int n = number(reference);
        return (marks[n >>> 6] & 1L << n) != 0;
    }

    /** Frees what was not marked. */
    public void sweep() {
        int freed = 0;
        for (int w = 0; w < marks.length; w++) {
            long kept = marks[w] | pins[w];
            int stop = Math.min(end, (w + 1) << 6);
            if (kept == -1) {
                continue;
            }
            for (int n = w << 6; n < stop; n++) {
                if ((kept & 1L << n) == 0 && objects[n] != null) {
                    numbers.remove(objects[n]);
                    objects[n] = null;
                    nextFree[n] = firstFree;
                    firstFree = n;
                    freed++;
                }
            }
        }
        count -= freed;
        limit = Math.max(MANY, 2 * count);
    }
}
