package kiln.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import kiln.artifact.Fate;
import kiln.artifact.FuncKey;
import kiln.artifact.FuncRefs;
import kiln.artifact.LinkedContexts;
import kiln.artifact.VMContextLayout;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Opcode;
import kiln.ir.Region;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.types.FuncType;
import kiln.types.TypeSpace;
import kiln.types.ValType;
import kiln.wasm.ConstExpr;
import kiln.wasm.ElemSegment;
import kiln.wasm.Export;
import kiln.wasm.ExternKind;
import kiln.wasm.ExternType;
import kiln.wasm.Feature;
import kiln.wasm.Limits;
import kiln.wasm.WasmModule;

/**
 * What the translation of every function of a module shares: where things lie in the VMContext, how each memory,
 * table and global is reached, and what a call needs to know of its callee. Decided once for each module; immutable.
 */
public final class ModuleEnvironment {
    /** Indices beyond this share regions, which costs optimisations and nothing else. */
    private static final int REGION_MODULE_SHIFT = 20;

    private final WasmModule wasm;
    private final int moduleIndex;
    private final TranslateOptions options;
    private final Linkage linkage;
    private final LinkedContexts contexts;
    private final ValueBudget values;
    private final ModuleSummary summary;
    private final FuncRefs funcRefs;
    private final List<HiddenGlobal> hiddenGlobals;
    private final VMContextLayout layout;
    private final MemoryPlan[] memories;
    private final TablePlan[] tables;
    private final GlobalPlan[] globals;
    private final GcTypes gcTypes;
    private final Signature[] signatures;
    private final CallTarget[] indirect;
    private final CallTarget[] direct;
    /** Modules of lower numbers that define functions which this one imports; null for others. */
    private final ModuleEnvironment[] definers;

    /** Null if there are no objects. */
    private final GlobalObjects constantObjects;

    private final StaticImages images;
    private final Set<Feature> usedFeatures;

    /**
     * A module that is linked with none before it, see
     * {@link #ModuleEnvironment(WasmModule, int, TranslateOptions, Linkage)}.
     */
    public ModuleEnvironment(WasmModule wasm, int moduleIndex, TranslateOptions options) {
        this(wasm, moduleIndex, options, Linkage.NONE);
    }

    /**
     * @param moduleIndex the module's number in its compiled file
     * @throws UnsupportedFeatureException if the module needs something outside of its function bodies that is
     *     not executed
     */
    public ModuleEnvironment(WasmModule wasm, int moduleIndex, TranslateOptions options, Linkage linkage) {
        this.wasm = wasm;
        this.moduleIndex = moduleIndex;
        this.options = options;
        this.linkage = linkage;
        TypeSpace types = wasm.types();
        signatures = new Signature[types.count()];
        indirect = new CallTarget[types.count()];
        for (int i = 0; i < types.count(); i++) {
            int first = types.canonical(i);
            FuncType type = types.func(i);
            if (first != i) {
                signatures[i] = signatures[first];
                indirect[i] = indirect[first];
            } else if (type != null) {
                signatures[i] = IrTypes.signature(types, type);
                indirect[i] = new CallTarget(null, signatures[i]);
            }
        }
        direct = new CallTarget[wasm.funcCount()];
        definers = new ModuleEnvironment[moduleIndex];
        BitSet quietImports = new BitSet();
        for (int f = 0; f < direct.length; f++) {
            int type = wasm.funcTypeIndex(f);
            direct[f] = f < wasm.importedFuncCount()
                    ? importedTarget(f, type)
                    : new CallTarget(FuncKey.wasmFunction(moduleIndex, f - wasm.importedFuncCount()), signatures[type]);
            quietImports.set(f, f < wasm.importedFuncCount() && direct[f].key() != null && !mayThrow(direct[f].key()));
        }
        values = new ValueBudget(wasm);
        summary = ModuleSummary.of(wasm, options.keepAll(), quietImports);
        funcRefs = escaping();
        hiddenGlobals = hiddenGlobals();
        usedFeatures = summary.features();
        addFeaturesOutsideBodies();
        layout = new VMContextLayout(new VMContextLayout.Counts(
                wasm.memoryCount() - wasm.importedMemoryCount(),
                wasm.importedMemoryCount(),
                wasm.tableCount() - wasm.importedTableCount(),
                wasm.importedTableCount(),
                wasm.importedGlobalCount(),
                wasm.globalCount() - wasm.importedGlobalCount() + hiddenGlobals.size(),
                funcRefs.count(),
                types.count(),
                wasm.tagCount() - wasm.importedTagCount(),
                wasm.importedTagCount(),
                usedFeatures.contains(Feature.GC) ? 1 : 0));
        contexts = linkage.contexts().with(layout);
        gcTypes = layout.hasHeap() ? new GcTypes(types) : null;
        memories = memories(summary.grownMemories);
        tables = tables(summary.grownTables);
        globals = globals(summary.setGlobals);
        constantObjects = gcTypes == null ? null : new GlobalObjects(this);
        images = StaticImages.of(this);
    }

