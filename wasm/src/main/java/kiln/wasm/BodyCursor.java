package kiln.wasm;

import kiln.types.FuncType;
import kiln.types.TypeSpace;
import kiln.types.ValType;

/**
 * Reads the instructions of one function body, or any expression, one at a time into fields: nothing is allocated per
 * instruction. After a successful {@link #fetch} the getters that belong to the instruction's {@link Imm} hold its
 * immediates, others keep old values. Indices are checked for form only, type indices inside types also for range.
 */
public class BodyCursor {
    /** Well above the 65,520 targets that the JavaScript API allows. */
    private static final int MAX_LABELS = 1 << 20;

    private static final CatchKind[] CATCH_KINDS = CatchKind.values();

    final ByteReader in;
    final Features features;
    final TypeReader typeReader;
    private final Op[] ops;

    Op op;
    int offset;
    int index;
    int index2;
    int label;
    int align;
    int lane;
    long imm;
    long imm2;
    FuncType blockType;
    int valType;
    int valType2;
    int[] labels = new int[16];
    int labelCount;
    int[] catches = new int[12];
    int catchCount;

    BodyCursor(ByteReader in, Features features, TypeSpace types) {
        this.in = in;
        this.features = features;
        this.typeReader = new TypeReader(in, features, types);
        this.ops = features.ops();
    }

    /** The current instruction. */
    public final Op op() {
        return op;
    }

    /** Where the current instruction starts in the module. */
    public final int offset() {
        return offset;
    }

    /** Where the next instruction starts in the module. */
    public final int nextOffset() {
        return in.pos;
    }

    public final int localIndex() {
        return index;
    }

    public final int globalIndex() {
        return index;
    }

    public final int funcIndex() {
        return index;
    }

    public final int tagIndex() {
        return index;
    }

    /** The type of a call_indirect, call_ref, struct or array instruction; canonical. The destination of array.copy. */
    public final int typeIndex() {
        return index;
    }

    /** The source type of array.copy; canonical. */
    public final int sourceTypeIndex() {
        return index2;
    }

    /** The table of call_indirect, table.get and so on; the destination of table.copy. */
    public final int tableIndex() {
        return op.imm == Imm.TYPE_TABLE || op.imm == Imm.ELEM_TABLE ? index2 : index;
    }

    /** The source table of table.copy. */
    public final int sourceTableIndex() {
        return index2;
    }

    /** The memory of a load, store, memory.size and so on; the destination of memory.copy. */
    public final int memoryIndex() {
        return op.imm == Imm.DATA_MEMORY ? index2 : index;
    }

    /** The source memory of memory.copy. */
    public final int sourceMemoryIndex() {
        return index2;
    }

    /** The element segment of table.init, elem.drop, array.new_elem, array.init_elem. */
    public final int elemIndex() {
        return op.imm == Imm.TYPE_ELEM ? index2 : index;
    }

    /** The data segment of memory.init, data.drop, array.new_data, array.init_data. */
    public final int dataIndex() {
        return op.imm == Imm.TYPE_DATA ? index2 : index;
    }

    /** The field of a struct instruction. */
    public final int fieldIndex() {
        return index2;
    }

    /** How many elements array.new_fixed takes. */
    public final int arrayLength() {
        return index2;
    }

    /** The relative depth of the label a branch, rethrow or delegate names. */
    public final int labelDepth() {
        return label;
    }

    /** How many targets a br_table has, the default not counted. */
    public final int brTableCount() {
        return labelCount - 1;
    }

    /** Label depth of target {@code i} of a br_table; the default is target {@link #brTableCount}. */
    public final int brTarget(int i) {
        return labels[i];
    }

    /** log2 of the alignment a memory instruction states. */
    public final int alignLog2() {
        return align;
    }

    /** The constant offset of a memory instruction, unsigned. */
    public final long memOffset() {
        return imm;
    }

    /** The lane of a vector instruction. */
    public final int lane() {
        return lane;
    }

    public final int i32() {
        return (int) imm;
    }

    public final long i64() {
        return imm;
    }

    public final int f32Bits() {
        return (int) imm;
    }

    public final long f64Bits() {
        return imm;
    }

    /** Lanes 0 to 7 as bytes, the first lowest: of v128.const, or the lane numbers of i8x16.shuffle. */
    public final long v128Low() {
        return imm;
    }

    /** Lanes 8 to 15. */
    public final long v128High() {
        return imm2;
    }

    /** The type of the block that a structured instruction opens. */
    public final FuncType blockType() {
        return blockType;
    }

    /** The result type of a select with an explicit type. */
    public final int selectType() {
        return valType;
    }

    /** The heap type of ref.null. */
    public final int heapType() {
        return ValType.heap(valType);
    }

    /** The reference type that ref.test and ref.cast test for, and the target type of br_on_cast(_fail). */
    public final int castTarget() {
        return op.imm == Imm.CAST_BRANCH ? valType2 : valType;
    }

    /** The source type of br_on_cast(_fail). */
    public final int castSource() {
        return valType;
    }

    public final int catchCount() {
        return catchCount;
    }

    public final CatchKind catchKind(int i) {
        return CATCH_KINDS[catches[3 * i]];
    }

    /** The tag of a catch clause that has one. */
    public final int catchTag(int i) {
        return catches[3 * i + 1];
    }

    /** The label of a catch clause, counted from outside the try_table. */
    public final int catchLabel(int i) {
        return catches[3 * i + 2];
    }

    /** Reads the instruction at the cursor. */
    final void fetch() {
        offset = in.pos;
        int code = in.u8();
        Op o = ops[code];
        if (o == null) {
            o = prefixed(code);
        }
        op = o;
        if (o.imm != Imm.NONE) {
            immediates(o);
        }
    }

