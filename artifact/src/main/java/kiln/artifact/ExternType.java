package kiln.artifact;

/**
 * The type of something that can be imported or exported. Type indices are the module's own, types of values are
 * {@link kiln.types.ValType}s.
 */
public sealed interface ExternType {
    /** The kind of thing; the ordinal is the kind's number in files (and in the wasm format). */
    enum Kind {
        FUNC,
        TABLE,
        MEMORY,
        GLOBAL,
        TAG
    }

    Kind kind();

    /** A function of type {@code type}. */
    record Func(int type) implements ExternType {
        @Override
        public Kind kind() {
            return Kind.FUNC;
        }
    }

    /**
     * @param min elements, unsigned
     * @param max elements, unsigned, or {@link #UNBOUNDED}
     * @param bounded whether a maximum was declared: tells 2^64-1 from {@link #UNBOUNDED}
     */
    record Table(int element, long min, long max, boolean bounded, boolean is64) implements ExternType {
        public Table {
            bounded |= max != UNBOUNDED;
        }

        /** One whose maximum is not 2^64-1. */
        public Table(int element, long min, long max, boolean is64) {
            this(element, min, max, false, is64);
        }

        @Override
        public Kind kind() {
            return Kind.TABLE;
        }
    }

    /**
     * @param min pages, unsigned
     * @param max pages, unsigned, or {@link #UNBOUNDED}
     * @param bounded whether a maximum was declared: tells 2^64-1 from {@link #UNBOUNDED}
     * @param pageShift log2 of the page size: 16, or 0 with custom page sizes
     * @param guarded whether the code relies on the reservation of {@link MemoryConstants}; it checks no bounds then.
     *     Not part of the type in the specification's sense, but an unguarded memory must not be imported where this is
     *     set
     */
    record Memory(long min, long max, boolean bounded, boolean is64, boolean shared, int pageShift, boolean guarded)
            implements ExternType {
        public Memory {
            bounded |= max != UNBOUNDED;
        }

        /** One whose maximum is not 2^64-1. */
        public Memory(long min, long max, boolean is64, boolean shared, int pageShift, boolean guarded) {
            this(min, max, false, is64, shared, pageShift, guarded);
        }

        @Override
        public Kind kind() {
            return Kind.MEMORY;
        }
    }

    record Global(int type, boolean mutable) implements ExternType {
        @Override
        public Kind kind() {
            return Kind.GLOBAL;
        }
    }

    /** An exception tag whose parameters are those of function type {@code type}. */
    record Tag(int type) implements ExternType {
        @Override
        public Kind kind() {
            return Kind.TAG;
        }
    }

    /** A maximum that was not declared. */
    long UNBOUNDED = -1;
}
