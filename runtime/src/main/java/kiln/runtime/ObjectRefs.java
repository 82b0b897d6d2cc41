package kiln.runtime;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import kiln.runtime.internal.GcHeap;

/**
 * Which objects of WebAssembly's Java has: a slot for each, that the collector keeps up to date and that is free again
 * once Java has dropped its object.
 */
final class ObjectRefs {
    private static final int FIRST_SLOTS = 16;

    private final Store store;
    /** What the slots refer to; of free ones the next, -1 at the end. */
    private int[] roots = new int[FIRST_SLOTS];

    private Slot[] slots = new Slot[FIRST_SLOTS];
    /** Slots that stay although Java may have dropped their object: it has their numbers. */
    private HeapRef[] pinned = new HeapRef[FIRST_SLOTS];

    private int firstFree = -1;
    private int end;
    /** Slots by what they refer to now. */
    private final Map<Integer, Slot> known = new HashMap<>();

    private final ReferenceQueue<HeapRef> dropped = new ReferenceQueue<>();

    private static final class Slot extends WeakReference<HeapRef> {
        final int number;

        Slot(HeapRef ref, int number, ReferenceQueue<HeapRef> queue) {
            super(ref, queue);
            this.number = number;
        }
    }

    ObjectRefs(Store store) {
        this.store = store;
    }

    /** What a slot refers to now. */
    int reference(int slot) {
        return roots[slot];
    }

    /** Java's object for an object, the same one as long as Java holds it. */
    HeapRef ref(int reference) {
        Slot s = known.get(reference);
        HeapRef ref = s == null ? null : s.get();
        return ref != null ? ref : add(reference);
    }

    private HeapRef add(int reference) {
        freeDropped();
        int n = firstFree;
        if (n >= 0) {
            firstFree = roots[n];
        } else {
            n = end++;
            if (n == roots.length) {
                roots = Arrays.copyOf(roots, 2 * n);
                slots = Arrays.copyOf(slots, 2 * n);
                pinned = Arrays.copyOf(pinned, 2 * n);
            }
        }
        StoreHeap heap = store.heap();
        TypeRegistry types = store.engine().types();
        int type = heap.typeOf(reference);
        HeapRef ref = heap.isArray(reference)
                ? new ArrayRef(store, n, types.array(type))
                : new StructRef(store, n, types.struct(type));
        roots[n] = reference;
        slots[n] = new Slot(ref, n, dropped);
        known.put(reference, slots[n]);
        return ref;
    }

    private void freeDropped() {
        for (Reference<? extends HeapRef> r = dropped.poll(); r != null; r = dropped.poll()) {
            Slot s = (Slot) r;
            known.remove(roots[s.number], s);
            slots[s.number] = null;
            roots[s.number] = firstFree;
            firstFree = s.number;
        }
    }

    /** Keeps an object until the store is closed, because Java has its number, which this is. */
    int pin(HeapRef ref) {
        pinned[ref.slot()] = ref;
        return ref.slot();
    }

    /** Whether {@link #pin} has given this number. */
    boolean isPinned(long slot) {
        return slot >= 0 && slot < end && pinned[(int) slot] != null;
    }

    /** Tells the collector what Java has, and notes where that is now. */
    void visit(GcHeap to) {
        freeDropped();
        known.clear();
        for (int i = 0; i < end; i++) {
            Slot s = slots[i];
            // One whose object Java has dropped by now was not polled yet; it is no root any more.
            if (s != null && s.get() != null) {
                roots[i] = to.forward(roots[i]);
                known.put(roots[i], s);
            }
        }
    }
}
