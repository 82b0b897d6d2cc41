package kiln.ir;

import java.util.Collections;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/** How a vector is divided into lanes. Lane 0 is in the lowest bytes. */
public enum Lanes {
    I8X16(Type.I32, 1),
    I16X8(Type.I32, 2),
    I32X4(Type.I32, 4),
    I64X2(Type.I64, 8),
    F32X4(Type.F32, 4),
    F64X2(Type.F64, 8),
    /** One lane of all bits. */
    V128(Type.V128, 16);

    public static final Set<Lanes> INTS = Collections.unmodifiableSet(EnumSet.range(I8X16, I64X2));
    public static final Set<Lanes> FLOATS = Collections.unmodifiableSet(EnumSet.of(F32X4, F64X2));
    /** All but {@link #V128}. */
    public static final Set<Lanes> NUMBERS = Collections.unmodifiableSet(EnumSet.range(I8X16, F64X2));

    private final Type type;
    private final int bytes;

    Lanes(Type type, int bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    /** The type of a lane taken out of the vector: i32 for the narrow integers. For {@link #V128} it is the vector. */
    public Type type() {
        return type;
    }

    /** Bytes of a lane. */
    public int bytes() {
        return bytes;
    }

    /** Bits of a lane. */
    public int bits() {
        return bytes * 8;
    }

    /** Number of lanes. */
    public int count() {
        return 16 / bytes;
    }

    public boolean isInt() {
        return type.isInt();
    }

    public boolean isFloat() {
        return type.isFloat();
    }

    /** Integer lanes of half the size. */
    public Lanes narrower() {
        return switch (this) {
            case I16X8 -> I8X16;
            case I32X4 -> I16X8;
            case I64X2 -> I32X4;
            default -> throw new IllegalArgumentException(toString());
        };
    }

    /** Integer lanes of twice the size. */
    public Lanes wider() {
        return switch (this) {
            case I8X16 -> I16X8;
            case I16X8 -> I32X4;
            case I32X4 -> I64X2;
            default -> throw new IllegalArgumentException(toString());
        };
    }

    /** The shape's name in WebAssembly and in the text form of the IR: {@code i8x16}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
