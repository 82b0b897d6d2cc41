package kiln.runtime;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongConsumer;
import kiln.artifact.ExceptionLayout;
import kiln.artifact.StoreLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.Native;
import kiln.runtime.internal.ZeroMemory;

/**
 * The exceptions of one store ({@link ExceptionLayout}). Generated code takes them from a run of free bytes, between
 * {@code heapTop} and {@code heapLimit} of the {@link StoreLayout}; when it is used up, this finds the next one, or
 * collects, or takes more memory.
 *
 * <p>The collector marks and sweeps, and moves nothing. It is conservative: whatever in a frame of generated code (or
 * in the payload of an exception) could be the address of an exception is taken for one. So the compiler need not say
 * where references are; what a number keeps alive by chance is bounded by what the stack holds. No register survives a
 * call, and only calls allocate, so frames have all there is.
 *
 * <p>A collection looks at all of the heap, at all frames and at whole tables of exceptions. The next one comes only
 * after a share of that has been allocated, so that each exception costs a bounded number of bytes looked at: the heap
 * grows until what a collection leaves free is as much as it looked at, and where it may grow no more, an eighth of it
 * must be free, or the allocation traps.
 *
 * <p>Chunks can always be walked from their start: what is free between exceptions has a header, too, with no tag.
 */
final class ExceptionHeap {
    private static final int FIRST_CHUNK = 64 << 10;
    /** A free run, which may be a whole chunk, has its size in an int. */
    private static final int LARGEST_CHUNK = 1 << 30;
    /** What must be free after a collection if the heap cannot grow: one in so many bytes. */
    private static final int LEAST_SHARE = 8;

    private static final int MARKED = 1;
    private static final int SHIFT = Integer.numberOfTrailingZeros(ExceptionLayout.ALIGNMENT);

    private final Store store;
    private final long context;
    /** Sorted by address. */
    private final List<Chunk> chunks = new ArrayList<>();
    /** Free runs that the last collection left, {start, end}; the last comes next. */
    private final List<long[]> runs = new ArrayList<>();

    /** What Java knows of exceptions that it still holds, by address. */
    private final Map<Long, Handle> handles = new HashMap<>();
    /** Exceptions whose cells Java has: numbers, of which nobody can tell when they are forgotten. */
    private final Map<Long, ExnRef> pinned = new HashMap<>();

    private final ReferenceQueue<ExnRef> dropped = new ReferenceQueue<>();
    /** Cells of globals that hold exceptions. */
    private final List<Long> globals = new ArrayList<>();

    private final List<Table> tables = new ArrayList<>();

    private long bytes;
    /** How many bytes all collections have looked at. */
    private long lookedAt;
    /** Marked, but their payload is not looked through yet. */
    private final List<Long> grey = new ArrayList<>();

    static final class Chunk {
        final long start;
        final long end;
        /** While marking: where exceptions start, by number of 16 bytes. */
        final BitSet objects = new BitSet();

        Chunk(long start, long end) {
            this.start = start;
            this.end = end;
        }
    }

    private static final class Handle extends WeakReference<ExnRef> {
        final long address;

        Handle(ExnRef ref, ReferenceQueue<ExnRef> queue) {
            super(ref, queue);
            this.address = ref.address();
        }
    }

    ExceptionHeap(Store store) {
        this.store = store;
        this.context = store.block().memory().address();
    }

    /** From now on the global's value is a root. */
    void addGlobal(long cell) {
        globals.add(cell);
    }

    /** From now on the table's elements are roots. */
    void addTable(Table table) {
        tables.add(table);
    }

    /**
     * Room for an exception, as free as it was: the caller writes all of the header at once.
     *
     * @param size a multiple of 16
     * @throws TrapException if what is in use leaves no room within the store's limit
     * @throws OutOfMemoryError if the system has no memory left
     */
    long allocate(int size) {
        if (!fits(size) && !nextRun(size) && !makeRoom(size)) {
            throw Traces.ofHost(
                    store,
                    TrapCode.ALLOCATION_TOO_LARGE,
                    "exceptions in use leave less than an eighth free of the "
                            + store.limits().exceptionBytes() + " bytes that the store may have of them");
        }
        long address = top();
        Native.putLong(context + StoreLayout.HEAP_TOP, address + size);
        free(address, address + size);
        return address;
    }

    private boolean makeRoom(int size) {
        long scanned = collect();
        boolean isRoomy = total(runs) >= Math.max(bytes / 2, scanned);
        if (isRoomy && nextRun(size) || grow(size, scanned) || nextSharedRun(size)) {
            return true;
        }
        if (handles.isEmpty()) {
            return false;
        }
        // What Java has dropped counts until Java's collector has seen it. A guest alone cannot make it run.
        System.gc();
        collect();
        return nextSharedRun(size);
    }

