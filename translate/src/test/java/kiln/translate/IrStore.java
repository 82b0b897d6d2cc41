package kiln.translate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import kiln.artifact.Builtin;
import kiln.artifact.ElementItems;
import kiln.artifact.ExternType;
import kiln.artifact.FuncKey;
import kiln.artifact.FuncRefs;
import kiln.artifact.MemoryConstants;
import kiln.artifact.ModuleInfo;
import kiln.artifact.References;
import kiln.artifact.StoreLayout;
import kiln.artifact.TableImage;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.ir.Function;
import kiln.ir.Region;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.types.FuncType;
import kiln.types.HeapType;
import kiln.types.SubType;
import kiln.types.TypeSpace;
import kiln.types.ValType;
import kiln.wasm.WasmModule;

/** Instantiates and links modules on an {@link IrMachine} from nothing but their {@link ModuleMetadata} and IR. */
final class IrStore {
    private static final int PAGE = 1 << 16;
    private static final int MAX_TABLE = 1 << 20;
    private static final long MAX_BYTES = 1L << 28;

    /** Something exported: its address (of a funcref record, a memory's or table's record, or a cell) and its type. */
    record Extern(long address, ExternType type) {}

    /** A host function. */
    interface Host {
        void call(long args);
    }

    final IrMachine machine = new IrMachine();
    private final AddressSpace memory = machine.memory;
    /** Of all modules; numbers are one more. */
    private final TypeSpace types = TypeSpace.shared();

    private final List<Object> hostIds = new ArrayList<>();
    private final AddressSpace.Chunk storeContext = memory.allocate(StoreLayout.SIZE, Region.Kind.CONTEXT);
    private final AddressSpace.Chunk area = memory.allocate(16 * 1000, Region.Kind.STACK);
    private final Map<Long, AddressSpace.Chunk> chunks = new HashMap<>();
    /** Greatest length, in pages or elements, of what a record describes: an import may declare a greater one. */
    private final Map<Long, Long> maxima = new HashMap<>();
    /** By record of a memory. */
    private final Map<Long, Integer> pageShifts = new HashMap<>();

    private final Pipeline pipeline;

    /** @param pipeline what to do with functions before they run */
    IrStore(Pipeline pipeline) {
        this.pipeline = pipeline;
        memory.i64(storeContext.base + StoreLayout.UPCALL, machine.nativeAddress(this::upcall));
        memory.i64(storeContext.base + StoreLayout.MEMMOVE, machine.nativeAddress(a -> {
            move(a[0], a[1], a[2]);
            return a[0];
        }));
        memory.i64(storeContext.base + StoreLayout.MEMSET, machine.nativeAddress(a -> {
            for (long i = 0; i < a[2]; i++) {
                AddressSpace.Chunk c = memory.find(a[0] + i, 1);
                c.bytes.put((int) (a[0] + i - c.base), (byte) a[1]);
            }
            return a[0];
        }));
    }

    private void move(long to, long from, long n) {
        if (n > 0) {
            byte[] copy = new byte[(int) n];
            AddressSpace.Chunk source = memory.find(from, n);
            source.bytes.get((int) (from - source.base), copy);
            AddressSpace.Chunk target = memory.find(to, n);
            target.bytes.put((int) (to - target.base), copy);
        }
    }

    int typeId(FuncType type) {
        return types.intern(new SubType(true, -1, type)) + 1;
    }

    private long upcall(long[] args) {
        try {
            Object callee = hostIds.get((int) args[0]);
            int builtin = (int) (args[0] >>> 32);
            if (builtin == 0) {
                ((Host) callee).call(args[1]);
            } else {
                ((Instance) callee).builtin(Builtin.values()[builtin], args[1]);
            }
            return 0;
        } catch (RuntimeException e) {
            machine.pending = e;
            return 1;
        }
    }

    // Things made by the host.

    private long record(long base, long length) {
        AddressSpace.Chunk c = memory.allocate(VMContextLayout.TABLE_RECORD_BYTES, Region.Kind.CONTEXT);
        memory.i64(c.base + VMContextLayout.BASE, base);
        memory.i64(c.base + VMContextLayout.LENGTH, length);
        return c.base;
    }

