package kiln.translate;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import kiln.artifact.Fate;
import kiln.types.TypeSpace;
import kiln.wasm.BodyScanner;
import kiln.wasm.ConstExpr;
import kiln.wasm.ConstOp;
import kiln.wasm.ElemSegment;
import kiln.wasm.Export;
import kiln.wasm.Feature;
import kiln.wasm.Op;
import kiln.wasm.SegmentMode;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/**
 * What a look over the function bodies tells that the code of each of them may rely on, and which functions can run at
 * all. Starts with what is visible outside (exports, the start function, tables and globals that others see) and goes
 * on to what these functions call and refer to; only bodies of functions that can run are looked at.
 *
 * <p>A function in an element segment can run if a function that can run calls something of its type through the table,
 * or if the table can be seen from outside or its elements are read as values.
 */
final class ModuleSummary {
    private static final int[] NO_CALLS = {};

    /** Tables that some function grows. */
    final BitSet grownTables = new BitSet();
    /** Tables that some function changes in any way. */
    final BitSet writtenTables = new BitSet();
    /** What is in the tables. */
    TableContents contents;
    /** Memories that some function grows. */
    final BitSet grownMemories = new BitSet();
    /** Globals that some function sets. */
    final BitSet setGlobals = new BitSet();
    /** Types of calls through funcrefs. */
    final BitSet indirectTypes = new BitSet();
    /** Functions of which a reference comes into being, whether or not anything is done with it: they need a record. */
    final BitSet recorded = new BitSet();
    /** Passive element segments that some function reads. */
    final BitSet readElems = new BitSet();
    /** Passive data segments that some function reads. */
    final BitSet readDatas = new BitSet();
    /** Whether a tail call may go to another instance: to an import or through a funcref. */
    boolean tailCallsOut;
    /** Why each function that the module defines can run, or null. */
    final Fate[] fates;
    /** Who else than a call or start-up makes a function run, or null: references that somebody may call. */
    final Fate[] references;
    /**
     * The functions of the module that each function that it defines calls directly, one entry for each call; with
     * those that calls through references probably reach.
     */
    final int[][] calls;

    /**
     * Functions that the module defines, by number among those, that may be left by an exception: they throw or call
     * through references or to the outside, or call such a function. What they catch of it is not looked at.
     */
    final BitSet throwing = new BitSet();

    /** Null if the module has no objects. */
    final LikelyCallees likely;

    /** The proposals whose instructions occur, one bit each. */
    private long features;

    private final WasmModule module;
    private final int imported;
    /** Imported functions that throw nothing. */
    private final BitSet quietImports;

    private final IntList queue = new IntList();
    private final IntList found = new IntList();
    /** Segments by table: those that start-up copies. */
    private final List<List<Integer>> segments = new ArrayList<>();
    /** Tables whose elements may all run, because they are read or seen from outside. */
    private final BitSet openTables = new BitSet();

    private final BitSet readGlobals = new BitSet();
    /** Those of them that the module defines, in the order in which that was found out. */
    private final IntList readHere = new IntList();
    /** By table and type: whether functions of the type are called through the table. */
    private final List<BitSet> calledTypes = new ArrayList<>();
    /** By table: its functions by type, with their segments; made when first needed. */
    private final List<Map<Integer, IntList>> members = new ArrayList<>();

    private ModuleSummary(WasmModule module, BitSet quietImports) {
        this.module = module;
        this.quietImports = quietImports;
        this.imported = module.importedFuncCount();
        this.fates = new Fate[module.funcCount() - imported];
        this.references = new Fate[fates.length];
        this.calls = new int[fates.length][];
        this.likely = LikelyCallees.of(module);
        for (int t = 0; t < module.tableCount(); t++) {
            segments.add(new ArrayList<>());
            calledTypes.add(new BitSet());
            members.add(null);
        }
    }

    /**
     * Looks at a module. A body that is not well-formed is left to its translation to complain about.
     *
     * @param keepAll whether every function counts as one that can run
     * @param quietImports imported functions that throw nothing
     */
    static ModuleSummary of(WasmModule module, boolean keepAll, BitSet quietImports) {
        ModuleSummary summary = new ModuleSummary(module, quietImports);
        summary.roots();
        summary.scanAll();
        if (keepAll) {
            for (int f = summary.imported; f < module.funcCount(); f++) {
                summary.refer(f, new Fate(Fate.Kind.REQUEST, 0));
                summary.scanAll();
            }
            summary.readElems.set(0, module.elems().size());
            summary.readDatas.set(0, module.datas().size());
        }
        summary.contents = new TableContents(module, summary);
        summary.keepRecords();
        summary.addLikelyCalls();
        summary.spreadThrowing();
        return summary;
    }

