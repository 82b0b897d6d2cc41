package kiln.artifact;

/**
 * Where everything lies in an instance's VMContext, the block of native memory that generated code finds through the
 * pinned context register (r15, x28). All offsets are bytes; all fields are little-endian.
 *
 * <pre>
 *   0  stackLimit     u64  lowest stack address; all ones asks running code to stop (see INTERRUPT_CHECK)
 *   8  trapStub       ptr  called by explicit traps; its return address names the trap site
 *  16  store          ptr  VMStoreContext ({@link StoreLayout})
 *  24  hostId         u64  number that an upcall passes to Java: of the instance, or of a host function's context
 *  32  textBase       ptr  first byte of the module's text
 *  40  references     ptr  head of the module's function references in the file ({@link References})
 *  48  memories defined     {base ptr, length in bytes u64}; a shared one {ptr to such a record elsewhere, 0}
 *      memories imported    ptr to the exporter's {base, length}
 *      tables defined       {base ptr, length in elements u64, image ptr or null, vmctx ptr}
 *      tables imported      ptr to the exporter's record
 *      globals imported     ptr to the exporter's 16-byte cell
 *      globals defined      16-byte cells, 16-byte aligned
 *      funcrefs             {code ptr, vmctx ptr, typeId u32, function u32}: imported functions first,
 *                           then the defined functions that escape, in the module's order
 *      type ids             u32 for each type of the module: of a function type, the engine's canonical number; of a
 *                           struct or array, the offset of its record in the heap ({@link HeapLayout})
 *      tags defined         {engine's number of the type u64, reserved u64}, 16-byte aligned
 *      tags imported        ptr to the exporter's record
 *      heap base            ptr to offset 0 of the store's garbage-collected heap, in modules that need it only
 * </pre>
 *
 * The address of a tag's record is the tag's identity. The record of a tag that the host has made lies in the store's
 * memory.
 *
 * A funcref is the address of a record, or null. A slot of a table of functions is 0 as long as it is not initialised:
 * it then means what the table's image ({@link TableImage.Form#LAZY}) says for its index, or null if that says nothing;
 * else {@link #NULL_SLOT} for null, or the address of a record. A slot of another table is the reference. The base of a
 * sealed table is the address of its image's entries.
 *
 * A record of a function defined in the module is zero until something needs it; code that makes a reference to it
 * fills it in first ({@link Builtin#FUNC_RECORD}).
 *
 * A host function has a context of its own that ends after {@code hostId}.
 */
public final class VMContextLayout {
    public static final int STACK_LIMIT = 0;
    public static final int TRAP_STUB = 8;
    public static final int STORE = 16;
    public static final int HOST_ID = 24;
    public static final int TEXT_BASE = 32;
    public static final int REFERENCES = 40;
    public static final int HEADER_BYTES = 48;
    /** Size of the context of a host function. */
    public static final int HOST_CONTEXT_BYTES = 32;

    /** Within a memory's or table's record. */
    public static final int BASE = 0;
    /** Within a memory's (bytes) or table's (elements) record. */
    public static final int LENGTH = 8;
    /** Within a table's record: its image, if its slots are filled in on first use. */
    public static final int TABLE_IMAGE = 16;
    /** Within a table's record: VMContext of the instance that the image's functions belong to. */
    public static final int TABLE_VMCTX = 24;

    public static final int TABLE_RECORD_BYTES = 32;
    /** Null in a slot of a table of functions; odd, so that an access through it faults and a mask makes it 0. */
    public static final int NULL_SLOT = 1;

    public static final int FUNCREF_BYTES = 24;
    /** Within a funcref record. */
    public static final int FUNCREF_CODE = 0;
    /** Within a funcref record. */
    public static final int FUNCREF_VMCTX = 8;
    /** Within a funcref record. */
    public static final int FUNCREF_TYPE = 16;
    /** Within a funcref record: index in the defining module's function space, for names and tools. */
    public static final int FUNCREF_FUNCTION = 20;

    public static final int GLOBAL_BYTES = 16;
    /** Size of a tag's record. */
    public static final int TAG_BYTES = 16;
    /** Within a tag's record. */
    public static final int TAG_TYPE = 0;

