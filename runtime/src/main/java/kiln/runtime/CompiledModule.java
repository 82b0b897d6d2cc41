package kiln.runtime;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import kiln.artifact.Artifact;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.FuncRefs;
import kiln.artifact.LinkedContexts;
import kiln.artifact.ModuleInfo;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.artifact.TableImage;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.ArtifactException;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlanCodec;
import kiln.loader.HostException;
import kiln.loader.LoadedArtifact;
import kiln.loader.MemoryTemplate;
import kiln.runtime.internal.Reclaimer;

/**
 * A compiled module, or several that were linked into one file and are instantiated together, mapped and ready to be
 * instantiated any number of times. Safe for use by several threads. Close it when it is no longer needed; its code
 * goes away once the last store with an instance of it is closed. What nobody closes goes away when Java collects it.
 *
 * <p>A linked file imports what its modules import from outside. It exports what its main module does, and each export
 * of each module as {@code module.export}. The main module is the last one that exports a function {@code _start}; if
 * none does, the last one.
 */
public final class CompiledModule implements AutoCloseable {
    private static final byte[] WASM_MAGIC = {0, 'a', 's', 'm'};
    private static final int NOT_LOOKED_UP = -1;

    /** Something that must be given to instantiate the module. */
    public record ImportType(String module, String name, EntityType type) {
        /** Both names, for messages. */
        String label() {
            return Printable.name(module) + "." + Printable.name(name);
        }

        @Override
        public String toString() {
            return label() + ": " + type;
        }
    }

    /** Something that an instance offers. */
    public record ExportType(String name, EntityType type) {
        @Override
        public String toString() {
            return Printable.name(name) + ": " + type;
        }
    }

    private final Engine engine;
    private final LoadedArtifact code;
    /** Place in the file. */
    private final int number;

    private final ModuleInfo info;
    private final VMContextLayout layout;
    private final int[] typeIds;
    private final List<ImportType> imports;
    private final Map<String, ModuleInfo.Export> exports = new HashMap<>();
    /** By type index; filled in when asked for. */
    private final long[] arrayToWasm;

    private final long startup;
    private final boolean interruptible;
    private final TableImage[] tableImages;
    /** The module that stands for the file: this one, unless it was linked into it. */
    private CompiledModule main = this;
    /** All modules of the file by number if this is the main one of several, else null. */
    private CompiledModule[] parts;

    /** Of the main module of a component's file: the modules that are not instantiated with it, behind the parts. */
    private CompiledModule[] others = {};
    /** Whether it is one of them, which lasts as long as the component. */
    private boolean isOfComponent;

    private volatile List<CanonCode> canonCode;

    /** Of the main module. */
    private Reclaimer.Registration registration;

    private LinkedContexts contexts;
    private volatile long[] funcRefTemplate;
    /** Of the file. */
    private final Life life;

    private CompiledModule(Engine engine, LoadedArtifact code, int number, Life life) {
        this.engine = engine;
        this.code = code;
        this.life = life;
        this.number = number;
        info = code.modules().get(number);
        layout = new VMContextLayout(info.counts());
        typeIds = engine.types().register(info.types());
        List<ImportType> list = new ArrayList<>();
        for (ModuleInfo.Import i : info.imports()) {
            list.add(new ImportType(i.module(), i.name(), entityType(i.type())));
        }
        imports = List.copyOf(list);
        for (ModuleInfo.Export e : info.exports()) {
            exports.put(e.name(), e);
        }
        arrayToWasm = new long[typeIds.length];
        Arrays.fill(arrayToWasm, NOT_LOOKED_UP);
        tableImages = new TableImage[info.tables().size()];
        for (TableImage i : info.tableImages()) {
            tableImages[i.table()] = i;
        }
        interruptible = code.artifact().compat().isInterruptible();
        startup = info.startup() ? code.code(FuncKey.startup(number)) : 0;
    }

