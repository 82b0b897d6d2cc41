package kiln.artifact;

import java.util.Locale;

/**
 * The name of one compiled function: {@code (namespace, index)}, both u32, where the namespace is a {@link Kind} in the
 * top four bits and a 28-bit payload below. The unsigned order of {@link #raw()} is the order of the function index and
 * of the text section.
 *
 * @param namespace kind in bits 31..28, payload in bits 27..0
 * @param index index within the namespace, u32
 */
public record FuncKey(int namespace, int index) implements Comparable<FuncKey> {
    static final int PAYLOAD_BITS = 28;
    private static final int MAX_PAYLOAD = (1 << PAYLOAD_BITS) - 1;

    /** What a function is; the ordinal is the kind's number in files, so entries are only ever appended. */
    public enum Kind {
        /** A function defined by a module. Payload: module; index: defined function (imports not counted). */
        WASM_FUNCTION,
        /** Calls a wasm function with arguments read from memory. Payload: module; index: signature. */
        ARRAY_TO_WASM,
        /** Calls a host function with arguments written to memory. Payload: module; index: signature. */
        WASM_TO_ARRAY,
        /** A runtime function that generated code calls. Payload: module; index: {@link Builtin} ordinal. */
        BUILTIN,
        /** Initialises an instance (globals, segments, start function). Payload: module; index: 0. */
        MODULE_STARTUP,
        /**
         * Calls a function of one component for another: converts arguments and result. Payload: the module whose
         * context it runs in; index: canonical definition in the component's plan.
         */
        COMPONENT_ADAPTER,
        /** What adapters share, such as the conversion of a string. Payload: as before; index: any, dense. */
        COMPONENT_HELPER,
        /**
         * A built-in of the component model, such as {@code resource.drop}. Payload: the module whose context it runs
         * in; index: canonical definition in the component's plan.
         */
        COMPONENT_TRAMPOLINE;

        private static final Kind[] VALUES = values();
    }

    /** A function defined by {@code module}; {@code definedIndex} does not count imports. */
    public static FuncKey wasmFunction(int module, int definedIndex) {
        return of(Kind.WASM_FUNCTION, module, definedIndex);
    }

    /** The trampoline from Java into functions of type {@code typeIndex} of {@code module}. */
    public static FuncKey arrayToWasm(int module, int typeIndex) {
        return of(Kind.ARRAY_TO_WASM, module, typeIndex);
    }

    /** The trampoline from wasm to host functions of type {@code typeIndex} of {@code module}. */
    public static FuncKey wasmToArray(int module, int typeIndex) {
        return of(Kind.WASM_TO_ARRAY, module, typeIndex);
    }

    /** The routine that generated code calls for {@code builtin}. */
    public static FuncKey builtin(int module, Builtin builtin) {
        return of(Kind.BUILTIN, module, builtin.ordinal());
    }

    /** The start-up function of {@code module}. */
    public static FuncKey startup(int module) {
        return of(Kind.MODULE_STARTUP, module, 0);
    }

    /**
     * A key from its parts.
     *
     * @throws IllegalArgumentException if the payload does not fit into 28 bits
     */
    public static FuncKey of(Kind kind, int payload, int index) {
        if (payload < 0 || payload > MAX_PAYLOAD) {
            throw new IllegalArgumentException("payload out of range: " + payload);
        }
        return new FuncKey(kind.ordinal() << PAYLOAD_BITS | payload, index);
    }

    /** The inverse of {@link #raw()}. */
    public static FuncKey ofRaw(long raw) {
        return new FuncKey((int) (raw >>> 32), (int) raw);
    }

    /** Namespace in the upper half, index in the lower half; compare unsigned. */
    public long raw() {
        return Integer.toUnsignedLong(namespace) << 32 | Integer.toUnsignedLong(index);
    }

    /**
     * The kind of function.
     *
     * @throws IllegalArgumentException if the key names no kind that this version knows
     */
    public Kind kind() {
        int ordinal = namespace >>> PAYLOAD_BITS;
        if (ordinal >= Kind.VALUES.length) {
            throw new IllegalArgumentException("unknown kind of function: " + ordinal);
        }
        return Kind.VALUES[ordinal];
    }

    /** Whether it belongs to a component rather than to one of its modules. */
    public boolean isOfComponent() {
        return namespace >>> PAYLOAD_BITS >= Kind.COMPONENT_ADAPTER.ordinal();
    }

    /** The 28-bit payload: the module's number within the file. */
    public int payload() {
        return namespace & MAX_PAYLOAD;
    }

    // Keys are looked up so often that the methods a record comes with are too slow until C2 has seen them.
    @Override
    public boolean equals(Object other) {
        return other instanceof FuncKey k && namespace == k.namespace && index == k.index;
    }

    @Override
    public int hashCode() {
        return namespace * 31 + index;
    }

    @Override
    public int compareTo(FuncKey other) {
        return Long.compareUnsigned(raw(), other.raw());
    }

    @Override
    public String toString() {
        String kind =
                namespace >>> PAYLOAD_BITS < Kind.VALUES.length ? kind().name().toLowerCase(Locale.ROOT) : "kind?";
        return kind + "[" + payload() + "," + Integer.toUnsignedString(index) + "]";
    }
}