    private void addLikelyCalls() {
        if (likely == null) {
            return;
        }
        for (int i = 0; i < readHere.size(); i++) {
            likely.read(module.globalInit(readHere.get(i)));
        }
        likely.addTo(calls, fates);
    }

    /** Who calls a function that may throw may throw. */
    private void spreadThrowing() {
        if (throwing.isEmpty()) {
            return;
        }
        // Callers by callee, one after the other.
        int[] end = new int[calls.length + 1];
        for (int[] callees : calls) {
            for (int i = 0; callees != null && i < callees.length; i++) {
                end[callees[i] - imported + 1]++;
            }
        }
        for (int f = 0; f < calls.length; f++) {
            end[f + 1] += end[f];
        }
        int[] callers = new int[end[calls.length]];
        int[] next = end.clone();
        for (int f = 0; f < calls.length; f++) {
            for (int i = 0; calls[f] != null && i < calls[f].length; i++) {
                callers[next[calls[f][i] - imported]++] = f;
            }
        }
        IntList work = new IntList();
        for (int f = throwing.nextSetBit(0); f >= 0; f = throwing.nextSetBit(f + 1)) {
            work.add(f);
        }
        for (int k = 0; k < work.size(); k++) {
            int f = work.get(k);
            for (int i = end[f]; i < end[f + 1]; i++) {
                if (!throwing.get(callers[i])) {
                    throwing.set(callers[i]);
                    work.add(callers[i]);
                }
            }
        }
    }

    /** The proposals whose instructions occur, {@link Feature#MVP} not counted. */
    Set<Feature> features() {
        Set<Feature> set = EnumSet.noneOf(Feature.class);
        for (Feature f : Feature.values()) {
            if (f != Feature.MVP && (features & 1L << f.ordinal()) != 0) {
                set.add(f);
            }
        }
        return set;
    }

    private void roots() {
        List<ElemSegment> elems = module.elems();
        for (int i = 0; i < elems.size(); i++) {
            if (elems.get(i).mode() == SegmentMode.ACTIVE) {
                segments.get(elems.get(i).table()).add(i);
            }
        }
        if (module.startFunc() >= 0) {
            reach(module.startFunc(), new Fate(Fate.Kind.START, 0));
        }
        List<Export> exports = module.exports();
        for (int i = 0; i < exports.size(); i++) {
            Export e = exports.get(i);
            switch (e.kind()) {
                case FUNC -> refer(e.index(), new Fate(Fate.Kind.EXPORT, i));
                case TABLE -> openTable(e.index(), -1);
                case GLOBAL -> readGlobal(e.index(), -1);
                default -> {}
            }
        }
        for (int t = 0; t < module.importedTableCount(); t++) {
            openTable(t, -1);
        }
        for (int t = module.importedTableCount(); t < module.tableCount(); t++) {
            if (module.tableInit(t) != null) {
                // Rare, so it is not worth distinguishing types here.
                readExpression(module.tableInit(t), new Fate(Fate.Kind.TABLE, 0));
            }
        }
    }

    private void scanAll() {
        BodyScanner scanner = new BodyScanner(module);
        for (int next = 0; next < queue.size(); next++) {
            int func = queue.get(next);
            found.clear();
            try {
                scanner.begin(func);
                if (likely != null) {
                    likely.begin();
                }
                while (scanner.next()) {
                    note(scanner, func);
                    if (likely != null) {
                        likely.note(scanner, func);
                    }
                }
            } catch (WasmException _) {
                // The translation will say what is wrong.
            }
            calls[func - imported] = found.size() == 0 ? NO_CALLS : found.toArray();
        }
        queue.clear();
    }

