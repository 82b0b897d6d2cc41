package kiln.endive;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import kiln.runtime.CompiledModule;
import kiln.runtime.Extern;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.LinkException;
import kiln.runtime.MemoryType;
import kiln.runtime.StoreLimits;
import kiln.runtime.TableType;
import kiln.runtime.Tag;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import run.endive.runtime.CallResult;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.Instance;
import run.endive.runtime.Machine;
import run.endive.runtime.Memory;
import run.endive.runtime.TableInstance;
import run.endive.runtime.TagInstance;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.UnlinkableException;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.ActiveElement;
import run.endive.wasm.types.Element;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.MemoryLimits;
import run.endive.wasm.types.Table;

/**
 * An instance of Kiln's behind one of Endive's. Endive makes it when memories exist and before tables and globals do:
 * it makes the whole instance of Kiln's, gives the memories theirs, and tables and globals as they come.
 */
final class KilnMachine implements Machine {
    /** What is needed for calls of one function. */
    private record Callee(Func func, boolean numbers, int params, int results) {}

    private static final long[] NO_CELLS = {};

    private final NativeDoor door;
    private final CodeUnit unit;
    private final Instance instance;
    private final StoreGroup group;
    private final boolean ownsGroup;
    private final kiln.runtime.Instance ours;
    private final List<Func> importedFuncs = new ArrayList<>();
    private final List<Tag> importedTags = new ArrayList<>();
    private final Map<Integer, Callee> callees = new HashMap<>();
    private final int imports;
    private int lastIndex = -1;
    private Callee last;
    private int nextTable;
    private int nextGlobal;
    private boolean inUse;

    KilnMachine(NativeDoor door, CodeUnit unit, StoreGroup given, Instance instance) {
        this.door = door;
        this.unit = unit;
        this.instance = instance;
        this.imports = instance.imports().functionCount();
        unit.requireFits(instance.module());
        StoreGroup joined = given != null ? given : groupOfImports();
        MemoryLimits asked = askedLimits();
        if (asked != null && joined != null) {
            throw new UnsupportedOperationException("withMemoryLimits for an instance that shares its store with"
                    + " others: Kiln can limit only whole stores");
        }
        StoreLimits limits = asked == null
                ? StoreLimits.DEFAULT
                : StoreLimits.DEFAULT.withMemoryBytes((long) asked.maximumPages() * Memory.PAGE_SIZE);
        group = joined != null ? joined : door.newGroup(limits);
        ownsGroup = joined == null;
        boolean done = false;
        try {
            ours = kiln.runtime.Instance.create(group.store(), unit.module(), externs());
            bindMemories(asked);
            expectInitialisation();
            done = true;
        } catch (LinkException e) {
            throw new UnlinkableException("incompatible import type: " + e.getMessage(), e);
        } catch (TrapException e) {
            UninstantiableException u = new UninstantiableException(e.getMessage(), e);
            u.setStackTrace(e.getStackTrace());
            throw u;
        } finally {
            if (done || !ownsGroup) {
                group.release();
            } else {
                group.close();
            }
        }
        group.add(this);
    }

    StoreGroup group() {
        return group;
    }

    Instance instance() {
        return instance;
    }

    boolean isInUse() {
        return inUse;
    }

    // ---- construction

    private StoreGroup groupOfImports() {
        StoreGroup found = null;
        var given = instance.imports();
        for (int i = 0; i < given.memoryCount(); i++) {
            found = same(found, given.memory(i).memory() instanceof KilnMemory m ? m.group() : null);
        }
        for (int i = 0; i < given.tableCount(); i++) {
            found = same(found, given.table(i).table() instanceof KilnTable t ? t.group() : null);
        }
        for (int i = 0; i < given.globalCount(); i++) {
            found = same(found, given.global(i).instance() instanceof KilnGlobal g ? g.group() : null);
        }
        return found;
    }

    private static StoreGroup same(StoreGroup a, StoreGroup b) {
        if (a != null && b != null && a != b) {
            throw new UnlinkableException("the imports belong to instances of different groups, which cannot share"
                    + " memories, tables and globals: make all of them in one KilnEndive.group()");
        }
        return a != null ? a : b;
    }

    /** What withMemoryLimits said, or null if it is what the module says. */
    private MemoryLimits askedLimits() {
        var section = instance.module().memorySection();
        if (section.isEmpty() || section.get().memoryCount() == 0) {
            return null;
        }
        MemoryLimits asked = own(instance.imports().memoryCount()).limits();
        MemoryLimits declared = section.get().getMemory(0).limits();
        if (asked.initialPages() == declared.initialPages() && asked.maximumPages() == declared.maximumPages()) {
            return null;
        }
        if (asked.initialPages() < declared.initialPages()
                || asked.maximumPages() > declared.maximumPages()
                || section.get().memoryCount() > 1) {
            throw new UnsupportedOperationException("withMemoryLimits(" + asked + ") for a module that declares "
                    + declared + ": Kiln can only start with more and stop at less, and in modules with one memory");
        }
        return asked;
    }

