package kiln.artifact;

import java.util.Arrays;

/** Collects functions in key order and writes the section that {@link FunctionIndex} reads. */
final class FunctionIndexBuilder {
    /** Bytes of a dense entry and of a sparse one: a namespace is dense if that takes no more room. */
    private static final int DENSE_BYTES = 5;

    private static final int SPARSE_BYTES = 9;
    /**
     * At least so many entries begin in a piece of the text on average, at most twice as many: half a byte to one for
     * each.
     */
    private static final int ENTRIES_PER_PIECE = 4;

    private long[] keys = new long[64];
    private int[] starts = new int[64];
    private int[] lengths = new int[64];
    private int count;

    /**
     * @throws IllegalArgumentException if the key is not greater than the one before, or the code overlaps the code
     *     before
     */
    void add(long key, long start, long length) {
        if (start < 0 || length <= 0 || start + length > 0xffff_ffffL) {
            throw new IllegalArgumentException("code out of range: " + FuncKey.ofRaw(key));
        }
        if (count > 0) {
            if (Long.compareUnsigned(key, keys[count - 1]) <= 0) {
                throw new IllegalArgumentException("functions not in key order: " + FuncKey.ofRaw(key));
            }
            if (start < end(count - 1)) {
                throw new IllegalArgumentException("functions overlap: " + FuncKey.ofRaw(key));
            }
        }
        if (count == keys.length) {
            keys = Arrays.copyOf(keys, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count);
            lengths = Arrays.copyOf(lengths, 2 * count);
        }
        keys[count] = key;
        starts[count] = (int) start;
        lengths[count] = (int) length;
        count++;
    }

    int count() {
        return count;
    }

    long key(int i) {
        return keys[i];
    }

    long start(int i) {
        return Integer.toUnsignedLong(starts[i]);
    }

    long length(int i) {
        return Integer.toUnsignedLong(lengths[i]);
    }

    /** The start of the function with this key, as u32, or -1 if there is none. */
    int startOf(long key) {
        int lo = 0;
        int hi = count - 1;
        while (lo <= hi) {
            int mid = lo + hi >>> 1;
            int c = Long.compareUnsigned(keys[mid], key);
            if (c == 0) {
                return starts[mid];
            } else if (c < 0) {
                lo = mid + 1;
            } else {
                hi = mid - 1;
            }
        }
        return -1;
    }

    private long end(int i) {
        return start(i) + length(i);
    }

    ByteSink build(long textLength) {
        if (count > 0 && end(count - 1) > textLength) {
            throw new IllegalArgumentException("functions exceed the text");
        }
        Column namespace = new Column();
        Column first = new Column();
        Column base = new Column();
        Column dense = new Column();
        Column start = new Column();
        Column index = new Column();
        Column wideEntry = new Column();
        Column wideGap = new Column();
        ByteSink gaps = new ByteSink();
        for (int from = 0; from < count; ) {
            int to = from;
            while (to < count && keys[to] >>> 32 == keys[from] >>> 32) {
                to++;
            }
            long span = (keys[to - 1] & 0xffff_ffffL) - (keys[from] & 0xffff_ffffL) + 1;
            boolean isDense = span * DENSE_BYTES <= (long) (to - from) * SPARSE_BYTES;
            namespace.add((int) (keys[from] >>> 32));
            first.add(start.size);
            base.add(isDense ? (int) keys[from] : index.size);
            dense.add(isDense ? 1 : 0);
            for (int i = from; i < to; i++) {
                if (isDense && i > from) {
                    for (long hole = keys[i - 1] + 1; hole < keys[i]; hole++) {
                        start.add(starts[i]);
                        gaps.u8(0);
                    }
                }
                if (!isDense) {
                    index.add((int) keys[i]);
                }
                long gap = (i + 1 < count ? start(i + 1) : textLength) - end(i);
                if (gap >= FunctionIndex.WIDE) {
                    wideEntry.add(start.size);
                    wideGap.add((int) gap);
                }
                start.add(starts[i]);
                gaps.u8((int) Math.min(gap, FunctionIndex.WIDE));
            }
            from = to;
        }
        first.add(start.size);
        int shift = 0;
        while (textLength >> shift > Math.max(1, start.size / ENTRIES_PER_PIECE)) {
            shift++;
        }
        Column piece = pieces(start, textLength, shift);
        ByteSink out = new ByteSink();
        out.u32(start.size)
                .u32(namespace.size)
                .u32(index.size)
                .u32(wideEntry.size)
                .u32(shift);
        start.add((int) textLength);
        for (Column c : new Column[] {namespace, first, base, dense, start, index, piece, wideEntry, wideGap}) {
            out.u32s(c.values, c.size);
        }
        return out.bytes(gaps.toArray());
    }

    private static Column pieces(Column start, long textLength, int shift) {
        Column piece = new Column();
        int floor = 0;
        for (long p = 0; p < FunctionIndex.pieces(textLength, shift); p++) {
            while (floor + 1 < start.size && Integer.toUnsignedLong(start.values[floor + 1]) <= p << shift) {
                floor++;
            }
            piece.add(floor);
        }
        return piece;
    }

    /** A growing column of u32. */
    private static final class Column {
        int[] values = new int[16];
        int size;

        void add(int value) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = value;
        }
    }
}