    /** The module that defines something, and its index there; what must be given from outside stays an import. */
    private record Definition(ModuleEnvironment module, int index) {
        boolean isIn(ModuleEnvironment other) {
            return module == other;
        }

        // By hand, since linking what records have by themselves takes milliseconds; see architecture.md.
        @Override
        public boolean equals(Object o) {
            return o instanceof Definition d && module == d.module && index == d.index;
        }

        @Override
        public int hashCode() {
            return index;
        }
    }

    private Definition definition(ExternKind kind, int index) {
        int n = 0;
        for (int i = 0; i < linkage.imports().size(); i++) {
            if (wasm.imports().get(i).type().kind() == kind && n++ == index) {
                if (linkage.imports().get(i) instanceof Linkage.Export(ModuleEnvironment module, int number)) {
                    return module.definition(
                            kind, module.wasm.exports().get(number).index());
                }
                return new Definition(this, index);
            }
        }
        return new Definition(this, index);
    }

    /** Of an imported function: without a key, unless another module of the file defines it. */
    private CallTarget importedTarget(int func, int type) {
        Definition d = definition(ExternKind.FUNC, func);
        if (d.module.isImported(d.index)) {
            CallTarget code = d.module.componentCode(d.index);
            return code == null ? indirect[type] : code;
        }
        definers[d.module.moduleIndex] = d.module;
        return d.module.direct[d.index];
    }

    /** What of the component's own code an imported function is bound to, or null. */
    private CallTarget componentCode(int func) {
        int n = 0;
        for (int i = 0; i < linkage.imports().size(); i++) {
            if (wasm.imports().get(i).type().kind() == ExternKind.FUNC && n++ == func) {
                return linkage.imports().get(i) instanceof Linkage.Code(CallTarget target) ? target : null;
            }
        }
        return null;
    }

    /** Distinguishes the things of one kind in all modules of a file, for {@link kiln.ir.Region}. */
    private int region(int index) {
        return moduleIndex << REGION_MODULE_SHIFT | index;
    }

    /** The address of a tag's record, which is the tag's identity. */
    Value tagAddress(Builder b, Value vmctx, int tag) {
        Definition d = definition(ExternKind.TAG, tag);
        int imported = d.module.wasm.importedTagCount();
        if (d.index < imported) {
            return b.load(Type.I64, Emission.POINTER, vmctx, layout.importedTag(tag));
        }
        int offset = distance(d) + d.module.layout.definedTag(d.index - imported);
        return b.binary(Opcode.ADD, vmctx, b.i64(offset));
    }