    private long newMemory(long size) {
        if (size > MAX_BYTES) {
            throw new UnsupportedOperationException(size + " bytes");
        }
        AddressSpace.Chunk c = memory.allocate((int) size, Region.Kind.MEMORY);
        chunks.put(c.base, c);
        return c.base;
    }

    private long newTable(long elements) {
        if (elements > MAX_TABLE) {
            throw new UnsupportedOperationException(elements + " elements");
        }
        AddressSpace.Chunk c = memory.allocate((int) elements * 8, Region.Kind.TABLE);
        chunks.put(c.base, c);
        return c.base;
    }

    Extern hostMemory(long min, long max) {
        long record = record(newMemory(min * PAGE), min * PAGE);
        maxima.put(record, max);
        pageShifts.put(record, MemoryConstants.PAGE_SHIFT);
        return new Extern(record, new ExternType.Memory(min, max, false, false, 16, true));
    }

    Extern hostTable(long min, long max, boolean is64) {
        long record = record(newTable(min), min);
        maxima.put(record, max);
        return new Extern(record, new ExternType.Table(ValType.FUNCREF, min, max, is64));
    }

    Extern hostGlobal(int type, long value) {
        AddressSpace.Chunk c = memory.allocate(16, Region.Kind.GLOBAL);
        memory.i64(c.base, value);
        return new Extern(c.base, new ExternType.Global(type, false));
    }

    /** A host function; a module that imports it brings the trampoline, so the record is completed then. */
    Extern hostFunction(FuncType type, Host body) {
        AddressSpace.Chunk context = memory.allocate(VMContextLayout.HOST_CONTEXT_BYTES, Region.Kind.CONTEXT);
        memory.i64(context.base + VMContextLayout.STORE, storeContext.base);
        memory.i64(context.base + VMContextLayout.HOST_ID, hostIds.size());
        hostIds.add(body);
        AddressSpace.Chunk record = memory.allocate(VMContextLayout.FUNCREF_BYTES, Region.Kind.CONTEXT);
        memory.i64(record.base + VMContextLayout.FUNCREF_VMCTX, context.base);
        memory.i32(record.base + VMContextLayout.FUNCREF_TYPE, typeId(type));
        return new Extern(record.base, new ExternType.Func(0));
    }

    private static long atMost(long declared, long limit) {
        return declared == ExternType.UNBOUNDED ? limit : Math.min(declared, limit);
    }

    /** Instances look imports up here. */
    interface Imports {
        Extern get(String module, String name);
    }

    /** A module with its context. */
    final class Instance implements IrMachine.Code {
        final ModuleEnvironment env;
        final ModuleInfo info;
        /** Numbers of the module's types, less one. */
        private final int[] typeIds;

        private final byte[] data;
        private final VMContextLayout layout;
        private final FunctionTranslator translator;
        private final Map<FuncKey, Function> functions = new HashMap<>();
        private final Map<String, Extern> exports = new HashMap<>();
        private final long[] tables;
        private final long[] memories;
        private final long[] globals;
        private final long[] tags;
        private final boolean[] droppedElements;
        private final boolean[] droppedData;
        final long vmctx;

        Instance(WasmModule wasm, TranslateOptions options, Imports imports) {
            env = new ModuleEnvironment(wasm, 0, options);
            if (env.layout().hasHeap()) {
                // What objects do is tested with the whole engine.
                throw new UnsupportedOperationException("this machine has no heap of objects");
            }
            ModuleMetadata metadata = ModuleMetadata.of(env, 0, PAGE);
            info = metadata.info();
            data = metadata.data();
            layout = new VMContextLayout(info.counts());
            translator = new FunctionTranslator(env);
            // Refuse what cannot be translated before anything can be seen.
            for (int f = 0; f < info.definedFunctions(); f++) {
                function(FuncKey.wasmFunction(0, f));
            }
            vmctx = memory.allocate(layout.size(), Region.Kind.CONTEXT, Region.Kind.GLOBAL).base;
            memory.i64(vmctx + VMContextLayout.STORE, storeContext.base);
            memory.i64(vmctx + VMContextLayout.HOST_ID, hostIds.size());
            hostIds.add(this);
            tables = new long[info.allTables().size()];
            memories = new long[info.allMemories().size()];
            globals = new long[info.allGlobals().size()];
            tags = new long[info.allTags().size()];
            droppedElements = new boolean[info.elements().size()];
            droppedData = new boolean[info.data().size()];
            typeIds = types.addAll(info.types());
            for (int i = 0; i < typeIds.length; i++) {
                memory.i32(vmctx + layout.typeId(i), typeIds[i] + 1);
            }
            references();
            imports(imports);
            define();
            exports();
        }

