package kiln.runtime;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.ExternType;
import kiln.artifact.ModuleInfo;
import kiln.artifact.Printable;
import kiln.artifact.References;
import kiln.artifact.TableImage;
import kiln.artifact.VMContextLayout;
import kiln.loader.Native;
import kiln.loader.Stubs;
import kiln.runtime.internal.ComponentAccess;

/** Makes an instance: checks the imports, lays out the VMContext, runs the start-up code. */
final class Instantiation {
    private final Store store;
    private final CompiledModule module;
    private final ModuleInfo info;
    private final VMContextLayout layout;
    private final long place;
    private final List<Func> funcs = new ArrayList<>();
    private final List<Memory> memories = new ArrayList<>();
    private final List<Table> tables = new ArrayList<>();
    private final List<Global> globals = new ArrayList<>();
    private final List<Tag> tags = new ArrayList<>();

    /** @param vmctx where the VMContext is to be, or 0 for anywhere */
    private Instantiation(Store store, CompiledModule module, long vmctx) {
        this.store = store;
        this.place = vmctx;
        this.module = module;
        this.info = module.info();
        this.layout = module.layout();
    }

    static Instance run(Store store, CompiledModule module, List<Extern> imports, List<String> problems) {
        store.beginSequence(ComponentFriend.SEQUENCE_BYTES);
        try {
            return start(store, module, imports, problems, false, NOBODY);
        } finally {
            store.endSequence(ComponentFriend.SEQUENCE_BYTES);
        }
    }

    /** For files of modules, whose imports are all there before. */
    private static final ComponentAccess.Maker NOBODY = new ComponentAccess.Maker() {
        @Override
        public void complete(int module, List<Extern> imports) {}

        @Override
        public void made(Instance instance) {}
    };

    /** As {@link #run}, for a component. */
    static void runComponent(Store store, CompiledModule component, List<Extern> given, ComponentAccess.Maker maker) {
        store.beginSequence(ComponentFriend.SEQUENCE_BYTES);
        try {
            start(store, component, given, List.of(), false, maker);
        } finally {
            store.endSequence(ComponentFriend.SEQUENCE_BYTES);
        }
    }

    static Instance runInOwnStore(CompiledModule module, StoreLimits limits) {
        List<String> missing = new ArrayList<>();
        for (CompiledModule.ImportType i : module.imports()) {
            missing.add("unknown import " + i.label() + " ("
                    + Printable.name(i.type().toString()) + "): a Linker can give it");
        }
        if (!missing.isEmpty()) {
            throw new LinkException(module.name(), missing);
        }
        Store store = new Store(module.engine(), limits);
        try {
            return start(store, module, List.of(), List.of(), true, NOBODY);
        } catch (Throwable t) {
            store.close();
            throw t;
        }
    }

    private static Instance start(
            Store store,
            CompiledModule module,
            List<Extern> imports,
            List<String> problems,
            boolean ownsStore,
            ComponentAccess.Maker maker) {
        List<String> all = new ArrayList<>(problems);
        checkRelaxedSimd(store, module, all);
        if (!module.isInterruptible()) {
            String problem = store.addUnstoppable(module);
            if (problem != null) {
                all.add(problem);
            }
        }
        Object event = Events.beginInstantiate();
        Instance instance = module.parts() == null
                ? new Instantiation(store, module, 0).run(imports, all, ownsStore)
                : startLinked(store, module, imports, all, ownsStore, maker);
        Events.endInstantiate(event, module);
        return instance;
    }

    /** The results of relaxed vector operations must not change while a program runs. */
    private static void checkRelaxedSimd(Store store, CompiledModule module, List<String> problems) {
        String chosen = module.relaxedSimd();
        Store.RelaxedSimd others = store.relaxedSimd();
        if (chosen != null && others != null && !chosen.equals(others.results())) {
            problems.add(
                    "its relaxed SIMD operations have other results (" + Printable.name(chosen) + ") than those of "
                            + Printable.name(others.module()) + " (" + Printable.name(others.results())
                            + ") in the same store: compile both with the same --relaxed-simd and --cpu");
        }
    }

