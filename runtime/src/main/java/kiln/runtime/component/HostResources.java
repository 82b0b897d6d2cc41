package kiln.runtime.component;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Objects of Java that are resources of one type in one component instance: numbers stand for them in handle tables. An
 * object has one number as long as anything of WebAssembly's refers to it.
 */
final class HostResources {
    private static final class Slot {
        private final Object object;
        private final int rep;
        private int owners;
        private int borrows;

        Slot(Object object, int rep) {
            this.object = object;
            this.rep = rep;
        }
    }

    private final List<Slot> slots = new ArrayList<>();
    private final Deque<Integer> free = new ArrayDeque<>();
    private final Map<Object, Slot> byObject = new IdentityHashMap<>();

    private Slot slot(Object object) {
        Slot s = byObject.get(object);
        if (s == null) {
            Integer rep = free.pollLast();
            if (rep == null) {
                rep = slots.size();
                slots.add(null);
            }
            s = new Slot(object, rep);
            slots.set(rep, s);
            byObject.put(object, s);
        }
        return s;
    }

    private void freeUnused(Slot s) {
        if (s.owners == 0 && s.borrows == 0) {
            slots.set(s.rep, null);
            byObject.remove(s.object);
            free.addLast(s.rep);
        }
    }

    /** The object is given to the guest. */
    int own(Object object) {
        Slot s = slot(object);
        s.owners++;
        return s.rep;
    }

    /** The object is lent to the guest, until {@link #giveBack}. */
    int lend(Object object) {
        Slot s = slot(object);
        s.borrows++;
        return s.rep;
    }

    void giveBack(int rep) {
        Slot s = slots.get(rep);
        s.borrows--;
        freeUnused(s);
    }

    /** What a number stands for. */
    Object get(int rep) {
        return slots.get(rep).object;
    }

    /** A handle that owned has gone; whether it was the last one of the object. */
    boolean release(int rep) {
        Slot s = slots.get(rep);
        s.owners--;
        boolean last = s.owners == 0;
        freeUnused(s);
        return last;
    }
}