    /** Whether two tags are the same: 1 if they are, -1 if they are not, 0 if the imports will tell. */
    int sameTag(int x, int y) {
        Definition dx = definition(ExternKind.TAG, x);
        Definition dy = definition(ExternKind.TAG, y);
        if (dx.equals(dy)) {
            return 1;
        }
        // What is given from outside is there before anything defined here.
        boolean both = dx.index < dx.module.wasm.importedTagCount() && dy.index < dy.module.wasm.importedTagCount();
        return both ? 0 : -1;
    }

    private int distance(Definition d) {
        return contexts.distance(moduleIndex, d.module.moduleIndex);
    }

    /** Imported functions, then the defined ones that something refers to. */
    private FuncRefs escaping() {
        int[] functions = new int[wasm.funcCount()];
        int[] types = new int[wasm.funcCount()];
        int n = 0;
        for (int f = 0; f < wasm.funcCount(); f++) {
            if (f < wasm.importedFuncCount() || summary.recorded.get(f) && wasm.isDeclaredRef(f)) {
                functions[n] = f;
                types[n] = wasm.funcTypeIndex(f);
                n++;
            }
        }
        return new FuncRefs(Arrays.copyOf(functions, n), Arrays.copyOf(types, n));
    }

    private BitSet exported(ExternKind kind) {
        BitSet set = new BitSet();
        for (Export e : wasm.exports()) {
            if (e.kind() == kind) {
                set.set(e.index());
            }
        }
        return set;
    }

    /**
     * A global that no code names. It keeps the value of an element's expression, which makes one object only, however
     * often the segment is read.
     *
     * @param type a {@link ValType}
     */
    record HiddenGlobal(int type, ConstExpr value) {}

    private List<HiddenGlobal> hiddenGlobals() {
        List<HiddenGlobal> hidden = new ArrayList<>();
        for (int i = 0; i < wasm.elems().size(); i++) {
            ElemSegment s = wasm.elems().get(i);
            if (s.exprs() != null && !isElemAbsent(i)) {
                for (ConstExpr e : s.exprs()) {
                    if (ConstantExpressions.isComputed(wasm, e)) {
                        hidden.add(new HiddenGlobal(s.type(), e));
                    }
                }
            }
        }
        return hidden;
    }

    /** Those behind the module's own globals. */
    List<HiddenGlobal> hidden() {
        return hiddenGlobals;
    }

    /** Whether nothing reads an element segment when start-up is done, or before. */
    boolean isElemAbsent(int segment) {
        return switch (wasm.elems().get(segment).mode()) {
            // Dropped before anything can read it.
            case DECLARED -> true;
            case PASSIVE -> !isElemRead(segment) || isElemAbsorbed(segment);
            case ACTIVE -> isElemAbsorbed(segment);
        };
    }

    private MemoryPlan[] memories(BitSet grown) {
        BitSet exported = exported(ExternKind.MEMORY);
        MemoryPlan[] plans = new MemoryPlan[wasm.memoryCount()];
        int imported = wasm.importedMemoryCount();
        for (int i = 0; i < plans.length; i++) {
            ExternType.Memory memory = wasm.memory(i);
            Limits limits = memory.limits();
            boolean isPrivate = i >= imported && !exported.get(i);
            boolean isFixed = limits.hasMax() && limits.min() == limits.max() || isPrivate && !grown.get(i);
            Definition d = definition(ExternKind.MEMORY, i);
            if (d.isIn(this)) {
                int offset = i < imported ? layout.importedMemory(i) : layout.definedMemory(i - imported);
                int region = i < imported ? Region.IMPORTED : region(i);
                boolean guarded = MemoryPlan.isGuarded(memory, options);
                boolean isPointer = i < imported || memory.shared();
                plans[i] = new MemoryPlan(i, isPointer, offset, memory, guarded, isFixed, region);
            } else {
                plans[i] = d.module.memories[d.index].linked(i, layout.importedMemory(i), distance(d));
            }
        }
        return plans;
    }