        @Override
        public Function function(FuncKey key) {
            return functions.computeIfAbsent(key, _ -> {
                Function f = switch (key.kind()) {
                    case WASM_FUNCTION ->
                        translator.translate(key.index() + env.wasm().importedFuncCount());
                    case ARRAY_TO_WASM -> Trampolines.arrayToWasm(env, key.index());
                    case WASM_TO_ARRAY -> Trampolines.wasmToArray(env, key.index());
                    case BUILTIN -> Trampolines.builtin(env, Builtin.values()[key.index()]);
                    case MODULE_STARTUP -> StartupTranslator.translate(env);
                    case COMPONENT_ADAPTER, COMPONENT_HELPER, COMPONENT_TRAMPOLINE -> throw new AssertionError(key);
                };
                pipeline.run(f);
                return f;
            });
        }

        private void imports(Imports imports) {
            int func = 0;
            int table = 0;
            int mem = 0;
            int global = 0;
            int tag = 0;
            for (ModuleInfo.Import i : info.imports()) {
                Extern e = imports.get(i.module(), i.name());
                if (e == null || e.type().kind() != i.type().kind()) {
                    throw new IllegalArgumentException("unknown import " + i.module() + "." + i.name());
                }
                switch (i.type()) {
                    case ExternType.Func f -> importFunction(func++, f.type(), e);
                    case ExternType.Table _ -> {
                        tables[table] = e.address();
                        memory.i64(vmctx + layout.importedTable(table++), e.address());
                    }
                    case ExternType.Memory _ -> {
                        memories[mem] = e.address();
                        memory.i64(vmctx + layout.importedMemory(mem++), e.address());
                    }
                    case ExternType.Global _ -> {
                        globals[global] = e.address();
                        memory.i64(vmctx + layout.importedGlobal(global++), e.address());
                    }
                    case ExternType.Tag _ -> {
                        tags[tag] = e.address();
                        memory.i64(vmctx + layout.importedTag(tag++), e.address());
                    }
                }
            }
        }

        private void importFunction(int slot, int type, Extern e) {
            if (memory.i64(e.address() + VMContextLayout.FUNCREF_CODE) == 0) {
                int canonical = env.wasm().types().canonical(type);
                memory.i64(
                        e.address() + VMContextLayout.FUNCREF_CODE,
                        machine.codeAddress(this, FuncKey.wasmToArray(0, canonical)));
            }
            long record = vmctx + layout.funcRef(slot);
            for (int at = 0; at < VMContextLayout.FUNCREF_BYTES; at += 8) {
                memory.i64(record + at, memory.i64(e.address() + at));
            }
        }