    /**
     * Loads a compiled file ({@code .cwasm}), or WebAssembly if a {@link ModuleCompiler} is on the class path. A
     * compiled file is read once, into memory that nobody can change, and everything is checked and run there: what
     * becomes of the file meanwhile or later does not matter to the module.
     *
     * @throws ArtifactException if the file is damaged, of another version or for another machine, or the engine
     *     requires a signature that it lacks
     * @throws WasmException if it is WebAssembly that is malformed, invalid or not supported
     * @throws UncheckedIOException if it cannot be read or mapped
     * @throws IllegalStateException if it is WebAssembly and there is no compiler
     */
    public static CompiledModule load(Engine engine, Path file) {
        return load(engine, file, false, false);
    }

    /**
     * As {@link #load(Engine, Path)}, but for compiled files that were checked before and that nobody changes: the file
     * is not compared with its checksums, and is mapped instead of copied. Loading then takes the same short time
     * whatever the size, processes share the memory, and profilers find the file's symbols. (If the engine requires a
     * signature, it is checked, and the file is copied.)
     *
     * <p>The caller promises that nobody else can write to the file while the module or an instance of it exists;
     * another file may be renamed over it. If the promise is broken, the process may end. Looking at a file that was
     * damaged before it was loaded is safe; running it, and instantiating it where that runs start-up code, is not: it
     * is native code that nobody has looked at.
     */
    public static CompiledModule loadTrusted(Engine engine, Path file) {
        return load(engine, file, true, false);
    }

    /**
     * As the public ones, and whether it is to be a component.
     *
     * @throws ArtifactException also if it is one and should not be, or the other way round
     */
    static CompiledModule load(Engine engine, Path file, boolean trusted, boolean isComponent) {
        engine.requireOpen();
        byte[] start = new byte[4];
        try (var in = Files.newInputStream(file)) {
            if (in.readNBytes(start, 0, 4) == 4 && isWasm(start)) {
                requireNoSignature(engine, Printable.file(file));
                return compile(engine, Files.readAllBytes(file), stem(file), isComponent);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Object event = Events.beginLoad();
        LoadedArtifact code = map(Printable.file(file), () -> {
            if (trusted && engine.signers().isEmpty()) {
                return LoadedArtifact.map(file, Artifact.OpenOptions.SKIP_DIGEST);
            }
            Artifact.OpenOptions options = trusted ? Artifact.OpenOptions.SKIP_DIGEST : Artifact.OpenOptions.DEFAULT;
            return LoadedArtifact.load(file, options.signedBy(engine.signers()));
        });
        CompiledModule module =
                of(engine, code, Printable.file(file), isComponent).named(stem(file));
        Events.endLoad(
                event,
                module,
                code.artifact().file().byteSize(),
                trusted && engine.signers().isEmpty());
        return module;
    }

    /**
     * Loads a compiled file that is in memory, or WebAssembly if a {@link ModuleCompiler} is on the class path.
     *
     * @throws ArtifactException if it is damaged, of another version or for another machine, or the engine requires a
     *     signature that it lacks
     * @throws WasmException if it is WebAssembly that is malformed, invalid or not supported
     * @throws IllegalStateException if it is WebAssembly and there is no compiler
     */
    public static CompiledModule load(Engine engine, byte[] bytes) {
        return load(engine, bytes, false);
    }

    /** As the public one, and whether it is to be a component. */
    static CompiledModule load(Engine engine, byte[] bytes, boolean isComponent) {
        engine.requireOpen();
        if (isWasm(bytes)) {
            requireNoSignature(engine, "module");
            return compile(engine, bytes, "", isComponent);
        }
        Artifact.OpenOptions options = Artifact.OpenOptions.DEFAULT.signedBy(engine.signers());
        Object event = Events.beginLoad();
        LoadedArtifact code = map("module", () -> LoadedArtifact.load(MemorySegment.ofArray(bytes), options));
        CompiledModule module = of(engine, code, "module", isComponent);
        Events.endLoad(event, module, bytes.length, false);
        return module;
    }

    /**
     * As {@link #load(Engine, byte[])}: reads a stream to its end, a resource of the class path for example. The caller
     * closes it.
     *
     * @param name for the module if it has none of its own
     * @throws UncheckedIOException if it cannot be read
     */
    public static CompiledModule load(Engine engine, String name, InputStream in) {
        try {
            return load(engine, in.readAllBytes()).named(name);
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(name + ": " + e.getMessage(), e));
        }
    }

    /**
     * Loads what kiln-maven-plugin compiled into a jar, a folder or a run-time image, for this machine.
     *
     * @param owner a class out of that jar or folder
     * @param name the module's, as the plugin was told it
     * @throws IllegalStateException if there is no code for this machine
     * @throws ArtifactException as {@link #load(Engine, byte[])}
     * @throws UncheckedIOException if it cannot be read
     */
    public static CompiledModule resource(Engine engine, Class<?> owner, String name) {
        String arch = System.getProperty("os.arch");
        String target = (arch.equals("amd64") ? "x86_64" : arch) + "-linux";
        String path = "/META-INF/kiln/" + name + "/" + target + ".cwasm";
        try (InputStream in = owner.getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalStateException("there is no " + path + " beside " + owner.getName()
                        + ": was the module compiled, and for the target " + target + "?");
            }
            return load(engine, name, in);
        } catch (IOException e) {
            throw new UncheckedIOException(new IOException(path + ": " + e.getMessage(), e));
        }
    }