    /**
     * The modules of a file one after the other, which is an order in which each comes after those that it is linked
     * with.
     */
    private static Instance startLinked(
            Store store,
            CompiledModule main,
            List<Extern> given,
            List<String> known,
            boolean ownsStore,
            ComponentAccess.Maker maker) {
        CompiledModule[] parts = main.parts();
        List<String> problems = new ArrayList<>(known);
        List<List<Extern>> imports = distribute(main, given);
        for (int m = 0; m < parts.length; m++) {
            // Before anything starts; of what is bound within the file nothing is there yet.
            Instantiation check = new Instantiation(store, parts[m], 0);
            check.sortImports(imports.get(m), problems);
            check.checkLimits(problems);
        }
        if (!problems.isEmpty()) {
            throw new LinkException(main.name(), problems);
        }
        long block = store.allocate(main.contexts().bytes());
        Instance[] instances = new Instance[parts.length];
        Instance result = null;
        for (int m = 0; m < parts.length; m++) {
            List<ModuleInfo.Import> declared = parts[m].info().imports();
            for (int i = 0; i < declared.size(); i++) {
                ModuleInfo.Link link = declared.get(i).link();
                if (link != null) {
                    imports.get(m).set(i, instances[link.module()].export(link.export()));
                }
            }
            maker.complete(m, imports.get(m));
            boolean isMain = parts[m] == main;
            Instantiation part =
                    new Instantiation(store, parts[m], block + main.contexts().offset(m));
            instances[m] = part.run(imports.get(m), List.of(), ownsStore && isMain);
            maker.made(instances[m]);
            result = isMain ? instances[m] : result;
        }
        result.link(instances);
        return result;
    }

    /** By module what was given for its imports, null for those that are bound within the file. */
    private static List<List<Extern>> distribute(CompiledModule main, List<Extern> given) {
        if (given.size() != main.imports().size()) {
            throw new IllegalArgumentException(main.imports().size() + " imports needed, not " + given.size());
        }
        List<List<Extern>> result = new ArrayList<>();
        int next = 0;
        for (CompiledModule part : main.parts()) {
            List<Extern> imports = new ArrayList<>();
            for (ModuleInfo.Import i : part.info().imports()) {
                imports.add(i.link() == null ? given.get(next++) : null);
            }
            result.add(imports);
        }
        return result;
    }

    private Instance run(List<Extern> imports, List<String> known, boolean ownsStore) {
        if (store.engine() != module.engine()) {
            throw new IllegalArgumentException("the store and the module belong to different engines");
        }
        List<String> problems = new ArrayList<>(known);
        sortImports(imports, problems);
        checkLimits(problems);
        if (!problems.isEmpty()) {
            throw new LinkException(module.name(), problems);
        }
        module.addUser();
        Instance instance;
        try {
            instance = build(ownsStore);
        } catch (Throwable t) {
            module.removeUser();
            throw t;
        }
        if (module.relaxedSimd() != null && store.relaxedSimd() == null) {
            store.setRelaxedSimd(new Store.RelaxedSimd(module.relaxedSimd(), module.name()));
        }
        long startup = module.startup();
        if (startup != 0) {
            long area = store.beginCall(16);
            // The start-up code takes no parameters, so the two that the entry passes do not disturb it.
            store.enter(instance.vmctx(), startup, 0, area, 16);
        }
        return instance;
    }

    private void sortImports(List<Extern> imports, List<String> problems) {
        List<CompiledModule.ImportType> wanted = module.ownImports();
        if (imports.size() != wanted.size()) {
            throw new IllegalArgumentException(wanted.size() + " imports needed, not " + imports.size());
        }
        for (int i = 0; i < wanted.size(); i++) {
            CompiledModule.ImportType w = wanted.get(i);
            Extern e = imports.get(i);
            if (e == null) {
                continue;
            }
            if (e.store() != store) {
                problems.add("import " + w.label() + " belongs to another store or is closed");
                continue;
            }
            if (!addIfMatching(e, w.type(), info.imports().get(i).type())) {
                problems.add("incompatible import type: " + w.label() + " is "
                        + Printable.name(e.type().toString()) + ", but "
                        + Printable.name(w.type().toString()) + " is needed");
            }
        }
    }

