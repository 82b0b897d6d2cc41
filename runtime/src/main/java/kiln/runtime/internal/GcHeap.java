package kiln.runtime.internal;

import java.util.BitSet;
import kiln.artifact.HeapLayout;
import kiln.artifact.StoreLayout;
import kiln.loader.Host;
import kiln.loader.HostException;
import kiln.loader.Native;

/**
 * The objects of one store ({@link HeapLayout}), and their collector. Two halves take turns: generated code puts object
 * after object into one of them, between {@code gcTop} and {@code gcLimit} of the {@link StoreLayout}; when that is
 * used up, a collection copies what the roots reach into the other, and the halves change places. Cheney's algorithm:
 * the copies are their own queue. Nothing that was not copied is ever looked at.
 *
 * <p>An object that was copied has the offset of its copy in place of its header. Both are told apart by their size:
 * records of types lie below all objects.
 */
public final class GcHeap {
    /** Gives the collector the references from which everything else is reached. */
    public interface Roots {
        /** Calls {@link #cell} or {@link #forward} for each. */
        void visit(GcHeap heap);
    }

    private static final long MASK = 0xFFFF_FFFFL;
    /** Accessible bytes grow by multiples of this, which is one of the host's pages. */
    private static final long STEP = 1 << 16;

    private static final long HALF = (HeapLayout.BYTES - HeapLayout.OBJECTS) / 2 & -STEP;
    /** From this size on, a call of the C library copies faster. */
    private static final int LARGE = 512;

    private final Host host = Host.current();
    private final GcMode mode = GcMode.current();
    private final long context;
    private final long maxBytes;
    private final HostHandles handles;
    private final long base;
    /** Bytes of each half that are accessible. */
    private final long[] accessible = new long[2];
    /** Bytes of the records' part that are accessible. */
    private long recordBytes;

    private boolean exceptionFields;

    /** Which half is in use. */
    private int current;
    /** Bytes of the half that may be used before the next collection; 0 before the first object. */
    private long capacity;

    /** While collecting: where the next copy is put. */
    private long next;

    private long collections;
    private long copiedBytes;
    private long pauseNanos;
    private long longestPauseNanos;

    /**
     * @param context address of the store's VMStoreContext
     * @param maxBytes greatest size of all objects together
     * @throws HostException if there is no address space left
     */
    public GcHeap(long context, long maxBytes, HostHandles handles) {
        this.context = context;
        this.maxBytes = Math.min(maxBytes, HALF) & -HeapLayout.ALIGNMENT;
        this.handles = handles;
        this.base = host.reserve(HeapLayout.BYTES + HeapLayout.GUARD_BYTES);
        setTop(start(0));
        setLimit(start(0));
    }

    /** Address of offset 0. */
    public long base() {
        return base;
    }

    /** Whether a collection is to be made at each occasion. */
    public boolean isZealous() {
        return mode.zeal();
    }

    private static long start(int half) {
        return HeapLayout.OBJECTS + half * HALF;
    }

    private long top() {
        return Native.getLong(context + StoreLayout.GC_TOP);
    }

    private void setTop(long offset) {
        Native.putLong(context + StoreLayout.GC_TOP, offset);
    }

    private void setLimit(long offset) {
        Native.putLong(context + StoreLayout.GC_LIMIT, offset);
    }

    // ---- type records

    /** Makes the records up to this offset writable; what casts may read behind the last one can be read, too. */
    public void openRecords(int end) {
        long bytes = end + HeapLayout.READABLE_BYTES - HeapLayout.RECORDS + STEP - 1 & -STEP;
        recordBytes = Math.max(recordBytes, bytes);
        host.protect(base + HeapLayout.RECORDS, recordBytes, Host.Protection.READ_WRITE);
    }

    /** Makes all records unchangeable. */
    public void sealRecords() {
        host.protect(base + HeapLayout.RECORDS, recordBytes, Host.Protection.READ);
    }

