package kiln.artifact;

/**
 * Routines that generated code calls, each a function under {@link FuncKey.Kind#BUILTIN} with the wasm calling
 * convention. The ordinal is the routine's number in files and in upcalls: entries are only appended. Routines marked
 * as upcalls are served by the runtime in Java; the others are generated code. Index operands are i64 (an i32 index
 * zero-extended), so that 64-bit memories and tables need no others.
 */
public enum Builtin {
    /** Reserved: in an upcall, number 0 means "call the host function". */
    HOST_CALL("", ""),
    /** (memory, delta pages) -> old size in pages, or -1. Upcall. */
    MEMORY_GROW("ij", "j"),
    /** (dst memory, src memory, dst, src, length); traps MEMORY_OUT_OF_BOUNDS. */
    MEMORY_COPY("iijjj", ""),
    /** (memory, dst, byte, length); traps MEMORY_OUT_OF_BOUNDS. */
    MEMORY_FILL("ijij", ""),
    /** (memory, segment, dst, src, length). Upcall. */
    MEMORY_INIT("iijii", ""),
    /** (segment). Upcall. */
    DATA_DROP("i", ""),
    /** (table, delta, funcref or reference to fill with) -> old size, or -1. Upcall. */
    TABLE_GROW("ijr", "j"),
    /** (table, dst, value, length). Upcall. */
    TABLE_FILL("ijrj", ""),
    /** (dst table, src table, dst, src, length). Upcall. */
    TABLE_COPY("iijjj", ""),
    /** (table, segment, dst, src, length). Upcall. */
    TABLE_INIT("iijii", ""),
    /** (segment). Upcall. */
    ELEM_DROP("i", ""),
    /** (VMContext, funcref slot) -> address of the record there, which is filled in if it was not. */
    FUNC_RECORD("ji", "j"),
    /** (address of a table's record, index in bounds) -> content of the slot, which is initialised if it was not. */
    TABLE_SLOT("jj", "j"),
    /** (address of a table's record): initialises all slots. */
    TABLE_FILL_IN("j", ""),
    /**
     * (size in bytes, a multiple of 16) -> an exception whose header and payload are not written yet. May collect: an
     * upcall, where the heap has no run of that size at hand.
     */
    EXCEPTION_ALLOCATE("i", "r"),
    /** (memory, address, expected, timeout in nanoseconds, negative for none) -> how the waiting ended. Upcall. */
    MEMORY_WAIT32("ijij", "i"),
    /** (memory, address, expected, timeout in nanoseconds, negative for none) -> how the waiting ended. Upcall. */
    MEMORY_WAIT64("ijjj", "i"),
    /** (memory, address, count) -> how many were woken. Upcall. */
    MEMORY_NOTIFY("iji", "i"),
    /**
     * (size in bytes, a multiple of 8; header) -> a new object with the header as its first eight bytes, the others not
     * written. Collects if need be; traps ALLOCATION_TOO_LARGE if it does not fit. Upcall.
     */
    GC_ALLOCATE("jj", "o"),
    /** (type index, data segment, offset in bytes, length in elements) -> a new array. Upcall. */
    ARRAY_NEW_DATA("iiii", "o"),
    /** (type index, element segment, offset, length) -> a new array. Upcall. */
    ARRAY_NEW_ELEM("iiii", "o"),
    /** (type index, data segment, array, index, offset in bytes, length in elements). Upcall. */
    ARRAY_INIT_DATA("iioiii", ""),
    /** (type index, element segment, array, index, offset, length). Upcall. */
    ARRAY_INIT_ELEM("iioiii", ""),
    /** (to, from, distance in to, distance in from, bytes), distances in bytes from the first element, in bounds. */
    ARRAY_COPY("oojjj", ""),
    /** (array, distance in bytes from the first element, byte, bytes), in bounds. */
    ARRAY_FILL("ojij", ""),
    /** (number of a function type, number of another one) -> whether the first is the second or a subtype. Upcall. */
    TYPE_MATCHES("ii", "i"),
    /** (component instance, resource + 1, representation, own or borrow) -> handle. Module 0 of a component. Upcall. */
    HANDLE_ADD("iiii", "i"),
    /**
     * (component instance, handle, resource + 1 or 0): traps and says what is wrong with the handle. Of module 0 of a
     * component. Upcall.
     */
    HANDLE_FAILED("iii", ""),
    /** (resource that Java defines, representation): its last owner has dropped it. Of module 0. Upcall. */
    RESOURCE_DROPPED("ii", "");

    private final String params;
    private final String results;

    Builtin(String params, String results) {
        this.params = params;
        this.results = results;
    }

    /** One letter a parameter: i = i32, j = i64, r = reference or funcref (eight bytes), o = reference to an object. */
    public String params() {
        return params;
    }

    /** One letter a result, as in {@link #params()}. */
    public String results() {
        return results;
    }
}