    private TablePlan[] tables(BitSet grown) {
        BitSet exported = exported(ExternKind.TABLE);
        TablePlan[] plans = new TablePlan[wasm.tableCount()];
        int imported = wasm.importedTableCount();
        for (int i = 0; i < plans.length; i++) {
            ExternType.Table table = wasm.table(i);
            Limits limits = table.limits();
            boolean isPrivate = i >= imported && !exported.get(i);
            boolean isFixed = limits.hasMax() && limits.min() == limits.max() || isPrivate && !grown.get(i);
            int offset = i < imported ? layout.importedTable(i) : layout.definedTable(i - imported);
            Definition d = definition(ExternKind.TABLE, i);
            int region = !d.isIn(this) ? d.module.tables[d.index].region : i < imported ? Region.IMPORTED : region(i);
            Type element = IrTypes.of(wasm.types(), table.element());
            TableContents.Contents known = summary.contents.of(i);
            SealedTable sealed = known != null && known.isSealed() && known.isUsed()
                    ? new SealedTable(wasm, known, summary.calledTypes(i), limits.min())
                    : null;
            // Start-up initialises all slots of eager tables before any other code of the module can run.
            boolean isLazy =
                    element == Type.I64 && (known == null || known.functions().length > 0 && !options.eagerTables());
            plans[i] = new TablePlan(
                    i,
                    i < imported,
                    offset,
                    table.element(),
                    element,
                    isLazy,
                    sealed,
                    table.is64(),
                    isFixed ? limits.min() : -1,
                    region);
        }
        return plans;
    }

    private GlobalPlan[] globals(BitSet set) {
        BitSet exported = exported(ExternKind.GLOBAL);
        GlobalPlan[] plans = new GlobalPlan[wasm.globalCount()];
        int imported = wasm.importedGlobalCount();
        for (int i = 0; i < plans.length; i++) {
            ExternType.Global global = wasm.global(i);
            Type type = IrTypes.of(wasm.types(), global.type());
            Definition d = definition(ExternKind.GLOBAL, i);
            if (!d.isIn(this)) {
                plans[i] = d.module.globals[d.index].linked(layout.importedGlobal(i), distance(d));
            } else if (i < imported) {
                plans[i] = GlobalPlan.of(Region.IMPORTED, type, true, layout.importedGlobal(i), global.mutable(), null);
            } else {
                boolean changes = global.mutable() && (set.get(i) || exported.get(i));
                Constant constant = ConstantExpressions.evaluate(wasm, wasm.globalInit(i), plans);
                plans[i] = GlobalPlan.of(region(i), type, false, layout.definedGlobal(i - imported), changes, constant);
            }
        }
        return plans;
    }

    private void addFeaturesOutsideBodies() {
        if (wasm.memoryCount() > 1) {
            usedFeatures.add(Feature.MULTI_MEMORY);
        }
        if (wasm.tableCount() > 1) {
            usedFeatures.add(Feature.REFERENCE_TYPES);
        }
        if (wasm.tagCount() > 0) {
            usedFeatures.add(Feature.EXCEPTIONS);
        }
        for (int t = 0; t < signatures.length; t++) {
            if (wasm.types().func(t) == null) {
                usedFeatures.add(Feature.GC);
                break;
            }
        }
        for (int f = 0; f < wasm.funcCount(); f++) {
            if (signatures[wasm.funcTypeIndex(f)].results().size() > 1) {
                usedFeatures.add(Feature.MULTI_VALUE);
                break;
            }
        }
    }

    /**
     * The proposals that the module makes use of, as far as instructions, signatures and numbers of definitions show.
     */
    public Set<Feature> usedFeatures() {
        return Collections.unmodifiableSet(usedFeatures);
    }

    /** What the functions of the module may hand over; all threads share it. */
    ValueBudget values() {
        return values;
    }

    public WasmModule wasm() {
        return wasm;
    }

    /** The module's number in its compiled file. */
    public int moduleIndex() {
        return moduleIndex;
    }

    public TranslateOptions options() {
        return options;
    }

