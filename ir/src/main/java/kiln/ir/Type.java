package kiln.ir;

import java.util.Locale;

/** The type of an IR value. Narrow integers exist only in memory: a load says how it extends. */
public enum Type {
    I32(4),
    I64(8),
    F32(4),
    F64(8),
    V128(16),
    /** A reference that a collector must be able to find: eight bytes, never an address that code may compute with. */
    REF(8);

    private final int bytes;

    Type(int bytes) {
        this.bytes = bytes;
    }

    /** Size in bytes. */
    public int bytes() {
        return bytes;
    }

    public boolean isInt() {
        return this == I32 || this == I64;
    }

    public boolean isFloat() {
        return this == F32 || this == F64;
    }

    /**
     * {@code bits} as a value of this type is kept: i32 sign-extended, f32 in the low half with the upper half zero.
     */
    public long normalize(long bits) {
        return this == I32 ? (int) bits : this == F32 ? bits & 0xffffffffL : bits;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
