package kiln.bench.index;

/**
 * The same columns in the order in which a binary search visits them: the root of the search tree, then its two
 * children, and so on. Key order is text order, so one permutation serves both directions.
 */
final class Eytzinger implements Layout {
    private final Bytes b;
    private final int count;
    private final long starts;
    private final long ends;

    Eytzinger(Functions f) {
        count = f.count();
        b = new Bytes(16L * (count + 1));
        b.reserve(8L * (count + 1));
        starts = b.reserve(4L * (count + 1));
        ends = b.reserve(4L * (count + 1));
        fill(f, 0, 1);
    }

    private int fill(Functions f, int next, int node) {
        if (node > count) {
            return next;
        }
        int i = fill(f, next, 2 * node);
        b.u64(8L * node, f.keys()[i]);
        b.u32(starts + 4L * node, f.starts()[i]);
        b.u32(ends + 4L * node, f.starts()[i] + f.lengths()[i]);
        return fill(f, i + 1, 2 * node + 1);
    }

    /** The node of the last value that is not greater: where the path last turned right. */
    private static int floor(int end) {
        return end >> Integer.numberOfTrailingZeros(end) + 1;
    }

    @Override
    public long find(long key) {
        int node = 1;
        while (node <= count) {
            node = 2 * node + (b.u64(8L * node) <= key ? 1 : 0);
        }
        int found = floor(node);
        return found > 0 && b.u64(8L * found) == key ? b.u32(starts + 4L * found) : -1;
    }

    @Override
    public long keyAt(long offset) {
        int node = 1;
        while (node <= count) {
            node = 2 * node + (b.u32(starts + 4L * node) <= offset ? 1 : 0);
        }
        int found = floor(node);
        return found > 0 && offset < b.u32(ends + 4L * found) ? b.u64(8L * found) : -1;
    }

    @Override
    public long bytes() {
        return b.size();
    }
}