    private void note(BodyScanner s, int func) {
        Op op = s.op();
        features |= 1L << op.feature().ordinal();
        switch (op) {
            case GLOBAL_GET -> readGlobal(s.globalIndex(), func);
            case GLOBAL_SET -> mark(setGlobals, s.globalIndex(), module.globalCount());
            case TABLE_GROW -> {
                mark(grownTables, s.tableIndex(), module.tableCount());
                mark(writtenTables, s.tableIndex(), module.tableCount());
            }
            case TABLE_SET, TABLE_FILL -> mark(writtenTables, s.tableIndex(), module.tableCount());
            case MEMORY_GROW -> mark(grownMemories, s.memoryIndex(), module.memoryCount());
            case CALL -> call(s.funcIndex(), func);
            case RETURN_CALL -> {
                tailCallsOut |= s.funcIndex() < imported;
                call(s.funcIndex(), func);
            }
            case CALL_INDIRECT -> {
                callThrough(s.tableIndex(), s.typeIndex(), func);
                throwing.set(func - imported);
            }
            case RETURN_CALL_INDIRECT -> {
                callThrough(s.tableIndex(), s.typeIndex(), func);
                throwing.set(func - imported);
                tailCallsOut = true;
            }
            case CALL_REF -> {
                indirectTypes.set(s.typeIndex());
                throwing.set(func - imported);
            }
            case RETURN_CALL_REF -> {
                indirectTypes.set(s.typeIndex());
                throwing.set(func - imported);
                tailCallsOut = true;
            }
            case THROW, THROW_REF, RETHROW -> throwing.set(func - imported);
            case REF_FUNC -> refer(s.funcIndex(), new Fate(Fate.Kind.REFERENCE, 0, func));
            case TABLE_GET -> openTable(s.tableIndex(), func);
            case TABLE_COPY -> {
                mark(writtenTables, s.tableIndex(), module.tableCount());
                openTable(s.sourceTableIndex(), func);
            }
            case TABLE_INIT -> {
                mark(writtenTables, s.tableIndex(), module.tableCount());
                readSegment(s.elemIndex(), func);
            }
            case ARRAY_NEW_ELEM, ARRAY_INIT_ELEM -> readSegment(s.elemIndex(), func);
            case MEMORY_INIT, ARRAY_NEW_DATA, ARRAY_INIT_DATA ->
                mark(readDatas, s.dataIndex(), module.datas().size());
            default -> {}
        }
    }

    /** Bodies are not validated yet: indices may be anything. */
    private static void mark(BitSet set, int index, int count) {
        if (index < count) {
            set.set(index);
        }
    }

    private void call(int callee, int caller) {
        if (callee >= imported && callee < module.funcCount()) {
            found.add(callee);
            reach(callee, new Fate(Fate.Kind.CALL, 0, caller));
        } else if (callee < imported && !quietImports.get(callee)) {
            throwing.set(caller - imported);
        }
    }

    /** The function can run. */
    private void reach(int func, Fate why) {
        if (func >= imported && func < module.funcCount() && fates[func - imported] == null) {
            fates[func - imported] = why;
            queue.add(func);
        }
    }

    /** The function can run, and needs a record. */
    private void refer(int func, Fate why) {
        if (func < module.funcCount()) {
            recorded.set(func);
            reachThroughReference(func, why);
        }
    }

    /** The function can run although nothing may call it directly. */
    private void reachThroughReference(int func, Fate why) {
        if (func < module.funcCount()) {
            reach(func, why);
            if (func >= imported && references[func - imported] == null) {
                references[func - imported] = why;
            }
        }
    }

    private void readGlobal(int global, int reader) {
        int first = readHere.size();
        noteGlobal(global);
        readPending(first, reader);
    }

    /** Reads the initial values of globals that were noted, which may form chains of any length. */
    private void readPending(int first, int reader) {
        for (int i = first; i < readHere.size(); i++) {
            int g = readHere.get(i);
            read(module.globalInit(g), new Fate(Fate.Kind.GLOBAL, g, reader));
        }
    }

    private void noteGlobal(int global) {
        if (global < module.globalCount() && !readGlobals.get(global)) {
            readGlobals.set(global);
            if (global >= module.importedGlobalCount()) {
                readHere.add(global);
            }
        }
    }

    private void readExpression(ConstExpr expr, Fate why) {
        int first = readHere.size();
        read(expr, why);
        readPending(first, why.function());
    }

