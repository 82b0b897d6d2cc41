package kiln.runtime;

import kiln.artifact.HeapLayout;
import kiln.loader.Native;

/**
 * An object of a store's garbage-collected heap, as Java holds it. It lives as long as either side has it. The same
 * object of WebAssembly's is the same object of Java's as long as Java holds that, so that {@code ==} compares as
 * {@code ref.eq} does. Usable by the store's thread, until the store is closed.
 */
public abstract sealed class HeapRef permits StructRef, ArrayRef {
    private final Store store;
    private final int slot;

    HeapRef(Store store, int slot) {
        this.store = store;
        this.slot = slot;
    }

    /** The store that it lives in. */
    public final Store store() {
        return store;
    }

    final int slot() {
        return slot;
    }

    abstract int typeId();

    /** What generated code has for it until the next collection. */
    final int raw() {
        return store.heap().reference(slot);
    }

    /** Where it lies until the next collection. */
    final long address() {
        return store.heap().address(raw());
    }

    static Object read(Store store, FieldType f, long address) {
        HeapLayout.Slot slot = f.slot();
        switch (slot) {
            case I8:
                return Byte.toUnsignedInt(Native.getByte(address));
            case I16:
                return Short.toUnsignedInt(Native.getShort(address));
            case REFERENCE:
                return store.references()
                        .object((ValType.Ref) f.type(), Integer.toUnsignedLong(Native.getInt(address)));
            default:
                return Cells.readObject(store, f.type(), address);
        }
    }

    static void write(Store store, FieldType f, long address, Object value) {
        HeapLayout.Slot slot = f.slot();
        switch (slot) {
            case I8 -> Native.putByte(address, (byte) integer(f, value));
            case I16 -> Native.putShort(address, (short) integer(f, value));
            case REFERENCE ->
                Native.putInt(address, (int) store.references().raw(store, (ValType.Ref) f.type(), value));
            default -> Cells.writeObject(store, f.type(), address, value);
        }
    }

    private static int integer(FieldType f, Object value) {
        if (value instanceof Integer i) {
            return i;
        }
        throw new IllegalArgumentException(
                f + " needed, not " + (value == null ? "null" : value.getClass().getName()));
    }

    static void requireMutable(FieldType f, Object type) {
        if (!f.mutable()) {
            throw new IllegalStateException("immutable, in " + type);
        }
    }
}