    /**
     * Writes a record, between {@link #openRecords} and {@link #sealRecords}.
     *
     * @param size bytes of an instance or an element
     * @param display records of the ancestors, and its own
     * @param map offsets of fields
     */
    public void putRecord(int record, int flags, int size, int[] display, int[] map) {
        long p = base + record;
        Native.putInt(p + HeapLayout.FLAGS, flags);
        Native.putInt(p + HeapLayout.SIZE, size);
        Native.putInt(p + HeapLayout.DEPTH, display.length - 1);
        Native.putInt(p + HeapLayout.MAP_COUNT, map.length);
        int entries = HeapLayout.displayEntries(display.length - 1);
        p += HeapLayout.SUPERS;
        for (int i = 0; i < entries; i++) {
            Native.putInt(p + 4L * i, i < display.length ? display[i] : 0);
        }
        p += 4L * entries;
        for (int i = 0; i < map.length; i++) {
            Native.putInt(p + 4L * i, map[i]);
        }
        exceptionFields |= (flags & HeapLayout.EXCEPTIONS) != 0;
    }

    /** Offset of the record of an object's type. */
    public int header(int reference) {
        return Native.getInt(address(reference) + HeapLayout.HEADER);
    }

    /** Flags of an object's type. */
    public int flags(int reference) {
        return Native.getInt(base + header(reference) + HeapLayout.FLAGS);
    }

    /** Where an object lies until the next collection. */
    public long address(int reference) {
        return base + (reference & MASK);
    }

    // ---- allocation

    /**
     * Room for an object, with its header written and nothing else.
     *
     * @param size bytes, a multiple of 8, unsigned
     * @param header its first eight bytes
     * @return 0 if what is in use leaves no room, or the system has no memory left
     */
    public int allocate(long size, long header, Roots roots) {
        if (size < 0 || size > maxBytes) {
            return 0;
        }
        long top = top();
        if (mode.zeal() || top + size > start(current) + capacity) {
            if (capacity != 0 || mode.zeal()) {
                collect(roots);
            }
            top = top();
            long used = top - start(current);
            if (used + size > maxBytes) {
                return 0;
            }
            long wanted = Math.max(Math.max(mode.spaceBytes(), 3 * used), used + size);
            // Where much is asked for at once, as much again is left, so that not every such wish makes a collection.
            if (used + size > wanted - wanted / 4) {
                wanted = 2 * (used + size);
            }
            capacity = Math.min(wanted, maxBytes);
            if (!makeAccessible(current, capacity)) {
                capacity = Math.min(used + size, maxBytes);
                if (!makeAccessible(current, capacity)) {
                    capacity = used;
                    setLimit(top);
                    return 0;
                }
            }
        }
        Native.putLong(base + top, header);
        setTop(top + size);
        setLimit(mode.zeal() ? top + size : start(current) + capacity);
        return (int) top;
    }

    private boolean makeAccessible(int half, long bytes) {
        long pages = Math.min(bytes + STEP - 1 & -STEP, HALF);
        if (pages > accessible[half]) {
            try {
                host.protect(
                        base + start(half) + accessible[half], pages - accessible[half], Host.Protection.READ_WRITE);
            } catch (HostException e) {
                return false;
            }
            accessible[half] = pages;
        }
        return true;
    }

    // ---- collection

    /**
     * Frees what the roots do not reach, and handles that only that had.
     *
     * @throws OutOfMemoryError if the system has no memory left for the copies; nothing has changed then
     */
    public void collect(Roots roots) {
        long started = System.nanoTime();
        long from = start(current);
        long used = top() - from;
        int other = 1 - current;
        if (mode.verify()) {
            verify(from, from + used);
        }
        if (!makeAccessible(other, used)) {
            throw new OutOfMemoryError("no memory to collect a heap of " + used + " bytes");
        }
        handles.clearMarks();
        next = start(other);
        roots.visit(this);
        trace(start(other));
        handles.sweep();
        current = other;
        if (mode.verify()) {
            verify(start(other), next);
        }
        long live = next - start(other);
        capacity = Math.min(Math.max(mode.spaceBytes(), 3 * live), maxBytes);
        if (!makeAccessible(current, capacity)) {
            capacity = live;
        }
        setTop(next);
        setLimit(mode.zeal() ? next : start(current) + capacity);
        giveBack(1 - current);
        collections++;
        copiedBytes += live;
        long pause = System.nanoTime() - started;
        pauseNanos += pause;
        longestPauseNanos = Math.max(longestPauseNanos, pause);
    }

