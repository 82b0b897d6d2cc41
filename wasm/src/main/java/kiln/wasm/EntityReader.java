package kiln.wasm;

import kiln.artifact.MemoryConstants;
import kiln.types.ValType;

/** Reads what imports and the sections of tables, memories, globals and tags have in common: their types (5.3). */
final class EntityReader {
    private static final int HAS_MAX = 1;
    private static final int SHARED = 2;
    private static final int IS_64 = 4;
    private static final int HAS_PAGE_SIZE = 8;
    /** log2 of the greatest power of two that a page size may be written as, valid or not. */
    private static final int GREATEST_PAGE_SHIFT = 63;

    private static final ExternKind[] KINDS = ExternKind.values();

    private final ByteReader in;
    private final ModuleBuilder m;
    private final Features features;
    private final TypeReader types;
    private final ConstExprValidator exprs;

    EntityReader(ByteReader in, ModuleBuilder m, TypeReader types, ConstExprValidator exprs) {
        this.in = in;
        this.m = m;
        this.features = m.features;
        this.types = types;
        this.exprs = exprs;
    }

    ExternKind externKind(String problem) {
        int at = in.pos;
        int kind = in.u8();
        if (kind >= KINDS.length || KINDS[kind] == ExternKind.TAG && !features.hasTags()) {
            throw in.malformed(problem, at);
        }
        return KINDS[kind];
    }

    /** The kind and type of an import, entered into its index space. */
    ExternType importType() {
        ExternKind kind = externKind("malformed import kind");
        int at = in.pos;
        switch (kind) {
            case FUNC -> {
                int type = funcTypeIndex();
                m.addFunc(type);
                m.importedFuncOffsets.add(at);
                return new ExternType.Func(type);
            }
            case TABLE -> {
                ExternType.Table table = tableType();
                addTable(table, null, at);
                return table;
            }
            case MEMORY -> {
                memory();
                return m.memories.getLast();
            }
            case GLOBAL -> {
                ExternType.Global global = globalType();
                if (global.mutable()) {
                    requireMutableGlobals(at);
                }
                addGlobal(global, null, at);
                return global;
            }
            case TAG -> {
                tag();
                return m.tags.getLast();
            }
        }
        throw new AssertionError(kind);
    }

    void requireMutableGlobals(int at) {
        if (!features.has(Feature.MUTABLE_GLOBAL)) {
            throw in.invalid(
                    "mutable globals cannot be imported or exported: this needs the disabled feature "
                            + Feature.MUTABLE_GLOBAL.proposal(),
                    at);
        }
    }

    /** The index, as written, of a type that must be a function type. */
    int funcTypeIndex() {
        int at = in.pos;
        int type = in.index();
        if (type >= m.types.count() || m.types.func(type) == null) {
            throw in.invalid("unknown type " + Integer.toUnsignedString(type) + " of a function", at);
        }
        return type;
    }

    void tag() {
        int at = in.pos;
        if (in.u8() != 0) {
            throw in.malformed("malformed tag attribute", at);
        }
        int type = funcTypeIndex();
        if (m.types.func(type).resultCount() != 0) {
            throw in.invalid("non-empty tag result type", at);
        }
        m.tags.add(new ExternType.Tag(type));
    }

    void global() {
        int at = in.pos;
        ExternType.Global type = globalType();
        addGlobal(type, exprs.read(type.type()), at);
    }

    private void addGlobal(ExternType.Global type, ConstExpr init, int at) {
        m.globals.add(type);
        m.globalInits.add(init);
        m.globalOffsets.add(at);
    }

    private ExternType.Global globalType() {
        int type = types.valType();
        return new ExternType.Global(type, types.mutability());
    }

    void memory() {
        int at = in.pos;
        int flags = limitFlags();
        boolean is64 = (flags & IS_64) != 0;
        boolean shared = (flags & SHARED) != 0;
        Limits limits = limits(flags, at);
        int pageShift = (flags & HAS_PAGE_SIZE) != 0 ? pageShift() : MemoryConstants.PAGE_SHIFT;
        checkPages(limits, is64, pageShift, at);
        if (shared && !limits.hasMax()) {
            throw in.invalid("shared memory must have maximum", at);
        }
        if (!m.memories.isEmpty() && !features.has(Feature.MULTI_MEMORY)) {
            throw in.invalid("multiple memories need the disabled feature " + Feature.MULTI_MEMORY.proposal(), at);
        }
        m.memories.add(new ExternType.Memory(limits, is64, shared, pageShift));
        m.memoryOffsets.add(at);
    }

