package kiln.wasm;

import java.util.Arrays;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.ValType;

/** Reads element segments (5.5.12), whose eight forms are told apart by three flag bits. */
final class ElemReader {
    private static final int NOT_ACTIVE = 1;
    /** An explicit table index if active, else declared rather than passive. */
    private static final int EXPLICIT = 2;

    private static final int EXPRESSIONS = 4;
    private static final int NON_NULL_FUNC = ValType.ref(false, HeapType.FUNC);

    private final ByteReader in;
    private final ModuleBuilder m;
    private final TypeReader types;
    private final ConstExprValidator exprs;

    ElemReader(ByteReader in, ModuleBuilder m, TypeReader types, ConstExprValidator exprs) {
        this.in = in;
        this.m = m;
        this.types = types;
        this.exprs = exprs;
    }

    void read() {
        int at = in.pos;
        int flags = in.u32();
        int table = 0;
        if ((flags & ~7) != 0) {
            throw in.malformed("malformed elements segment flags", at);
        }
        boolean bulk = m.features.has(Feature.BULK_MEMORY);
        boolean hasExpressions = bulk || m.features.has(Feature.REFERENCE_TYPES);
        if ((flags & NOT_ACTIVE) != 0 && !bulk || (flags & EXPRESSIONS) != 0 && !hasExpressions) {
            // In 1.0 this number was the table's index.
            throw in.invalid(
                    "unknown table " + flags + ": other segments need the disabled feature "
                            + Feature.BULK_MEMORY.proposal(),
                    at);
        }
        boolean active = (flags & NOT_ACTIVE) == 0;
        boolean explicit = (flags & EXPLICIT) != 0;
        SegmentMode mode = active ? SegmentMode.ACTIVE : explicit ? SegmentMode.DECLARED : SegmentMode.PASSIVE;
        if (active && explicit) {
            table = in.index();
        }
        ConstExpr start = null;
        if (active) {
            if (Integer.compareUnsigned(table, m.tables.size()) >= 0) {
                throw in.invalid("unknown table " + Integer.toUnsignedString(table), at);
            }
            start = exprs.read(m.tables.get(table).addressType());
        }
        boolean isExprs = (flags & EXPRESSIONS) != 0;
        int type = isExprs ? ValType.FUNCREF : NON_NULL_FUNC;
        if (!active || explicit) {
            type = isExprs ? types.refType() : elemKind();
        }
        if (active && !m.types.isSubtype(type, m.tables.get(table).element())) {
            throw in.invalid(
                    "type mismatch: elem segment of type " + ValType.toString(type) + " and table of type "
                            + ValType.toString(m.tables.get(table).element()),
                    at);
        }
        m.elems.add(
                isExprs
                        ? expressions(mode, type, table, start)
                        : new ElemSegment(mode, type, table, start, functions(), null));
    }

    private int elemKind() {
        if (in.u8() != 0) {
            throw in.malformed("malformed element kind", in.pos - 1);
        }
        return NON_NULL_FUNC;
    }

    private int[] functions() {
        int[] funcs = new int[in.count()];
        for (int i = 0; i < funcs.length; i++) {
            int at = in.pos;
            int func = in.index();
            if (func >= m.funcCount) {
                throw in.invalid("unknown function " + Integer.toUnsignedString(func), at);
            }
            m.declaredRefs.set(func);
            funcs[i] = func;
        }
        return funcs;
    }

    private ElemSegment expressions(SegmentMode mode, int type, int table, ConstExpr start) {
        FuncType result = FuncType.ofResult(type);
        int n = in.count();
        int[] funcs = new int[n];
        int first = in.pos;
        int plain = 0;
        while (plain < n) {
            exprs.read(result);
            if (!exprs.wasPlainRef()) {
                break;
            }
            funcs[plain++] = exprs.plainFunc();
        }
        if (plain == n) {
            return new ElemSegment(mode, type, table, start, funcs, null);
        }
        // Some entry needs evaluation: read all again, as expressions.
        in.pos = first;
        ConstExpr[] list = new ConstExpr[n];
        Arrays.setAll(list, _ -> exprs.read(result));
        return new ElemSegment(mode, type, table, start, null, list);
    }
}