    private KilnMemory own(int index) {
        if (instance.memory(index) instanceof KilnMemory m && !m.isBound()) {
            return m;
        }
        throw new WasmEngineException("memory " + index + " is "
                + instance.memory(index).getClass().getName()
                + ", not Kiln's: remove the line with withMemoryFactory(...) behind KilnEndive.use(...)");
    }

    private void bindMemories(MemoryLimits asked) {
        int first = instance.imports().memoryCount();
        int count = instance.module().memorySection().map(s -> s.memoryCount()).orElse(0);
        for (int i = first; i < first + count; i++) {
            kiln.runtime.Memory m = ours.memory(unit.name('m', i));
            own(i).bind(group, m);
            if (asked != null && m.grow(asked.initialPages() - m.pages()) < 0) {
                throw new UninstantiableException("the memory cannot start with " + asked.initialPages() + " pages");
            }
        }
    }

    /** Tells imported memories and tables what Endive will do to them soon, which is done already. */
    private void expectInitialisation() {
        for (int i = 0; i < instance.imports().memoryCount(); i++) {
            ((KilnMemory) instance.imports().memory(i).memory()).expectInitialisation();
        }
        for (int i = 0; i < instance.imports().tableCount(); i++) {
            ((KilnTable) instance.imports().table(i).table()).expect(elementsOf(i));
        }
    }

    private int elementsOf(int table) {
        int sum = 0;
        for (Element e : instance.module().elementSection().elements()) {
            if (e instanceof ActiveElement a && a.tableIndex() == table) {
                sum += a.initializers().size();
            }
        }
        return sum;
    }

    private List<Extern> externs() {
        List<Extern> result = new ArrayList<>();
        var given = instance.imports();
        int memories = 0;
        int tables = 0;
        int globals = 0;
        for (CompiledModule.ImportType wanted : unit.module().imports()) {
            String name = wanted.module() + "." + wanted.name();
            if (wanted.type() instanceof FuncType t) {
                Func f = imported(given.function(importedFuncs.size()), t);
                importedFuncs.add(f);
                result.add(f);
            } else if (wanted.type() instanceof MemoryType) {
                Memory m = given.memory(memories++).memory();
                if (!(m instanceof KilnMemory facade)) {
                    throw foreign(name, m, "KilnEndive.memory(limits)");
                }
                result.add(facade.in(group));
            } else if (wanted.type() instanceof TableType) {
                TableInstance t = given.table(tables++).table();
                if (!(t instanceof KilnTable facade)) {
                    throw foreign(name, t, "KilnEndive.table(table, value)");
                }
                result.add(facade.in(group));
            } else if (wanted.type() instanceof GlobalType t) {
                GlobalInstance g = given.global(globals++).instance();
                result.add(g instanceof KilnGlobal facade ? facade.in(group, t) : group.global(g, t));
            } else {
                Tag t = group.tag(given.tag(importedTags.size()).tag());
                importedTags.add(t);
                result.add(t);
            }
        }
        return result;
    }

    private static UnlinkableException foreign(String name, Object thing, String instead) {
        return new UnlinkableException(
                "the import " + name + " is " + thing.getClass().getName()
                        + ", which Kiln cannot share: make it with " + instead
                        + ", or let an instance that runs on Kiln export it");
    }

    private Func imported(ImportFunction f, FuncType type) {
        Instance source = f.sourceInstance();
        if (source != null && source.getMachine() instanceof KilnMachine m && m.group == group) {
            try {
                return m.func(source.module().exportSection(), f.name());
            } catch (NoSuchElementException _) {
                // It is registered under a name that is not the export's.
            }
        }
        FunctionType theirs = f.functionType();
        return Func.of(group.store(), type, new HostCall(group, type, theirs, instance, f.handle()));
    }

    private Func func(run.endive.wasm.types.ExportSection exports, String name) {
        for (int i = 0; i < exports.exportCount(); i++) {
            if (exports.getExport(i).name().equals(name)) {
                return ours.func(name);
            }
        }
        throw new NoSuchElementException(name);
    }

    /** How many tables of the module's own Endive has still to make. */
    int tablesToCome() {
        return instance.module().tableSection().tableCount() - nextTable;
    }

    /** The next table that Endive makes. */
    TableInstance table(Table declared, int initialValue) {
        int index = instance.imports().tableCount() + nextTable++;
        String name = unit.exportedTable(index);
        if (name == null) {
            return new LocalTable(this, index, declared, initialValue, elementsOf(index));
        }
        KilnTable t = new KilnTable(door, group, declared, initialValue);
        t.bind(group, ours.table(name));
        t.expect(elementsOf(index));
        group.release();
        return t;
    }

