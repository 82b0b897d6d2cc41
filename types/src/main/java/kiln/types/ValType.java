package kiln.types;

/**
 * Value types as ints, so that operand stacks are int arrays: a number or vector type is a small constant, a reference
 * type packs nullability and a {@link HeapType}. Concrete heap types are canonical within one module (see
 * {@link TypeSpace}), so two types of one module are equal exactly when their ints are.
 *
 * <pre>
 *   bit 30      29         28 ................... 0
 *   1 = ref     nullable   heap type, sign-extended
 * </pre>
 */
public final class ValType {
    /** The type of operands in unreachable code: a subtype of every type. Never in a module. */
    public static final int BOT = 0;

    public static final int I32 = 1;
    public static final int I64 = 2;
    public static final int F32 = 3;
    public static final int F64 = 4;
    public static final int V128 = 5;
    /** Packed types: only in fields of structures and arrays. */
    public static final int I8 = 6;

    public static final int I16 = 7;

    private static final int REF = 1 << 30;
    private static final int NULLABLE = 1 << 29;
    private static final int HEAP_MASK = NULLABLE - 1;

    public static final int FUNCREF = REF | NULLABLE | HeapType.FUNC & HEAP_MASK;
    public static final int EXTERNREF = REF | NULLABLE | HeapType.EXTERN & HEAP_MASK;
    public static final int ANYREF = REF | NULLABLE | HeapType.ANY & HEAP_MASK;
    public static final int EQREF = REF | NULLABLE | HeapType.EQ & HEAP_MASK;
    public static final int I31REF = REF | NULLABLE | HeapType.I31 & HEAP_MASK;
    public static final int STRUCTREF = REF | NULLABLE | HeapType.STRUCT & HEAP_MASK;
    public static final int ARRAYREF = REF | NULLABLE | HeapType.ARRAY & HEAP_MASK;
    public static final int EXNREF = REF | NULLABLE | HeapType.EXN & HEAP_MASK;

    private ValType() {}

    /** The reference type to {@code heap}, a type index or a constant of {@link HeapType}. */
    public static int ref(boolean nullable, int heap) {
        return REF | (nullable ? NULLABLE : 0) | heap & HEAP_MASK;
    }

    public static boolean isRef(int type) {
        return (type & REF) != 0;
    }

    /** Whether a reference type includes null. */
    public static boolean isNullable(int type) {
        return (type & NULLABLE) != 0;
    }

    /** The heap type of a reference type: a type index, or a negative constant of {@link HeapType}. */
    public static int heap(int type) {
        return type << 3 >> 3;
    }

    public static int asNonNull(int refType) {
        return refType & ~NULLABLE;
    }

    public static int asNullable(int refType) {
        return refType | NULLABLE;
    }

    /** Whether this is one of i32, i64, f32, f64. */
    public static boolean isNumber(int type) {
        return type >= I32 && type <= F64;
    }

    public static boolean isPacked(int type) {
        return type == I8 || type == I16;
    }

    /** The type a field of this storage type has on the operand stack. */
    public static int unpacked(int storage) {
        return isPacked(storage) ? I32 : storage;
    }

    /** Whether a local or field of this type has a default value: all but non-nullable references. */
    public static boolean isDefaultable(int type) {
        return !isRef(type) || isNullable(type);
    }

    /** The type as the text format writes it. */
    public static String toString(int type) {
        if (isRef(type)) {
            int heap = heap(type);
            if (isNullable(type) && heap < 0) {
                return HeapType.shorthand(heap);
            }
            return (isNullable(type) ? "(ref null " : "(ref ") + HeapType.toString(heap) + ')';
        }
        return switch (type) {
            case BOT -> "bot";
            case I32 -> "i32";
            case I64 -> "i64";
            case F32 -> "f32";
            case F64 -> "f64";
            case V128 -> "v128";
            case I8 -> "i8";
            case I16 -> "i16";
            default -> "type#" + type;
        };
    }
}
