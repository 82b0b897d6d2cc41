package kiln.ir;

import java.util.Locale;

/** How a vector is divided into lanes. Lane 0 is in the lowest bytes. */
public enum Lanes {
    I8X16(Type.I32, 1),
    I16X8(Type.I32, 2),
    I32X4(Type.I32, 4),
    I64X2(Type.I64, 8),
    F32X4(Type.F32, 4),
    F64X2(Type.F64, 8);

    private final Type type;
    private final int bytes;

    Lanes(Type type, int bytes) {
        this.type = type;
        this.bytes = bytes;
    }

    /** The type of a lane taken out of the vector: i32 for the narrow integers. */
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

    /** The shape's name in WebAssembly and in the text form of the IR: {@code i8x16}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
