package kiln.runtime;

import kiln.loader.Native;

/** A global variable. */
public final class Global implements Extern {
    private final Store store;
    private final GlobalType type;
    /** Address of the cell of 16 bytes. */
    private final long cell;

    Global(Store store, GlobalType type, long cell) {
        this.store = store;
        this.type = type;
        this.cell = cell;
    }

    /**
     * A global of the host's.
     *
     * @param value Integer, Long, Float, Double, {@link V128} or a reference, as the type asks
     * @throws IllegalArgumentException if the value does not fit the type
     */
    public static Global of(Store store, GlobalType type, Object value) {
        return store.use(() -> {
            Global g = new Global(store, type, store.allocate(16));
            store.keepWhatRefers(type.type(), g.cell);
            Cells.writeObject(store, type.type(), g.cell, value);
            return g;
        });
    }

    @Override
    public GlobalType type() {
        return type;
    }

    @Override
    public Store store() {
        return store;
    }

    long cell() {
        return cell;
    }

    /** The value: Integer, Long, Float, Double, {@link V128} or a reference. */
    public Object get() {
        store.check();
        Object value = Cells.readObject(store, type.type(), cell);
        store.leave();
        return value;
    }

    /** The value as a cell, see {@link ValType}; of a v128 the low half. */
    public long getCell() {
        store.check();
        long value = Cells.read(type.type(), cell);
        long result = type.type() instanceof ValType.Ref r ? store.references().cell(r, value) : value;
        store.leave();
        return result;
    }

    /**
     * Changes the value.
     *
     * @throws IllegalStateException if the global is immutable
     * @throws IllegalArgumentException if the value does not fit the type
     */
    public void set(Object value) {
        store.check();
        try {
            requireMutable();
            store.heap().poll();
            Cells.writeObject(store, type.type(), cell, value);
        } finally {
            store.leave();
        }
    }

    /**
     * Changes the value of a global of type i32, i64, f32 or f64.
     *
     * @throws IllegalStateException if the global is immutable, or of another type
     */
    public void setCell(long value) {
        store.check();
        try {
            requireMutable();
            if (!(type.type() instanceof ValType.Num n) || n == ValType.Num.V128) {
                throw new IllegalStateException("not a number: " + type);
            }
            Native.putLong(cell, value);
        } finally {
            store.leave();
        }
    }

    private void requireMutable() {
        if (!type.mutable()) {
            throw new IllegalStateException("the global is immutable");
        }
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
