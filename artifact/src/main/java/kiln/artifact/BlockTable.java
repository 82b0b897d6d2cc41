package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.api.ArtifactException;

/**
 * What {@link TrapTable} and {@link OffsetTable} share: items in ascending order of a u32, in blocks that are found by
 * binary search over the blocks' first items and decoded from their start.
 *
 * <pre>
 *   0  items u32, blocks B u32
 *      columns: u32[B] each; the first is what is searched for
 *      at u32[B+1]
 *      bytes
 * </pre>
 */
final class BlockTable {
    private static final int HEADER_BYTES = 8;
    private static final int LONGEST_PREFIX = 36;

    private final String section;
    private final MemorySegment bytes;
    private final TableLayout layout = new TableLayout();
    private final int count;
    private final long items;
    private final int itemsPerBlock;
    private final long atAt;
    private final long bodyAt;

    BlockTable(String section, MemorySegment bytes, int columns, int itemsPerBlock) {
        this(section, bytes, columns, itemsPerBlock, 0);
    }

    /** @param padding how many bytes there may be too many */
    BlockTable(String section, MemorySegment bytes, int columns, int itemsPerBlock, int padding) {
        this.section = section;
        this.bytes = bytes;
        this.itemsPerBlock = itemsPerBlock;
        if (bytes.byteSize() < HEADER_BYTES + 4) {
            throw damaged("too short");
        }
        items = Le.u32(bytes, 0);
        long n = Le.u32(bytes, 4);
        layout.add("items", 4, 1);
        layout.add("blocks", 4, 1);
        for (int i = 0; i < columns; i++) {
            layout.add(i == 0 ? "first" : "column " + i, 4, n);
        }
        atAt = layout.add("at", 4, n + 1);
        bodyAt = layout.end();
        if (n != (items + itemsPerBlock - 1) / itemsPerBlock || bodyAt > bytes.byteSize()) {
            throw damaged("size does not match the counts");
        }
        count = (int) n;
        long excess = bytes.byteSize() - bodyAt - at(count);
        if (at(0) != 0 || excess < 0 || excess > padding) {
            throw damaged("blocks do not cover the bytes");
        }
        layout.add("body", 1, bytes.byteSize() - bodyAt);
    }

    /** Checks the order of all blocks; a look-up checks the block that it reads. */
    void check() {
        for (int i = 0; i < count; i++) {
            if (i > 0 && first(i) <= first(i - 1) || at(i) > at(i + 1)) {
                throw damaged("block " + i + " out of order");
            }
        }
    }

    private ArtifactException damaged(String what) {
        return new ArtifactException("damaged file: " + section + ": " + what);
    }

    TableLayout layout() {
        return layout;
    }

    /** Number of blocks. */
    int count() {
        return count;
    }

    /** Number of items in all blocks. */
    long items() {
        return items;
    }

    /** Number of items in a block. */
    int items(int block) {
        return (int) Math.min(itemsPerBlock, items - (long) block * itemsPerBlock);
    }

    long first(int block) {
        return Le.u32(bytes, HEADER_BYTES + 4L * block);
    }

    int column(int column, int block) {
        return Le.i32(bytes, HEADER_BYTES + 4L * ((long) column * count + block));
    }

    private long at(int block) {
        return Le.u32(bytes, atAt + 4L * block);
    }

    /** The last block whose first item is not above {@code value}, or -1. */
    int floor(long value) {
        if (count == 0 || value < first(0)) {
            return -1;
        }
        int lo = 0;
        int hi = count - 1;
        while (lo < hi) {
            int mid = lo + hi + 1 >>> 1;
            if (first(mid) <= value) {
                lo = mid;
            } else {
                hi = mid - 1;
            }
        }
        return lo;
    }

    Cursor cursor(int block) {
        long start = at(block);
        long end = at(block + 1);
        if (end > bytes.byteSize() - bodyAt) {
            throw damaged("block " + block + " out of range");
        }
        return new Cursor(bodyAt + start, bodyAt + end);
    }

    /** Where a block's bits start. */
    long firstBit(int block) {
        return 8 * (bodyAt + at(block));
    }

    /** Refuses to have read beyond a block. */
    void requireWithin(long bit, int block) {
        if (bit > 8 * (bodyAt + at(block + 1))) {
            throw damaged("block " + block + " ends early");
        }
    }