    /** What the imports are bound to. */
    Linkage linkage() {
        return linkage;
    }

    /** Where the VMContexts of the file's modules lie, up to this one. */
    public LinkedContexts contexts() {
        return contexts;
    }

    public VMContextLayout layout() {
        return layout;
    }

    /** The functions that have a funcref record. */
    public FuncRefs funcRefs() {
        return funcRefs;
    }

    /** What the memories defined here contain from the start. */
    public StaticImages images() {
        return images;
    }

    /**
     * Whether a call within the instance may come back with another VMContext in its register, because something that
     * it called left the instance by a tail call ({@code CodegenOptions.reloadContext}).
     */
    public boolean mayLeaveInstanceByTailCall() {
        return summary.tailCallsOut;
    }

    /** Parameters and results of a function type of the module. */
    public Signature signature(int typeIndex) {
        return signatures[typeIndex];
    }

    /** Parameters and results of a function. */
    public Signature functionSignature(int func) {
        return direct[func].signature();
    }

    /**
     * The types, by canonical index, of functions defined here that Java may call: of those that are exported, and if
     * references to functions get out, of all that have one.
     */
    public List<Integer> typesCalledFromHost() {
        BitSet used = new BitSet();
        boolean all = options.keepAll() || referencesCross();
        BitSet exported = exported(ExternKind.FUNC);
        for (int slot = wasm.importedFuncCount(); slot < funcRefs.count(); slot++) {
            int func = funcRefs.function(slot);
            if (isLive(func) && (all || exported.get(func))) {
                used.set(wasm.types().canonical(funcRefs.type(slot)));
            }
        }
        return list(used);
    }

    /**
     * The types, by canonical index, with which code of this module may call host functions: those of imported
     * functions, and those of calls through funcrefs, if the host can put functions of its own where such a call finds
     * them.
     */
    public List<Integer> typesCalledInHost() {
        BitSet used = new BitSet();
        for (int slot = 0; slot < wasm.importedFuncCount(); slot++) {
            if (direct[slot].key() != null && !direct[slot].key().isOfComponent()) {
                continue;
            }
            // Through a table, a component's own function is called as the runtime's version of it.
            used.set(wasm.types().canonical(funcRefs.type(slot)));
        }
        if (referencesCross()) {
            summary.indirectTypes.stream()
                    .filter(t -> signatures[t] != null)
                    .forEach(t -> used.set(wasm.types().canonical(t)));
        }
        return list(used);
    }

    /** Whether references to functions may come from outside or get there. */
    private boolean referencesCross() {
        if (wasm.importedTableCount() > 0 || !exported(ExternKind.TABLE).isEmpty() || takesReferences()) {
            return true;
        }
        BitSet exported = exported(ExternKind.GLOBAL);
        for (int g = 0; g < wasm.globalCount(); g++) {
            if ((g < wasm.importedGlobalCount() || exported.get(g))
                    && ValType.isRef(wasm.global(g).type())) {
                return true;
            }
        }
        return false;
    }

    private boolean takesReferences() {
        for (int i = 0; i < wasm.types().count(); i++) {
            FuncType type = wasm.types().func(i);
            if (type != null && (hasReference(type.params()) || hasReference(type.results()))) {
                return true;
            }
        }
        return false;
    }

    private static boolean hasReference(int[] types) {
        for (int t : types) {
            if (ValType.isRef(t)) {
                return true;
            }
        }
        return false;
    }

    private static List<Integer> list(BitSet set) {
        List<Integer> result = new ArrayList<>();
        set.stream().forEach(result::add);
        return result;
    }

    /** How objects lie in the heap, if the module has any. */
    GcTypes gcTypes() {
        return gcTypes;
    }

    /** What is known of objects in globals, if the module has any. */
    GlobalObjects constantObjects() {
        return constantObjects;
    }

    MemoryPlan memory(int i) {
        return memories[i];
    }

