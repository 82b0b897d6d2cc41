package kiln.runtime;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.HeapType;
import kiln.loader.Native;
import kiln.runtime.internal.ExternRefs;
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
    private static final AtomicInteger STORES = new AtomicInteger();

    private final TypeRegistry types;
    private final ExternRefs externs = new ExternRefs();
    private final ExceptionHeap exceptions;
    private final RecordRanges records = new RecordRanges();
    /**
     * What distinguishes cells of this store from those of the 65,534 before and after it. Ranges of addresses alone
     * would not do: the memory of a closed store goes to the next one, where an address may be another function's.
     */
    private final long mark = 1L + Integer.remainderUnsigned(STORES.getAndIncrement(), MARKS) << MARK_SHIFT;

    References(TypeRegistry types, ExceptionHeap exceptions) {
        this.types = types;
        this.exceptions = exceptions;
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
            exceptions.pin(raw);
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
        if (type.heap() == HeapType.Abstract.FUNC && records.isReference(raw)) {
            int typeId = Native.getInt(raw + VMContextLayout.FUNCREF_TYPE);
            if (type.typeId() != ValType.Ref.ABSTRACT && type.typeId() != typeId) {
                requireType(typeId, type);
            }
            return raw;
        }
        return other(type, cell, raw);
    }

    private long other(ValType.Ref type, long cell, long raw) {
        if (cell == 0) {
            return rawNull(type);
        }
        if (type.heap() == HeapType.Abstract.EXTERN && externs.has(raw)
                || type.heap() == HeapType.Abstract.EXN && exceptions.isPinned(raw)) {
            return raw;
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
        if (type.heap() == HeapType.Abstract.EXTERN) {
            return externs.handle(value);
        }
        if (value instanceof Func f && type.heap() == HeapType.Abstract.FUNC) {
            if (f.store() != store) {
                throw new IllegalArgumentException("the function belongs to another store");
            }
            requireType(f.typeId(), type);
            return f.record();
        }
        if (value instanceof ExnRef e && type.heap() == HeapType.Abstract.EXN) {
            if (e.store() != store) {
                throw new IllegalArgumentException("the exception belongs to another store");
            }
            return e.address();
        }
        throw new IllegalArgumentException("an object of " + value.getClass().getName() + " is no " + type);
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
        } else if (type.isExtern()) {
            return externs.object(raw);
        } else if (type.isFunc()) {
            return Dispatch.func(raw);
        } else if (type.isException()) {
            return exceptions.ref(raw);
        }
        throw new IllegalArgumentException("references of type " + type + " cannot be given to Java");
    }
}