    // Tests instead of a pattern switch, which would take milliseconds to link in a process that has just started.
    private boolean addIfMatching(Extern e, EntityType wanted, ExternType declared) {
        if (e instanceof Func f) {
            return declared instanceof ExternType.Func type && addIfMatching(f, (FuncType) wanted, type);
        } else if (e instanceof Memory m) {
            return declared instanceof ExternType.Memory type
                    && matches(m, (MemoryType) wanted, type)
                    && memories.add(m);
        } else if (e instanceof Table t) {
            return wanted instanceof TableType type && matching().matches(t.type(), type) && tables.add(t);
        } else if (e instanceof Global g) {
            return wanted instanceof GlobalType type && matching().matches(g.type(), type) && globals.add(g);
        }
        return e instanceof Tag t
                && declared instanceof ExternType.Tag type
                && t.typeId() == module.typeId(type.type())
                && tags.add(t);
    }

    private boolean addIfMatching(Func f, FuncType wanted, ExternType.Func declared) {
        int typeId = module.typeId(declared.type());
        if (store.engine().types().isSubtype(f.typeId(), typeId)) {
            return funcs.add(f);
        }
        // What Java says of a function does not tell types apart that have the same parameters and results.
        return f.host() != null && f.type().equals(wanted) && funcs.add(f.as(typeId));
    }

    private static boolean matches(Memory m, MemoryType wanted, ExternType.Memory declared) {
        return TypeMatching.matches(m.type(), wanted) && (m.guarded() || !declared.guarded());
    }

    private TypeMatching matching() {
        return new TypeMatching(store.engine().types());
    }

    private void checkLimits(List<String> problems) {
        StoreLimits limits = store.limits();
        if (store.instances().size() >= limits.instances()) {
            problems.add("the store may have only " + limits.instances() + " instances");
        }
        if (info.memories().size() > limits.memories() - store.memoryCount()) {
            problems.add("the store may have only " + limits.memories() + " memories");
        }
        if (info.tables().size() > limits.tables() - store.tableCount()) {
            problems.add("the store may have only " + limits.tables() + " tables");
        }
        for (ExternType.Memory m : info.memories()) {
            if (Long.compareUnsigned(m.min(), limits.memoryBytes() >>> m.pageShift()) > 0) {
                problems.add("a memory may have only " + limits.memoryBytes() + " bytes, but starts with "
                        + Long.toUnsignedString(m.min()) + " pages");
            }
        }
        for (ExternType.Table t : info.tables()) {
            if (Long.compareUnsigned(t.min(), limits.tableElements()) > 0) {
                problems.add("a table may have only " + limits.tableElements() + " elements, but starts with "
                        + Long.toUnsignedString(t.min()));
            }
        }
    }

