package kiln.runtime;

/**
 * A number of 31 bits that WebAssembly treats as a reference ({@code i31ref}).
 *
 * @param value signed
 */
public record I31(int value) {
    private static final int MIN = -1 << 30;

    public I31 {
        if (value < MIN || value >= -MIN) {
            throw new IllegalArgumentException(value + " needs more than 31 bits");
        }
    }

    /** The i31 of the low 31 bits of a number, as {@code ref.i31} makes it. */
    public static I31 wrap(int value) {
        return new I31(value << 1 >> 1);
    }

    /** The value as {@code i31.get_u} gives it. */
    public int unsigned() {
        return value & Integer.MAX_VALUE;
    }

    static I31 ofRaw(long raw) {
        return new I31((int) raw >> 1);
    }

    /** What generated code has for it. */
    long raw() {
        return value << 1 & 0xFFFF_FFFFL | 1;
    }
}