        private void define() {
            int importedTables = info.imported(ExternType.Kind.TABLE);
            for (int i = 0; i < info.tables().size(); i++) {
                long record = vmctx + layout.definedTable(i);
                tables[importedTables + i] = record;
                TableImage image = image(i);
                boolean isSealed = image != null && image.isSealed();
                memory.i64(
                        record + VMContextLayout.BASE,
                        isSealed
                                ? sealedTable(image)
                                : newTable(info.tables().get(i).min()));
                memory.i64(record + VMContextLayout.TABLE_IMAGE, image == null || isSealed ? 0 : lazyImage(image));
                memory.i64(record + VMContextLayout.TABLE_VMCTX, vmctx);
                memory.i64(record + VMContextLayout.LENGTH, info.tables().get(i).min());
                maxima.put(record, atMost(info.tables().get(i).max(), MAX_TABLE));
            }
            int importedMemories = info.imported(ExternType.Kind.MEMORY);
            for (int i = 0; i < info.memories().size(); i++) {
                ExternType.Memory type = info.memories().get(i);
                long size = MemoryConstants.bytes(type.min(), type.pageShift());
                long record = vmctx + layout.definedMemory(i);
                if (type.shared()) {
                    // Its record lies outside of the context, which has a pointer.
                    long outside = record(newMemory(size), size);
                    memory.i64(record, outside);
                    record = outside;
                } else {
                    memory.i64(record + VMContextLayout.BASE, newMemory(size));
                    memory.i64(record + VMContextLayout.LENGTH, size);
                }
                memories[importedMemories + i] = record;
                maxima.put(record, atMost(type.max(), MAX_BYTES >>> type.pageShift()));
                pageShifts.put(record, type.pageShift());
            }
            int importedTags = info.imported(ExternType.Kind.TAG);
            for (int i = 0; i < info.tags().size(); i++) {
                tags[importedTags + i] = vmctx + layout.definedTag(i);
            }
            int importedGlobals = info.imported(ExternType.Kind.GLOBAL);
            for (int i = 0; i < info.globals().size(); i++) {
                globals[importedGlobals + i] = vmctx + layout.definedGlobal(i);
            }
            for (ModuleInfo.MemoryImage image : info.images()) {
                long base = memory.i64(memories[importedMemories + image.memory()] + VMContextLayout.BASE);
                AddressSpace.Chunk c = memory.find(base, 0);
                c.bytes.put((int) image.memoryOffset(), data, (int) image.start(), (int) image.length());
            }
        }

        private TableImage image(int definedTable) {
            for (TableImage i : info.tableImages()) {
                if (i.table() == definedTable) {
                    return i;
                }
            }
            return null;
        }

        private int code(int definedFunction) {
            return definedFunction < 0
                    ? definedFunction
                    : (int) machine.codeAddress(this, FuncKey.wasmFunction(0, definedFunction));
        }

        private long sealedTable(TableImage image) {
            int[] words = image.words();
            AddressSpace.Chunk c = memory.allocate(4 * words.length, Region.Kind.TABLE);
            int step = image.form() == TableImage.Form.SEALED ? 2 : 1;
            for (int i = 0; i < words.length; i++) {
                c.bytes.putInt(4 * i, i % step == 0 ? code(words[i]) : words[i]);
            }
            return c.base;
        }

        private long lazyImage(TableImage image) {
            int[] words = image.words();
            AddressSpace.Chunk c = memory.allocate(TableImage.LAZY_ENTRIES + 4 * words.length, Region.Kind.CONTEXT);
            c.bytes.putInt(TableImage.FIRST, image.first()).putInt(TableImage.COUNT, image.count());
            for (int i = 0; i < words.length; i++) {
                c.bytes.putInt(TableImage.LAZY_ENTRIES + 4 * i, words[i]);
            }
            return c.base;
        }

        private void references() {
            FuncRefs refs = info.funcRefs();
            AddressSpace.Chunk c =
                    memory.allocate(References.HEAD_BYTES + refs.count() * FuncRefs.ENTRY_BYTES, Region.Kind.CONTEXT);
            c.bytes
                    .putInt(References.HEAD_RECORDS, layout.funcRef(0))
                    .putInt(References.HEAD_TYPE_IDS, layout.typeId(0));
            int importedFuncs = info.imported(ExternType.Kind.FUNC);
            for (int slot = 0; slot < refs.count(); slot++) {
                int at = References.HEAD_BYTES + slot * FuncRefs.ENTRY_BYTES;
                int function = refs.function(slot);
                c.bytes.putInt(
                        at + FuncRefs.ENTRY_CODE,
                        function < importedFuncs ? FuncRefs.IMPORTED : code(function - importedFuncs));
                c.bytes.putInt(at + FuncRefs.ENTRY_TYPE, refs.type(slot));
                c.bytes.putInt(at + FuncRefs.ENTRY_FUNCTION, function);
            }
            memory.i64(vmctx + VMContextLayout.REFERENCES, c.base);
        }

        private long funcRecord(int slot) {
            return machine.call(machine.codeAddress(this, FuncKey.builtin(0, Builtin.FUNC_RECORD)), vmctx, vmctx, slot)[
                    0];
        }

