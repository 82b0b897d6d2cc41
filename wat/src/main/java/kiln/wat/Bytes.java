package kiln.wat;

import java.util.Arrays;

/** Bytes of the binary format, appended. */
final class Bytes {
    private byte[] bytes = new byte[64];
    private int size;

    int size() {
        return size;
    }

    byte[] toArray() {
        return Arrays.copyOf(bytes, size);
    }

    Bytes u8(int b) {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        bytes[size++] = (byte) b;
        return this;
    }

    /** Little-endian. */
    Bytes fixed(long value, int count) {
        for (int i = 0; i < count; i++) {
            u8((int) (value >>> 8 * i));
        }
        return this;
    }

    /** LEB128 of a number without sign. */
    Bytes u(int value) {
        return u(Integer.toUnsignedLong(value));
    }

    /** LEB128 of a number without sign. */
    Bytes u(long value) {
        long v = value;
        while ((v & ~0x7fL) != 0) {
            u8((int) (v & 0x7f) | 0x80);
            v >>>= 7;
        }
        return u8((int) v);
    }

    /** LEB128 of a number with sign. */
    Bytes s(long value) {
        long v = value;
        while (v < -64 || v > 63) {
            u8((int) (v & 0x7f) | 0x80);
            v >>= 7;
        }
        return u8((int) v & 0x7f);
    }

    Bytes raw(byte[] more) {
        for (byte b : more) {
            u8(b);
        }
        return this;
    }

    Bytes raw(Bytes more) {
        for (int i = 0; i < more.size; i++) {
            u8(more.bytes[i]);
        }
        return this;
    }

    /** A length, and so many bytes. */
    Bytes sized(byte[] content) {
        return u(content.length).raw(content);
    }

    /** A section, unless it is empty. */
    Bytes section(int id, Bytes content) {
        return content.size == 0 ? this : u8(id).u(content.size).raw(content);
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Bytes b && Arrays.equals(bytes, 0, size, b.bytes, 0, b.size);
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
