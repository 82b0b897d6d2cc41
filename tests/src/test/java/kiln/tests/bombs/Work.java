package kiln.tests.bombs;

import java.util.Arrays;
import java.util.BitSet;
import java.util.Collection;
import java.util.List;

/**
 * Counts the steps of classes that {@link WorkMeter} has loaded: their code calls {@link #step} at the start of each
 * method and at each branch, and methods of this class in place of those of the JDK that walk arrays. Of one thread at
 * a time.
 */
public final class Work {
    /** Elements of an array that are handled in the time of one branch. */
    private static final int ELEMENTS_PER_STEP = 8;

    /** By method, in the order in which the meter has met them. */
    static long[] steps = new long[1 << 13];

    private Work() {}

    public static void step(int method) {
        steps[method]++;
    }

    public static void bulk(int elements, int method) {
        steps[method] += 1 + elements / ELEMENTS_PER_STEP;
    }

    public static void arraycopy(Object from, int at, Object to, int start, int length, int method) {
        bulk(length, method);
        System.arraycopy(from, at, to, start, length);
    }

    public static void fill(int[] a, int v, int method) {
        bulk(a.length, method);
        Arrays.fill(a, v);
    }

    public static void fill(long[] a, long v, int method) {
        bulk(a.length, method);
        Arrays.fill(a, v);
    }

    public static void fill(byte[] a, byte v, int method) {
        bulk(a.length, method);
        Arrays.fill(a, v);
    }

    public static void fill(boolean[] a, boolean v, int method) {
        bulk(a.length, method);
        Arrays.fill(a, v);
    }

    public static void fill(Object[] a, Object v, int method) {
        bulk(a.length, method);
        Arrays.fill(a, v);
    }

    public static void fill(int[] a, int from, int to, int v, int method) {
        bulk(to - from, method);
        Arrays.fill(a, from, to, v);
    }

    public static void fill(long[] a, int from, int to, long v, int method) {
        bulk(to - from, method);
        Arrays.fill(a, from, to, v);
    }

    public static void fill(boolean[] a, int from, int to, boolean v, int method) {
        bulk(to - from, method);
        Arrays.fill(a, from, to, v);
    }

    public static void fill(Object[] a, int from, int to, Object v, int method) {
        bulk(to - from, method);
        Arrays.fill(a, from, to, v);
    }

    public static int hashCode(int[] a, int method) {
        bulk(a.length, method);
        return Arrays.hashCode(a);
    }

    public static boolean equals(int[] a, int[] b, int method) {
        bulk(a.length, method);
        return Arrays.equals(a, b);
    }

    public static void or(BitSet a, BitSet b, int method) {
        bulk(b.size() / Long.SIZE, method);
        a.or(b);
    }

    public static void clear(BitSet a, int method) {
        bulk(a.size() / Long.SIZE, method);
        a.clear();
    }

    public static int nextSetBit(BitSet a, int from, int method) {
        int found = a.nextSetBit(from);
        bulk(((found < 0 ? a.size() : found) - from) / Long.SIZE, method);
        return found;
    }

    public static void add(List<Object> list, int at, Object e, int method) {
        bulk(list.size() - at, method);
        list.add(at, e);
    }

    public static Object remove(List<Object> list, int at, int method) {
        bulk(list.size() - at, method);
        return list.remove(at);
    }

    public static boolean addAll(List<Object> list, Collection<Object> more, int method) {
        bulk(more.size(), method);
        return list.addAll(more);
    }

    public static boolean contains(List<Object> list, Object e, int method) {
        bulk(list.size() * ELEMENTS_PER_STEP, method);
        return list.contains(e);
    }

    public static int indexOf(List<Object> list, Object e, int method) {
        bulk(list.size() * ELEMENTS_PER_STEP, method);
        return list.indexOf(e);
    }

    public static void clear(List<Object> list, int method) {
        bulk(list.size(), method);
        list.clear();
    }
}