    /**
     * A memory in the context of the module that defines it, or that has it from outside of the file.
     *
     * @param module that module's number
     */
    record MemoryOwner(int module, MemoryPlan plan) {}

    MemoryOwner memoryOwner(int i) {
        Definition d = definition(ExternKind.MEMORY, i);
        return new MemoryOwner(d.module.moduleIndex, d.module.memories[d.index]);
    }

    /** What is known of a table that the module defines. */
    TableContents.Contents tableContents(int i) {
        return summary.contents.of(i);
    }

    /** Whether the image of a table or of memory spares start-up this active element segment. */
    boolean isElemAbsorbed(int segment) {
        return summary.contents.isAbsorbed(segment);
    }

    TablePlan table(int i) {
        return tables[i];
    }

    GlobalPlan global(int i) {
        return globals[i];
    }

    int memoryCount() {
        return memories.length;
    }

    public boolean isImported(int func) {
        return func < wasm.importedFuncCount();
    }

    /** The target of a call to {@code func}, without a key if it is imported from outside of the file. */
    public CallTarget callTarget(int func) {
        return direct[func];
    }

    /**
     * Whether a call may be left by an exception.
     *
     * @param callee the key of something that {@link #callTarget} gives
     */
    public boolean mayThrow(FuncKey callee) {
        if (callee.isOfComponent()) {
            // What leaves the function that an adapter calls traps there.
            return false;
        }
        int definer = callee.payload();
        return definer == moduleIndex
                ? summary.throwing.get(callee.index())
                : definers[definer].summary.throwing.get(callee.index());
    }

    /** The target of a call through a funcref of the given type. */
    CallTarget indirectTarget(int typeIndex) {
        return indirect[typeIndex];
    }

    /** Whether a function that the module defines can run: one that cannot need not be translated, only validated. */
    public boolean isLive(int func) {
        return summary.fates[func - wasm.importedFuncCount()] != null;
    }

    /**
     * Why code of a function that the module defines is needed even if no call to it is left, or null: it is the start
     * function, or there is a reference through which it may be called.
     */
    public Fate reference(int func) {
        Fate reference = summary.references[func - wasm.importedFuncCount()];
        return reference == null && func == wasm.startFunc() ? new Fate(Fate.Kind.START, 0) : reference;
    }

    /**
     * The functions of this module that a function that can run calls directly, or probably through a reference, one
     * entry for each call in its body, reachable or not. Not to be changed.
     */
    public int[] calls(int func) {
        return summary.calls[func - wasm.importedFuncCount()];
    }

    /** The function of this module that a field of a struct type probably refers to, or {@link LikelyCallees#NONE}. */
    int likelyCallee(int type, int field) {
        return definedAndLive(summary.likely.ofField(type, field));
    }

    /** The function of this module that a global probably refers to, or {@link LikelyCallees#NONE}. */
    int likelyCallee(int global) {
        return summary.likely == null ? LikelyCallees.NONE : definedAndLive(summary.likely.ofGlobal(global));
    }

    private int definedAndLive(int func) {
        return func >= wasm.importedFuncCount() && isLive(func) ? func : LikelyCallees.NONE;
    }

    /** Whether a function that can run reads a passive element segment. */
    boolean isElemRead(int segment) {
        return summary.readElems.get(segment);
    }

    /** Whether a function that can run reads a passive data segment. */
    boolean isDataRead(int segment) {
        return summary.readDatas.get(segment);
    }

    /** The value of a constant expression, or null if it depends on an import. */
    Constant constant(ConstExpr expr) {
        return ConstantExpressions.evaluate(wasm, expr, globals);
    }

    /** Offset in the VMContext of the funcref record of a function that escapes. */
    int funcRefOffset(int func) {
        int slot = funcRefs.slotOf(func);
        if (slot < 0) {
            throw new IllegalStateException("no funcref record for " + wasm.describeFunc(func));
        }
        return layout.funcRef(slot);
    }
}
