package kiln.endive;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.Tag;
import run.endive.runtime.CallResult;
import run.endive.runtime.GlobalInstance;
import run.endive.runtime.Instance;
import run.endive.runtime.TagInstance;
import run.endive.runtime.WasmFunctionHandle;
import run.endive.runtime.WasmInterruptedException;

/**
 * A store and what Endive's objects are in it. The store is claimed by the outermost call and released after it, so
 * that any thread may make the next one.
 */
final class StoreGroup {
    /** Whose function something is, and under which number. */
    record Place(Instance instance, int index) {}

    /** A mutable global of the host's that is not Kiln's: equal to ours whenever WebAssembly or Java looks. */
    private record Mirror(GlobalInstance theirs, Global ours) {}

    private final Store store;
    private final List<KilnMachine> machines = new ArrayList<>();
    private final Map<Func, Place> places = new IdentityHashMap<>();
    private final Map<TagInstance, Tag> hostTags = new IdentityHashMap<>();
    private final List<Mirror> mirrors = new ArrayList<>();
    /** Machines whose functions are in {@link #places}. */
    private int placed;
    /** Calls that run, one within the other. */
    private int depth;

    private Interruptions.Call call;
    private Store outer;
    private boolean closed;

    StoreGroup(Engine engine, StoreLimits limits) {
        store = new Store(engine, limits);
    }

    Store store() {
        return store;
    }

    // ---- crossings

    /** A call into WebAssembly begins. */
    void enter() {
        if (depth == 0) {
            if (Thread.currentThread().isInterrupted()) {
                throw new WasmInterruptedException("Thread interrupted");
            }
            // First, because it fails if another thread is at work.
            store.clearInterrupt();
            call = Interruptions.current();
            outer = call.begin(store);
        }
        depth++;
        if (!mirrors.isEmpty()) {
            toKiln();
        }
    }

    /** It has ended. */
    void exit() {
        if (!mirrors.isEmpty()) {
            toEndive();
        }
        if (--depth == 0) {
            call.end(outer);
            call = null;
            outer = null;
            if (!closed) {
                store.release();
            }
        }
    }

    /** Whether the current thread must release the store after it has used it. */
    boolean isIdle() {
        return depth == 0;
    }

    /** Hands the store on after a use outside of calls. */
    void release() {
        if (depth == 0) {
            store.release();
        }
    }

    /** A call of the host begins. */
    void enterHost() {
        if (!mirrors.isEmpty()) {
            toEndive();
        }
    }

    /** It has ended. */
    void exitHost() {
        if (!mirrors.isEmpty()) {
            toKiln();
        }
    }

    private void toKiln() {
        for (Mirror m : mirrors) {
            Values.setGlobal(this, m.ours, m.theirs);
        }
    }

    private void toEndive() {
        for (Mirror m : mirrors) {
            Values.readGlobal(this, m.ours, m.theirs);
        }
    }

    // ---- what the host has

    /** What a global of the host's is here. */
    Global global(GlobalInstance g, GlobalType type) {
        for (Mirror m : mirrors) {
            if (m.theirs == g) {
                return m.ours;
            }
        }
        Global ours = Values.newGlobal(this, type, g);
        if (type.mutable()) {
            mirrors.add(new Mirror(g, ours));
        }
        return ours;
    }

    // ---- functions

    void add(KilnMachine machine) {
        machines.add(machine);
    }

    void place(Func f, Instance instance, int index) {
        places.putIfAbsent(f, new Place(instance, index));
    }

    /**
     * Whose function this is.
     *
     * @throws IllegalStateException if nobody here knows it
     */
    Place place(Func f) {
        Place p = places.get(f);
        while (p == null && placed < machines.size()) {
            machines.get(placed++).placeAll();
            p = places.get(f);
        }
        if (p == null) {
            throw new IllegalStateException("a function that no instance of this group has");
        }
        return p;
    }

    /** A function of an instance, as a reference. */
    Func func(Instance instance, int index) {
        if (instance.getMachine() instanceof KilnMachine m && m.group() == this) {
            return m.func(index);
        }
        for (var e : places.entrySet()) {
            if (e.getValue().instance == instance && e.getValue().index == index) {
                return e.getKey();
            }
        }
        var type = instance.type(instance.functionType(index));
        FuncType ours = Values.type(type);
        Func f = Func.of(store, ours, new HostCall(this, ours, type, instance, new WasmFunctionHandle() {
            @Override
            public long[] apply(Instance at, long... args) {
                return instance.getMachine().call(index, args);
            }

            @Override
            public CallResult applyWithRefs(Instance at, long[] args, Object[] refs) {
                return instance.getMachine().callWithRefs(index, args, refs);
            }
        }));
        place(f, instance, index);
        return f;
    }

    // ---- tags

    Tag tag(TagInstance t) {
        for (KilnMachine m : machines) {
            int i = m.indexOf(t);
            if (i >= 0) {
                return m.tag(i);
            }
        }
        return hostTags.computeIfAbsent(t, k -> Tag.of(store, Values.type(k.type())));
    }

    /** Whose tag this is, or null. */
    Place place(Tag t) {
        for (KilnMachine m : machines) {
            int i = m.indexOf(t);
            if (i >= 0) {
                return new Place(m.instance(), i);
            }
        }
        return null;
    }

    /** Frees everything. */
    void close() {
        if (!closed) {
            store.close();
            closed = true;
        }
    }
}