    /** Leaves the half that is not in use as much memory as it will need. */
    private void giveBack(int half) {
        long start = base + start(half);
        if (mode.protect()) {
            host.discard(start, accessible[half]);
            host.protect(start, accessible[half], Host.Protection.NONE);
            accessible[half] = 0;
        } else if (accessible[half] > 2 * capacity) {
            long kept = capacity + STEP - 1 & -STEP;
            host.discard(start + kept, accessible[half] - kept);
        }
    }

    /** Visits a cell of eight bytes that holds a reference (or an exception, which is left alone). */
    public void cell(long address) {
        long value = Native.getLong(address);
        if (value >>> 32 == 0 && value != 0) {
            Native.putLong(address, forward((int) value) & MASK);
        }
    }

    /** Takes note of a word that may be a handle. */
    public void word(long value) {
        handles.markIfHandle(value);
    }

    /** Where what a reference names lies after the collection. */
    public int forward(int reference) {
        if ((reference & HeapLayout.TAG_MASK) != 0) {
            if ((reference & HeapLayout.TAG_MASK) == HeapLayout.HANDLE_TAG) {
                handles.mark(reference & MASK);
            }
            return reference;
        }
        return reference == 0 ? 0 : copy(reference);
    }

    private int copy(int reference) {
        long from = base + (reference & MASK);
        int header = Native.getInt(from);
        if (Integer.compareUnsigned(header, HeapLayout.OBJECTS) >= 0) {
            return header;
        }
        long size = size(from, header);
        long to = base + next;
        if (size < LARGE) {
            for (long i = 0; i < size; i += 8) {
                Native.putLong(to + i, Native.getLong(from + i));
            }
        } else {
            Native.copy(from, to, size);
        }
        int result = (int) next;
        Native.putInt(from, result);
        next += size;
        return result;
    }

    private long size(long object, int header) {
        long record = base + header;
        long size = Native.getInt(record + HeapLayout.SIZE) & MASK;
        if ((Native.getInt(record + HeapLayout.FLAGS) & HeapLayout.ARRAY) != 0) {
            long length = Native.getInt(object + HeapLayout.LENGTH) & MASK;
            size = HeapLayout.aligned(HeapLayout.ELEMENTS + length * size);
        }
        return size;
    }

    /** Copies what the copies from an offset on refer to, and what these refer to. */
    private void trace(long from) {
        long scan = from;
        while (scan < next) {
            long object = base + scan;
            int header = Native.getInt(object);
            long record = base + header;
            long size = size(object, header);
            int fields = Native.getInt(record + HeapLayout.MAP_COUNT);
            if (fields > 0) {
                int depth = Native.getInt(record + HeapLayout.DEPTH);
                long map = record + HeapLayout.SUPERS + 4L * HeapLayout.displayEntries(depth);
                for (int i = 0; i < fields; i++) {
                    field(object + Native.getInt(map + 4L * i));
                }
            } else if ((Native.getInt(record + HeapLayout.FLAGS) & HeapLayout.REFERENCES) != 0) {
                long end = object + HeapLayout.ELEMENTS + 4 * (Native.getInt(object + HeapLayout.LENGTH) & MASK);
                for (long p = object + HeapLayout.ELEMENTS; p < end; p += 4) {
                    field(p);
                }
            }
            scan += size;
        }
    }

    private void field(long address) {
        int reference = Native.getInt(address);
        if (reference != 0) {
            int moved = forward(reference);
            if (moved != reference) {
                Native.putInt(address, moved);
            }
        }
    }

    // ---- for exceptions, which have a collector of their own

    /** Whether objects may hold exceptions. */
    public boolean hasExceptionFields() {
        return exceptionFields;
    }

