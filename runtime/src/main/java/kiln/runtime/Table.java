package kiln.runtime;

import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.Native;
import kiln.runtime.internal.ZeroMemory;

/** A table of references. */
public final class Table implements Extern {
    private static final long MAX_32 = 0xFFFF_FFFFL;

    private Store store;
    private final TableType type;
    /** Address of the table's record in a VMContext or of the host's, which generated code reads. */
    private final long record;
    /** Whether slots hold funcrefs as VMContextLayout says, instead of references as they are. */
    private final boolean hasFunctions;
    /** Elements that there is room for at the present base. */
    private long capacity;

    private final Remains.Elements elements = new Remains.Elements();

    /** For a table whose record lies in a VMContext. */
    Table(Store store, TableType type, long record) {
        this.store = store;
        this.type = type;
        this.record = record;
        this.hasFunctions = type.element().isFunc();
        store.remains().add(elements);
        reallocate(type.min());
        Native.putLong(record + VMContextLayout.LENGTH, type.min());
        store.add(this);
        if (type.element().isException()) {
            store.exceptions().addTable(this);
        } else if (StoreHeap.isCollected(type.element())) {
            store.heap().addTable(this);
        }
    }

    /**
     * A table of the host's.
     *
     * @throws IllegalArgumentException if the minimum exceeds the maximum or a limit, or {@code init} does not fit the
     *     type
     * @throws OutOfMemoryError if there is no memory left
     */
    public static Table of(Store store, TableType type, Object init) {
        return store.use(() -> make(store, type, init));
    }

    private static Table make(Store store, TableType type, Object init) {
        long fill = store.references().raw(store, type.element(), init);
        if (type.min() < 0
                || type.max() != EntityType.UNBOUNDED && Long.compareUnsigned(type.min(), type.max()) > 0
                || type.min() > store.limits().tableElements()
                || store.tableCount() >= store.limits().tables()) {
            throw new IllegalArgumentException("a table cannot have these limits: " + type);
        }
        Table t = new Table(store, type, store.allocate(VMContextLayout.TABLE_RECORD_BYTES));
        if (fill != 0) {
            t.fillCells(0, fill, type.min());
        }
        return t;
    }

    @Override
    public TableType type() {
        return new TableType(type.element(), size(), type.max(), type.bounded(), type.is64());
    }

    @Override
    public Store store() {
        return store;
    }

    TableType declaredType() {
        return type;
    }

    long record() {
        return record;
    }

    /** Number of elements. */
    public long size() {
        store.check();
        long size = length();
        store.leave();
        return size;
    }

    private long length() {
        return Native.getLong(record + VMContextLayout.LENGTH);
    }

    private long base() {
        return Native.getLong(record + VMContextLayout.BASE);
    }

    /**
     * An element: a {@link Func} or null, or the object of an externref.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     */
    public Object get(long index) {
        store.check();
        try {
            checkIndex(index);
            return store.references().object(type.element(), cell(index));
        } finally {
            store.leave();
        }
    }

    /**
     * Replaces an element.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     * @throws IllegalArgumentException if the value does not fit the type
     */
    public void set(long index, Object value) {
        store.check();
        try {
            checkIndex(index);
            setCell(index, raw(value));
        } finally {
            store.leave();
        }
    }

    private void checkIndex(long index) {
        if (index < 0 || index >= length()) {
            throw new IndexOutOfBoundsException("table index " + index + ", size " + length());
        }
    }

    /**
     * Appends elements.
     *
     * @return the size before, or -1 if the maximum, a limit of the store or the machine's memory does not allow it
     */
    public long grow(long delta, Object value) {
        store.check();
        try {
            return growCells(delta, raw(value));
        } finally {
            store.leave();
        }
    }

    private long raw(Object value) {
        store.heap().poll();
        return store.references().raw(store, type.element(), value);
    }

    private long cell(long index) {
        return hasFunctions ? slot(index) & ~VMContextLayout.NULL_SLOT : Native.getLong(base() + 8 * index);
    }

    private void setCell(long index, long cell) {
        Native.putLong(base() + 8 * index, slotOf(cell));
    }

    /** What stands in a slot for a reference. */
    long slotOf(long cell) {
        return cell == 0 && hasFunctions ? VMContextLayout.NULL_SLOT : cell;
    }

    /** The content of a slot of a table of functions, which is initialised if it was not. */
    private long slot(long index) {
        long address = base() + 8 * index;
        long slot = Native.getLong(address);
        if (slot == 0) {
            slot = slotOf(FuncRecords.inImage(record, index));
            Native.putLong(address, slot);
        }
        return slot;
    }

    // ---- for generated code: indices and lengths are unsigned

    long growCells(long delta, long cell) {
        long size = length();
        long max = Math.min(store.limits().tableElements(), type.is64() ? Long.MAX_VALUE / 8 : MAX_32);
        if (type.max() != EntityType.UNBOUNDED && Long.compareUnsigned(type.max(), max) < 0) {
            max = type.max();
        }
        if (delta < 0 || delta > max - size) {
            return -1;
        }
        if (size + delta > capacity) {
            try {
                // Doubling, within the maximum, so that growing one by one stays linear.
                reallocate(Math.max(size + delta, Math.min(2 * capacity, max)));
            } catch (OutOfMemoryError e) {
                return -1;
            }
        }
        Native.putLong(record + VMContextLayout.LENGTH, size + delta);
        if (cell != 0) {
            // Slots that are 0 are null here: images end where tables did at first.
            fillCells(size, cell, delta);
        }
        return size;
    }

    private void reallocate(long count) {
        long old = base();
        if (count == 0 && old == 0) {
            return;
        }
        long fresh = ZeroMemory.allocate(bytes(count));
        if (old != 0) {
            Native.copy(old, fresh, 8 * length());
            ZeroMemory.free(old, bytes(capacity));
        }
        Native.putLong(record + VMContextLayout.BASE, fresh);
        capacity = count;
        elements.base = fresh;
        elements.bytes = bytes(count);
    }

    private static long bytes(long elements) {
        return Math.multiplyExact(Math.max(elements, 1), 8);
    }

    void fill(long start, long cell, long count) {
        requireRange(start, count);
        fillCells(start, cell, count);
    }

    private void fillCells(long start, long cell, long count) {
        long slot = slotOf(cell);
        long p = base() + 8 * start;
        for (long i = 0; i < count; i++) {
            Native.putLong(p + 8 * i, slot);
        }
    }

    static void copy(Table to, long at, Table from, long start, long count) {
        from.requireRange(start, count);
        to.requireRange(at, count);
        if (from.hasFunctions && Native.getLong(from.record + VMContextLayout.TABLE_IMAGE) != 0) {
            for (long i = 0; i < count; i++) {
                from.slot(start + i);
            }
        }
        Native.copy(from.base() + 8 * start, to.base() + 8 * at, 8 * count);
    }

    /** Address of the first of {@code count} elements that are about to be written. */
    long range(long start, long count) {
        requireRange(start, count);
        return base() + 8 * start;
    }

    private void requireRange(long start, long count) {
        long size = length();
        if (Long.compareUnsigned(start, size) > 0 || Long.compareUnsigned(count, size - start) > 0) {
            throw Traces.ofHost(store, TrapCode.TABLE_OUT_OF_BOUNDS);
        }
    }

    /** Every further use is an error. */
    void leaveStore() {
        store = Store.closedInstance();
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