    /** log2 of a page size, which must be 1 or 64 KiB. */
    private int pageShift() {
        int at = in.pos;
        int shift = in.u32();
        if (Integer.compareUnsigned(shift, GREATEST_PAGE_SHIFT) > 0) {
            throw in.malformed("invalid custom page size: 2^" + Integer.toUnsignedString(shift) + " bytes", at);
        }
        if (shift != 0 && shift != MemoryConstants.PAGE_SHIFT) {
            throw in.invalid("invalid custom page size: 2^" + shift + " bytes, not 1 or 65536", at);
        }
        return shift;
    }

    private void checkPages(Limits limits, boolean is64, int pageShift, int at) {
        long max = MemoryConstants.maxPages(is64, pageShift);
        if (Long.compareUnsigned(limits.min(), max) > 0 || Long.compareUnsigned(limits.max(), max) > 0) {
            throw in.invalid(
                    pageShift == 0
                            ? "memory size must be at most " + Long.toUnsignedString(max) + " pages of one byte"
                            : is64
                                    ? "memory size must be at most 2^48 pages"
                                    : "memory size must be at most 65536 pages (4GiB)",
                    at);
        }
    }

    void table() {
        int at = in.pos;
        ConstExpr init = null;
        ExternType.Table type;
        if (in.peek() == TypeReader.EMPTY_BLOCK && features.has(Feature.FUNCTION_REFERENCES)) {
            in.pos++;
            if (in.u8() != 0) {
                throw in.malformed("malformed table: zero byte expected", at);
            }
            type = tableType();
            init = exprs.read(type.element());
        } else {
            type = tableType();
            if (!ValType.isNullable(type.element())) {
                throw in.invalid("type mismatch: a table of non-nullable elements needs an initial value", at);
            }
        }
        addTable(type, init, at);
    }

    private void addTable(ExternType.Table type, ConstExpr init, int at) {
        if (!m.tables.isEmpty() && !features.has(Feature.REFERENCE_TYPES)) {
            throw in.invalid("multiple tables need the disabled feature " + Feature.REFERENCE_TYPES.proposal(), at);
        }
        m.tables.add(type);
        m.tableInits.add(init);
        m.tableOffsets.add(at);
    }

    private ExternType.Table tableType() {
        int element = types.refType();
        int at = in.pos;
        int flags = limitFlags();
        if ((flags & SHARED) != 0) {
            throw in.malformed("malformed limits flags: tables cannot be shared", at);
        }
        if ((flags & HAS_PAGE_SIZE) != 0) {
            throw in.malformed("malformed limits flags: tables have no page size", at);
        }
        boolean is64 = (flags & IS_64) != 0;
        Limits limits = limits(flags, at);
        if (!is64 && (limits.min() >>> 32 != 0 || limits.max() >>> 32 != 0)) {
            throw in.invalid("table size must be at most 2^32-1", at);
        }
        return new ExternType.Table(element, limits, is64);
    }

    private int limitFlags() {
        int at = in.pos;
        int flags = in.u8();
        if (flags > (HAS_MAX | SHARED | IS_64 | HAS_PAGE_SIZE)) {
            throw in.malformed("malformed limits flags", at);
        }
        if ((flags & HAS_PAGE_SIZE) != 0 && !features.has(Feature.CUSTOM_PAGE_SIZES)) {
            throw in.malformed(
                    "malformed limits flags: a page size needs the disabled feature "
                            + Feature.CUSTOM_PAGE_SIZES.proposal(),
                    at);
        }
        if ((flags & SHARED) != 0 && !features.has(Feature.THREADS)) {
            throw in.malformed(
                    "malformed limits flags: shared needs the disabled feature " + Feature.THREADS.proposal(), at);
        }
        if ((flags & IS_64) != 0 && !features.has(Feature.MEMORY64)) {
            throw in.malformed(
                    "malformed limits flags: 64-bit addresses need the disabled feature " + Feature.MEMORY64.proposal(),
                    at);
        }
        return flags;
    }

    /** Minimum and maximum; with memory64 both are 64-bit numbers whatever the address type. */
    private Limits limits(int flags, int at) {
        long min = limit();
        boolean hasMax = (flags & HAS_MAX) != 0;
        long max = hasMax ? limit() : 0;
        if (hasMax && Long.compareUnsigned(min, max) > 0) {
            throw in.invalid("size minimum must not be greater than maximum", at);
        }
        return new Limits(min, hasMax, max);
    }

    private long limit() {
        return features.has(Feature.MEMORY64) ? in.u64() : in.u32() & 0xFFFF_FFFFL;
    }
}