    /** At least 57 bits from a place on, the first one lowest; zeros beyond the end. */
    private long window(long bit) {
        long at = bit >>> 3;
        long word = 0;
        if (at <= bytes.byteSize() - 8) {
            word = Le.i64(bytes, at);
        } else {
            for (int i = 0; i < 8 && at + i < bytes.byteSize(); i++) {
                word |= (long) Le.u8(bytes, at + i) << 8 * i;
            }
        }
        return word >>> (bit & 7);
    }

    /** The {@code n} bits from a place on, at most 57. */
    long bits(long bit, int n) {
        return window(bit) & (1L << n) - 1;
    }

    /** The value whose code starts at a place, see {@link Builder#expGolomb}. */
    long expGolomb(long bit, int order) {
        int length = Long.numberOfTrailingZeros(window(bit));
        if (length > LONGEST_PREFIX) {
            throw damaged("integer too long");
        }
        long rest = window(bit + length + 1);
        long high = (1L << length | rest & (1L << length) - 1) - 1;
        return high << order | rest >>> length & (1L << order) - 1;
    }

    /** How many bits the code of a value takes: with it, reading needs no object that remembers the place. */
    static int expGolombLength(long value, int order) {
        return 2 * (63 - Long.numberOfLeadingZeros((value >>> order) + 1)) + 1 + order;
    }

    /** The inverse of {@link Builder#zigzag}. */
    static long signed(long zigzag) {
        return zigzag >>> 1 ^ -(zigzag & 1);
    }

    /** Reads one block's bytes. Short-lived, so that escape analysis removes it. */
    final class Cursor {
        private long at;
        private final long end;

        Cursor(long at, long end) {
            this.at = at;
            this.end = end;
        }

        boolean hasNext() {
            return at < end;
        }

        int u8() {
            if (at >= end) {
                throw damaged("block ends early");
            }
            return Le.u8(bytes, at++);
        }

        long varint() {
            long value = 0;
            for (int shift = 0; shift < 64; shift += 7) {
                int b = u8();
                value |= (long) (b & 0x7f) << shift;
                if (b < 0x80) {
                    return value;
                }
            }
            throw damaged("integer too long");
        }

        long zigzag() {
            return signed(varint());
        }
    }

    /** Writes such a table. */
    static final class Builder {
        final ByteSink body = new ByteSink();
        private final int itemsPerBlock;
        private final List<int[]> columns = new ArrayList<>();
        private int[] at = new int[16];
        private int blocks;
        private int items;
        private long word;
        private int bits;

        Builder(int columns, int itemsPerBlock) {
            this.itemsPerBlock = itemsPerBlock;
            for (int i = 0; i < columns; i++) {
                this.columns.add(new int[16]);
            }
        }

        /**
         * Announces an item, whose bytes the caller appends to {@link #body}, or its bits by the methods below; says
         * whether it is the first of a block.
         */
        boolean next(int... firsts) {
            if (items++ % itemsPerBlock != 0) {
                return false;
            }
            if (blocks == at.length) {
                at = Arrays.copyOf(at, 2 * blocks);
                columns.replaceAll(c -> Arrays.copyOf(c, 2 * blocks));
            }
            flush();
            at[blocks] = body.size();
            for (int i = 0; i < firsts.length; i++) {
                columns.get(i)[blocks] = firsts[i];
            }
            blocks++;
            return true;
        }

        /** Appends the low {@code n} bits of a value, at most 56. */
        void bits(long value, int n) {
            word |= (value & (1L << n) - 1) << bits;
            bits += n;
            while (bits >= 8) {
                body.u8((int) word & 0xff);
                word >>>= 8;
                bits -= 8;
            }
        }

        /**
         * Appends a value as an exponential Golomb code: the number of bits of {@code (value >> order) + 1} less one in
         * zeros, then these bits from a one on, then the low {@code order} bits of the value.
         */
        void expGolomb(long value, int order) {
            long high = (value >>> order) + 1;
            int length = 63 - Long.numberOfLeadingZeros(high);
            bits(1L << length, length + 1);
            bits(high, length);
            bits(value, order);
        }

        /** Small for small magnitudes, see {@link BlockTable#signed}. */
        static long zigzag(long value) {
            return value << 1 ^ value >> 63;
        }

        private void flush() {
            bits(0, -bits & 7);
        }

        ByteSink build() {
            flush();
            ByteSink out = new ByteSink();
            out.u32(items).u32(blocks);
            for (int[] c : columns) {
                out.u32s(c, blocks);
            }
            return out.u32s(at, blocks).u32(body.size()).bytes(body.toArray());
        }
    }
}