    private Op prefixed(int code) {
        int slot = code;
        if (code >= 0xFB && code <= 0xFE) {
            slot = Op.slot(code, in.u32());
        }
        Op o = slot < 0 ? null : ops[slot];
        if (o == null) {
            Op disabled = Op.inSlot(slot);
            String opcode = slot == code ? Integer.toHexString(code) : Integer.toHexString(code) + " prefix";
            throw in.malformed(
                    disabled == null
                            ? "illegal opcode " + opcode
                            : disabled.text() + " needs the disabled feature " + disabled.feature.proposal()
                                    + " (illegal opcode " + opcode + ')',
                    offset);
        }
        return o;
    }

    private void immediates(Op o) {
        switch (o.imm) {
            case NONE -> {}
            case LOCAL, GLOBAL, FUNC, TAG, TABLE, ELEM, DATA -> index = in.index();
            case LABEL -> label = in.index();
            case I32 -> imm = in.s32();
            case I64 -> imm = in.s64();
            case F32 -> imm = in.bits32();
            case F64 -> imm = in.bits64();
            case MEMARG -> memarg();
            case BLOCK_TYPE -> readBlockType();
            default -> rareImmediates(o);
        }
    }

    private void rareImmediates(Op o) {
        switch (o.imm) {
            case LABELS -> labels();
            case TYPE_TABLE -> {
                index = typeReader.typeIndex();
                index2 = features.has(Feature.REFERENCE_TYPES) ? in.index() : zeroByte();
            }
            case TYPE -> index = typeReader.typeIndex();
            case MEMORY -> index = memoryImmediate();
            case MEMARG_LANE -> {
                memarg();
                lane = in.u8();
            }
            case LANE -> lane = in.u8();
            case SHUFFLE, V128 -> {
                imm = in.bits64();
                imm2 = in.bits64();
            }
            case VAL_TYPES -> {
                int at = in.pos;
                int n = in.count();
                for (int i = 0; i < n; i++) {
                    valType = typeReader.valType();
                }
                if (n != 1) {
                    throw in.invalid("invalid result arity", at);
                }
            }
            case HEAP_TYPE -> {
                boolean nullable = o != Op.REF_TEST && o != Op.REF_CAST;
                valType = ValType.ref(nullable, typeReader.heapType());
            }
            case ELEM_TABLE, TABLE_TABLE -> {
                index = in.index();
                index2 = in.index();
            }
            case DATA_MEMORY -> {
                index = in.index();
                index2 = memoryImmediate();
            }
            case MEMORY_MEMORY -> {
                index = memoryImmediate();
                index2 = memoryImmediate();
            }
            case TYPE_FIELD, TYPE_LENGTH, TYPE_DATA, TYPE_ELEM -> {
                index = typeReader.typeIndex();
                index2 = in.index();
            }
            case TYPE_TYPE -> {
                index = typeReader.typeIndex();
                index2 = typeReader.typeIndex();
            }
            case CAST_BRANCH -> {
                int flags = in.u8();
                if (flags > 3) {
                    throw in.malformed("malformed br_on_cast flags", in.pos - 1);
                }
                label = in.index();
                valType = ValType.ref((flags & 1) != 0, typeReader.heapType());
                valType2 = ValType.ref((flags & 2) != 0, typeReader.heapType());
            }
            case CATCHES -> {
                readBlockType();
                catches();
            }
            case FENCE -> zeroByte();
            default -> throw new AssertionError(o.imm);
        }
    }

    private void readBlockType() {
        blockType = typeReader.blockType();
    }

    /** The memory index of an instruction without a memarg: one zero byte before multi-memory. */
    private int memoryImmediate() {
        return features.has(Feature.MULTI_MEMORY) ? in.index() : zeroByte();
    }

    private int zeroByte() {
        if (in.u8() != 0) {
            throw in.malformed("zero byte expected", in.pos - 1);
        }
        return 0;
    }

    private void memarg() {
        int at = in.pos;
        int flags = in.u32();
        index = 0;
        boolean multi = features.has(Feature.MULTI_MEMORY);
        if (multi && (flags & 0x40) != 0) {
            flags ^= 0x40;
            index = in.index();
        }
        if ((flags & 0xFFFF_FFC0) != 0) {
            throw in.malformed("malformed memop flags", at);
        }
        align = flags;
        imm = features.has(Feature.MEMORY64) ? in.u64() : in.u32() & 0xFFFF_FFFFL;
    }

    private void labels() {
        int at = in.pos;
        int n = in.count();
        if (n > MAX_LABELS) {
            throw in.invalid("br_table with more than " + MAX_LABELS + " targets", at);
        }
        if (n + 1 > labels.length) {
            labels = new int[Math.max(n + 1, labels.length * 2)];
        }
        for (int i = 0; i <= n; i++) {
            labels[i] = in.index();
        }
        labelCount = n + 1;
    }

    private void catches() {
        int at = in.pos;
        int n = in.count();
        if (n > MAX_LABELS) {
            throw in.invalid("try_table with more than " + MAX_LABELS + " clauses", at);
        }
        if (3 * n > catches.length) {
            catches = new int[Math.max(3 * n, catches.length * 2)];
        }
        for (int i = 0; i < n; i++) {
            int kind = in.u8();
            if (kind >= CATCH_KINDS.length) {
                throw in.malformed("malformed catch clause", in.pos - 1);
            }
            catches[3 * i] = kind;
            catches[3 * i + 1] = CATCH_KINDS[kind].hasTag() ? in.index() : -1;
            catches[3 * i + 2] = in.index();
        }
        catchCount = n;
    }
}