    /** The next mutable global that Endive makes, or null if it makes them a second time. */
    Global nextGlobal() {
        int first = instance.imports().globalCount();
        var section = instance.module().globalSection();
        while (nextGlobal < section.globalCount()
                && section.getGlobal(nextGlobal).mutabilityType() != run.endive.wasm.types.MutabilityType.Var) {
            nextGlobal++;
        }
        if (nextGlobal == section.globalCount()) {
            throw new UnsupportedOperationException("an instance of Kiln's is initialised once");
        }
        Global g = ours.global(unit.name('g', first + nextGlobal++));
        group.release();
        return g;
    }

    // ---- functions and tags by number

    Func func(int index) {
        return index < imports ? importedFuncs.get(index) : callee(index).func;
    }

    private Callee callee(int index) {
        if (index == lastIndex) {
            return last;
        }
        Callee c = callees.get(index);
        if (c == null) {
            Func f;
            try {
                f = ours.func(unit.name('f', index));
            } catch (NoSuchElementException e) {
                throw new WasmEngineException(
                        "function " + index + " is neither exported nor referred to: Kiln has no entry for it", e);
            }
            FuncType t = f.type();
            c = new Callee(
                    f,
                    Values.areNumbers(t.params()) && Values.areNumbers(t.results()),
                    t.paramCells(),
                    t.resultCells());
            callees.put(index, c);
        }
        last = c;
        lastIndex = index;
        return c;
    }

    /** Makes the group know all functions of this instance. */
    void placeAll() {
        for (int i = 0; i < imports; i++) {
            group.place(importedFuncs.get(i), instance, i);
        }
        unit.forEachFunction((name, index) -> {
            if (index >= imports) {
                group.place(ours.func(name), instance, index);
            }
        });
    }

    Tag tag(int index) {
        return index < importedTags.size() ? importedTags.get(index) : (Tag) ours.export(unit.name('t', index));
    }

    int indexOf(TagInstance t) {
        for (int i = 0; i < importedTags.size() + instance.tagCount(); i++) {
            if (instance.tag(i) == t) {
                return i;
            }
        }
        return -1;
    }

    int indexOf(Tag t) {
        for (int i = 0; i < importedTags.size() + instance.tagCount(); i++) {
            if (tag(i) == t) {
                return i;
            }
        }
        return -1;
    }

    // ---- calls

    @Override
    public long[] call(int index, long[] args) {
        if (index < imports) {
            return instance.imports().function(index).handle().apply(instance, args);
        }
        group.enter();
        inUse = true;
        try {
            Callee c = callee(index);
            if (!c.numbers) {
                return withRefs(c, args, null).longs();
            }
            long[] cells = args.length == c.params ? args : fit(args, c.params);
            if (c.results == 0) {
                c.func.call(cells);
                return null;
            } else if (c.results == 1) {
                return new long[] {c.func.call(cells)};
            }
            long[] results = new long[c.results];
            c.func.callRaw(cells, results);
            return results;
        } catch (TrapException e) {
            throw Traps.of(e);
        } catch (ThrownException e) {
            throw Values.exception(group, e);
        } catch (StackOverflowError e) {
            throw Traps.of(e);
        } finally {
            group.exit();
        }
    }

    /** As Endive's interpreter does: more arguments than needed are none, and those that are missing are 0. */
    private static long[] fit(long[] args, int count) {
        return java.util.Arrays.copyOf(args, count);
    }

    @Override
    public CallResult callWithRefs(int index, long[] args, Object[] refs) {
        if (index < imports) {
            return instance.imports().function(index).handle().applyWithRefs(instance, args, refs);
        }
        group.enter();
        inUse = true;
        try {
            return withRefs(callee(index), args, refs);
        } catch (TrapException e) {
            throw Traps.of(e);
        } catch (ThrownException e) {
            throw Values.exception(group, e);
        } catch (StackOverflowError e) {
            throw Traps.of(e);
        } finally {
            group.exit();
        }
    }

    private CallResult withRefs(Callee c, long[] args, Object[] refs) {
        FuncType type = c.func.type();
        long[] cells = c.params == 0 ? NO_CELLS : new long[c.params];
        Values.toCells(group, type.params(), instance, args, refs, cells);
        long[] results = new long[c.results];
        c.func.callRaw(cells, results);
        Object[] objects = Values.refsOf(group, type.results(), results, instance);
        return CallResult.of(results.length == 0 ? null : results, objects);
    }

    @Override
    public long[] call(int index, long[] args, Object[] refs) {
        return callWithRefs(index, args, refs).longs();
    }

    /** Frees the instance, unless others may use what it has. */
    @Override
    public void close() {
        if (ownsGroup) {
            group.close();
        }
    }
}
