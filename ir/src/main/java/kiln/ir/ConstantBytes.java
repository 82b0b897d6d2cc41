package kiln.ir;

import java.util.Arrays;

/** Bytes that lie behind a function's code, which DATA_ADDR gives the address of. Immutable. */
public final class ConstantBytes implements SideData {
    private final byte[] bytes;

    private ConstantBytes(byte[] bytes) {
        this.bytes = bytes;
    }

    /** A copy of {@code bytes}. */
    public static ConstantBytes of(byte[] bytes) {
        return new ConstantBytes(bytes.clone());
    }

    /** The low {@code width} bytes of each value, little-endian, one behind the other. */
    public static ConstantBytes of(long[] values, int width) {
        byte[] bytes = new byte[values.length * width];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i / width] >>> 8 * (i % width));
        }
        return new ConstantBytes(bytes);
    }

    public int length() {
        return bytes.length;
    }

    public byte get(int i) {
        return bytes[i];
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof ConstantBytes c && Arrays.equals(bytes, c.bytes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(bytes);
    }
}
