package kiln.wasm;

import java.util.ArrayList;
import java.util.List;

/** Turns a validated constant expression into a list of its instructions. */
final class ConstExprReader {
    private ConstExprReader() {}

    static List<ConstOp> decode(WasmModule module, ConstExpr expr) {
        ByteReader in = new ByteReader(module.bytes(), module.fileName());
        in.seek(expr.offset(), expr.offset() + expr.length());
        BodyCursor cursor = new BodyCursor(in, module.features(), module.types());
        List<ConstOp> ops = new ArrayList<>();
        for (cursor.fetch(); cursor.op != Op.END; cursor.fetch()) {
            ops.add(
                    switch (cursor.op.imm) {
                        case I32, I64, F32, F64 -> new ConstOp(cursor.op, cursor.imm, 0);
                        case V128 -> new ConstOp(cursor.op, cursor.imm, cursor.imm2);
                        case HEAP_TYPE -> new ConstOp(cursor.op, cursor.heapType(), 0);
                        case GLOBAL, FUNC, TYPE -> new ConstOp(cursor.op, cursor.index, 0);
                        case TYPE_LENGTH -> new ConstOp(cursor.op, cursor.index, cursor.index2);
                        default -> new ConstOp(cursor.op, 0, 0);
                    });
        }
        return List.copyOf(ops);
    }
}
