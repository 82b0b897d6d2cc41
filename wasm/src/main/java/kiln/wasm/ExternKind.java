package kiln.wasm;

/** The index spaces that imports and exports name; the ordinal is the binary format's byte. */
public enum ExternKind {
    FUNC,
    TABLE,
    MEMORY,
    GLOBAL,
    TAG
}
