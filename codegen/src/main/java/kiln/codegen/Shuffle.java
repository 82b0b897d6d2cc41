package kiln.codegen;

import kiln.ir.Lanes;
import kiln.ir.V128;

/**
 * What a shuffle does, in a form that some instruction has. Operands are 0 or 1, sizes are those of a lane in bytes,
 * and lanes are counted from the lowest byte.
 */
public sealed interface Shuffle {
    /** In place of a source: a byte of zeros. */
    int ZERO = -1;

    /**
     * Where byte {@code i} of the result comes from: byte 0..15 of operand 0, or 16..31 of operand 1, or {@link #ZERO}.
     */
    int source(int i);

    private static int byteOf(int operand, int at) {
        return operand * 16 + at;
    }

    /** Byte {@code i} of a result whose lane {@code lane(i)} is a lane of {@code operand}. */
    private static int byteOf(int operand, int size, int lane, int i) {
        return byteOf(operand, lane * size + i % size);
    }

    /** One operand as it is. */
    record Identity(int operand) implements Shuffle {
        @Override
        public int source(int i) {
            return byteOf(operand, i);
        }
    }

    /** One lane everywhere. */
    record Splat(int size, int operand, int lane) implements Shuffle {
        @Override
        public int source(int i) {
            return byteOf(operand, size, lane, i);
        }
    }

    /** The lanes of the lower halves of two operands in turn, or of the upper halves. */
    record Zip(int size, boolean high, int first, int second) implements Shuffle {
        @Override
        public int source(int i) {
            int lane = i / size;
            return byteOf(lane % 2 == 0 ? first : second, size, lane / 2 + (high ? 8 / size : 0), i);
        }
    }

    /** The lanes with even numbers of one operand and then of another, or those with odd numbers. */
    record Unzip(int size, boolean odd, int first, int second) implements Shuffle {
        @Override
        public int source(int i) {
            return byteOf(i < 8 ? first : second, size, i % 8 / size * 2 + (odd ? 1 : 0), i);
        }
    }

    /** The lanes with even numbers of two operands in turn, or those with odd numbers. */
    record Transpose(int size, boolean odd, int first, int second) implements Shuffle {
        @Override
        public int source(int i) {
            int lane = i / size;
            return byteOf(lane % 2 == 0 ? first : second, size, lane / 2 * 2 + (odd ? 1 : 0), i);
        }
    }

    /** 16 of the bytes of two operands behind each other, from byte {@code from} (1..15) of the low one on. */
    record Align(int from, int low, int high) implements Shuffle {
        @Override
        public int source(int i) {
            int at = from + i;
            return byteOf(at < 16 ? low : high, at % 16);
        }
    }

    /** The lanes of each {@code container} (bytes, at most 16) in the opposite order. */
    record Reverse(int container, int size, int operand) implements Shuffle {
        @Override
        public int source(int i) {
            int start = i / container * container;
            int lane = (container - 1 - i % container) / size;
            return byteOf(operand, start + lane * size + i % size);
        }
    }

    /** Each lane from its place in one of the operands: in operand 1 where {@code mask} has its bit. */
    record Blend(int size, int mask) implements Shuffle {
        @Override
        public int source(int i) {
            return byteOf(mask >>> i / size & 1, i);
        }
    }

    /** An operand with lane {@code to} replaced by lane {@code from} of {@code source}. */
    record Insert(int size, int operand, int to, int other, int from) implements Shuffle {
        @Override
        public int source(int i) {
            return i / size == to ? byteOf(other, size, from, i) : byteOf(operand, i);
        }
    }

    /**
     * Lanes of one operand in any order; lane {@code i} is the one that bits {@code 4 * i} to {@code 4 * i + 3} name.
     */
    record Permute(int size, int operand, long lanes) implements Shuffle {
        @Override
        public int source(int i) {
            return byteOf(operand, size, lane(i / size), i);
        }

        /** Where lane {@code i} comes from. */
        public int lane(int i) {
            return (int) (lanes >>> 4 * i) & 15;
        }
    }

    /** Two lanes of four bytes of one operand, and then two of another; lanes are as in {@link Permute}. */
    record Select(int first, int second, long lanes) implements Shuffle {
        @Override
        public int source(int i) {
            return byteOf(i < 8 ? first : second, 4, lane(i / 4), i);
        }

        /** Where lane {@code i} comes from. */
        public int lane(int i) {
            return (int) (lanes >>> 4 * i) & 15;
        }
    }

    /** The lowest lanes extended with zeros to {@code to} bytes. */
    record Extend(int size, int to, int operand) implements Shuffle {
        @Override
        public int source(int i) {
            return i % to < size ? byteOf(operand, i / to * size + i % to) : ZERO;
        }
    }

    /** An operand moved by 1..15 bytes to the left (upwards) or to the right, zeros in the place of what leaves. */
    record Shift(boolean left, int bytes, int operand) implements Shuffle {
        @Override
        public int source(int i) {
            int at = left ? i - bytes : i + bytes;
            return at < 0 || at > 15 ? ZERO : byteOf(operand, at);
        }
    }

    /** Each lane of four bytes in its place, or zero where {@code zeros} has its bit. */
    record Clear(int operand, int zeros) implements Shuffle {
        @Override
        public int source(int i) {
            return (zeros >>> i / 4 & 1) != 0 ? ZERO : byteOf(operand, i);
        }
    }

    /** Any bytes of one operand: byte 0..15 of it for each byte of {@code indices}, zero for 0x80. */
    record Table(int operand, V128 indices) implements Shuffle {
        @Override
        public int source(int i) {
            int at = indices.byteAt(i);
            return at > 15 ? ZERO : byteOf(operand, at);
        }
    }

    /** Any bytes of both: byte 0..15 of operand 0 or 16..31 of operand 1 for each byte of {@code indices}. */
    record Table2(V128 indices) implements Shuffle {
        @Override
        public int source(int i) {
            return indices.byteAt(i);
        }

        /** The indices into one operand, with 0x80 in place of the other's. */
        public V128 into(int operand) {
            return V128.of(Lanes.I8X16, i -> source(i) >> 4 == operand ? source(i) & 15 : 0x80);
        }
    }

    /**
     * As {@link Table2} where one operand is constant: bytes of {@code operand}, and those of {@code constants} where
     * it has none.
     */
    record TableOr(int operand, V128 indices, V128 constants) implements Shuffle {
        @Override
        public int source(int i) {
            return indices.byteAt(i);
        }

        /** The indices into the operand, with 0x80 in place of constants. */
        public V128 table() {
            return new Table2(indices).into(operand);
        }
    }
}
