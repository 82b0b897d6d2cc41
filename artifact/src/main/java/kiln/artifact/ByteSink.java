package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing array of little-endian bytes. */
public final class ByteSink {
    private byte[] bytes = new byte[256];
    private int size;

    public int size() {
        return size;
    }

    public ByteSink u8(int value) {
        reserve(1);
        bytes[size++] = (byte) value;
        return this;
    }

    public ByteSink u32(int value) {
        return littleEndian(value, Integer.BYTES);
    }

    ByteSink u64(long value) {
        return littleEndian(value, Long.BYTES);
    }

    /** Byte by byte: what accesses arrays in wider pieces takes the JVM milliseconds to link when it is first used. */
    private ByteSink littleEndian(long value, int width) {
        reserve(width);
        for (int i = 0; i < width; i++) {
            bytes[size++] = (byte) (value >> 8 * i);
        }
        return this;
    }

    ByteSink u32s(int[] values, int count) {
        reserve(Math.multiplyExact(4, count));
        for (int i = 0; i < count; i++) {
            u32(values[i]);
        }
        return this;
    }

    /** Unsigned LEB128 of 64 bits. */
    public ByteSink varint(long value) {
        while ((value & ~0x7fL) != 0) {
            u8((int) value & 0x7f | 0x80);
            value >>>= 7;
        }
        return u8((int) value);
    }

    /** Signed, so that small magnitudes are short. */
    ByteSink zigzag(long value) {
        return varint(value << 1 ^ value >> 63);
    }

    public ByteSink bytes(byte[] values) {
        reserve(values.length);
        System.arraycopy(values, 0, bytes, size, values.length);
        size += values.length;
        return this;
    }

    /** Length in UTF-8, then the bytes. */
    public ByteSink string(String s) {
        byte[] utf8 = s.getBytes(StandardCharsets.UTF_8);
        return u32(utf8.length).bytes(utf8);
    }

    public byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }

    void copyTo(MemorySegment target, long offset) {
        MemorySegment.copy(MemorySegment.ofArray(bytes), 0, target, offset, size);
    }

    private void reserve(int n) {
        if (n > bytes.length - size) {
            int needed = Math.addExact(size, n);
            int doubled = bytes.length > Integer.MAX_VALUE / 2 ? Integer.MAX_VALUE - 16 : 2 * bytes.length;
            bytes = Arrays.copyOf(bytes, Math.max(needed, doubled));
        }
    }
}
