package kiln.runtime;

import java.util.Locale;

/** What a reference refers to, as the specification names it. */
public enum HeapType {
    FUNC(kiln.types.HeapType.FUNC),
    EXTERN(kiln.types.HeapType.EXTERN),
    ANY(kiln.types.HeapType.ANY),
    EQ(kiln.types.HeapType.EQ),
    I31(kiln.types.HeapType.I31),
    STRUCT(kiln.types.HeapType.STRUCT),
    ARRAY(kiln.types.HeapType.ARRAY),
    EXN(kiln.types.HeapType.EXN),
    NONE(kiln.types.HeapType.NONE),
    NOFUNC(kiln.types.HeapType.NOFUNC),
    NOEXTERN(kiln.types.HeapType.NOEXTERN),
    NOEXN(kiln.types.HeapType.NOEXN);

    /** By code of the model, which are consecutive. */
    private static final HeapType[] BY_CODE = new HeapType[values().length];

    static {
        for (HeapType t : values()) {
            BY_CODE[kiln.types.HeapType.NOEXN - t.code] = t;
        }
    }

    private final int code;

    HeapType(int code) {
        this.code = code;
    }

    /** The number of this type in {@link kiln.types.HeapType}. */
    int code() {
        return code;
    }

    static HeapType of(int code) {
        return BY_CODE[kiln.types.HeapType.NOEXN - code];
    }

    /** Whether this is the greatest type of those that {@code top} is, or one of the types below it. */
    boolean isBelow(HeapType top) {
        return kiln.types.HeapType.top(code) == top.code;
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
