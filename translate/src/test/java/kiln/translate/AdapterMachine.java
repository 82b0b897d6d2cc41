package kiln.translate;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.LinkedContexts;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.component.ComponentContext;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.CoreItem;
import kiln.artifact.component.CoreType;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.StringEncoding;
import kiln.ir.Function;
import kiln.ir.Region;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.wasm.WasmModule;

/**
 * Two component instances, each with a memory, and an adapter between them, whose IR is executed. The callee and what
 * allocates memory are Java.
 */
final class AdapterMachine implements IrMachine.Code {
    static final int CALLER = 0;
    static final int CALLEE = 1;
    private static final int PAGE = 1 << 16;
    private static final int PAGES = 4;

    /** The lifted function. */
    interface Callee {
        long[] call(long[] args);
    }

    /** A call of realloc, as the guest saw it. */
    record Realloc(int old, int oldBytes, int alignment, int bytes) {}

    /** One component instance. */
    static final class Side {
        final StringEncoding encoding;
        ByteBuffer memory;
        int next = 64;
        final List<Realloc> reallocs = new ArrayList<>();
        /** Added to what a realloc returns, to be wrong on purpose. */
        int error;
        /** Which one is wrong, counted from 0; -1 if all are. */
        int errorAt = -1;

        int postReturns;

        Side(StringEncoding encoding) {
            this.encoding = encoding;
        }

        int allocate(int alignment, int bytes) {
            next = next + alignment - 1 & -alignment;
            int at = next;
            next += bytes + 1;
            return at;
        }

        private int realloc(Realloc r) {
            reallocs.add(r);
            int at = allocate(r.alignment, r.bytes);
            for (int i = 0; i < Math.min(r.oldBytes, r.bytes) && at + i < memory.capacity(); i++) {
                memory.put(at + i, memory.get(r.old + i));
            }
            // Nobody may read there again.
            for (int i = r.old; i < r.old + r.oldBytes; i++) {
                memory.put(i, (byte) 0);
            }
            return errorAt < 0 || errorAt == reallocs.size() - 1 ? at + error : at;
        }
    }

    final Side caller;
    final Side callee;
    final ComponentFunctions functions;
    private final IrMachine machine = new IrMachine();
    private final AddressSpace memory = machine.memory;
    private final Pipeline pipeline;
    private final List<ModuleEnvironment> modules = new ArrayList<>();
    private final Map<FuncKey, Function> code = new HashMap<>();
    private final List<Callee> hosts = new ArrayList<>();
    private final AddressSpace.Chunk store = memory.allocate(StoreLayout.SIZE, Region.Kind.CONTEXT);
    private final LinkedContexts contexts;
    private final long base;
    private final ComponentContext layout;
    private final AddressSpace.Chunk[] tables = new AddressSpace.Chunk[3];
    /** What Java was told, as text. */
    final List<String> told = new ArrayList<>();

    AdapterMachine(
            FunctionType type,
            List<ComponentPlan.Resource> resources,
            StringEncoding from,
            StringEncoding to,
            int level,
            boolean explicitBounds,
            Callee function) {
        caller = new Side(from);
        callee = new Side(to);
        pipeline = Pipeline.forLevel(level);
        ComponentPlan plan = plan(type, resources, from, to);
        layout = new ComponentContext(plan);
        TranslateOptions options = TranslateOptions.DEFAULT.withExplicitBounds(explicitBounds);
        modules.add(new ModuleEnvironment(new Bytes().decode(), 0, options));
        LinkedContexts all = LinkedContexts.NONE.with(layout.size());
        for (int i = 1; i <= 2; i++) {
            WasmModule wasm = module(type);
            ModuleEnvironment env = new ModuleEnvironment(wasm, i, options, new Linkage("m" + i, List.of(), all));
            modules.add(env);
            all = env.contexts();
        }
        contexts = all;
        base = memory.allocate(contexts.bytes(), Region.Kind.CONTEXT, Region.Kind.GLOBAL).base;
        functions = new ComponentFunctions(plan, modules);
        memory.i64(store.base + StoreLayout.UPCALL, machine.nativeAddress(this::upcall));
        memory.i64(store.base + StoreLayout.MEMMOVE, machine.nativeAddress(a -> {
            move(a[0], a[1], a[2]);
            return a[0];
        }));
        for (int i = 0; i <= 2; i++) {
            memory.i64(context(i) + VMContextLayout.STORE, store.base);
        }
        for (int i = 0; i <= 2; i++) {
            memory.i32(part(i) + ComponentContext.MAY_LEAVE, 1);
        }
        instance(1, callee, function);
        instance(2, caller, _ -> new long[0]);
    }

