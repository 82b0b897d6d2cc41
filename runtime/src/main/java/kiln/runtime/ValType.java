package kiln.runtime;

import java.util.Locale;

/**
 * The type of a WebAssembly value. Values travel in cells of 64 bits: i32 sign-extended (only the lower half counts on
 * the way into WebAssembly), i64, f32 and f64 as their bits ({@link Float#floatToRawIntBits}), v128 as two cells, low
 * half first, references as {@link Store#toCell} makes them.
 */
public sealed interface ValType {
    ValType I32 = Num.I32;
    ValType I64 = Num.I64;
    ValType F32 = Num.F32;
    ValType F64 = Num.F64;
    ValType V128 = Num.V128;
    Ref FUNCREF = new Ref(true, HeapType.FUNC, Ref.ABSTRACT);
    Ref EXTERNREF = new Ref(true, HeapType.EXTERN, Ref.ABSTRACT);
    Ref EXNREF = new Ref(true, HeapType.EXN, Ref.ABSTRACT);

    /** Numbers and vectors. */
    enum Num implements ValType {
        I32,
        I64,
        F32,
        F64,
        V128;

        @Override
        public boolean isFunc() {
            return false;
        }

        @Override
        public boolean isExtern() {
            return false;
        }

        @Override
        public boolean isException() {
            return false;
        }

        @Override
        public int cells() {
            return this == V128 ? 2 : 1;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * References.
     *
     * @param heap what is referred to; for a concrete type its kind: FUNC, STRUCT or ARRAY
     * @param typeId the engine's number of a concrete type, or {@link #ABSTRACT}
     */
    record Ref(boolean nullable, HeapType heap, int typeId) implements ValType {
        /** In place of a number: a type that every engine has, as {@link HeapType} names it. */
        public static final int ABSTRACT = -1;

        @Override
        public boolean isFunc() {
            return heap.isBelow(HeapType.FUNC);
        }

        @Override
        public boolean isExtern() {
            return heap.isBelow(HeapType.EXTERN);
        }

        @Override
        public boolean isException() {
            return heap.isBelow(HeapType.EXN);
        }

        @Override
        public int cells() {
            return 1;
        }

        @Override
        public String toString() {
            if (typeId == ABSTRACT) {
                return kiln.types.ValType.toString(kiln.types.ValType.ref(nullable, heap.code()));
            }
            return (nullable ? "(ref null " : "(ref ") + "type " + Integer.toUnsignedString(typeId) + ")";
        }
    }

    // No default methods: an enum would initialise the interface, whose constants are the enum's.

    /** Whether a reference to a function. */
    boolean isFunc();

    /** Whether a reference to an object of Java's. */
    boolean isExtern();

    /** Whether a reference to an exception. */
    boolean isException();

    /** Cells that a value takes: two for v128, else one. */
    int cells();
}
