package kiln.runtime;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import kiln.artifact.HeapLayout;
import kiln.artifact.VMContextLayout;
import kiln.loader.Native;
import kiln.runtime.internal.RecordRanges;

/**
 * The references of one store. Each has three forms: an object of Java's; what generated code has (<em>raw</em>: the
 * address of a funcref record or an exception, the number of an externref); and the cell in which Java keeps it without
 * looking at it. Generated code follows what it is given, so what comes from Java is raw only after it was looked up
 * here.
 */
final class References {
    /** Addresses of processes end below, on both architectures. */
    private static final int MARK_SHIFT = 48;

    private static final int MARKS = 0xFFFF;
    /** Low bits of the number in an object's cell, with which no reference ends that generated code has. */
    private static final int OBJECT_CELL = 4;
    /** In the number in an i31's cell, so that it is not close to others. */
    private static final long I31_CELL = 1L << 40;

    private static final AtomicInteger STORES = new AtomicInteger();

    private final TypeRegistry types;
    private final Store store;
    private final StoreHeap heap;
    private final RecordRanges records = new RecordRanges();
    /**
     * What distinguishes cells of this store from those of the 65,534 before and after it. Ranges of addresses alone
     * would not do: the memory of a closed store goes to the next one, where an address may be another function's.
     */
    private final long mark = 1L + Integer.remainderUnsigned(STORES.getAndIncrement(), MARKS) << MARK_SHIFT;

    References(Store store) {
        this.store = store;
        this.types = store.engine().types();
        this.heap = store.heap();
    }

    void addRecords(long start, int count) {
        records.add(start, count);
    }

    /** The cell for what generated code has. */
    long cell(ValType.Ref type, long raw) {
        if (raw == 0) {
            return 0;
        }
        if (type.isException()) {
            store.exceptions().pin(raw);
        } else if (!type.isFunc()) {
            return pin(raw) ^ mark;
        }
        return raw ^ mark;
    }

    /**
     * What generated code has for a cell from Java, which may be any number.
     *
     * @throws IllegalArgumentException if it is no reference of this store, or does not fit the type
     */
    long raw(ValType.Ref type, long cell) {
        long raw = cell ^ mark;
        // The usual case is small, and the rest apart, so that the JIT still inlines what calls this.
        if (type.heap() == HeapType.FUNC && records.isReference(raw)) {
            int typeId = Native.getInt(raw + VMContextLayout.FUNCREF_TYPE);
            if (type.typeId() != ValType.Ref.ABSTRACT && type.typeId() != typeId) {
                requireType(typeId, type);
            }
            return raw;
        }
        return other(type, cell, raw);
    }

    /** The number in a cell for a reference that may be collected: of an object, of the slot that keeps it. */
    private long pin(long raw) {
        if ((raw & HeapLayout.I31_TAG) != 0) {
            return raw | I31_CELL;
        } else if ((raw & HeapLayout.TAG_MASK) == HeapLayout.HANDLE_TAG) {
            heap.handles().pin(raw);
            return raw;
        }
        return (long) heap.pin((int) raw) << HeapLayout.HANDLE_SHIFT | OBJECT_CELL;
    }

    /** The inverse of {@link #pin}, or 0 for what this cannot have given. */
    private long unpin(long number) {
        long i31 = number ^ I31_CELL;
        if (i31 >>> 32 == 0 && (i31 & HeapLayout.I31_TAG) != 0) {
            return i31;
        } else if (heap.handles().isPinned(number)) {
            return number;
        }
        long slot = number >>> HeapLayout.HANDLE_SHIFT;
        return (number & HeapLayout.TAG_MASK) == OBJECT_CELL && heap.isPinned(slot)
                ? Integer.toUnsignedLong(heap.reference((int) slot))
                : 0;
    }

    private long other(ValType.Ref type, long cell, long raw) {
        if (cell == 0) {
            return rawNull(type);
        }
        if (type.heap() == HeapType.EXN && store.exceptions().isPinned(raw)) {
            return raw;
        }
        if (StoreHeap.isCollected(type)) {
            long reference = unpin(raw);
            if (reference != 0 && isOf(type, reference)) {
                return reference;
            }
        }
        throw new IllegalArgumentException("0x" + Long.toHexString(cell) + " is no " + type
                + " of this store (a reference's cell is valid in the store it comes from, until it is closed)");
    }

