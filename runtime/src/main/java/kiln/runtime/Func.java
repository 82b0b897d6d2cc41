package kiln.runtime;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.List;
import kiln.loader.Native;

/** A function: one of an instance, or one of the host. */
public final class Func implements Extern {
    private static final long[] NO_CELLS = {};

    private final Store store;
    private final FuncType type;
    private final int typeId;
    private final int areaBytes;
    private final int paramCells;
    private final int resultCells;
    /** Whether every parameter is one cell, and so in a place of its own of the argument area. */
    private final boolean simpleParams;
    /** As {@link References#among}. */
    private final ValType.Ref[] refParams;
    /** Whether there is one result and its cell is made from 32 bits. */
    private final boolean narrowResult;
    /** Whether some result is a reference. */
    private final boolean refResults;

    /** Null for a function of the host. */
    private final Instance instance;
    /** In the instance's function space. */
    private final int index;

    private final long vmctx;
    private final long code;
    private final long trampoline;
    /** The funcref record, or 0 as long as there is none. */
    private long record;

    /** Null for a function of an instance. */
    private final HostAdapter host;

    private MethodHandle handle;

    private Func(
            Store store,
            FuncType type,
            int typeId,
            Instance instance,
            int index,
            long vmctx,
            long code,
            long trampoline,
            long record,
            HostAdapter host) {
        this.store = store;
        this.type = type;
        this.typeId = typeId;
        this.areaBytes =
                16 * Math.max(1, Math.max(type.params().size(), type.results().size()));
        this.paramCells = type.paramCells();
        this.resultCells = type.resultCells();
        this.simpleParams = paramCells == type.params().size();
        this.refParams = References.among(type.params());
        this.narrowResult = resultCells == 1 && Cells.isNarrow(type.results().getFirst());
        this.refResults = References.among(type.results()) != null;
        this.instance = instance;
        this.index = index;
        this.vmctx = vmctx;
        this.code = code;
        this.trampoline = trampoline;
        this.record = record;
        this.host = host;
    }

    static Func ofInstance(
            Instance instance, int index, int typeId, FuncType type, long code, long trampoline, long record) {
        return new Func(
                instance.store(), type, typeId, instance, index, instance.vmctx(), code, trampoline, record, null);
    }

    static Func ofHost(Store store, FuncType type, HostAdapter host) {
        return new Func(store, type, store.engine().types().find(type), null, -1, 0, 0, 0, 0, host);
    }

    /** The same function of the host under another number of the same type, as a module declares it. */
    Func as(int otherTypeId) {
        return new Func(store, type, otherTypeId, null, -1, 0, 0, 0, 0, host);
    }

    /**
     * A function of the host in its raw form.
     *
     * @throws IllegalArgumentException if the type mentions a type that no module has
     */
    public static Func of(Store store, FuncType type, HostFunction function) {
        return store.use(() -> ofHost(store, type, HostAdapter.raw(type, function)));
    }

    /**
     * A function of the host that is a Java method; its type follows from the method's, see
     * {@link FuncType#of(MethodType)}. A first parameter of type {@link Caller} is not part of the type.
     */
    public static Func of(Store store, MethodHandle method) {
        FuncType type = HostAdapter.typeOf(method.type());
        return store.use(() -> ofHost(store, type, HostAdapter.typed(type, method)));
    }

    @Override
    public FuncType type() {
        return type;
    }

    @Override
    public Store store() {
        return store;
    }

    /** Its instance, or null for a function of the host. */
    Instance instance() {
        return instance;
    }

    int index() {
        return index;
    }

    HostAdapter host() {
        return host;
    }

    /** The engine's number, or -1 for a function of the host whose type has none before a module declares it. */
    int typeId() {
        return typeId;
    }

    long vmctx() {
        return vmctx;
    }

    long code() {
        return code;
    }

    /** The funcref by which generated code knows it. */
    long record() {
        if (record == 0) {
            if (typeId < 0) {
                throw new IllegalArgumentException(
                        "a function of the host is no funcref if its type is one that only modules can declare: "
                                + type);
            }
            record = store.hostRecord(this);
        }
        return record;
    }

    /**
     * Calls with cells, see {@link ValType}.
     *
     * @return the result's cell, or 0 if there is no result
     * @throws IllegalArgumentException if the number of cells is wrong, or one should be a reference of this store and
     *     is none
     * @throws IllegalStateException if there is more than one result cell
     * @throws TrapException if it traps; what host functions throw comes out unchanged
     */
    public long call(long... args) {
        if (resultCells > 1) {
            throw new IllegalStateException("several result cells: use callRaw or invoke");
        }
        long area = begin(args);
        enter(area);
        long result = 0;
        if (narrowResult) {
            result = Native.getInt(area);
        } else if (resultCells != 0) {
            result = Native.getLong(area);
            if (refResults) {
                result = store.references().cell((ValType.Ref) type.results().getFirst(), result);
            }
        }
        store.leave();
        return result;
    }