    /** Takes a run if there is so much free altogether that the next collection is far. */
    private boolean nextSharedRun(int size) {
        return total(runs) >= bytes / LEAST_SHARE && nextRun(size);
    }

    private long top() {
        return Native.getLong(context + StoreLayout.HEAP_TOP);
    }

    private boolean fits(int size) {
        return Native.getLong(context + StoreLayout.HEAP_LIMIT) - top() >= size;
    }

    private void use(long start, long end) {
        Native.putLong(context + StoreLayout.HEAP_TOP, start);
        Native.putLong(context + StoreLayout.HEAP_LIMIT, end);
    }

    /** Gives a run of free bytes its header. */
    private static void free(long start, long end) {
        if (start < end) {
            Native.putLong(start + ExceptionLayout.TAG, 0);
            Native.putInt(start + ExceptionLayout.SIZE, (int) (end - start));
            Native.putInt(start + ExceptionLayout.FLAGS, 0);
        }
    }

    /** Ends the present run: afterwards every chunk can be walked. */
    private void seal() {
        free(top(), Native.getLong(context + StoreLayout.HEAP_LIMIT));
        use(0, 0);
    }

    private boolean nextRun(int size) {
        seal();
        while (!runs.isEmpty()) {
            long[] run = runs.removeLast();
            if (run[1] - run[0] >= size) {
                use(run[0], run[1]);
                return true;
            }
        }
        return false;
    }

    private static long total(List<long[]> runs) {
        long n = 0;
        for (long[] run : runs) {
            n += run[1] - run[0];
        }
        return n;
    }

    /**
     * Takes a new chunk, so large that collections cost little for each exception: as much as there is already, and as
     * much as was looked through for roots.
     */
    private boolean grow(int size, long scanned) {
        long wanted = Math.clamp(Math.max(bytes, scanned), FIRST_CHUNK, LARGEST_CHUNK);
        long allowed = store.limits().exceptionBytes() - bytes & -ExceptionLayout.ALIGNMENT;
        long chunk = Math.min(Math.max(wanted + 15 & -16, size), allowed);
        if (chunk < size) {
            return false;
        }
        long start = ZeroMemory.allocate(chunk);
        int at = 0;
        while (at < chunks.size() && chunks.get(at).start < start) {
            at++;
        }
        chunks.add(at, new Chunk(start, start + chunk));
        bytes += chunk;
        use(start, start + chunk);
        return true;
    }

    // ---- collection

    /** Frees what is not in use; returns how many bytes were looked through for roots. */
    private long collect() {
        seal();
        lookedAt += bytes;
        for (Chunk c : chunks) {
            c.objects.clear();
            for (long p = c.start; p < c.end; p += size(p)) {
                if (Native.getLong(p + ExceptionLayout.TAG) != 0) {
                    c.objects.set((int) (p - c.start >>> SHIFT));
                }
            }
        }
        long scanned = markRoots();
        lookedAt += scanned;
        while (!grey.isEmpty()) {
            long p = grey.removeLast();
            scan(p + ExceptionLayout.PAYLOAD, p + size(p));
        }
        sweep();
        return scanned;
    }

    private static int size(long exception) {
        return Native.getInt(exception + ExceptionLayout.SIZE);
    }

    private long markRoots() {
        long scanned = markFrames();
        mark(Native.getLong(context + StoreLayout.EXCEPTION));
        for (long cell : globals) {
            mark(Native.getLong(cell));
        }
        for (Table t : tables) {
            long n = t.size();
            long start = t.range(0, n);
            scan(start, start + 8 * n);
            scanned += 8 * n;
        }
        scan(store.heap().exceptionHoldersStart(), store.heap().exceptionHoldersEnd());
        for (Reference<? extends ExnRef> r = dropped.poll(); r != null; r = dropped.poll()) {
            handles.remove(((Handle) r).address, r);
        }
        for (Handle h : handles.values()) {
            // One whose object Java has dropped by now was not polled yet; it is no root any more.
            if (h.get() != null) {
                mark(h.address);
            }
        }
        return scanned;
    }

    /** Whether there was no exception yet. */
    boolean isEmpty() {
        return chunks.isEmpty();
    }

    /** Frees what is not in use. */
    void collectNow() {
        collect();
    }

