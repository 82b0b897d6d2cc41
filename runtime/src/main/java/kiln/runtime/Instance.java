package kiln.runtime;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import kiln.artifact.ElementItems;
import kiln.artifact.ExternType;
import kiln.artifact.FuncRefs;
import kiln.artifact.ModuleInfo;
import kiln.artifact.Printable;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.Native;
import kiln.runtime.internal.ComponentBuiltins;

/**
 * A module that was linked with its imports. Objects for its exports are made when they are asked for, and stay the
 * same.
 */
public final class Instance implements AutoCloseable {
    private static final int CHUNK = 4096;
    /** So many elements to copy are reason to make all funcref records. */
    private static final int MANY = 256;

    private final CompiledModule module;
    private final Store store;
    private final boolean ownsStore;
    private final long vmctx;
    private final Func[] importedFuncs;
    private final Memory[] memories;
    private final Table[] tables;
    private final Global[] globals;
    private final Tag[] tags;
    private final boolean[] droppedData;
    private final boolean[] droppedElements;
    private final Map<String, Extern> exports = new HashMap<>();
    private Map<Integer, Func> funcs;
    private boolean allRecords;
    /** Those of all modules of the file if this is the main one's, else null. */
    private Instance[] linked;
    /** Of the instance that stands for a component, else null. */
    private ComponentBuiltins component;

    Instance(
            CompiledModule module,
            Store store,
            boolean ownsStore,
            long vmctx,
            Func[] importedFuncs,
            Memory[] memories,
            Table[] tables,
            Global[] globals,
            Tag[] tags) {
        this.module = module;
        this.store = store;
        this.ownsStore = ownsStore;
        this.vmctx = vmctx;
        this.importedFuncs = importedFuncs;
        this.memories = memories;
        this.tables = tables;
        this.globals = globals;
        this.tags = tags;
        this.droppedData = new boolean[module.info().data().size()];
        this.droppedElements = new boolean[module.info().elements().size()];
    }

    /**
     * Makes an instance in {@code store} from imports in the module's order, and runs its start function.
     *
     * @throws NullPointerException if an import is null
     * @throws LinkException if the imports do not fit, or a limit of the store does not allow it
     * @throws TrapException if an active segment does not fit or the start function traps
     */
    public static Instance create(Store store, CompiledModule module, List<Extern> imports) {
        return Instantiation.run(store, module, List.copyOf(imports), List.of());
    }

    /**
     * Makes an instance without imports in a store of its own, which is closed with the instance.
     *
     * @throws LinkException if the module imports something
     * @throws TrapException if an active segment does not fit or the start function traps
     */
    public static Instance create(CompiledModule module) {
        return create(module, module.engine().limits());
    }

    /**
     * As {@link #create(CompiledModule)}, with limits for the store.
     *
     * @throws LinkException if the module imports something, or a limit does not allow it
     * @throws TrapException if an active segment does not fit or the start function traps
     */
    public static Instance create(CompiledModule module, StoreLimits limits) {
        return Instantiation.runInOwnStore(module, limits);
    }

    /** What it is an instance of. */
    public CompiledModule module() {
        return module;
    }

    /** Where it lives. */
    public Store store() {
        return store;
    }

    long vmctx() {
        return vmctx;
    }

    void setComponentBuiltins(ComponentBuiltins builtins) {
        component = builtins;
    }

    /** What the code of a component calls. */
    ComponentBuiltins component() {
        return component;
    }

    // ---- exports

    /** Says that this instance stands for all those of a file. */
    void link(Instance[] instances) {
        linked = instances;
    }

    /** Names of all exports, in the order of {@link CompiledModule#exports}. */
    public List<String> exportNames() {
        return module.exportNames();
    }

    /**
     * What is exported under a name.
     *
     * @throws NoSuchElementException if there is no such export
     */
    public Extern export(String name) {
        store.check();
        try {
            return find(name);
        } finally {
            store.leave();
        }
    }