        private boolean hasFunctions(int table) {
            return info.types().top(ValType.heap(info.allTables().get(table).element())) == HeapType.FUNC;
        }

        private long slot(int table, long reference) {
            return reference == 0 && hasFunctions(table) ? VMContextLayout.NULL_SLOT : reference;
        }

        private void exports() {
            for (ModuleInfo.Export e : info.exports()) {
                int i = e.index();
                exports.put(
                        e.name(),
                        switch (e.kind()) {
                            case FUNC -> {
                                int slot = info.funcRefs().slotOf(i);
                                int type = info.funcRefs().type(slot);
                                yield new Extern(funcRecord(slot), new ExternType.Func(type));
                            }
                            case TABLE -> new Extern(tables[i], info.allTables().get(i));
                            case MEMORY ->
                                new Extern(memories[i], info.allMemories().get(i));
                            case GLOBAL ->
                                new Extern(globals[i], info.allGlobals().get(i));
                            case TAG -> new Extern(tags[i], info.allTags().get(i));
                        });
            }
        }

        void start() {
            if (info.startup()) {
                machine.reset();
                machine.call(machine.codeAddress(this, FuncKey.startup(0)), vmctx);
            }
        }

        AddressSpace memory() {
            return memory;
        }

        Extern export(String name) {
            return exports.get(name);
        }

        /** Calls an exported function through its trampoline; a vector is two words, the low one first. */
        long[] invoke(String name, long... args) {
            Extern e = exports.get(name);
            int type = ((ExternType.Func) e.type()).type();
            int canonical = env.wasm().types().canonical(type);
            FuncType function = info.types().func(type);
            int word = 0;
            for (int i = 0; i < function.paramCount(); i++) {
                memory.i64(area.base + 16L * i, args[word++]);
                if (function.param(i) == ValType.V128) {
                    memory.i64(area.base + 16L * i + 8, args[word++]);
                }
            }
            machine.reset();
            machine.call(
                    machine.codeAddress(this, FuncKey.arrayToWasm(0, canonical)),
                    memory.i64(e.address() + VMContextLayout.FUNCREF_VMCTX),
                    memory.i64(e.address() + VMContextLayout.FUNCREF_CODE),
                    area.base);
            LongStream.Builder values = LongStream.builder();
            for (int i = 0; i < function.resultCount(); i++) {
                read(function.result(i), area.base + 16L * i, values);
            }
            return values.build().toArray();
        }

        /** The value of a global that is exported, as {@link #invoke} has it. */
        long[] global(String name) {
            Extern e = exports.get(name);
            LongStream.Builder value = LongStream.builder();
            read(((ExternType.Global) e.type()).type(), e.address(), value);
            return value.build().toArray();
        }

        private void read(int type, long address, LongStream.Builder words) {
            boolean narrow = type == ValType.I32 || type == ValType.F32;
            words.add(narrow ? memory.i32(address) : memory.i64(address));
            if (type == ValType.V128) {
                words.add(memory.i64(address + 8));
            }
        }

        // Builtins.

