package kiln.wasm;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import kiln.artifact.Printable;
import kiln.types.FuncType;
import kiln.types.TypeSpace;

/**
 * A decoded module whose sections are valid; only function bodies are still to be validated
 * ({@link FunctionValidator}). Immutable. Every index space counts imports first. Bodies, data and custom sections stay
 * slices of the input, which must not be changed while the module is in use.
 */
public final class WasmModule {
    private final byte[] bytes;
    private final String fileName;
    private final Features features;
    private final TypeSpace types;
    private final List<Import> imports;
    private final List<Export> exports;
    private final int[] funcTypes;
    private final int importedFuncs;
    private final ExternType.Table[] tables;
    private final ConstExpr[] tableInits;
    private final int importedTables;
    private final ExternType.Memory[] memories;
    private final int importedMemories;
    private final ExternType.Global[] globals;
    private final ConstExpr[] globalInits;
    private final int importedGlobals;
    private final ExternType.Tag[] tags;
    private final int importedTags;
    private final int start;
    private final int dataCount;
    private final List<ElemSegment> elems;
    private final List<DataSegment> datas;
    private final int[] bodies;
    private final BitSet declaredRefs;
    private final List<CustomSection> customs;
    private final int[] tableOffsets;
    private final int[] memoryOffsets;
    private final int[] globalOffsets;
    private final int[] importedFuncOffsets;
    private volatile Names names;

    WasmModule(ModuleBuilder b) {
        this.bytes = b.bytes;
        this.fileName = b.name;
        this.features = b.features;
        this.types = b.types;
        this.imports = List.copyOf(b.imports);
        this.exports = List.copyOf(b.exports);
        this.funcTypes = Arrays.copyOf(b.funcTypes, b.funcCount);
        this.importedFuncs = b.importedFuncs;
        this.tables = b.tables.toArray(ExternType.Table[]::new);
        this.tableInits = b.tableInits.toArray(ConstExpr[]::new);
        this.importedTables = b.importedTables;
        this.memories = b.memories.toArray(ExternType.Memory[]::new);
        this.importedMemories = b.importedMemories;
        this.globals = b.globals.toArray(ExternType.Global[]::new);
        this.globalInits = b.globalInits.toArray(ConstExpr[]::new);
        this.importedGlobals = b.importedGlobals;
        this.tags = b.tags.toArray(ExternType.Tag[]::new);
        this.importedTags = b.importedTags;
        this.start = b.start;
        this.dataCount = b.dataCount;
        this.elems = List.copyOf(b.elems);
        this.datas = List.copyOf(b.datas);
        this.bodies = b.bodies;
        this.declaredRefs = b.declaredRefs;
        this.customs = List.copyOf(b.customs);
        this.tableOffsets = ints(b.tableOffsets);
        this.memoryOffsets = ints(b.memoryOffsets);
        this.globalOffsets = ints(b.globalOffsets);
        this.importedFuncOffsets = ints(b.importedFuncOffsets);
    }

    private WasmModule(WasmModule m, List<Export> exports) {
        this.bytes = m.bytes;
        this.fileName = m.fileName;
        this.features = m.features;
        this.types = m.types;
        this.imports = m.imports;
        this.exports = List.copyOf(exports);
        this.funcTypes = m.funcTypes;
        this.importedFuncs = m.importedFuncs;
        this.tables = m.tables;
        this.tableInits = m.tableInits;
        this.importedTables = m.importedTables;
        this.memories = m.memories;
        this.importedMemories = m.importedMemories;
        this.globals = m.globals;
        this.globalInits = m.globalInits;
        this.importedGlobals = m.importedGlobals;
        this.tags = m.tags;
        this.importedTags = m.importedTags;
        this.start = m.start;
        this.dataCount = m.dataCount;
        this.elems = m.elems;
        this.datas = m.datas;
        this.bodies = m.bodies;
        this.declaredRefs = m.declaredRefs;
        this.customs = m.customs;
        this.tableOffsets = m.tableOffsets;
        this.memoryOffsets = m.memoryOffsets;
        this.globalOffsets = m.globalOffsets;
        this.importedFuncOffsets = m.importedFuncOffsets;
    }

    /** The same module, of which only some exports can be seen. */
    public WasmModule exporting(Predicate<String> names) {
        List<Export> kept = exports.stream().filter(e -> names.test(e.name())).toList();
        return kept.size() == exports.size() ? this : new WasmModule(this, kept);
    }

    private static int[] ints(List<Integer> list) {
        return list.stream().mapToInt(Integer::intValue).toArray();
    }

