package kiln.wasm;

/** What follows an opcode in the binary format: the kinds of immediate operands. */
public enum Imm {
    NONE,
    /** A block type: empty, one value type, or a type index. */
    BLOCK_TYPE,
    LABEL,
    /** {@code br_table}: a list of labels and the default label. */
    LABELS,
    LOCAL,
    GLOBAL,
    FUNC,
    /** {@code call_indirect}: type index, table index. */
    TYPE_TABLE,
    TYPE,
    TAG,
    TABLE,
    MEMORY,
    /** Alignment, optional memory index, offset. */
    MEMARG,
    /** A {@link #MEMARG} followed by a lane number. */
    MEMARG_LANE,
    LANE,
    /** Sixteen lane numbers. */
    SHUFFLE,
    I32,
    I64,
    F32,
    F64,
    V128,
    /** The explicit types of {@code select}. */
    VAL_TYPES,
    HEAP_TYPE,
    ELEM,
    DATA,
    /** {@code table.init}: segment, table. */
    ELEM_TABLE,
    /** {@code table.copy}: destination, source. */
    TABLE_TABLE,
    /** {@code memory.init}: segment, memory. */
    DATA_MEMORY,
    /** {@code memory.copy}: destination, source. */
    MEMORY_MEMORY,
    TYPE_FIELD,
    TYPE_LENGTH,
    TYPE_DATA,
    TYPE_ELEM,
    /** {@code array.copy}: destination, source. */
    TYPE_TYPE,
    /** Flags, label, source heap type, target heap type. */
    CAST_BRANCH,
    /** {@code try_table}: a block type and a list of catch clauses. */
    CATCHES,
    /** The reserved byte of {@code atomic.fence}. */
    FENCE
}
