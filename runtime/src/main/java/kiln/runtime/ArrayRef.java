package kiln.runtime;

import java.util.Objects;
import kiln.artifact.HeapLayout;
import kiln.loader.Native;

/** An array of a store's garbage-collected heap, as Java holds it: an arrayref that is not null. */
public final class ArrayRef extends HeapRef {
    private final ArrayType type;

    ArrayRef(Store store, int slot, ArrayType type) {
        super(store, slot);
        this.type = type;
    }

    /**
     * Makes an array.
     *
     * @param type one that an instance of the store has
     * @param elements their values, as {@link StructRef#of} takes them
     * @throws IllegalArgumentException if the values do not fit, or no instance of the store has the type
     * @throws TrapException if the objects in use leave no room within the store's limit
     */
    public static ArrayRef of(Store store, ArrayType type, Object... elements) {
        return store.use(() -> {
            ArrayRef result = make(store, type, elements.length);
            for (int i = 0; i < elements.length; i++) {
                write(store, type.element(), result.element(i), elements[i]);
            }
            return result;
        });
    }

    /**
     * Makes an array of numbers, all zero, or of references, all null.
     *
     * @throws IllegalArgumentException if the elements cannot be null, the length is negative, or no instance of the
     *     store has the type
     * @throws TrapException if the objects in use leave no room within the store's limit
     */
    public static ArrayRef ofLength(Store store, ArrayType type, int length) {
        if (length > 0 && type.element().type() instanceof ValType.Ref r && !r.nullable()) {
            throw new IllegalArgumentException("elements of " + type + " cannot be null");
        }
        return store.use(() -> make(store, type, length));
    }

    private static ArrayRef make(Store store, ArrayType type, int length) {
        if (length < 0) {
            throw new IllegalArgumentException("length " + length);
        }
        store.heap().poll();
        return (ArrayRef) store.heap().ref(store.heap().allocateArray(type, length));
    }

    /** Its own type, which may be a subtype of that under which it was asked for. */
    public ArrayType type() {
        return type;
    }

    @Override
    int typeId() {
        return type.typeId();
    }

    /** Number of elements. */
    public long length() {
        store().check();
        long length = count();
        store().leave();
        return length;
    }

    private long count() {
        return Integer.toUnsignedLong(Native.getInt(address() + HeapLayout.LENGTH));
    }

    private long element(long index) {
        return address() + HeapLayout.ELEMENTS + index * type.element().slot().bytes();
    }

    /**
     * An element, as {@link StructRef#get} gives a field.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     */
    public Object get(long index) {
        store().check();
        try {
            Objects.checkIndex(index, count());
            return read(store(), type.element(), element(index));
        } finally {
            store().leave();
        }
    }

    /**
     * Changes an element.
     *
     * @throws IndexOutOfBoundsException if there is no such element
     * @throws IllegalStateException if the elements are immutable
     * @throws IllegalArgumentException if the value does not fit their type
     */
    public void set(long index, Object value) {
        store().check();
        try {
            Objects.checkIndex(index, count());
            requireMutable(type.element(), type);
            store().heap().poll();
            write(store(), type.element(), element(index), value);
        } finally {
            store().leave();
        }
    }

    /**
     * Copies bytes of the elements, which are numbers, out: little-endian, without anything between them.
     *
     * @param from index of the first byte, within the elements
     * @throws IndexOutOfBoundsException if either range does not exist
     * @throws IllegalStateException if the elements are references
     */
    public void getBytes(long from, byte[] to, int at, int count) {
        store().check();
        try {
            Native.copy(bytes(from, count), to, Objects.checkFromIndexSize(at, count, to.length), count);
        } finally {
            store().leave();
        }
    }

    /**
     * Copies bytes into the elements, as {@link #getBytes} copies them out.
     *
     * @throws IndexOutOfBoundsException if either range does not exist
     * @throws IllegalStateException if the elements are references or immutable
     */
    public void setBytes(long to, byte[] from, int at, int count) {
        requireMutable(type.element(), type);
        store().check();
        try {
            Native.copy(from, Objects.checkFromIndexSize(at, count, from.length), bytes(to, count), count);
        } finally {
            store().leave();
        }
    }

    private long bytes(long index, int count) {
        if (type.element().type() instanceof ValType.Ref) {
            throw new IllegalStateException("elements of " + type + " are not numbers");
        }
        Objects.checkFromIndexSize(index, count, count() * type.element().slot().bytes());
        return element(0) + index;
    }

    @Override
    public String toString() {
        return type + " of length " + length();
    }
}
