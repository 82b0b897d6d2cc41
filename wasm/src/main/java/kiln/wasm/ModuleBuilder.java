package kiln.wasm;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import kiln.types.TypeSpace;

/** What the decoder has gathered so far; the context of constant expressions while sections are being read. */
final class ModuleBuilder {
    final byte[] bytes;
    final String name;
    final Features features;

    final TypeSpace types = new TypeSpace();
    final List<Import> imports = new ArrayList<>();
    final List<Export> exports = new ArrayList<>();
    /** Type index of each function; entries from {@code funcCount} on are unused. */
    int[] funcTypes = {};

    int funcCount;
    int importedFuncs;
    final List<ExternType.Table> tables = new ArrayList<>();
    /** Initialiser of each table, null where there is none. */
    final List<ConstExpr> tableInits = new ArrayList<>();

    int importedTables;
    final List<ExternType.Memory> memories = new ArrayList<>();
    int importedMemories;
    final List<ExternType.Global> globals = new ArrayList<>();
    /** Initialiser of each global, null for imported ones. */
    final List<ConstExpr> globalInits = new ArrayList<>();

    int importedGlobals;
    final List<ExternType.Tag> tags = new ArrayList<>();
    int importedTags;
    /** Where each table, memory and global is declared, and each imported function. */
    final List<Integer> tableOffsets = new ArrayList<>();

    final List<Integer> memoryOffsets = new ArrayList<>();
    final List<Integer> globalOffsets = new ArrayList<>();
    final List<Integer> importedFuncOffsets = new ArrayList<>();
    int start = -1;
    int dataCount = -1;
    final List<ElemSegment> elems = new ArrayList<>();
    final List<DataSegment> datas = new ArrayList<>();
    /** Offset and length of each defined function's body, alternating. */
    int[] bodies = {};
    /** Functions that occur outside bodies, so that {@code ref.func} in a body may name them. */
    final BitSet declaredRefs = new BitSet();

    final List<CustomSection> customs = new ArrayList<>();

    ModuleBuilder(byte[] bytes, String name, Features features) {
        this.bytes = bytes;
        this.name = name;
        this.features = features;
    }

    void addFunc(int typeIndex) {
        if (funcCount == funcTypes.length) {
            funcTypes = Arrays.copyOf(funcTypes, Math.max(16, funcCount * 2));
        }
        funcTypes[funcCount++] = typeIndex;
    }
}