    private Extern find(String name) {
        Extern known = exports.get(name);
        if (known != null) {
            return known;
        }
        ModuleInfo.Export e = module.findExport(name);
        Instance other = e == null ? exporter(name) : null;
        if (other != null) {
            return other.export(name.substring(other.module.qualified("").length()));
        }
        if (e == null) {
            throw new NoSuchElementException(module + " has no export \"" + Printable.name(name) + "\"; it has ["
                    + Printable.names(exportNames()) + "]");
        }
        Extern item = switch (e.kind()) {
            case FUNC -> func(e.index());
            case TABLE -> tables[e.index()];
            case MEMORY -> memories[e.index()];
            case GLOBAL -> global(e.index());
            case TAG -> tags[e.index()];
        };
        exports.put(name, item);
        return item;
    }

    /** Export number {@code i}. */
    Extern export(int i) {
        return export(module.info().exports().get(i).name());
    }

    /** The instance of the linked module that a name with its module names an export of, or null. */
    private Instance exporter(String name) {
        for (int i = 0; linked != null && i < linked.length; i++) {
            String prefix = linked[i].module.qualified("");
            if (name.startsWith(prefix) && linked[i].module.findExport(name.substring(prefix.length())) != null) {
                return linked[i];
            }
        }
        return null;
    }

    private <T extends Extern> T export(String name, Class<T> kind) {
        Extern e = export(name);
        if (!kind.isInstance(e)) {
            throw new NoSuchElementException("export \"" + Printable.name(name) + "\" of " + module + " is a "
                    + Printable.name(e.type().toString()));
        }
        return kind.cast(e);
    }

    /**
     * The function exported under a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public Func func(String name) {
        return export(name, Func.class);
    }

    /**
     * The memory exported under a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public Memory memory(String name) {
        return export(name, Memory.class);
    }

    /**
     * The table exported under a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public Table table(String name) {
        return export(name, Table.class);
    }

    /**
     * The global exported under a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public Global global(String name) {
        return export(name, Global.class);
    }

    /** Whether there is an export of this name, whatever it is. */
    public boolean hasExport(String name) {
        return module.findExport(name) != null || exporter(name) != null;
    }

    /**
     * The memory exported as "memory", or the only one, exported or not.
     *
     * @throws IllegalStateException if there is no memory, or there are several and none is exported as "memory"
     */
    public Memory memory() {
        return store.use(this::mainMemory);
    }

    Memory mainMemory() {
        ModuleInfo.Export e = module.findExport("memory");
        if (e != null && e.kind() == ExternType.Kind.MEMORY) {
            return memories[e.index()];
        } else if (memories.length == 1) {
            return memories[0];
        }
        throw new IllegalStateException(module + " has "
                + (memories.length == 0 ? "no memory" : "several memories and exports none as \"memory\""));
    }

    // ---- index spaces

    /**
     * The function at an index of the module's, imports first, for tools: one that is imported or exported, or to which
     * the module has references. Of the others the compiler need not have left anything that can be called.
     *
     * @throws NoSuchElementException if there is none
     */
    public Func funcAt(int index) {
        return store.use(() -> {
            if (!hasCode(index)) {
                throw new NoSuchElementException(
                        module + " has no function " + index + " that is imported, exported or referred to");
            }
            return func(index);
        });
    }

    private boolean hasCode(int index) {
        FuncRefs refs = module.info().funcRefs();
        int slot = index < 0 ? -1 : refs.slotOf(index);
        return index >= 0 && index < importedFuncs.length || slot >= 0 && refs.code(slot) != FuncRefs.NO_CODE;
    }

    /**
     * The memory at an index of the module's, imports first, exported or not.
     *
     * @throws NoSuchElementException if there is none
     */
    public Memory memoryAt(int index) {
        if (index < 0 || index >= memories.length) {
            throw new NoSuchElementException(module + " has no memory " + index);
        }
        return memories[index];
    }

    /** How many memories there are, those that are imported included. */
    public int memoryCount() {
        return memories.length;
    }

    Func func(int index) {
        if (index < importedFuncs.length) {
            return importedFuncs[index];
        }
        if (funcs == null) {
            funcs = new HashMap<>();
        }
        Func f = funcs.get(index);
        if (f == null) {
            f = makeFunc(index);
            funcs.put(index, f);
        }
        return f;
    }

    private Func makeFunc(int index) {
        int slot = module.info().funcRefs().slotOf(index);
        if (slot < 0) {
            throw new KilnBug("function " + index + " of " + module + " is exported but has no funcref");
        }
        int type = module.info().funcRefs().type(slot);
        long record = FuncRecords.get(vmctx, slot);
        return Func.ofInstance(
                this,
                index,
                module.typeId(type),
                module.funcType(type),
                Native.getLong(record + VMContextLayout.FUNCREF_CODE),
                module.arrayToWasm(type),
                record);
    }

