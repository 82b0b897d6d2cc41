package kiln.bench.index;

/** Three columns, each in key order: key u64, start u32, end u32. Binary search both ways. */
final class Sorted implements Layout {
    private final Bytes b;
    private final int count;
    private final long starts;
    private final long ends;

    Sorted(Functions f) {
        count = f.count();
        b = new Bytes(16L * count);
        long keys = b.reserve(8L * count);
        starts = b.reserve(4L * count);
        ends = b.reserve(4L * count);
        for (int i = 0; i < count; i++) {
            b.u64(keys + 8L * i, f.keys()[i]);
            b.u32(starts + 4L * i, f.starts()[i]);
            b.u32(ends + 4L * i, f.starts()[i] + f.lengths()[i]);
        }
    }

    @Override
    public long find(long key) {
        int lo = 0;
        int hi = count - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (b.u64(8L * mid) <= key) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return b.u64(8L * lo) == key ? b.u32(starts + 4L * lo) : -1;
    }

    @Override
    public long keyAt(long offset) {
        int lo = 0;
        int hi = count - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (b.u32(starts + 4L * mid) <= offset) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return offset < b.u32(ends + 4L * lo) ? b.u64(8L * lo) : -1;
    }

    @Override
    public long bytes() {
        return b.size();
    }
}