    /** Component instance 0 is the root, 1 the caller, 2 the callee; core instance 0 is the callee's. */
    private static ComponentPlan plan(
            FunctionType type, List<ComponentPlan.Resource> resources, StringEncoding from, StringEncoding to) {
        List<CoreItem> none = List.of();
        ComponentPlan.Options lifted =
                new ComponentPlan.Options(to, new CoreExport(0, "m"), new CoreExport(0, "r"), new CoreExport(0, "p"));
        ComponentPlan.Options lowered =
                new ComponentPlan.Options(from, new CoreExport(1, "m"), new CoreExport(1, "r"), null);
        return new ComponentPlan(
                List.of(new ComponentPlan.CoreInstance(2, none), new ComponentPlan.CoreInstance(1, none)),
                List.of(-1, 0, 0),
                resources,
                List.of(),
                List.of(),
                List.of(),
                List.of(new ComponentPlan.Lift(2, new CoreExport(0, "f"), type, lifted)),
                List.of(
                        new ComponentPlan.LowerLift(1, 0, lowered),
                        new ComponentPlan.ResourceNew(2, 0),
                        new ComponentPlan.ResourceRep(2, 0),
                        new ComponentPlan.ResourceDrop(1, 0)),
                Map.of());
    }

    /** Exports its memory and three functions that it imports: f, realloc and post-return. */
    private static WasmModule module(FunctionType type) {
        List<Integer> types = new ArrayList<>(List.of(3));
        signature(types, type.liftedParams(), type.liftedResults());
        CoreType i32 = CoreType.I32;
        signature(types, List.of(i32, i32, i32, i32), List.of(i32));
        signature(types, type.liftedResults(), List.of());
        return new Bytes()
                .section(1, types.stream().mapToInt(i -> i).toArray())
                .section(2, 3, 1, 'h', 1, 'f', 0, 0, 1, 'h', 1, 'r', 0, 1, 1, 'h', 1, 'p', 0, 2)
                .section(5, 1, 1, PAGES, PAGES)
                .section(7, 4, 1, 'm', 2, 0, 1, 'f', 0, 0, 1, 'r', 0, 1, 1, 'p', 0, 2)
                .decode();
    }

    private static void signature(List<Integer> out, List<CoreType> params, List<CoreType> results) {
        out.add(0x60);
        for (List<CoreType> list : List.of(params, results)) {
            out.add(list.size());
            list.forEach(t -> out.add(0x7f - t.ordinal()));
        }
    }

    private void instance(int module, Side side, Callee function) {
        VMContextLayout l = modules.get(module).layout();
        AddressSpace.Chunk bytes = memory.allocate(PAGES * PAGE, Region.Kind.MEMORY);
        side.memory = bytes.bytes;
        long record = context(module) + l.definedMemory(0);
        memory.i64(record + VMContextLayout.BASE, bytes.base);
        memory.i64(record + VMContextLayout.LENGTH, (long) PAGES * PAGE);
        host(module, 0, function);
        host(module, 1, a -> new long[] {side.realloc(new Realloc((int) a[0], (int) a[1], (int) a[2], (int) a[3]))});
        host(module, 2, a -> {
            side.postReturns++;
            return new long[0];
        });
    }

    private void host(int module, int slot, Callee body) {
        ModuleEnvironment env = modules.get(module);
        AddressSpace.Chunk context = memory.allocate(VMContextLayout.HOST_CONTEXT_BYTES, Region.Kind.CONTEXT);
        memory.i64(context.base + VMContextLayout.STORE, store.base);
        memory.i64(context.base + VMContextLayout.HOST_ID, hosts.size() + 1);
        hosts.add(body);
        long record = context(module) + env.layout().funcRef(slot);
        int type = env.wasm().types().canonical(env.wasm().funcTypeIndex(slot));
        memory.i64(record + VMContextLayout.FUNCREF_CODE, machine.codeAddress(this, FuncKey.wasmToArray(module, type)));
        memory.i64(record + VMContextLayout.FUNCREF_VMCTX, context.base);
    }

    private void move(long to, long from, long n) {
        AddressSpace.Chunk source = memory.find(from, n);
        AddressSpace.Chunk target = memory.find(to, n);
        byte[] copy = new byte[(int) n];
        source.bytes.get((int) (from - source.base), copy);
        target.bytes.put((int) (to - target.base), copy);
    }

    private long upcall(long[] args) {
        try {
            int builtin = (int) (args[0] >>> 32);
            long area = args[1];
            if (builtin != 0) {
                builtin(Builtin.values()[builtin], area);
                return 0;
            }
            long[] cells = new long[17];
            for (int i = 0; i < cells.length && memory.find(area + 16L * i, 8) != null; i++) {
                cells[i] = memory.i64(area + 16L * i);
            }
            long[] results = hosts.get((int) args[0] - 1).call(cells);
            for (int i = 0; i < results.length; i++) {
                memory.i64(area + 16L * i, results[i]);
            }
            return 0;
        } catch (RuntimeException e) {
            machine.pending = e;
            return 1;
        }
    }