    /** Address of the first object. */
    public long objectsStart() {
        return base + start(current);
    }

    /** Address behind the last object. */
    public long objectsEnd() {
        return base + top();
    }

    // ---- tests

    /**
     * Looks at all objects in a range.
     *
     * @throws IllegalStateException if something is wrong
     */
    private void verify(long from, long to) {
        BitSet objects = new BitSet();
        for (long p = from; p < to; ) {
            int header = Native.getInt(base + p);
            int record = header < 0 ? 0 : Native.getInt(base + Math.max(header, HeapLayout.RECORDS) + HeapLayout.FLAGS);
            boolean isType = header >= HeapLayout.RECORDS
                    && header < HeapLayout.RECORDS + recordBytes
                    && (record & (HeapLayout.STRUCT | HeapLayout.ARRAY)) != 0;
            long size = isType ? size(base + p, header) : 0;
            if (!isType || size > to - p) {
                throw new IllegalStateException("heap: at " + Long.toHexString(p) + " (of " + Long.toHexString(from)
                        + " to " + Long.toHexString(to) + ") no object, but header " + Integer.toHexString(header)
                        + " and size " + size);
            }
            objects.set((int) (p - from >>> 3));
            p += size;
        }
        for (long p = from; p < to; ) {
            int header = Native.getInt(base + p);
            verifyFields(p, header, objects, from, to);
            p += size(base + p, header);
        }
    }

    private void verifyFields(long object, int header, BitSet objects, long from, long to) {
        long record = base + header;
        int fields = Native.getInt(record + HeapLayout.MAP_COUNT);
        long map =
                record + HeapLayout.SUPERS + 4L * HeapLayout.displayEntries(Native.getInt(record + HeapLayout.DEPTH));
        for (int i = 0; i < fields; i++) {
            verifyField(object, object + Native.getInt(map + 4L * i), objects, from, to);
        }
        if ((Native.getInt(record + HeapLayout.FLAGS) & HeapLayout.REFERENCES) != 0
                && (Native.getInt(record + HeapLayout.FLAGS) & HeapLayout.ARRAY) != 0) {
            long length = Native.getInt(base + object + HeapLayout.LENGTH) & MASK;
            for (long i = 0; i < length; i++) {
                verifyField(object, object + HeapLayout.ELEMENTS + 4 * i, objects, from, to);
            }
        }
    }

    private void verifyField(long object, long field, BitSet objects, long from, long to) {
        long r = Native.getInt(base + field) & MASK;
        int tag = (int) r & HeapLayout.TAG_MASK;
        boolean valid = r == 0
                || (tag & HeapLayout.I31_TAG) != 0
                || tag == HeapLayout.HANDLE_TAG && handles.has(r)
                || tag == 0 && r >= from && r < to && objects.get((int) (r - from >>> 3));
        if (!valid) {
            throw new IllegalStateException("heap: the object at " + Long.toHexString(object) + " refers at +"
                    + (field - object) + " to " + Long.toHexString(r) + ", which is nothing");
        }
    }

    // ---- figures

    /** Bytes of all objects, those that nobody reaches any more included. */
    public long usedBytes() {
        return top() - start(current);
    }

    /** Bytes that objects may take before the next collection. */
    public long capacityBytes() {
        return capacity;
    }

    /** How many collections there were. */
    public long collections() {
        return collections;
    }

    /** Bytes that collections have copied. */
    public long copiedBytes() {
        return copiedBytes;
    }

    /** Time of all collections together, nanoseconds. */
    public long pauseNanos() {
        return pauseNanos;
    }

    /** Time of the longest one, nanoseconds. */
    public long longestPauseNanos() {
        return longestPauseNanos;
    }

    /** Gives all memory back. */
    public void close() {
        setTop(0);
        setLimit(0);
        release(base);
    }

    /** As {@link #close}, of a heap whose store is gone, by its {@link #base}. */
    public static void release(long base) {
        Host.current().release(base, HeapLayout.BYTES + HeapLayout.GUARD_BYTES);
    }
}
