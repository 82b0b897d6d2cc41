package kiln.component;

import java.util.Arrays;
import kiln.wasm.ValType;

/**
 * How the canonical ABI keeps values of one type: in a linear memory with 32-bit addresses, and as core values.
 *
 * @param bytes in memory; {@link #MAX_BYTES} and more is refused
 * @param alignment in bytes, a power of two
 * @param flat the core types ({@link ValType}) that stand for it; only the first {@link #MAX_FLAT} of more
 * @param needsMemory whether a part of every value lies in memory, even where it is passed flat
 */
public record ValueLayout(long bytes, int alignment, int[] flat, boolean needsMemory) {
    /** Values are smaller than this. */
    public static final long MAX_BYTES = 1L << 28;
    /** More core values than any call passes flat. */
    static final int MAX_FLAT = 17;

    /** With 32-bit addresses, or 64-bit ones; sizes are limited as if addresses were wide. */
    static ValueLayout of(ValueType type, boolean wide) {
        return switch (type.kind()) {
            case BOOL, S8, U8 -> scalar(1, ValType.I32);
            case S16, U16 -> scalar(2, ValType.I32);
            case S32, U32, CHAR, OWN, BORROW, STREAM, FUTURE, ERROR_CONTEXT -> scalar(4, ValType.I32);
            case S64, U64 -> scalar(8, ValType.I64);
            case F32 -> scalar(4, ValType.F32);
            case F64 -> scalar(8, ValType.F64);
            case STRING, LIST, MAP -> {
                int address = wide ? ValType.I64 : ValType.I32;
                yield new ValueLayout(wide ? 16 : 8, wide ? 8 : 4, new int[] {address, address}, true);
            }
            case RECORD, TUPLE -> fields(type, wide);
            case ARRAY -> array(layout(type.child(0), wide), type.length());
            case FLAGS -> {
                int count = type.labels().size();
                yield count <= 8 ? scalar(1, ValType.I32) : scalar(count <= 16 ? 2 : 4, ValType.I32);
            }
            case ENUM -> scalar(discriminant(type.labels().size()), ValType.I32);
            case VARIANT -> variant(type, type.labels().size(), wide);
            case OPTION, RESULT -> variant(type, 2, wide);
        };
    }

    private static ValueLayout layout(ValueType type, boolean wide) {
        return wide ? type.wideLayout() : type.layout();
    }

    private static ValueLayout scalar(int bytes, int flat) {
        return new ValueLayout(bytes, bytes, new int[] {flat}, false);
    }

    /** Bytes of the number that says which of so many cases a value is. */
    static int discriminant(int cases) {
        return cases <= 1 << 8 ? 1 : cases <= 1 << 16 ? 2 : 4;
    }

    private static long align(long offset, int alignment) {
        return offset + alignment - 1 & -alignment;
    }

    private static ValueLayout fields(ValueType type, boolean wide) {
        long bytes = 0;
        int alignment = 1;
        boolean memory = false;
        Flat flat = new Flat();
        for (int i = 0; i < type.childCount(); i++) {
            ValueLayout f = layout(type.child(i), wide);
            bytes = Math.min(align(bytes, f.alignment) + f.bytes, MAX_BYTES);
            alignment = Math.max(alignment, f.alignment);
            memory |= f.needsMemory;
            flat.add(f.flat);
        }
        return new ValueLayout(align(bytes, alignment), alignment, flat.toArray(), memory);
    }

    private static ValueLayout array(ValueLayout element, int length) {
        long bytes = Math.min(element.bytes * Integer.toUnsignedLong(length), MAX_BYTES);
        Flat flat = new Flat();
        for (int i = 0; i < MAX_FLAT && Integer.compareUnsigned(i, length) < 0; i++) {
            flat.add(element.flat);
        }
        return new ValueLayout(bytes, element.alignment, flat.toArray(), element.needsMemory);
    }

    /** A number, then the largest case; as core values, every place has the type that holds it in all cases. */
    private static ValueLayout variant(ValueType type, int cases, boolean wide) {
        int number = discriminant(cases);
        long bytes = 0;
        int alignment = number;
        int payloadAlignment = 1;
        boolean memory = false;
        Flat payload = new Flat();
        for (int i = 0; i < type.childCount(); i++) {
            if (type.child(i) != null) {
                ValueLayout c = layout(type.child(i), wide);
                payloadAlignment = Math.max(payloadAlignment, c.alignment);
                bytes = Math.max(bytes, c.bytes);
                alignment = Math.max(alignment, c.alignment);
                memory |= c.needsMemory;
                payload.join(c.flat);
            }
        }
        long size = align(align(number, payloadAlignment) + bytes, alignment);
        Flat flat = new Flat();
        flat.add(new int[] {ValType.I32});
        flat.add(payload.toArray());
        return new ValueLayout(Math.min(size, MAX_BYTES), alignment, flat.toArray(), memory);
    }

    /** A row of core types that stops growing at {@link #MAX_FLAT}. */
    static final class Flat {
        private final int[] types = new int[MAX_FLAT];
        private int size;

        void add(int[] more) {
            for (int t : more) {
                if (size < MAX_FLAT) {
                    types[size++] = t;
                }
            }
        }

        void join(int[] other) {
            for (int i = 0; i < other.length; i++) {
                if (i >= size) {
                    types[size++] = other[i];
                } else if (types[i] != other[i]) {
                    boolean narrow = is32(types[i]) && is32(other[i]);
                    types[i] = narrow ? ValType.I32 : ValType.I64;
                }
            }
        }

        private static boolean is32(int type) {
            return type == ValType.I32 || type == ValType.F32;
        }

        int[] toArray() {
            return Arrays.copyOf(types, size);
        }
    }
}