    private static LoadedArtifact map(String name, Supplier<LoadedArtifact> load) {
        try {
            return load.get();
        } catch (HostException e) {
            // Modules that nobody closed may have what is missing.
            if (!Reclaimer.collect()) {
                throw refused(name, e);
            }
        }
        try {
            return load.get();
        } catch (HostException e) {
            throw refused(name, e);
        }
    }

    private static UncheckedIOException refused(String name, HostException e) {
        return new UncheckedIOException(new IOException(name + ": " + e.getMessage(), e));
    }

    private static void requireNoSignature(Engine engine, String name) {
        if (!engine.signers().isEmpty()) {
            throw new ArtifactException(name
                    + ": this is WebAssembly, which cannot be signed, "
                    + "but a signature is required: compile it and sign the result");
        }
    }

    private static CompiledModule of(Engine engine, LoadedArtifact code, String name, boolean isComponent) {
        try {
            Life life = new Life(code);
            if (isComponent != (code.artifact().component() != null)) {
                throw new ArtifactException(
                        isComponent
                                ? name + ": this is a module, not a component: use CompiledModule.load"
                                : name + ": this is a component, not a module: use Component.load");
            }
            if (code.modules().isEmpty()) {
                throw new ArtifactException(name + ": there is no module in the file");
            }
            boolean single = code.modules().size() == 1 && code.artifact().component() == null;
            CompiledModule m = single ? new CompiledModule(engine, code, 0, life) : linked(engine, code, life);
            // Who has a part of the file has the one that stands for it.
            m.registration = Reclaimer.register(m, life);
            return m;
        } catch (Throwable t) {
            code.close();
            throw t;
        }
    }

    private static CompiledModule linked(Engine engine, LoadedArtifact code, Life life) {
        ComponentPlan component = code.artifact().component();
        CompiledModule[] parts =
                new CompiledModule[component == null ? code.modules().size() : component.instantiated()];
        CompiledModule main = null;
        for (int i = 0; i < parts.length; i++) {
            parts[i] = new CompiledModule(engine, code, i, life);
            if (main == null || parts[i].isProgram() || !main.isProgram()) {
                main = parts[i];
            }
        }
        if (component != null) {
            main = parts[0];
            main.others = new CompiledModule[code.modules().size() - parts.length];
            for (int i = 0; i < main.others.length; i++) {
                main.others[i] = new CompiledModule(engine, code, parts.length + i, life);
                main.others[i].main = main;
                main.others[i].isOfComponent = true;
            }
        }
        for (CompiledModule part : parts) {
            part.main = main;
        }
        main.parts = parts;
        main.contexts = code.artifact().contexts();
        return main;
    }

    /** {@link kiln.artifact.Compat#relaxedSimd()} of its file. */
    String relaxedSimd() {
        return code.artifact().compat().relaxedSimd();
    }

    /** Whether loops check for interruption. */
    boolean isInterruptible() {
        return interruptible;
    }

