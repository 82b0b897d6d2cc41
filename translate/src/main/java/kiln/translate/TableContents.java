package kiln.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import kiln.types.TypeSpace;
import kiln.types.ValType;
import kiln.wasm.ConstExpr;
import kiln.wasm.ConstOp;
import kiln.wasm.ElemSegment;
import kiln.wasm.Op;
import kiln.wasm.SegmentMode;
import kiln.wasm.WasmModule;

/**
 * What is known of the tables that a module defines: which active element segments need not be copied at start-up,
 * because the file holds what they write as an image, and which tables never change, so that the image is the table.
 *
 * <p>Like images of memories, those of tables take the first active segments, as long as each of them is known, in
 * bounds and for a table of functions of the module's own: a segment behind one that may trap must not be seen to have
 * been copied.
 */
final class TableContents {
    /** Entries for each element that an image may have, and how many it may have anyway. */
    private static final int SPARSE = 4;

    private static final int FREE = 1024;
    /** How many pairs of types are looked at. */
    private static final int MAX_COMPARED = 1 << 20;

    /** Function index for null. */
    static final int NULL = -1;

    /**
     * One table's content.
     *
     * @param first index of the first known element
     * @param functions of the known elements, {@link #NULL} for null; all others are null
     * @param isSealed whether this is what the table contains for ever, and all functions are the module's own
     * @param isUsed whether anything that can run looks at it
     */
    record Contents(int first, int[] functions, boolean isSealed, boolean isUsed) {}

    private final WasmModule module;
    private final ModuleSummary summary;
    /** Segments that an image holds. */
    private final BitSet absorbed = new BitSet();

    private final List<List<Integer>> segments = new ArrayList<>();
    /** By table; null for imported ones. */
    private final Contents[] contents;

    /** @param summary after all bodies were looked at */
    TableContents(WasmModule module, ModuleSummary summary) {
        this.module = module;
        this.summary = summary;
        contents = new Contents[module.tableCount()];
        for (int t = 0; t < contents.length; t++) {
            segments.add(new ArrayList<>());
        }
        absorb();
        for (int t = module.importedTableCount(); t < contents.length; t++) {
            contents[t] = contents(t);
        }
    }

    /** Whether an image holds what this segment writes. */
    boolean isAbsorbed(int segment) {
        return absorbed.get(segment);
    }

    /** What is known of a table that the module defines, or null if it is imported. */
    Contents of(int table) {
        return contents[table];
    }

    private void absorb() {
        long[] low = new long[contents.length];
        long[] high = new long[contents.length];
        long[] items = new long[contents.length];
        Arrays.fill(low, Long.MAX_VALUE);
        for (int i = 0; i < module.elems().size(); i++) {
            ElemSegment s = module.elems().get(i);
            if (s.mode() != SegmentMode.ACTIVE) {
                continue;
            }
            int t = s.table();
            long at = t < module.importedTableCount()
                            || s.funcs() == null
                            || module.tableInit(t) != null
                            || !isOfFunctions(t)
                    ? -1
                    : constant(s.at());
            long min = Math.min(module.table(t).limits().min(), Integer.MAX_VALUE);
            if (at < 0 || at > min - s.count()) {
                // Also tables of more than 2^63 elements, which are negative here and can never be made.
                return;
            }
            long from = Math.min(low[t], at);
            long to = Math.max(high[t], at + s.count());
            if (to - from > SPARSE * (items[t] + s.count()) + FREE) {
                return;
            }
            low[t] = from;
            high[t] = to;
            items[t] += s.count();
            segments.get(t).add(i);
            absorbed.set(i);
        }
    }

    private boolean isOfFunctions(int table) {
        return module.types().top(ValType.heap(module.table(table).element())) == kiln.types.HeapType.FUNC;
    }

    /** The value of an offset, unsigned, or negative if it is not simply known or at least 2^63. */
    private long constant(ConstExpr expr) {
        List<ConstOp> ops = module.constOps(expr);
        ConstOp op = ops.getFirst();
        if (ops.size() != 1) {
            return -1;
        } else if (op.op() == Op.I32_CONST) {
            return op.a() & 0xffff_ffffL;
        } else if (op.op() == Op.I64_CONST) {
            return op.a();
        }
        int global = (int) op.a();
        boolean isKnown = op.op() == Op.GLOBAL_GET
                && global >= module.importedGlobalCount()
                && !module.global(global).mutable();
        return isKnown ? constant(module.globalInit(global)) : -1;
    }

    private Contents contents(int table) {
        int from = Integer.MAX_VALUE;
        int to = 0;
        int items = 0;
        for (int i : segments.get(table)) {
            ElemSegment s = module.elems().get(i);
            int at = (int) constant(s.at());
            from = Math.min(from, at);
            to = Math.max(to, at + s.count());
            items += s.count();
        }
        boolean isFixed = isOfFunctions(table)
                && module.tableInit(table) == null
                && !summary.isOpenTable(table)
                && !summary.writtenTables.get(table)
                && segments.get(table).size() == summary.segmentsOf(table).size();
        if (items == 0) {
            return new Contents(0, new int[0], isFixed, summary.isCalledTable(table));
        }
        int[] functions = new int[to - from];
        Arrays.fill(functions, NULL);
        for (int i : segments.get(table)) {
            ElemSegment s = module.elems().get(i);
            System.arraycopy(s.funcs(), 0, functions, (int) constant(s.at()) - from, s.count());
        }
        boolean isSealed = isFixed && isOwn(functions) && isComparable(table, functions);
        return new Contents(from, functions, isSealed, !isSealed || summary.isCalledTable(table));
    }

    /**
     * Whether each call through the table can tell by the number of a function's type whether it may call it: not if
     * some functions are of subtypes of what it calls, and others are not.
     */
    private boolean isComparable(int table, int[] functions) {
        TypeSpace types = module.types();
        int[] open = summary.calledTypes(table).stream()
                .filter(type -> !types.get(type).isFinal())
                .toArray();
        return (long) open.length * functions.length < MAX_COMPARED
                && Arrays.stream(open)
                        .allMatch(type -> Arrays.stream(functions)
                                .allMatch(f -> f == NULL || types.isHeapSubtype(module.funcTypeIndex(f), type)));
    }

    private boolean isOwn(int[] functions) {
        for (int f : functions) {
            if (f != NULL && f < module.importedFuncCount()) {
                return false;
            }
        }
        return true;
    }
}
