package kiln.artifact.component;

import java.util.ArrayList;
import java.util.List;

/**
 * How the canonical ABI keeps values of one type: in a linear memory, and as core values.
 *
 * @param bytes in memory; {@link #MAX_BYTES} and more is refused
 * @param alignment in bytes, a power of two
 * @param flat the core types that stand for it; only the first {@link #MAX_FLAT} of more
 * @param needsMemory whether a part of every value lies in memory, even where it is passed flat
 */
public record ValueLayout(long bytes, int alignment, List<CoreType> flat, boolean needsMemory) {
    /** Values are smaller than this. */
    public static final long MAX_BYTES = 1L << 28;
    /** More core values than any call passes flat. */
    public static final int MAX_FLAT = 17;

    /**
     * The layout of a type that is made of others.
     *
     * @param labels how many fields, cases or flags have names
     * @param children layouts of what it is made of directly; null for a case without a value
     * @param length of a list of fixed length, u32
     * @param wide with 64-bit addresses instead of 32-bit ones
     */
    public static ValueLayout of(TypeKind kind, int labels, List<ValueLayout> children, int length, boolean wide) {
        return switch (kind) {
            case BOOL, S8, U8 -> scalar(1, CoreType.I32);
            case S16, U16 -> scalar(2, CoreType.I32);
            case S32, U32, CHAR, OWN, BORROW, STREAM, FUTURE, ERROR_CONTEXT -> scalar(4, CoreType.I32);
            case S64, U64 -> scalar(8, CoreType.I64);
            case F32 -> scalar(4, CoreType.F32);
            case F64 -> scalar(8, CoreType.F64);
            case STRING, LIST, MAP -> {
                CoreType address = wide ? CoreType.I64 : CoreType.I32;
                yield new ValueLayout(wide ? 16 : 8, wide ? 8 : 4, List.of(address, address), true);
            }
            case RECORD, TUPLE -> fields(children);
            case ARRAY -> array(children.getFirst(), length);
            case FLAGS -> scalar(flagBytes(labels), CoreType.I32);
            case ENUM -> scalar(discriminantBytes(labels), CoreType.I32);
            case VARIANT -> variant(labels, children);
            case OPTION, RESULT -> variant(2, children);
        };
    }

    private static ValueLayout scalar(int bytes, CoreType flat) {
        return new ValueLayout(bytes, bytes, List.of(flat), false);
    }

    /** Bytes of the number that says which of so many cases a value is. */
    public static int discriminantBytes(int cases) {
        return cases <= 1 << 8 ? 1 : cases <= 1 << 16 ? 2 : 4;
    }

    /** Bytes of so many flags, at most 32. */
    public static int flagBytes(int flags) {
        return flags <= 8 ? 1 : flags <= 16 ? 2 : 4;
    }

    /** The next offset from {@code offset} on that is a multiple of {@code alignment}. */
    public static long align(long offset, int alignment) {
        return offset + alignment - 1 & -alignment;
    }

    /** Offset of a variant's payload, with so many cases. */
    public static long payloadOffset(int cases, List<ValueLayout> children) {
        int alignment = 1;
        for (ValueLayout c : children) {
            alignment = c == null ? alignment : Math.max(alignment, c.alignment);
        }
        return align(discriminantBytes(cases), alignment);
    }

    private static ValueLayout fields(List<ValueLayout> fields) {
        long bytes = 0;
        int alignment = 1;
        boolean memory = false;
        List<CoreType> flat = new ArrayList<>();
        for (ValueLayout f : fields) {
            bytes = Math.min(align(bytes, f.alignment) + f.bytes, MAX_BYTES);
            alignment = Math.max(alignment, f.alignment);
            memory |= f.needsMemory;
            append(flat, f.flat);
        }
        return new ValueLayout(align(bytes, alignment), alignment, List.copyOf(flat), memory);
    }

    private static ValueLayout array(ValueLayout element, int length) {
        long bytes = Math.min(element.bytes * Integer.toUnsignedLong(length), MAX_BYTES);
        List<CoreType> flat = new ArrayList<>();
        for (int i = 0; i < MAX_FLAT && Integer.compareUnsigned(i, length) < 0; i++) {
            append(flat, element.flat);
        }
        return new ValueLayout(bytes, element.alignment, List.copyOf(flat), element.needsMemory);
    }

    /** A number, then the largest case; as core values, every place has the type that holds it in all cases. */
    private static ValueLayout variant(int cases, List<ValueLayout> children) {
        long bytes = 0;
        int alignment = discriminantBytes(cases);
        boolean memory = false;
        List<CoreType> payload = new ArrayList<>();
        for (ValueLayout c : children) {
            if (c != null) {
                bytes = Math.max(bytes, c.bytes);
                alignment = Math.max(alignment, c.alignment);
                memory |= c.needsMemory;
                join(payload, c.flat);
            }
        }
        long size = align(payloadOffset(cases, children) + bytes, alignment);
        List<CoreType> flat = new ArrayList<>(List.of(CoreType.I32));
        append(flat, payload);
        return new ValueLayout(Math.min(size, MAX_BYTES), alignment, List.copyOf(flat), memory);
    }

    /** Adds core types to a row of them that stops growing at {@link #MAX_FLAT}. */
    public static void append(List<CoreType> row, List<CoreType> more) {
        row.addAll(more.subList(0, Math.min(more.size(), MAX_FLAT - row.size())));
    }

    private static void join(List<CoreType> row, List<CoreType> other) {
        for (int i = 0; i < other.size(); i++) {
            if (i >= row.size()) {
                row.add(other.get(i));
            } else if (row.get(i) != other.get(i)) {
                boolean narrow = is32(row.get(i)) && is32(other.get(i));
                row.set(i, narrow ? CoreType.I32 : CoreType.I64);
            }
        }
    }

    private static boolean is32(CoreType type) {
        return type == CoreType.I32 || type == CoreType.F32;
    }
}
