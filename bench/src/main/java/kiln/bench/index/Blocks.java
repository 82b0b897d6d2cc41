package kiln.bench.index;

/**
 * Blocks of 32 functions: the first key, start and place of each block in columns that are searched, then for each
 * further function three LEB128 numbers, decoded from the block's beginning: distance of the key, length and padding of
 * the function before.
 */
final class Blocks implements Layout {
    private static final int SIZE = 32;

    private final Bytes b;
    private final int count;
    private final int blocks;
    private final long starts;
    private final long places;
    private final long body;

    Blocks(Functions f) {
        count = f.count();
        blocks = (count + SIZE - 1) / SIZE;
        b = new Bytes(16L * blocks + 12L * count);
        b.reserve(8L * blocks);
        starts = b.reserve(4L * blocks);
        places = b.reserve(4L * blocks);
        body = b.size();
        for (int i = 0; i < count; i++) {
            if (i % SIZE == 0) {
                int block = i / SIZE;
                b.u64(8L * block, f.keys()[i]);
                b.u32(starts + 4L * block, f.starts()[i]);
                b.u32(places + 4L * block, b.size() - body);
            } else {
                leb(f.keys()[i] - f.keys()[i - 1]);
            }
            leb(f.lengths()[i]);
            leb((i + 1 < count ? f.starts()[i + 1] : f.textLength()) - f.starts()[i] - f.lengths()[i]);
        }
    }

    private void leb(long v) {
        for (; v >= 0x80; v >>>= 7) {
            b.u8(b.reserve(1), (int) v & 0x7f | 0x80);
        }
        b.u8(b.reserve(1), (int) v);
    }

    @Override
    public long find(long key) {
        int lo = 0;
        int hi = blocks - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (b.u64(8L * mid) <= key) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return walk(lo, key, Long.MAX_VALUE, false);
    }

    @Override
    public long keyAt(long offset) {
        int lo = 0;
        int hi = blocks - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (b.u32(starts + 4L * mid) <= offset) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return walk(lo, Long.MAX_VALUE, offset, true);
    }

    /** Start of the function with the key, or key of the function with the offset. */
    private long walk(int block, long wantedKey, long offset, boolean wantsKey) {
        long key = b.u64(8L * block);
        long start = b.u32(starts + 4L * block);
        long at = body + b.u32(places + 4L * block);
        int left = Math.min(SIZE, count - block * SIZE);
        while (true) {
            if (!wantsKey && key >= wantedKey) {
                return key == wantedKey ? start : -1;
            }
            long length = 0;
            for (int shift = 0, c = 0x80; c >= 0x80; shift += 7) {
                c = b.u8(at++);
                length |= (long) (c & 0x7f) << shift;
            }
            if (wantsKey && offset < start + length) {
                return offset >= start ? key : -1;
            }
            if (--left == 0) {
                return -1;
            }
            long gap = 0;
            for (int shift = 0, c = 0x80; c >= 0x80; shift += 7) {
                c = b.u8(at++);
                gap |= (long) (c & 0x7f) << shift;
            }
            start += length + gap;
            long distance = 0;
            for (int shift = 0, c = 0x80; c >= 0x80; shift += 7) {
                c = b.u8(at++);
                distance |= (long) (c & 0x7f) << shift;
            }
            key += distance;
        }
    }

    @Override
    public long bytes() {
        return b.size();
    }
}
