package kiln.runtime.internal;

import java.lang.ref.WeakReference;
import java.util.Arrays;

/**
 * The numbers by which generated code names Java objects in upcalls: one table for the process, because there is one
 * upcall stub. It holds the objects weakly, or no store that somebody forgot to close would ever be collected; a store
 * from which an upcall comes is reachable from the call that runs in it, and keeps its objects.
 *
 * <p>A slot is read without a lock; a thread that got a number before reads a table that has it, since stores change
 * threads only through synchronisation.
 */
public final class HostIds {
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static WeakReference<Object>[] objects = new WeakReference[256];

    private static int[] free = new int[64];
    private static int freeCount;
    private static int next = 1;

    private HostIds() {}

    public static Object get(int id) {
        return objects[id].get();
    }

    /** A number, never 0, for an object that its store keeps. */
    static synchronized int add(Object o) {
        int id;
        if (freeCount > 0) {
            id = free[--freeCount];
        } else {
            id = next++;
            if (id == objects.length) {
                objects = Arrays.copyOf(objects, 2 * id);
            }
        }
        objects[id] = new WeakReference<>(o);
        return id;
    }

    static synchronized void remove(int[] ids, int count) {
        if (freeCount + count > free.length) {
            free = Arrays.copyOf(free, 2 * (freeCount + count));
        }
        for (int i = 0; i < count; i++) {
            objects[ids[i]] = null;
            free[freeCount++] = ids[i];
        }
    }
}