    /**
     * Calls with cells, see {@link ValType}.
     *
     * @param results takes the results
     * @throws IllegalArgumentException if the number of cells is wrong, or one should be a reference of this store and
     *     is none
     */
    public void callRaw(long[] args, long[] results) {
        if (results.length != resultCells) {
            throw new IllegalArgumentException(resultCells + " result cells needed, not " + results.length);
        }
        long area = begin(args);
        enter(area);
        Cells.readAll(type.results(), area, results);
        if (refResults) {
            store.references().toCells(type.results(), results);
        }
        store.leave();
    }

    private long begin(long[] args) {
        if (args.length != paramCells) {
            throw new IllegalArgumentException(paramCells + " argument cells needed, not " + args.length);
        }
        long area = begin();
        if (simpleParams) {
            for (int i = 0; i < args.length; i++) {
                Native.putLong(area + 16L * i, args[i]);
            }
        } else {
            Cells.writeAll(type.params(), area, args);
        }
        if (refParams != null) {
            toRaw(area);
        }
        return area;
    }

    private void toRaw(long area) {
        try {
            store.references().toRaw(refParams, area);
        } catch (IllegalArgumentException e) {
            store.leave();
            throw e;
        }
    }

    /**
     * Calls with objects: Integer, Long, Float, Double, {@link V128}, {@link Func} or null for funcref, anything for
     * externref.
     *
     * @return null for no result, the result, or an Object[] of several
     * @throws IllegalArgumentException if the arguments do not fit
     */
    public Object invoke(Object... args) {
        List<ValType> params = type.params();
        if (args.length != params.size()) {
            throw new IllegalArgumentException(params.size() + " arguments needed, not " + args.length);
        }
        long area = begin();
        try {
            for (int i = 0; i < args.length; i++) {
                Cells.writeObject(store, params.get(i), area + 16L * i, args[i]);
            }
        } catch (IllegalArgumentException e) {
            store.leave();
            throw e;
        }
        enter(area);
        List<ValType> results = type.results();
        Object[] objects = new Object[results.size()];
        for (int i = 0; i < objects.length; i++) {
            objects[i] = Cells.readObject(store, results.get(i), area + 16L * i);
        }
        store.leave();
        if (results.size() <= 1) {
            return results.isEmpty() ? null : objects[0];
        }
        return objects;
    }

    /**
     * A method handle of type {@link FuncType#methodType()} that calls without boxing. Fast above all when it is
     * constant (a static final field).
     */
    public MethodHandle handle() {
        if (handle == null) {
            handle = TypedCalls.handle(type).bindTo(this);
        }
        return handle;
    }

    /**
     * The handle, converted.
     *
     * @throws java.lang.invoke.WrongMethodTypeException if {@code as} does not fit
     */
    public MethodHandle typed(MethodType as) {
        return handle().asType(as);
    }

    /** Room for the arguments and results of one call. */
    long begin() {
        return store.beginCall(areaBytes);
    }

    /** Runs, with arguments and then results in {@code area}. */
    void enter(long area) {
        if (host == null) {
            store.enter(vmctx, trampoline, code, area, areaBytes);
        } else {
            store.callHost(host, area, areaBytes);
        }
    }

    /** Called by generated code when it has the results. */
    void leave() {
        store.leave();
    }

    /** Called by generated code. */
    void putRef(long area, int param, Object value) {
        try {
            Native.putLong(
                    area + 16L * param,
                    store.references().raw(store, (ValType.Ref) type.params().get(param), value));
        } catch (IllegalArgumentException e) {
            store.leave();
            throw e;
        }
    }

    /** Called by generated code. */
    Object getRef(long area) {
        return store.references().object((ValType.Ref) type.results().getFirst(), Native.getLong(area));
    }

    /** All results as cells. Called by generated code. */
    long[] results(long area) {
        long[] cells = resultCells == 0 ? NO_CELLS : new long[resultCells];
        Cells.readAll(type.results(), area, cells);
        if (refResults) {
            store.references().toCells(type.results(), cells);
        }
        return cells;
    }

    @Override
    public String toString() {
        return (instance == null ? "host " : "") + type;
    }
}
