package kiln.wasm;

import kiln.artifact.MemoryConstants;
import kiln.types.ValType;

/** The type of an import or export. */
public sealed interface ExternType {
    /** Its kind, which is also its index space. */
    ExternKind kind();

    /** A function of the module's type {@code typeIndex}. */
    record Func(int typeIndex) implements ExternType {
        @Override
        public ExternKind kind() {
            return ExternKind.FUNC;
        }
    }

    /**
     * @param element a reference {@link ValType}
     * @param is64    whether elements are numbered by i64
     */
    record Table(int element, Limits limits, boolean is64) implements ExternType {
        @Override
        public ExternKind kind() {
            return ExternKind.TABLE;
        }

        /** The type of an index into the table. */
        public int addressType() {
            return is64 ? ValType.I64 : ValType.I32;
        }
    }

    /**
     * @param limits    in pages
     * @param is64      whether addresses are i64
     * @param pageShift log2 of the bytes of a page: 16, or 0 with custom page sizes
     */
    record Memory(Limits limits, boolean is64, boolean shared, int pageShift) implements ExternType {
        /** A memory with pages of 64 KiB. */
        public Memory(Limits limits, boolean is64, boolean shared) {
            this(limits, is64, shared, MemoryConstants.PAGE_SHIFT);
        }

        @Override
        public ExternKind kind() {
            return ExternKind.MEMORY;
        }

        /** The type of an address in the memory. */
        public int addressType() {
            return is64 ? ValType.I64 : ValType.I32;
        }
    }

    /** @param type a {@link ValType} */
    record Global(int type, boolean mutable) implements ExternType {
        @Override
        public ExternKind kind() {
            return ExternKind.GLOBAL;
        }
    }

    /** An exception tag, whose values are the parameters of the module's function type {@code typeIndex}. */
    record Tag(int typeIndex) implements ExternType {
        @Override
        public ExternKind kind() {
            return ExternKind.TAG;
        }
    }
}
