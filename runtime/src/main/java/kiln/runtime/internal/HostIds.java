package kiln.runtime.internal;

import java.util.Arrays;

/**
 * The numbers by which generated code names Java objects in upcalls: one table for the process, because there is one
 * upcall stub. A slot is read without a lock; a thread that got a number before reads a table that has it, since stores
 * change threads only through synchronisation.
 */
public final class HostIds {
    private static Object[] table = new Object[256];
    private static int[] free = new int[64];
    private static int freeCount;
    private static int next = 1;

    private HostIds() {}

    public static Object get(int id) {
        return table[id];
    }

    /** A number for {@code o}, never 0. */
    public static synchronized int add(Object o) {
        int id;
        if (freeCount > 0) {
            id = free[--freeCount];
        } else {
            id = next++;
            if (id == table.length) {
                table = Arrays.copyOf(table, 2 * id);
            }
        }
        table[id] = o;
        return id;
    }

    public static synchronized void remove(int id) {
        table[id] = null;
        if (freeCount == free.length) {
            free = Arrays.copyOf(free, 2 * freeCount);
        }
        free[freeCount++] = id;
    }
}