    /** What its file's component comes to; null if it is no component. */
    ComponentPlan plan() {
        return code.artifact().component();
    }

    /** For each function that the module imports the component's own code for it, or null; found when first needed. */
    List<CanonCode> canonCode() {
        List<CanonCode> known = canonCode;
        if (known == null) {
            known = CanonCode.of(this, number, code.artifact().contexts());
            canonCode = known;
        }
        return known;
    }

    /** Address of a function of the file, or 0. */
    long code(FuncKey key) {
        return code.code(key);
    }

    private boolean isProgram() {
        ModuleInfo.Export start = exports.get("_start");
        return start != null && start.kind() == ExternType.Kind.FUNC;
    }

    private static boolean isWasm(byte[] bytes) {
        return bytes.length >= 4 && Arrays.equals(bytes, 0, 4, WASM_MAGIC, 0, 4);
    }

    private static CompiledModule compile(Engine engine, byte[] wasm, String name, boolean isComponent) {
        ModuleCompiler compiler = ServiceLoader.load(ModuleCompiler.class)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException(
                        "this is WebAssembly, not a compiled file, and no compiler is on the class path"));
        byte[] compiled = compiler.compile(wasm, name, engine.settings());
        MemorySegment bytes = MemorySegment.ofArray(compiled);
        Object event = Events.beginLoad();
        LoadedArtifact code = map("module", () -> LoadedArtifact.load(bytes, Artifact.OpenOptions.SKIP_DIGEST));
        CompiledModule module = of(engine, code, name, isComponent);
        CompiledModule named = name.isEmpty() ? module : module.named(name);
        Events.endLoad(event, named, compiled.length, false);
        return named;
    }

    private static String stem(Path file) {
        String name = PathBytes.text(file.getFileName());
        int dot = name.lastIndexOf('.');
        return dot > 0 ? name.substring(0, dot) : name;
    }

    /** The engine that it was loaded in, and whose stores can have instances of it. */
    public Engine engine() {
        return engine;
    }

    /** Name of the module: its own, or else what {@link #named} said, or else that of its file, or else "wasm". */
    public String name() {
        return code.moduleName(isOfComponent ? number : 0);
    }

    /** Says what the module is called in backtraces and messages if it has no name of its own; returns the module. */
    public CompiledModule named(String name) {
        code.label(name);
        return this;
    }

    /** What must be given to instantiate it, in the module's order. */
    public List<ImportType> imports() {
        if (parts == null) {
            return imports;
        }
        List<ImportType> open = new ArrayList<>();
        for (CompiledModule part : parts) {
            for (int i = 0; i < part.imports.size(); i++) {
                if (part.info.imports().get(i).link() == null) {
                    open.add(part.imports.get(i));
                }
            }
        }
        return open;
    }

    /** The imports of this module itself, those that are bound within the file among them. */
    List<ImportType> ownImports() {
        return imports;
    }

    /** All modules of the file by number, if it has several and this is the main one; else null. */
    CompiledModule[] parts() {
        return parts;
    }

    /** A module of a component's file that is not instantiated with it, by its number in the file. */
    CompiledModule other(int number) {
        return others[number - parts.length];
    }

    /**
     * Loads a component that this one exports, by its number: a file of its own, which lies within this file.
     *
     * @throws ArtifactException if it is damaged
     * @throws IllegalStateException if this one is closed
     */
    CompiledModule nested(int component) {
        addUser();
        try {
            MemorySegment section = code.artifact().sectionBytes(ComponentPlanCodec.nested(component));
            if (section == null) {
                throw new ArtifactException(this + ": damaged file: there is no component " + component);
            }
            // Where a signature is required, that of the whole covers it.
            MemorySegment bytes = MemorySegment.ofArray(section.toArray(ValueLayout.JAVA_BYTE));
            LoadedArtifact nested = map(name(), () -> LoadedArtifact.load(bytes, Artifact.OpenOptions.DEFAULT));
            return of(engine, nested, name(), true).named(name());
        } finally {
            removeUser();
        }
    }

    /** Where the VMContexts of the file's modules lie; null if {@link #parts} is. */
    LinkedContexts contexts() {
        return contexts;
    }

    /**
     * What an instance offers, in the module's order.
     *
     * @throws IllegalStateException if the module is closed
     */
    public List<ExportType> exports() {
        // Types are read from the file, which must not be unmapped meanwhile.
        addUser();
        try {
            return exportTypes();
        } finally {
            removeUser();
        }
    }

    private List<ExportType> exportTypes() {
        List<ExportType> result = new ArrayList<>();
        for (ModuleInfo.Export e : info.exports()) {
            result.add(new ExportType(e.name(), exportType(e)));
        }
        if (parts != null) {
            for (CompiledModule part : parts) {
                for (ModuleInfo.Export e : part.info.exports()) {
                    result.add(new ExportType(part.qualified(e.name()), part.exportType(e)));
                }
            }
        }
        return result;
    }

    /** The names of {@link #exports}, for which the file is not needed. */
    List<String> exportNames() {
        List<String> names = new ArrayList<>();
        for (ModuleInfo.Export e : info.exports()) {
            names.add(e.name());
        }
        if (parts != null) {
            for (CompiledModule part : parts) {
                for (ModuleInfo.Export e : part.info.exports()) {
                    names.add(part.qualified(e.name()));
                }
            }
        }
        return names;
    }

    private EntityType exportType(ModuleInfo.Export e) {
        return entityType(externType(e));
    }

    /** Name of an export of this module among those of the file. */
    String qualified(String export) {
        return info.name() + "." + export;
    }

    ModuleInfo info() {
        return info;
    }

    VMContextLayout layout() {
        return layout;
    }

    ModuleInfo.Export findExport(String name) {
        return exports.get(name);
    }

    /** An export, and the module of the file that has it. */
    record Exported(CompiledModule part, ModuleInfo.Export export) {}

    /** What has a name that {@link #exports} has for it, or null. */
    Exported exported(String name) {
        ModuleInfo.Export own = exports.get(name);
        if (own != null) {
            return new Exported(this, own);
        }
        for (CompiledModule part : parts == null ? new CompiledModule[0] : parts) {
            String prefix = part.qualified("");
            ModuleInfo.Export e = name.startsWith(prefix) ? part.exports.get(name.substring(prefix.length())) : null;
            if (e != null) {
                return new Exported(part, e);
            }
        }
        return null;
    }

    /** What an export of this module itself is. */
    ExternType externType(ModuleInfo.Export e) {
        return switch (e.kind()) {
            case FUNC ->
                new ExternType.Func(info.funcRefs().type(info.funcRefs().slotOf(e.index())));
            case TABLE -> info.allTables().get(e.index());
            case MEMORY -> info.allMemories().get(e.index());
            case GLOBAL -> info.allGlobals().get(e.index());
            case TAG -> info.allTags().get(e.index());
        };
    }

    // ---- types

    /** The engine's number of type {@code index}. */
    int typeId(int index) {
        return typeIds[index];
    }

    FuncType funcType(int index) {
        return engine.types().func(typeIds[index]);
    }

    GlobalType globalType(ExternType.Global g) {
        return new GlobalType(valType(g.type()), g.mutable());
    }

    TableType tableType(ExternType.Table t) {
        return new TableType(engine.types().convertRef(t.element(), typeIds), t.min(), t.max(), t.bounded(), t.is64());
    }

    MemoryType memoryType(ExternType.Memory m) {
        return new MemoryType(m.min(), m.max(), m.bounded(), m.is64(), m.shared(), m.pageShift());
    }

    private ValType valType(int t) {
        return engine.types().convert(t, typeIds);
    }

    EntityType entityType(ExternType t) {
        return switch (t.kind()) {
            case FUNC -> funcType(((ExternType.Func) t).type());
            case TABLE -> tableType((ExternType.Table) t);
            case MEMORY -> memoryType((ExternType.Memory) t);
            case GLOBAL -> globalType((ExternType.Global) t);
            case TAG -> new TagType(funcType(((ExternType.Tag) t).type()));
        };
    }

    // ---- code

    long textStart() {
        return code.textBase();
    }

    /**
     * The funcref records of the defined functions that escape, three longs each as in VMContext, without the
     * VMContext's address. Made once, for instances that need many of them at once.
     */
    long[] funcRefTemplate() {
        long[] t = funcRefTemplate;
        if (t == null) {
            t = makeFuncRefTemplate();
            funcRefTemplate = t;
        }
        return t;
    }

    private long[] makeFuncRefTemplate() {
        FuncRefs refs = info.funcRefs();
        int imported = importedFuncs();
        long text = code.textBase();
        long[] records = new long[3 * (refs.count() - imported)];
        for (int slot = imported, i = 0; slot < refs.count(); slot++, i += 3) {
            int start = refs.code(slot);
            // Functions that are in a table, but that nobody can call, were left out of the file.
            records[i] = start == FuncRefs.NO_CODE ? 0 : text + Integer.toUnsignedLong(start);
            records[i + 2] = Integer.toUnsignedLong(typeIds[refs.type(slot)]) | (long) refs.function(slot) << 32;
        }
        return records;
    }

    int importedFuncs() {
        return info.imported(ExternType.Kind.FUNC);
    }

    /** By table defined here: what it contains from the start, or null. */
    TableImage[] tableImages() {
        return tableImages;
    }

    /** The start-up function, or 0. */
    long startup() {
        return startup;
    }

    /** The trampoline by which Java calls functions of type {@code index}. */
    long arrayToWasm(int index) {
        long t = arrayToWasm[index];
        if (t == NOT_LOOKED_UP) {
            t = trampoline(FuncKey.Kind.ARRAY_TO_WASM, typeIds[index]);
            if (t == 0) {
                throw new ArtifactException(this + ": damaged file: no trampoline for functions of "
                        + Printable.name(info.types().canonicalKey(index)));
            }
            arrayToWasm[index] = t;
        }
        return t;
    }

    /** The trampoline by which this module calls host functions of the type with this number, or 0. */
    long wasmToArray(int typeId) {
        return trampoline(FuncKey.Kind.WASM_TO_ARRAY, typeId);
    }

    /** Types that are the same share a trampoline, which may bear the index of any of them. */
    private long trampoline(FuncKey.Kind kind, int typeId) {
        for (int i = 0; i < typeIds.length; i++) {
            if (typeIds[i] == typeId) {
                long t = code.code(FuncKey.of(kind, number, i));
                if (t != 0) {
                    return t;
                }
            }
        }
        return 0;
    }

    MemoryTemplate memoryTemplate(int definedMemory) {
        return code.memoryTemplate(number, definedMemory);
    }

    /** Address of the bytes of data segments. */
    long dataStart() {
        return code.artifact().data().address();
    }

    // ---- life: of the file, which the main module stands for

    /** How long the code of a file stays. Does not refer to the modules. */
    private static final class Life implements Runnable {
        private final LoadedArtifact code;
        private int users;
        private boolean closed;

        Life(LoadedArtifact code) {
            this.code = code;
        }

        synchronized boolean changeUsers(int by) {
            if (closed && by > 0) {
                return false;
            }
            users += by;
            if (closed && users == 0) {
                code.close();
            }
            return true;
        }

        /** The module was closed, or cannot be reached any more. */
        @Override
        public synchronized void run() {
            if (!closed) {
                closed = true;
                if (users == 0) {
                    code.close();
                }
            }
        }
    }

    /**
     * @throws IllegalStateException if the module is closed
     */
    void addUser() {
        if (!life.changeUsers(1)) {
            throw new IllegalStateException("the " + main + " is closed");
        }
    }

    void removeUser() {
        life.changeUsers(-1);
    }

    /**
     * No instance can be made any more. The code is unmapped once no store has an instance of it. Idempotent. A core
     * module that a component exports is closed with the component, and not by this.
     */
    @Override
    public void close() {
        if (!isOfComponent) {
            main.registration.free();
        }
    }

    @Override
    public String toString() {
        return "module " + Printable.name(name());
    }
}
