package kiln.endive;

import kiln.runtime.EntityType;
import kiln.runtime.Func;
import kiln.runtime.StoreLimits;
import kiln.runtime.TableType;
import kiln.runtime.ValType;
import run.endive.runtime.Instance;
import run.endive.runtime.TableInstance;
import run.endive.runtime.WasmExternRef;
import run.endive.wasm.UninstantiableException;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.Table;
import run.endive.wasm.types.TableLimits;
import run.endive.wasm.types.Value;

/** A table of Kiln's in Endive's form: one that a module exports or imports. */
final class KilnTable extends TableInstance {
    private final NativeDoor door;
    private final Table declared;
    private StoreGroup group;
    private kiln.runtime.Table table;
    /** So many elements Endive will still set because it initialises instances; Kiln has done so. */
    private int expected;

    private InitialValue initial;

    /** @param group of a table of the host's, or null */
    KilnTable(NativeDoor door, StoreGroup group, Table declared, int initialValue) {
        super(declared, initialValue);
        this.door = door;
        this.group = group;
        this.declared = declared;
    }

    StoreGroup group() {
        return group;
    }

    void bind(StoreGroup to, kiln.runtime.Table defined) {
        group = to;
        table = defined;
        initial = new InitialValue(declared);
    }

    /** What an instance in {@code to} imports. */
    kiln.runtime.Table in(StoreGroup to) {
        if (table == null) {
            group = to;
            ValType.Ref type = (ValType.Ref) Values.type(declared.elementType());
            long max = declared.limits().max();
            table = kiln.runtime.Table.of(
                    to.store(),
                    new TableType(
                            type, declared.limits().min(), max >= TableLimits.LIMIT_MAX ? EntityType.UNBOUNDED : max),
                    null);
        }
        return table;
    }

    private boolean isExpected(int index) {
        if (initial != null && initial.isNext(index)) {
            return true;
        }
        if (expected > 0) {
            expected--;
            return true;
        }
        return false;
    }

    void expect(int elements) {
        expected += elements;
    }

    private kiln.runtime.Table claim() {
        if (table == null) {
            in(group != null ? group : door.newGroup(StoreLimits.DEFAULT));
        }
        return table;
    }

    private void release() {
        group.release();
    }

    private boolean isExtern() {
        return table.type().element().isExtern();
    }

    @Override
    public int size() {
        kiln.runtime.Table t = claim();
        try {
            return (int) t.size();
        } finally {
            release();
        }
    }

    @Override
    public TableLimits limits() {
        // Endive's constructor asks before there is anything.
        return door == null
                ? super.limits()
                : new TableLimits(
                        size(), declared.limits().max(), declared.limits().shared());
    }

    private Object object(int index, String problem) {
        kiln.runtime.Table t = claim();
        try {
            return t.get(Integer.toUnsignedLong(index));
        } catch (IndexOutOfBoundsException e) {
            throw new WasmEngineException(problem, e);
        } finally {
            release();
        }
    }

    @Override
    public int ref(int index) {
        Object o = object(index, "undefined element");
        return o instanceof Func f ? group.place(f).index() : (int) Values.toEndive(group, null, o);
    }

    @Override
    public int requiredRef(int index) {
        int ref = ref(index);
        if (ref == Value.REF_NULL_VALUE) {
            throw new WasmEngineException("uninitialized element " + index);
        }
        return ref;
    }

    @Override
    public Object objRef(int index) {
        Object o = object(index, "out of bounds table access");
        return o instanceof Func ? null : o;
    }

    @Override
    public Instance instance(int index) {
        return object(index, "undefined element") instanceof Func f
                ? group.place(f).instance()
                : null;
    }

    private void set(int index, Object value) {
        kiln.runtime.Table t = claim();
        try {
            t.set(Integer.toUnsignedLong(index), value);
        } catch (IndexOutOfBoundsException e) {
            throw new UninstantiableException("out of bounds table access", e);
        } finally {
            release();
        }
    }

    private Object value(int ref, Instance instance) {
        claim();
        if (ref == Value.REF_NULL_VALUE) {
            return null;
        }
        if (isExtern()) {
            return new WasmExternRef(ref);
        }
        if (instance == null) {
            throw new IllegalArgumentException("function " + ref + " of no instance");
        }
        return group.func(instance, ref);
    }

    @Override
    public void setRef(int index, int value, Instance instance) {
        if (isExpected(index)) {
            return;
        }
        set(index, value(value, instance));
    }

    @Override
    public void setObjRef(int index, Object ref, Instance instance) {
        if (isExpected(index)) {
            return;
        }
        set(index, ref);
    }

    private int grow(int size, Object value) {
        kiln.runtime.Table t = claim();
        try {
            return size < 0 ? -1 : (int) t.grow(size, value);
        } finally {
            release();
        }
    }

    @Override
    public int grow(int size, int value, Instance instance) {
        return grow(size, value(value, instance));
    }

    @Override
    public int growWithRef(int size, Object refValue, Instance instance) {
        return grow(size, refValue);
    }

    @Override
    public void reset() {
        for (int i = size() - 1; i >= 0; i--) {
            set(i, null);
        }
    }
}
