package kiln.wasm;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Appends the primitive encodings of section 5.2, which {@link ByteReader} reads. Two are equal if their bytes are. */
public final class ByteWriter {
    private byte[] bytes = new byte[64];
    private int size;

    public int size() {
        return size;
    }

    public byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }

    /** The lowest eight bits. */
    public ByteWriter u8(int b) {
        reserve(1);
        bytes[size++] = (byte) b;
        return this;
    }

    /** The lowest eight bits of each. */
    public ByteWriter u8s(int... all) {
        for (int b : all) {
            u8(b);
        }
        return this;
    }

    /** Little-endian, the lowest {@code count} bytes. */
    public ByteWriter fixed(long value, int count) {
        for (int i = 0; i < count; i++) {
            u8((int) (value >>> 8 * i));
        }
        return this;
    }

    /** LEB128 of a number without sign. */
    public ByteWriter u(int value) {
        return u(Integer.toUnsignedLong(value));
    }

    /** LEB128 of a number without sign. */
    public ByteWriter u(long value) {
        long v = value;
        while ((v & ~0x7fL) != 0) {
            u8((int) (v & 0x7f) | 0x80);
            v >>>= 7;
        }
        return u8((int) v);
    }

    /** LEB128 of a number with sign. */
    public ByteWriter s(long value) {
        long v = value;
        while (v < -64 || v > 63) {
            u8((int) (v & 0x7f) | 0x80);
            v >>= 7;
        }
        return u8((int) v & 0x7f);
    }

    public ByteWriter raw(byte[] more) {
        return raw(more, more.length);
    }

    public ByteWriter raw(ByteWriter more) {
        return raw(more.bytes, more.size);
    }

    private ByteWriter raw(byte[] more, int length) {
        reserve(length);
        System.arraycopy(more, 0, bytes, size, length);
        size += length;
        return this;
    }

    /** A length, and so many bytes. */
    public ByteWriter sized(byte[] content) {
        return u(content.length).raw(content);
    }

    /** A length, and so many bytes. */
    public ByteWriter sized(ByteWriter content) {
        return u(content.size).raw(content);
    }

    /** A name: the length of its UTF-8, and that. */
    public ByteWriter name(String text) {
        return sized(text.getBytes(StandardCharsets.UTF_8));
    }

    /** A section, unless it is empty. */
    public ByteWriter section(int id, ByteWriter content) {
        return content.size == 0 ? this : u8(id).sized(content);
    }

    private void reserve(int more) {
        if (more > bytes.length - size) {
            int needed = Math.addExact(size, more);
            bytes = Arrays.copyOf(bytes, Math.max(needed, (int) Math.min(2L * bytes.length, Integer.MAX_VALUE - 16)));
        }
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ByteWriter b && Arrays.equals(bytes, 0, size, b.bytes, 0, b.size);
    }

    @Override
    public int hashCode() {
        int h = 1;
        for (int i = 0; i < size; i++) {
            h = 31 * h + bytes[i];
        }
        return h;
    }
}
