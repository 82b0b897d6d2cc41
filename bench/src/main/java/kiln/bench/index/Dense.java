package kiln.bench.index;

import java.util.ArrayList;
import java.util.List;

/**
 * Dense runs with holes: per namespace, the start and the padding of every index between the first and the last;
 * indices without a function have the start of the next. A sparse namespace has a column of its indices, too. The start
 * is found without a search, the key of a text offset by binary search over all starts.
 */
final class Dense implements Layout {
    private record Namespace(long number, long first, int entry, int count, long indices) {}

    private final Bytes b;
    private final int entries;
    private final long gaps;
    private final Namespace[] namespaces;

    Dense(Functions f) {
        List<long[]> rows = new ArrayList<>();
        List<Namespace> list = new ArrayList<>();
        List<Long> sparse = new ArrayList<>();
        for (int from = 0; from < f.count(); ) {
            long number = f.keys()[from] >>> 32;
            int to = from;
            while (to < f.count() && f.keys()[to] >>> 32 == number) {
                to++;
            }
            boolean dense = (f.keys()[to - 1] - f.keys()[from] + 1) * 5 <= (to - from) * 9L;
            int entry = rows.size();
            long indices = sparse.size();
            for (int i = from; i < to; i++) {
                for (long hole = i > from && dense ? f.keys()[i - 1] + 1 : f.keys()[i]; hole < f.keys()[i]; hole++) {
                    rows.add(new long[] {f.starts()[i], 0});
                }
                long next = i + 1 < f.count() ? f.starts()[i + 1] : f.textLength();
                rows.add(new long[] {f.starts()[i], next - f.starts()[i] - f.lengths()[i]});
                if (!dense) {
                    sparse.add(f.keys()[i] & 0xffff_ffffL);
                }
            }
            list.add(new Namespace(
                    number, f.keys()[from] & 0xffff_ffffL, entry, rows.size() - entry, dense ? -1 : indices));
            from = to;
        }
        entries = rows.size();
        b = new Bytes(5L * entries + 4 + 4L * sparse.size());
        b.reserve(4L * (entries + 1));
        long indices = b.reserve(4L * sparse.size());
        gaps = b.reserve(entries);
        for (int i = 0; i < entries; i++) {
            b.u32(4L * i, rows.get(i)[0]);
            b.u8(gaps + i, (int) rows.get(i)[1]);
        }
        b.u32(4L * entries, f.textLength());
        for (int i = 0; i < sparse.size(); i++) {
            b.u32(indices + 4L * i, sparse.get(i));
        }
        list.replaceAll(
                n -> n.indices < 0 ? n : new Namespace(n.number, n.first, n.entry, n.count, indices + 4 * n.indices));
        namespaces = list.toArray(Namespace[]::new);
    }

    @Override
    public long find(long key) {
        for (Namespace n : namespaces) {
            if (n.number == key >>> 32) {
                int entry = n.indices < 0 ? (int) ((key & 0xffff_ffffL) - n.first) : place(n, key & 0xffff_ffffL);
                return entry >= 0 && entry < n.count && end(n.entry + entry) > b.u32(4L * (n.entry + entry))
                        ? b.u32(4L * (n.entry + entry))
                        : -1;
            }
        }
        return -1;
    }

    private int place(Namespace n, long index) {
        int lo = floor(n.indices, n.count, index);
        return b.u32(n.indices + 4L * lo) == index ? lo : -1;
    }

    private int floor(long column, int count, long value) {
        int lo = 0;
        int hi = count - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (b.u32(column + 4L * mid) <= value) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return lo;
    }

    private long end(int entry) {
        return b.u32(4L * entry + 4) - b.u8(gaps + entry);
    }

    @Override
    public long keyAt(long offset) {
        int entry = floor(0, entries, offset);
        if (offset >= end(entry)) {
            return -1;
        }
        Namespace n = namespaces[0];
        for (int i = 1; i < namespaces.length && namespaces[i].entry <= entry; i++) {
            n = namespaces[i];
        }
        long place = entry - n.entry;
        return n.number << 32 | (n.indices < 0 ? n.first + place : b.u32(n.indices + 4 * place));
    }

    @Override
    public long bytes() {
        return b.size() + 20L * namespaces.length;
    }
}