    private Instance build(boolean ownsStore) {
        long vmctx = place != 0 ? place : store.allocate(layout.size());
        Native.putLong(vmctx + VMContextLayout.TRAP_STUB, Stubs.get().trap());
        Native.putLong(vmctx + VMContextLayout.STORE, store.block().memory().address());
        Native.putLong(vmctx + VMContextLayout.TEXT_BASE, module.textStart());
        importPointers(vmctx);
        for (int i = 0; i < info.memories().size(); i++) {
            memories.add(Memory.ofInstance(store, module, i, vmctx + layout.definedMemory(i)));
        }
        Native.putLong(vmctx + VMContextLayout.REFERENCES, References.headAddress(info.funcRefs()));
        defineTables(vmctx);
        for (int i = 0; i < tags.size(); i++) {
            Native.putLong(vmctx + layout.importedTag(i), tags.get(i).record());
        }
        for (int i = 0; i < info.tags().size(); i++) {
            int type = info.tags().get(i).type();
            TagType tagType = new TagType(module.funcType(type));
            tags.add(new Tag(store, tagType, module.typeId(type), vmctx + layout.definedTag(i)));
        }
        for (int i = 0; i < info.globals().size(); i++) {
            store.keepWhatRefers(module.globalType(info.globals().get(i)).type(), vmctx + layout.definedGlobal(i));
        }
        Global[] allGlobals =
                globals.toArray(new Global[globals.size() + info.globals().size()]);
        Instance instance = new Instance(
                module,
                store,
                ownsStore,
                vmctx,
                funcs.toArray(new Func[0]),
                memories.toArray(new Memory[0]),
                tables.toArray(new Table[0]),
                allGlobals,
                tags.toArray(new Tag[0]));
        Native.putLong(vmctx + VMContextLayout.HOST_ID, Integer.toUnsignedLong(store.newHostId(instance)));
        if (layout.hasHeap()) {
            Native.putLong(vmctx + layout.heapBase(), store.heap().prepare(module));
        }
        for (int i = 0; i < info.types().count(); i++) {
            Native.putInt(vmctx + layout.typeId(i), store.heap().contextValue(module.typeId(i)));
        }
        importFuncs(vmctx, instance);
        store.block().memory().addContext(vmctx);
        // Last, for what fails before is taken back by the caller, and what the store has by the store.
        store.add(instance);
        store.resolveHostFunctions();
        return instance;
    }

    private void defineTables(long vmctx) {
        TableImage[] images = module.tableImages();
        for (int i = 0; i < images.length; i++) {
            long record = vmctx + layout.definedTable(i);
            if (images[i] != null && images[i].isSealed()) {
                Native.putLong(record + VMContextLayout.BASE, images[i].bytes().address());
                Native.putLong(
                        record + VMContextLayout.LENGTH, info.tables().get(i).min());
                tables.add(null);
                continue;
            }
            tables.add(new Table(store, module.tableType(info.tables().get(i)), record));
            if (images[i] != null) {
                Native.putLong(
                        record + VMContextLayout.TABLE_IMAGE, images[i].bytes().address());
                Native.putLong(record + VMContextLayout.TABLE_VMCTX, vmctx);
            }
        }
    }

    private void importPointers(long vmctx) {
        for (int i = 0; i < memories.size(); i++) {
            Native.putLong(vmctx + layout.importedMemory(i), memories.get(i).record());
        }
        for (int i = 0; i < tables.size(); i++) {
            Native.putLong(vmctx + layout.importedTable(i), tables.get(i).record());
        }
        for (int i = 0; i < globals.size(); i++) {
            Native.putLong(vmctx + layout.importedGlobal(i), globals.get(i).cell());
        }
    }

    private void importFuncs(long vmctx, Instance instance) {
        Caller caller = funcs.isEmpty() ? null : new Caller(store, instance);
        for (int i = 0; i < funcs.size(); i++) {
            Func f = funcs.get(i);
            long record = vmctx + layout.funcRef(i);
            CanonCode own = f.host() == null ? null : module.canonCode().get(i);
            if (own != null) {
                // As if it were another module's, which is what calls of it take it for.
                Native.putLong(record + VMContextLayout.FUNCREF_CODE, own.code());
                Native.putLong(record + VMContextLayout.FUNCREF_VMCTX, vmctx + own.distance());
            } else if (f.host() != null) {
                // One context for each importer, so that the function can be told who calls.
                Native.putLong(record + VMContextLayout.FUNCREF_CODE, module.wasmToArray(f.typeId()));
                Native.putLong(record + VMContextLayout.FUNCREF_VMCTX, new HostBinding(f, caller).makeContext(store));
            } else {
                Native.putLong(record + VMContextLayout.FUNCREF_CODE, f.code());
                Native.putLong(record + VMContextLayout.FUNCREF_VMCTX, f.vmctx());
                Native.putInt(record + VMContextLayout.FUNCREF_FUNCTION, f.index());
            }
            Native.putInt(record + VMContextLayout.FUNCREF_TYPE, f.typeId());
        }
    }
}
