package kiln.wasm;

import java.util.ArrayList;
import java.util.List;
import kiln.types.FuncType;
import kiln.types.ValType;

/**
 * Writes function bodies as text, an instruction a line, in the words of WebAssembly's text format; indices stay
 * numbers but for functions that have names.
 */
public final class BodyPrinter {
    private static final String STEP = "  ";
    /** Deeper blocks are not indented further. */
    private static final int MAX_DEPTH = 40;

    /**
     * A line.
     *
     * @param offset of the instruction in the module
     */
    public record Line(int offset, String text) {}

    private final WasmModule module;
    private final BodyScanner in;

    public BodyPrinter(WasmModule module) {
        this.module = module;
        this.in = new BodyScanner(module);
    }

    /** The instructions of a defined function, the last {@code end} included. */
    public List<Line> print(int func) {
        List<Line> lines = new ArrayList<>();
        in.begin(func);
        int depth = 1;
        while (in.next()) {
            Op op = in.op();
            boolean closes = op == Op.END || op == Op.DELEGATE;
            boolean divides = op == Op.ELSE || op == Op.CATCH || op == Op.CATCH_ALL;
            depth -= closes ? 1 : 0;
            int indent = Math.min(MAX_DEPTH, Math.max(0, depth - (divides ? 1 : 0)));
            lines.add(new Line(in.offset(), STEP.repeat(indent) + op.text() + operands(op)));
            if (op.imm == Imm.BLOCK_TYPE || op.imm == Imm.CATCHES) {
                depth++;
            }
        }
        return lines;
    }

    private String operands(Op op) {
        return switch (op.imm) {
            case NONE, FENCE -> "";
            case BLOCK_TYPE -> blockType();
            case CATCHES -> blockType() + catches();
            case LABEL -> " " + in.labelDepth();
            case LABELS -> labels();
            case LOCAL -> " " + in.localIndex();
            case GLOBAL -> " " + in.globalIndex();
            case FUNC -> " " + function(in.funcIndex());
            case TAG -> " " + in.tagIndex();
            case TABLE -> " " + in.tableIndex();
            case MEMORY -> " " + in.memoryIndex();
            case ELEM -> " " + in.elemIndex();
            case DATA -> " " + in.dataIndex();
            case TYPE -> " " + in.typeIndex();
            case TYPE_TABLE -> (in.tableIndex() == 0 ? "" : " " + in.tableIndex()) + " (type " + in.typeIndex() + ")";
            case MEMARG -> access(op);
            case MEMARG_LANE -> access(op) + " " + in.lane();
            case LANE -> " " + in.lane();
            case SHUFFLE -> lanes();
            case I32 -> " " + in.i32();
            case I64 -> " " + in.i64();
            case F32 -> " " + Float.intBitsToFloat(in.f32Bits());
            case F64 -> " " + Double.longBitsToDouble(in.f64Bits());
            case V128 -> " i64x2 " + hex(in.v128Low()) + " " + hex(in.v128High());
            case VAL_TYPES -> " (result " + ValType.toString(in.selectType()) + ")";
            case HEAP_TYPE -> " " + ValType.toString(in.castTarget());
            case CAST_BRANCH ->
                " " + in.labelDepth() + " " + ValType.toString(in.castSource()) + " "
                        + ValType.toString(in.castTarget());
            case ELEM_TABLE -> " " + in.tableIndex() + " " + in.elemIndex();
            case DATA_MEMORY -> " " + in.memoryIndex() + " " + in.dataIndex();
            case TABLE_TABLE -> " " + in.tableIndex() + " " + in.sourceTableIndex();
            case MEMORY_MEMORY -> " " + in.memoryIndex() + " " + in.sourceMemoryIndex();
            case TYPE_FIELD, TYPE_LENGTH -> " " + in.typeIndex() + " " + in.fieldIndex();
            case TYPE_DATA -> " " + in.typeIndex() + " " + in.dataIndex();
            case TYPE_ELEM -> " " + in.typeIndex() + " " + in.elemIndex();
            case TYPE_TYPE -> " " + in.typeIndex() + " " + in.sourceTypeIndex();
        };
    }

    private String function(int index) {
        String name = module.names().function(index);
        return name == null ? Integer.toString(index) : "$" + name;
    }

    private String blockType() {
        FuncType type = in.blockType();
        StringBuilder text = new StringBuilder();
        list(text, "param", type.params());
        list(text, "result", type.results());
        return text.toString();
    }

    private static void list(StringBuilder text, String what, int[] types) {
        if (types.length > 0) {
            text.append(" (").append(what);
            for (int type : types) {
                text.append(' ').append(ValType.toString(type));
            }
            text.append(')');
        }
    }

    private String catches() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < in.catchCount(); i++) {
            CatchKind kind = in.catchKind(i);
            text.append(" (").append(kind.name().toLowerCase(java.util.Locale.ROOT));
            if (kind.hasTag()) {
                text.append(' ').append(in.catchTag(i));
            }
            text.append(' ').append(in.catchLabel(i)).append(')');
        }
        return text.toString();
    }

    private String labels() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i <= in.brTableCount(); i++) {
            text.append(' ').append(in.brTarget(i));
        }
        return text.toString();
    }

    private String access(Op op) {
        return (in.memoryIndex() == 0 ? "" : " " + in.memoryIndex())
                + (in.memOffset() == 0 ? "" : " offset=" + Long.toUnsignedString(in.memOffset()))
                + (in.alignLog2() == op.naturalAlign ? "" : " align=" + (1L << in.alignLog2()));
    }

    private String lanes() {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            long half = i < 8 ? in.v128Low() : in.v128High();
            text.append(' ').append(half >>> 8 * (i & 7) & 0xff);
        }
        return text.toString();
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