    /** The binary module itself, not a copy. */
    public byte[] bytes() {
        return bytes;
    }

    /** The file name given to the decoder. */
    public String fileName() {
        return fileName;
    }

    /** The proposals the module was decoded with. */
    public Features features() {
        return features;
    }

    public TypeSpace types() {
        return types;
    }

    /** All imports in order. */
    public List<Import> imports() {
        return imports;
    }

    /** All exports in order; names are distinct. */
    public List<Export> exports() {
        return exports;
    }

    /** All functions, imported ones included. */
    public int funcCount() {
        return funcTypes.length;
    }

    public int importedFuncCount() {
        return importedFuncs;
    }

    /** The type index of a function as written; {@link TypeSpace#canonical} makes it comparable. */
    public int funcTypeIndex(int func) {
        return funcTypes[func];
    }

    public FuncType funcType(int func) {
        return types.func(funcTypes[func]);
    }

    /** Where the body of a defined function starts: its local declarations, after the size. */
    public int bodyOffset(int func) {
        return bodies[2 * (func - importedFuncs)];
    }

    /** Bytes of a defined function's body, local declarations included. */
    public int bodyLength(int func) {
        return bodies[2 * (func - importedFuncs) + 1];
    }

    public int tableCount() {
        return tables.length;
    }

    public int importedTableCount() {
        return importedTables;
    }

    public ExternType.Table table(int i) {
        return tables[i];
    }

    /** The initial value of a defined table's elements, or null for the default null. */
    public ConstExpr tableInit(int i) {
        return tableInits[i];
    }

    public int memoryCount() {
        return memories.length;
    }

    public int importedMemoryCount() {
        return importedMemories;
    }

    public ExternType.Memory memory(int i) {
        return memories[i];
    }

    public int globalCount() {
        return globals.length;
    }

    public int importedGlobalCount() {
        return importedGlobals;
    }

    public ExternType.Global global(int i) {
        return globals[i];
    }

    /** The initial value of a defined global; null for an imported one. */
    public ConstExpr globalInit(int i) {
        return globalInits[i];
    }

    public int tagCount() {
        return tags.length;
    }

    public int importedTagCount() {
        return importedTags;
    }

    public ExternType.Tag tag(int i) {
        return tags[i];
    }

    /** The function type whose parameters are the values of an exception with tag {@code i}. */
    public FuncType tagType(int i) {
        return types.func(tags[i].typeIndex());
    }

    /** The type of an entity in the index space of {@code kind}. */
    public ExternType externType(ExternKind kind, int index) {
        return switch (kind) {
            case FUNC -> new ExternType.Func(funcTypes[index]);
            case TABLE -> tables[index];
            case MEMORY -> memories[index];
            case GLOBAL -> globals[index];
            case TAG -> tags[index];
        };
    }

    /**
     * Byte offset of the declaration of an import or of a table, memory or global; of a defined function that of its
     * body.
     */
    public int offset(ExternKind kind, int index) {
        return switch (kind) {
            case FUNC -> index < importedFuncOffsets.length ? importedFuncOffsets[index] : bodyOffset(index);
            case TABLE -> tableOffsets[index];
            case MEMORY -> memoryOffsets[index];
            case GLOBAL -> globalOffsets[index];
            case TAG -> throw new IllegalArgumentException("tags are refused where they are used");
        };
    }

    /** The start function, or -1. */
    public int startFunc() {
        return start;
    }

    /** The content of the data count section, or -1 if there is none. */
    public int declaredDataCount() {
        return dataCount;
    }

    public List<ElemSegment> elems() {
        return elems;
    }

    public List<DataSegment> datas() {
        return datas;
    }

    /** Whether a function occurs outside function bodies (exports, segments, initialisers). */
    public boolean isDeclaredRef(int func) {
        return declaredRefs.get(func);
    }

    /** All custom sections in order, the name section among them. */
    public List<CustomSection> customSections() {
        return customs;
    }

    /** Names from the name section as far as it is well-formed, decoded when first asked for; empty without one. */
    public Names names() {
        Names n = names;
        if (n == null) {
            n = Names.decode(this);
            names = n;
        }
        return n;
    }

    /** The instructions of a constant expression of this module. */
    public List<ConstOp> constOps(ConstExpr expr) {
        return ConstExprReader.decode(this, expr);
    }

    /** A function for messages: its index and, from the name section, its name. */
    public String describeFunc(int func) {
        String n = names().function(func);
        return n == null ? "function " + func : "function " + func + " (" + Printable.name(n) + ')';
    }
}
