package kiln.artifact;

import java.util.ArrayList;
import java.util.List;
import kiln.types.TypeSpace;

/**
 * What the runtime must know of one module in a compiled file. Index spaces start with the imports, in order, as in
 * wasm; the lists here hold what the module defines itself.
 *
 * <p>The start-up function, if there is one, does what instantiation does beyond setting up the VMContext: it writes
 * the globals, copies the active segments (those that are not in {@link #images()}) through builtins, drops them and
 * calls the start function.
 *
 * @param name of the module, from the name section or the compiler's options; may be empty
 * @param types all types, imported things use them too
 * @param imports in the module's order
 * @param definedFunctions number of functions defined, whether or not they were compiled into the file
 * @param tables defined
 * @param memories defined
 * @param globals defined
 * @param tags defined
 * @param exports in the module's order
 * @param funcRefs functions that can be referred to by value
 * @param elements element segments
 * @param data data segments
 * @param images what the memories defined here contain from the start
 * @param tableImages what tables defined here contain from the start, at most one for each
 * @param startup whether there is a function {@link FuncKey#startup}
 * @param features wasm features beyond the first version that the module uses, by name
 */
public record ModuleInfo(
        String name,
        TypeSpace types,
        List<Import> imports,
        int definedFunctions,
        List<ExternType.Table> tables,
        List<ExternType.Memory> memories,
        List<ExternType.Global> globals,
        List<ExternType.Tag> tags,
        List<Export> exports,
        FuncRefs funcRefs,
        List<ElementSegment> elements,
        List<DataSegment> data,
        List<MemoryImage> images,
        List<TableImage> tableImages,
        boolean startup,
        List<String> features) {
    /** Among the {@link #features} of a module that needs the store's garbage-collected heap. */
    public static final String HEAP_FEATURE = "gc";

    public ModuleInfo {
        imports = List.copyOf(imports);
        tables = List.copyOf(tables);
        memories = List.copyOf(memories);
        globals = List.copyOf(globals);
        tags = List.copyOf(tags);
        exports = List.copyOf(exports);
        elements = List.copyOf(elements);
        data = List.copyOf(data);
        images = List.copyOf(images);
        tableImages = List.copyOf(tableImages);
        features = List.copyOf(features);
    }

    /** @param link what of the file it is bound to, or null if it must be given to instantiate the file */
    public record Import(String module, String name, ExternType type, Link link) {
        public Import(String module, String name, ExternType type) {
            this(module, name, type, null);
        }
    }

    /**
     * An export of another module of the file.
     *
     * @param module its number, lower than that of the importing module
     * @param export number of the export
     */
    public record Link(int module, int export) {}

    /**
     * @param index in the module's space of that kind, imports first
     */
    public record Export(String name, ExternType.Kind kind, int index) {}

    /**
     * An element segment. The start-up code copies active segments; the runtime only keeps them for table.init.
     *
     * @param type of the elements, a {@link kiln.types.ValType}
     * @param passive whether it exists after start-up: active and declarative segments do not
     */
    public record ElementSegment(int type, boolean passive, ElementItems items) {}

    /**
     * A data segment. The start-up code copies active segments; the runtime only keeps them for memory.init.
     *
     * @param passive whether it exists after start-up
     * @param start byte offset in the file's data
     * @param length bytes; 0 for an active segment that is part of an image
     */
    public record DataSegment(boolean passive, long start, long length) {}

    /**
     * Bytes that a memory contains before start-up; bytes outside of its images are zero. Images of a memory do not
     * overlap.
     *
     * @param memory index among the memories defined here
     * @param memoryOffset where in the memory, a multiple of {@link MemoryConstants#PAGE_SIZE}
     * @param start byte offset in the file's data, a multiple of {@link MemoryConstants#PAGE_SIZE}
     * @param length bytes, a multiple of {@link MemoryConstants#PAGE_SIZE}
     */
    public record MemoryImage(int memory, long memoryOffset, long start, long length) {}

    /** How many things of {@code kind} are imported. */
    public int imported(ExternType.Kind kind) {
        int n = 0;
        for (Import i : imports) {
            if (i.type().kind() == kind) {
                n++;
            }
        }
        return n;
    }

    /** What the VMContext must have room for. */
    public VMContextLayout.Counts counts() {
        return new VMContextLayout.Counts(
                memories.size(),
                imported(ExternType.Kind.MEMORY),
                tables.size(),
                imported(ExternType.Kind.TABLE),
                imported(ExternType.Kind.GLOBAL),
                globals.size(),
                funcRefs.count(),
                types.count(),
                tags.size(),
                imported(ExternType.Kind.TAG),
                usesHeap() ? 1 : 0);
    }

    /** Whether the module needs the store's garbage-collected heap: it has types of it, or looks at objects. */
    public boolean usesHeap() {
        return features.contains(HEAP_FEATURE);
    }

    /** All tables: imported, then defined. */
    public List<ExternType.Table> allTables() {
        return all(ExternType.Table.class, tables);
    }

    /** All memories: imported, then defined. */
    public List<ExternType.Memory> allMemories() {
        return all(ExternType.Memory.class, memories);
    }

    /** All globals: imported, then defined. */
    public List<ExternType.Global> allGlobals() {
        return all(ExternType.Global.class, globals);
    }

    /** All tags: imported, then defined. */
    public List<ExternType.Tag> allTags() {
        return all(ExternType.Tag.class, tags);
    }

    private <T extends ExternType> List<T> all(Class<T> kind, List<T> defined) {
        List<T> result = new ArrayList<>();
        for (Import i : imports) {
            if (kind.isInstance(i.type())) {
                result.add(kind.cast(i.type()));
            }
        }
        result.addAll(defined);
        return result;
    }

    /** Collects the parts of a module in order; lists may be added to until {@link #build}. */
    public static final class Builder {
        public final String name;
        public TypeSpace types = new TypeSpace();
        public final List<Import> imports = new ArrayList<>();
        public final List<ExternType.Table> tables = new ArrayList<>();
        public final List<ExternType.Memory> memories = new ArrayList<>();
        public final List<ExternType.Global> globals = new ArrayList<>();
        public final List<ExternType.Tag> tags = new ArrayList<>();
        public final List<Export> exports = new ArrayList<>();
        public final List<ElementSegment> elements = new ArrayList<>();
        public final List<DataSegment> data = new ArrayList<>();
        public final List<MemoryImage> images = new ArrayList<>();
        public final List<TableImage> tableImages = new ArrayList<>();
        public final List<String> features = new ArrayList<>();
        public FuncRefs funcRefs = FuncRefs.NONE;
        public int definedFunctions;
        public boolean startup;

        public Builder(String name) {
            this.name = name;
        }

        public ModuleInfo build() {
            return new ModuleInfo(
                    name,
                    types,
                    imports,
                    definedFunctions,
                    tables,
                    memories,
                    globals,
                    tags,
                    exports,
                    funcRefs,
                    elements,
                    data,
                    images,
                    tableImages,
                    startup,
                    features);
        }
    }
}