    /** Names all cells that hold references of the garbage-collected heap, or handles, in exceptions. */
    void visitReferences(LongConsumer visitor) {
        // The present run too can be walked then; it stays as it is.
        free(top(), Native.getLong(context + StoreLayout.HEAP_LIMIT));
        for (Chunk c : chunks) {
            for (long p = c.start; p < c.end; p += size(p)) {
                long tag = Native.getLong(p + ExceptionLayout.TAG);
                if (tag != 0) {
                    visitPayload(p + ExceptionLayout.PAYLOAD, store.tag(tag), visitor);
                }
            }
        }
    }

    private static void visitPayload(long payload, Tag tag, LongConsumer visitor) {
        long p = payload;
        for (ValType t : tag.type().type().params()) {
            if (StoreHeap.isCollected(t)) {
                visitor.accept(p);
            }
            p += 8L * t.cells();
        }
    }

    /** All frames of generated code, from where it last called out, in all activations. */
    private long markFrames() {
        long scanned = 0;
        long frame = Native.getLong(context + StoreLayout.EXIT_FRAME);
        long activation = Native.getLong(context + StoreLayout.ACTIVATION);
        while (activation != 0) {
            scan(frame, activation);
            scanned += activation - frame;
            frame = Native.getLong(activation + StoreLayout.ACTIVATION_EXIT_FRAME);
            activation = Native.getLong(activation + StoreLayout.ACTIVATION_PREVIOUS);
        }
        return scanned;
    }

    private void scan(long from, long to) {
        if (chunks.isEmpty()) {
            return;
        }
        long low = chunks.getFirst().start;
        long span = chunks.getLast().end - low;
        for (long p = from; p < to; p += 8) {
            long word = Native.getLong(p);
            if (Long.compareUnsigned(word - low, span) < 0) {
                mark(word);
            }
        }
    }

    /** Marks the exception that {@code word} points to or into, if it does. */
    private void mark(long word) {
        Chunk c = chunkOf(word);
        int object = c == null ? -1 : c.objects.previousSetBit((int) (word - c.start >>> SHIFT));
        if (object < 0) {
            return;
        }
        long p = c.start + ((long) object << SHIFT);
        if (word < p + size(p) && Native.getInt(p + ExceptionLayout.FLAGS) != MARKED) {
            Native.putInt(p + ExceptionLayout.FLAGS, MARKED);
            grey.add(p);
        }
    }

    private Chunk chunkOf(long word) {
        int low = 0;
        int high = chunks.size() - 1;
        while (low <= high) {
            int middle = low + high >>> 1;
            Chunk c = chunks.get(middle);
            if (word < c.start) {
                high = middle - 1;
            } else if (word >= c.end) {
                low = middle + 1;
            } else {
                return c;
            }
        }
        return null;
    }

    private void sweep() {
        runs.clear();
        for (Chunk c : chunks) {
            long run = 0;
            for (long p = c.start; p < c.end; ) {
                int size = size(p);
                if (Native.getInt(p + ExceptionLayout.FLAGS) == MARKED) {
                    Native.putInt(p + ExceptionLayout.FLAGS, 0);
                    addRun(run, p);
                    run = 0;
                } else if (run == 0) {
                    run = p;
                }
                p += size;
            }
            addRun(run, c.end);
        }
    }

    private void addRun(long start, long end) {
        if (start != 0) {
            free(start, end);
            runs.add(new long[] {start, end});
        }
    }

    // ---- Java's side

    /** Java's object for an exception, the same one as long as Java holds it. */
    ExnRef ref(long address) {
        Handle h = handles.get(address);
        ExnRef known = h == null ? null : h.get();
        if (known == null) {
            known = new ExnRef(store, address);
            handles.put(address, new Handle(known, dropped));
        }
        return known;
    }

    /** Keeps an exception until the store is closed, because Java has its cell. */
    void pin(long address) {
        pinned.computeIfAbsent(address, this::ref);
    }

    /** Whether Java may give this number to generated code. */
    boolean isPinned(long address) {
        return pinned.containsKey(address);
    }

    /** What collections have cost: how many bytes of the heap and of roots they have looked at. */
    long lookedAtBytes() {
        return lookedAt;
    }

    /** Bytes in use when last counted, and what was made since. */
    long usedBytes() {
        return bytes == 0 ? 0 : bytes - total(runs) - (Native.getLong(context + StoreLayout.HEAP_LIMIT) - top());
    }

    void close() {
        use(0, 0);
        Native.putLong(context + StoreLayout.EXCEPTION, 0);
        runs.clear();
        bytes = 0;
    }

    /** Its memory, which {@link Remains} frees. */
    List<Chunk> chunks() {
        return chunks;
    }
}
