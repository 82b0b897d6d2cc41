package kiln.runtime;

import java.util.List;

/** A struct of a store's garbage-collected heap, as Java holds it: a structref that is not null. */
public final class StructRef extends HeapRef {
    private final StructType type;

    StructRef(Store store, int slot, StructType type) {
        super(store, slot);
        this.type = type;
    }

    /**
     * Makes a struct.
     *
     * @param type one that an instance of the store has
     * @param fields a value for each field, as {@link Func#invoke} takes them; of a packed one an Integer, whose low
     *     bits count
     * @throws IllegalArgumentException if the values do not fit, or no instance of the store has the type
     * @throws TrapException if the objects in use leave no room within the store's limit
     */
    public static StructRef of(Store store, StructType type, Object... fields) {
        return store.use(() -> make(store, type, fields));
    }

    private static StructRef make(Store store, StructType type, Object[] fields) {
        List<FieldType> types = type.fields();
        if (fields.length != types.size()) {
            throw new IllegalArgumentException(types.size() + " values needed, not " + fields.length);
        }
        store.heap().poll();
        // The reference holds it while values are converted, which may refuse one.
        StructRef result = (StructRef) store.heap().ref(store.heap().allocateStruct(type));
        int[] offsets = type.layout().offsets();
        for (int i = 0; i < fields.length; i++) {
            write(store, types.get(i), result.address() + offsets[i], fields[i]);
        }
        return result;
    }

    /** Its own type, which may be a subtype of that under which it was asked for. */
    public StructType type() {
        return type;
    }

    @Override
    int typeId() {
        return type.typeId();
    }

    /**
     * The value of a field: as {@link Func#invoke} gives it; of a packed one an Integer without sign.
     *
     * @throws IndexOutOfBoundsException if there is no such field
     */
    public Object get(int field) {
        store().check();
        try {
            FieldType f = type.fields().get(field);
            return read(store(), f, address() + type.layout().offsets()[field]);
        } finally {
            store().leave();
        }
    }

    /**
     * Changes a field.
     *
     * @throws IndexOutOfBoundsException if there is no such field
     * @throws IllegalStateException if the field is immutable
     * @throws IllegalArgumentException if the value does not fit its type
     */
    public void set(int field, Object value) {
        store().check();
        try {
            FieldType f = type.fields().get(field);
            requireMutable(f, type);
            store().heap().poll();
            write(store(), f, address() + type.layout().offsets()[field], value);
        } finally {
            store().leave();
        }
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