    Func funcOfRecord(long record) {
        return func(Native.getInt(record + VMContextLayout.FUNCREF_FUNCTION));
    }

    Memory memory(int index) {
        return memories[index];
    }

    Table table(int index) {
        return tables[index];
    }

    private Global global(int index) {
        if (globals[index] == null) {
            int defined = index - module.info().imported(ExternType.Kind.GLOBAL);
            GlobalType type = module.globalType(module.info().globals().get(defined));
            globals[index] = new Global(store, type, vmctx + module.layout().definedGlobal(defined));
        }
        return globals[index];
    }

    // ---- segments: offsets and lengths are unsigned

    void memoryInit(int memory, int segment, long to, long from, long length) {
        memories[memory].init(to, dataAddress(segment, from, length), length);
    }

    void dropData(int segment) {
        droppedData[segment] = true;
    }

    void tableInit(int table, int segment, long to, long from, long length) {
        ElementItems items = elements(segment, from, length);
        long at = tables[table].range(to, length);
        if (length >= MANY && !allRecords) {
            FuncRecords.makeAll(module, vmctx);
            allRecords = true;
        }
        // Through an array: in code that is not compiled yet, a native store takes many times as long as one to an
        // array.
        long[] cells = new long[(int) Math.min(length, CHUNK)];
        long funcRefs = vmctx + module.layout().funcRef(0);
        for (int start = 0; start < length; start += cells.length) {
            int count = (int) Math.min(length - start, cells.length);
            for (int i = 0; i < count; i++) {
                int item = (int) from + start + i;
                int slot = items.funcSlot(item);
                cells[i] = slot >= 0 && allRecords
                        ? funcRefs + (long) slot * VMContextLayout.FUNCREF_BYTES
                        : tables[table].slotOf(element(items.kind(item), items.value(item)));
            }
            Native.copy(cells, count, at + 8L * start);
        }
    }

    /** The reference that an item of an element segment is. */
    long element(ElementItems.Kind kind, int value) {
        return switch (kind) {
            case FUNC_SLOT -> FuncRecords.get(vmctx, value);
            case NULL -> 0;
            case GLOBAL, OWN_GLOBAL -> Native.getLong(global(value).cell());
            case I31 -> I31.wrap(value).raw();
        };
    }

    /** What the segments of the module become in objects. */
    SegmentArrays arrays() {
        return new SegmentArrays(this);
    }

    /**
     * Address of bytes of a data segment.
     *
     * @throws TrapException if they are not all there
     */
    long dataAddress(int segment, long from, long length) {
        ModuleInfo.DataSegment data = module.info().data().get(segment);
        long available = droppedData[segment] ? 0 : data.length();
        if (from > available || length > available - from) {
            throw Traces.ofHost(store, TrapCode.MEMORY_OUT_OF_BOUNDS);
        }
        return module.dataStart() + data.start() + from;
    }

    /**
     * The items of an element segment.
     *
     * @throws TrapException if not all of a range are there
     */
    ElementItems elements(int segment, long from, long length) {
        ElementItems items = module.info().elements().get(segment).items();
        long available = droppedElements[segment] ? 0 : items.count();
        if (from > available || length > available - from) {
            throw Traces.ofHost(store, TrapCode.TABLE_OUT_OF_BOUNDS);
        }
        return items;
    }

    /** Nothing keeps what only the segment referred to. */
    void dropElements(int segment) {
        droppedElements[segment] = true;
        ElementItems items = module.info().elements().get(segment).items();
        for (int i = 0; i < items.count(); i++) {
            if (items.kind(i) == ElementItems.Kind.OWN_GLOBAL) {
                Native.putLong(global(items.value(i)).cell(), 0);
            }
        }
    }

    /**
     * Closes the store, if it is the instance's own. Otherwise this does nothing: other instances may refer to this
     * one's functions through tables, so it lasts as long as the store.
     *
     * @throws IllegalStateException if another thread owns the store, or a call is running
     */
    @Override
    public void close() {
        if (ownsStore) {
            store.close();
        }
    }

    @Override
    public String toString() {
        return "instance of " + Printable.name(module.name());
    }
}