    private static final int RECORD_BYTES = 16;
    private static final int POINTER_BYTES = 8;

    /**
     * How many of each thing a module has.
     *
     * @param funcRefs imported functions plus defined functions that escape
     * @param heap 1 if the module needs the store's garbage-collected heap, else 0
     */
    public record Counts(
            int definedMemories,
            int importedMemories,
            int definedTables,
            int importedTables,
            int importedGlobals,
            int definedGlobals,
            int funcRefs,
            int types,
            int definedTags,
            int importedTags,
            int heap) {}

    private final Counts counts;
    private final int importedMemories;
    private final int definedTables;
    private final int importedTables;
    private final int importedGlobals;
    private final int definedGlobals;
    private final int funcRefs;
    private final int types;
    private final int definedTags;
    private final int importedTags;
    private final int heapBase;
    private final int size;

    /**
     * @throws ArithmeticException if the context would exceed 2 GiB
     */
    public VMContextLayout(Counts counts) {
        this.counts = counts;
        importedMemories = add(HEADER_BYTES, counts.definedMemories, RECORD_BYTES);
        definedTables = add(importedMemories, counts.importedMemories, POINTER_BYTES);
        importedTables = add(definedTables, counts.definedTables, TABLE_RECORD_BYTES);
        importedGlobals = add(importedTables, counts.importedTables, POINTER_BYTES);
        definedGlobals = Math.addExact(add(importedGlobals, counts.importedGlobals, POINTER_BYTES), 15) & -16;
        funcRefs = add(definedGlobals, counts.definedGlobals, GLOBAL_BYTES);
        types = add(funcRefs, counts.funcRefs, FUNCREF_BYTES);
        definedTags = Math.addExact(add(types, counts.types, 4), 15) & -16;
        importedTags = add(definedTags, counts.definedTags, TAG_BYTES);
        heapBase = add(importedTags, counts.importedTags, POINTER_BYTES);
        size = Math.addExact(add(heapBase, counts.heap, POINTER_BYTES), 15) & -16;
    }

    private static int add(int start, int count, int bytes) {
        return Math.addExact(start, Math.multiplyExact(count, bytes));
    }

    public Counts counts() {
        return counts;
    }

    /** Record {base, length} of defined memory {@code i} (not counting imports). */
    public int definedMemory(int i) {
        return HEADER_BYTES + i * RECORD_BYTES;
    }

    /** Pointer to the record of imported memory {@code i}. */
    public int importedMemory(int i) {
        return importedMemories + i * POINTER_BYTES;
    }

    /** Record of defined table {@code i} (not counting imports). */
    public int definedTable(int i) {
        return definedTables + i * TABLE_RECORD_BYTES;
    }

    /** Pointer to the record of imported table {@code i}. */
    public int importedTable(int i) {
        return importedTables + i * POINTER_BYTES;
    }

    /** Pointer to the cell of imported global {@code i}. */
    public int importedGlobal(int i) {
        return importedGlobals + i * POINTER_BYTES;
    }

    /** Cell of defined global {@code i} (not counting imports). */
    public int definedGlobal(int i) {
        return definedGlobals + i * GLOBAL_BYTES;
    }

    /**
     * Funcref record {@code slot}: imported function number slot, or imports + position among the escaping functions.
     */
    public int funcRef(int slot) {
        return funcRefs + slot * FUNCREF_BYTES;
    }

    /** What stands (u32) for type {@code i} of the module. */
    public int typeId(int i) {
        return types + i * 4;
    }

    /** Record of defined tag {@code i} (not counting imports). */
    public int definedTag(int i) {
        return definedTags + i * TAG_BYTES;
    }

    /** Pointer to the record of imported tag {@code i}. */
    public int importedTag(int i) {
        return importedTags + i * POINTER_BYTES;
    }

    /** Whether there is a {@link #heapBase}. */
    public boolean hasHeap() {
        return counts.heap != 0;
    }

    /** Pointer to offset 0 of the store's garbage-collected heap. */
    public int heapBase() {
        return heapBase;
    }

    /** Bytes of the whole context, a multiple of 16. */
    public int size() {
        return size;
    }
}