    /**
     * What generated code has for an object.
     *
     * @param store this one
     * @throws IllegalArgumentException if the object does not fit the type, or belongs to another store
     */
    long raw(Store store, ValType.Ref type, Object value) {
        if (value == null) {
            return rawNull(type);
        }
        if (value instanceof Func f && type.heap() == HeapType.FUNC) {
            if (f.store() != store) {
                throw new IllegalArgumentException("the function belongs to another store");
            }
            requireType(f.typeId(), type);
            return f.record();
        }
        if (StoreHeap.isCollected(type)) {
            return collected(store, type, value);
        }
        if (value instanceof ExnRef e && type.heap() == HeapType.EXN) {
            if (e.store() != store) {
                throw new IllegalArgumentException("the exception belongs to another store");
            }
            return e.address();
        }
        throw new IllegalArgumentException("an object of " + value.getClass().getName() + " is no " + type);
    }

    private long collected(Store store, ValType.Ref type, Object value) {
        long raw;
        if (value instanceof HeapRef r) {
            if (r.store() != store) {
                throw new IllegalArgumentException("the object belongs to another store");
            }
            raw = Integer.toUnsignedLong(r.raw());
        } else if (value instanceof I31 i) {
            raw = i.raw();
        } else if (type.heap() == HeapType.EXTERN || type.heap() == HeapType.ANY) {
            return Integer.toUnsignedLong(heap.handles().reference(value));
        } else {
            throw new IllegalArgumentException(
                    "an object of " + value.getClass().getName() + " is no " + type);
        }
        if (!isOf(type, raw)) {
            throw new IllegalArgumentException(value + " is no " + type);
        }
        return raw;
    }

    /** Whether a reference that is not null is one of a type of the any or extern hierarchy. */
    private boolean isOf(ValType.Ref type, long raw) {
        HeapType wanted = type.heap();
        if (wanted == HeapType.ANY || wanted == HeapType.EXTERN) {
            return true;
        } else if (wanted == HeapType.NONE || wanted == HeapType.NOEXTERN) {
            return false;
        } else if ((raw & HeapLayout.I31_TAG) != 0) {
            return wanted == HeapType.I31 || wanted == HeapType.EQ;
        } else if ((raw & HeapLayout.TAG_MASK) != 0 || wanted == HeapType.I31) {
            return false;
        } else if (wanted == HeapType.EQ) {
            return true;
        }
        return type.typeId() == ValType.Ref.ABSTRACT
                ? heap.isArray((int) raw) == (wanted == HeapType.ARRAY)
                : types.isSubtype(heap.typeOf((int) raw), type.typeId());
    }

    private static long rawNull(ValType.Ref type) {
        if (!type.nullable()) {
            throw new IllegalArgumentException("null is no " + type);
        }
        return 0;
    }

    private void requireType(int typeId, ValType.Ref type) {
        if (type.typeId() != ValType.Ref.ABSTRACT && !types.isSubtype(typeId, type.typeId())) {
            throw new IllegalArgumentException(types.func(typeId) + " is no " + type);
        }
    }

    /** By position: the type of a value that is a reference, else null. Null if none is. */
    static ValType.Ref[] among(List<ValType> types) {
        ValType.Ref[] result = null;
        for (int i = 0; i < types.size(); i++) {
            if (types.get(i) instanceof ValType.Ref r) {
                result = result != null ? result : new ValType.Ref[types.size()];
                result[i] = r;
            }
        }
        return result;
    }

    /** Replaces what generated code has for references by their cells, among the cells of values of these types. */
    void toCells(List<ValType> types, long[] cells) {
        int c = 0;
        for (ValType t : types) {
            if (t instanceof ValType.Ref r) {
                cells[c] = cell(r, cells[c]);
            }
            c += t.cells();
        }
    }

    /**
     * Replaces cells of references in an argument area by what generated code has for them. After an exception the area
     * is useless.
     *
     * @param types as {@link #among} says
     * @throws IllegalArgumentException if one is no reference of this store, or does not fit its type
     */
    void toRaw(ValType.Ref[] types, long area) {
        for (int i = 0; i < types.length; i++) {
            if (types[i] != null) {
                Native.putLong(area + 16L * i, raw(types[i], Native.getLong(area + 16L * i)));
            }
        }
    }

    /** The object for what generated code has. */
    Object object(ValType.Ref type, long raw) {
        if (raw == 0) {
            return null;
        } else if (type.isFunc()) {
            return Dispatch.func(raw);
        } else if (type.isException()) {
            return store.exceptions().ref(raw);
        } else if ((raw & HeapLayout.I31_TAG) != 0) {
            return I31.ofRaw(raw);
        } else if ((raw & HeapLayout.TAG_MASK) == HeapLayout.HANDLE_TAG) {
            return heap.handles().object(raw);
        }
        return heap.ref((int) raw);
    }
}