    private void builtin(Builtin builtin, long area) {
        int[] a = new int[4];
        for (int i = 0; i < builtin.params().length(); i++) {
            a[i] = memory.i32(area + 16L * i);
        }
        switch (builtin) {
            case HANDLE_ADD -> {
                grow(a[0]);
                memory.i32(area, addHandle(a[0], a[1], a[2], a[3]));
            }
            case HANDLE_FAILED -> throw new IllegalStateException("handle " + a[1] + " of " + a[0]);
            case RESOURCE_DROPPED -> told.add("dropped " + a[0] + " " + a[1]);
            default -> throw new AssertionError(builtin);
        }
    }

    // Handle tables.

    private void grow(int instance) {
        long part = part(instance);
        int capacity = Math.max(2, 2 * memory.i32(part + ComponentContext.CAPACITY));
        AddressSpace.Chunk grown = memory.allocate(capacity * ComponentContext.ENTRY_BYTES, Region.Kind.CONTEXT);
        if (tables[instance] != null) {
            grown.bytes.put(0, tables[instance].bytes, 0, tables[instance].bytes.capacity());
        }
        tables[instance] = grown;
        memory.i64(part + ComponentContext.ENTRIES, grown.base);
        memory.i32(part + ComponentContext.CAPACITY, capacity);
        memory.i32(part + ComponentContext.USED, Math.max(1, memory.i32(part + ComponentContext.USED)));
    }

    int addHandle(int instance, int resource, int rep, int kind) {
        long part = part(instance);
        int used = memory.i32(part + ComponentContext.USED);
        if (used >= memory.i32(part + ComponentContext.CAPACITY)) {
            grow(instance);
            used = memory.i32(part + ComponentContext.USED);
        }
        long entry = memory.i64(part + ComponentContext.ENTRIES) + (long) used * ComponentContext.ENTRY_BYTES;
        memory.i32(entry + ComponentContext.ENTRY_RESOURCE, resource);
        memory.i32(entry + ComponentContext.ENTRY_REP, rep);
        memory.i32(entry + ComponentContext.ENTRY_KIND, kind);
        memory.i32(part + ComponentContext.USED, used + 1);
        return used;
    }

    /** Resource (number + 1, 0 if free), representation and kind of a handle. */
    List<Integer> handle(int instance, int handle) {
        long entry =
                memory.i64(part(instance) + ComponentContext.ENTRIES) + (long) handle * ComponentContext.ENTRY_BYTES;
        return List.of(
                memory.i32(entry + ComponentContext.ENTRY_RESOURCE),
                memory.i32(entry + ComponentContext.ENTRY_REP),
                memory.i32(entry + ComponentContext.ENTRY_KIND));
    }

    int field(int instance, int field) {
        return memory.i32(part(instance) + field);
    }

    void setField(int instance, int field, int value) {
        memory.i32(part(instance) + field, value);
    }

    private long part(int instance) {
        return context(0) + layout.component(instance);
    }

    private long context(int module) {
        return base + contexts.offset(module);
    }

    // Running.

    @Override
    public long distance(FuncKey from, FuncKey to) {
        return contexts.distance(from.payload(), to.payload());
    }

    @Override
    public Function function(FuncKey key) {
        Function known = code.get(key);
        if (known == null) {
            known = switch (key.kind()) {
                case WASM_TO_ARRAY -> Trampolines.wasmToArray(modules.get(key.payload()), key.index());
                case BUILTIN -> Trampolines.builtin(modules.get(0), Builtin.values()[key.index()]);
                default -> functions.translate(key);
            };
            Verifier.verify(known);
            pipeline.run(known);
            code.put(key, known);
        }
        return known;
    }

    /** How many instructions the code has that exists so far. */
    int size() {
        int size = 0;
        for (Function f : code.values()) {
            for (var block : f.blocks()) {
                for (var i = block.first(); i != null; i = i.next()) {
                    size++;
                }
            }
        }
        return size;
    }

    /** Translates a canonical definition and all that it needs. */
    void translateAll(int canon) {
        function(functions.target(canon).key());
        for (FuncKey key = functions.nextHelper(); key != null; key = functions.nextHelper()) {
            function(key);
        }
    }

    /** What stands for a canonical definition, with its own helpers, as it was written. */
    String text(int canon) {
        StringBuilder out = new StringBuilder();
        Fixtures.append(out, functions.translate(functions.target(canon).key()));
        for (FuncKey key = functions.nextHelper(); key != null; key = functions.nextHelper()) {
            Fixtures.append(out, functions.translate(key));
        }
        return out.toString();
    }

    /** Calls what stands for a canonical definition. */
    long[] callCanon(int canon, long... args) {
        FuncKey key = functions.target(canon).key();
        machine.reset();
        return machine.call(machine.codeAddress(this, key), context(key.payload()), args);
    }

    /** The lower function. */
    long[] call(long... args) {
        return callCanon(0, args);
    }

    /** What a trap says, or what it was thrown for. */
    static String message(RuntimeException e) {
        return e instanceof IrExecution.Trap t ? t.code.name() : e.getMessage();
    }

    /** A type without names. */
    static InterfaceType type(kiln.artifact.component.TypeKind kind, InterfaceType... children) {
        return new InterfaceType(kind, List.of(), java.util.Arrays.asList(children), -1, 0);
    }
}