        void builtin(Builtin builtin, long args) {
            long[] a = new long[builtin.params().length()];
            for (int i = 0; i < a.length; i++) {
                boolean narrow = builtin.params().charAt(i) == 'i';
                a[i] = narrow ? memory.i32(args + 16L * i) : memory.i64(args + 16L * i);
            }
            switch (builtin) {
                case MEMORY_GROW -> memory.i64(args, growMemory((int) a[0], a[1]));
                case MEMORY_INIT -> {
                    ModuleInfo.DataSegment s = info.data().get((int) a[1]);
                    long size = droppedData[(int) a[1]] ? 0 : s.length();
                    long record = memories[(int) a[0]];
                    long from = a[3] & 0xffffffffL;
                    long n = a[4] & 0xffffffffL;
                    check(TrapCode.MEMORY_OUT_OF_BOUNDS, from + n <= size && isInside(a[2], n, length(record)));
                    AddressSpace.Chunk c = memory.find(base(record), 0);
                    c.bytes.put((int) a[2], data, (int) (s.start() + from), (int) n);
                }
                case DATA_DROP -> droppedData[(int) a[0]] = true;
                case TABLE_GROW -> memory.i64(args, growTable((int) a[0], a[1], slot((int) a[0], a[2])));
                case TABLE_FILL -> {
                    long record = tables[(int) a[0]];
                    check(TrapCode.TABLE_OUT_OF_BOUNDS, isInside(a[1], a[3], length(record)));
                    fill(record, a[1], slot((int) a[0], a[2]), a[3]);
                }
                case TABLE_COPY -> {
                    long to = tables[(int) a[0]];
                    long from = tables[(int) a[1]];
                    check(
                            TrapCode.TABLE_OUT_OF_BOUNDS,
                            isInside(a[2], a[4], length(to)) && isInside(a[3], a[4], length(from)));
                    for (long i = 0; i < a[4] && hasFunctions((int) a[1]); i++) {
                        machine.call(
                                machine.codeAddress(this, FuncKey.builtin(0, Builtin.TABLE_SLOT)),
                                vmctx,
                                from,
                                a[3] + i);
                    }
                    move(base(to) + 8 * a[2], base(from) + 8 * a[3], 8 * a[4]);
                }
                case TABLE_INIT -> initTable((int) a[0], (int) a[1], a[2], a[3] & 0xffffffffL, a[4] & 0xffffffffL);
                case ELEM_DROP -> droppedElements[(int) a[0]] = true;
                case EXCEPTION_ALLOCATE -> memory.i64(args, memory.allocate((int) a[0], Region.Kind.HEAP).base);
                default -> throw new AssertionError(builtin);
            }
        }

        private long base(long record) {
            return memory.i64(record + VMContextLayout.BASE);
        }

        private long length(long record) {
            return memory.i64(record + VMContextLayout.LENGTH);
        }

        /** All three are unsigned. */
        private static boolean isInside(long start, long count, long length) {
            return Long.compareUnsigned(count, length) <= 0 && Long.compareUnsigned(start, length - count) <= 0;
        }

        private void check(TrapCode code, boolean ok) {
            if (!ok) {
                throw new IrExecution.Trap(code);
            }
        }

        private void fill(long record, long at, long value, long n) {
            for (long i = 0; i < n; i++) {
                memory.i64(base(record) + 8 * (at + i), value);
            }
        }

        private long growMemory(int index, long delta) {
            long record = memories[index];
            int shift = pageShifts.get(record);
            long old = length(record) >>> shift;
            if (Long.compareUnsigned(delta, maxima.get(record) - old) > 0) {
                return -1;
            }
            chunks.get(base(record)).resize((int) (old + delta << shift));
            memory.i64(record + VMContextLayout.LENGTH, old + delta << shift);
            return old;
        }

        private long growTable(int index, long delta, long value) {
            long record = tables[index];
            long old = length(record);
            if (Long.compareUnsigned(delta, maxima.get(record) - old) > 0) {
                return -1;
            }
            // The table moves, as it may in earnest.
            AddressSpace.Chunk before = chunks.remove(base(record));
            long moved = newTable(old + delta);
            chunks.get(moved).bytes.put(0, before.bytes, 0, (int) old * 8);
            memory.free(before);
            memory.i64(record + VMContextLayout.BASE, moved);
            memory.i64(record + VMContextLayout.LENGTH, old + delta);
            fill(record, old, value, delta);
            return old;
        }

        private void initTable(int table, int segment, long to, long from, long n) {
            long record = tables[table];
            ElementItems items = droppedElements[segment]
                    ? ElementItems.NONE
                    : info.elements().get(segment).items();
            check(TrapCode.TABLE_OUT_OF_BOUNDS, from + n <= items.count() && isInside(to, n, length(record)));
            for (long i = 0; i < n; i++) {
                int item = (int) (from + i);
                long value = switch (items.kind(item)) {
                    case FUNC_SLOT -> funcRecord(items.value(item));
                    case NULL -> slot(table, 0);
                    case GLOBAL, OWN_GLOBAL -> slot(table, memory.i64(globals[items.value(item)]));
                    case I31 -> throw new AssertionError("i31");
                };
                memory.i64(base(record) + 8 * (to + i), value);
            }
        }

        @Override
        public String toString() {
            return info.name() + Arrays.toString(memories);
        }
    }
}