    /** The functions and globals that an expression names; what the globals name has yet to be read. */
    private void read(ConstExpr expr, Fate why) {
        for (ConstOp op : module.constOps(expr)) {
            if (op.op() == Op.REF_FUNC) {
                refer((int) op.a(), why);
            } else if (op.op() == Op.GLOBAL_GET) {
                noteGlobal((int) op.a());
            }
        }
    }

    private void readSegment(int segment, int reader) {
        if (segment < module.elems().size() && !readElems.get(segment)) {
            readElems.set(segment);
            referAll(segment, reader);
        }
    }

    private void referAll(int segment, int reader) {
        ElemSegment s = module.elems().get(segment);
        Fate why = new Fate(Fate.Kind.TABLE, segment, reader);
        if (s.funcs() != null) {
            for (int f : s.funcs()) {
                if (f >= 0) {
                    refer(f, why);
                }
            }
        } else {
            for (ConstExpr item : s.exprs()) {
                readExpression(item, why);
            }
        }
    }

    // Tables.

    private void openTable(int table, int reader) {
        if (table < module.tableCount() && !openTables.get(table)) {
            openTables.set(table);
            for (int segment : segments.get(table)) {
                referAll(segment, reader);
            }
        }
    }

    private void callThrough(int table, int type, int caller) {
        indirectTypes.set(type);
        if (table >= module.tableCount()
                || openTables.get(table)
                || calledTypes.get(table).get(type)) {
            return;
        }
        calledTypes.get(table).set(type);
        if (members.get(table) == null) {
            members.set(table, membersByType(table));
        }
        TypeSpace types = module.types();
        members.get(table).forEach((actual, functions) -> {
            if (actual == type || types.isHeapSubtype(actual, type)) {
                for (int i = 0; i < functions.size(); i += 2) {
                    // Whether it needs a record depends on what else is done with the table.
                    reachThroughReference(functions.get(i), new Fate(Fate.Kind.TABLE, functions.get(i + 1), caller));
                }
            }
        });
    }

    /** Pairs of function and segment by canonical type. Elements that are not plain functions count as read. */
    private Map<Integer, IntList> membersByType(int table) {
        Map<Integer, IntList> result = new TreeMap<>();
        for (int segment : segments.get(table)) {
            ElemSegment s = module.elems().get(segment);
            if (s.funcs() == null) {
                referAll(segment, -1);
                continue;
            }
            for (int f : s.funcs()) {
                if (f >= imported) {
                    int type = module.types().canonical(module.funcTypeIndex(f));
                    IntList list = result.computeIfAbsent(type, _ -> new IntList());
                    list.add(f);
                    list.add(segment);
                }
            }
        }
        return result;
    }

    /** Whether elements of the table are read as values or seen from outside. */
    boolean isOpenTable(int table) {
        return openTables.get(table);
    }

    /** Whether functions are called through the table. */
    boolean isCalledTable(int table) {
        return !calledTypes.get(table).isEmpty();
    }

    /** The types of functions that are called through the table. */
    BitSet calledTypes(int table) {
        return calledTypes.get(table);
    }

    /** The active element segments of a table. */
    List<Integer> segmentsOf(int table) {
        return segments.get(table);
    }

    // Records.

    /** References to functions are written also where nobody reads them, so that they need a record, but no code. */
    private void keepRecords() {
        for (int t = 0; t < segments.size(); t++) {
            TableContents.Contents known = contents.of(t);
            if (known == null || !known.isSealed()) {
                segments.get(t).forEach(this::keepRecords);
            }
        }
        for (int g = module.importedGlobalCount(); g < module.globalCount(); g++) {
            keepRecords(module.globalInit(g));
        }
        for (int t = module.importedTableCount(); t < module.tableCount(); t++) {
            if (module.tableInit(t) != null) {
                keepRecords(module.tableInit(t));
            }
        }
    }

    private void keepRecords(int segment) {
        ElemSegment s = module.elems().get(segment);
        if (s.funcs() != null) {
            for (int f : s.funcs()) {
                if (f >= 0) {
                    recorded.set(f);
                }
            }
        } else {
            for (ConstExpr item : s.exprs()) {
                keepRecords(item);
            }
        }
    }

    private void keepRecords(ConstExpr expr) {
        for (ConstOp op : module.constOps(expr)) {
            if (op.op() == Op.REF_FUNC) {
                recorded.set((int) op.a());
            }
        }
    }
}
