package kiln.runtime.internal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.artifact.HeapLayout;

/**
 * Where the records of struct and array types lie in the heaps of an engine's stores: a type that several stores use
 * has the same place in all of them. The place is given to another type only after the last of these stores was closed,
 * since objects name their types by it. Safe for use by several threads.
 */
public final class TypeRecords {
    private static final int STEP = 64;
    private static final int SMALL = 512;

    private static final class Place {
        final int offset;
        final int bytes;
        int users;

        Place(int offset, int bytes) {
            this.offset = offset;
            this.bytes = bytes;
        }
    }

    /** By the engine's number of the type. */
    private final Map<Integer, Place> places = new HashMap<>();
    /** By size: places that are free. */
    private final Map<Integer, List<Integer>> free = new HashMap<>();

    private int end = HeapLayout.RECORDS;

    /**
     * The place of a type's record, which is kept until {@link #give}.
     *
     * @return 0 if there is none left
     */
    public synchronized int take(int type, int bytes) {
        Place p = places.get(type);
        if (p == null) {
            int offset = find(room(bytes));
            if (offset == 0) {
                return 0;
            }
            p = new Place(offset, room(bytes));
            places.put(type, p);
        }
        p.users++;
        return p.offset;
    }

    /** Bytes set aside for a record: few different numbers, so that a place fits most types after the first one. */
    private static int room(int bytes) {
        return bytes <= SMALL ? bytes + STEP - 1 & -STEP : Integer.highestOneBit(bytes - 1) << 1;
    }

    private int find(int bytes) {
        List<Integer> known = free.get(bytes);
        if (known != null && !known.isEmpty()) {
            return known.removeLast();
        }
        if (bytes > HeapLayout.OBJECTS - HeapLayout.READABLE_BYTES - end) {
            return 0;
        }
        int offset = end;
        end += bytes;
        return offset;
    }

    /** Undoes one {@link #take}. */
    public synchronized void give(int type) {
        Place p = places.get(type);
        if (--p.users == 0) {
            places.remove(type);
            free.computeIfAbsent(p.bytes, _ -> new ArrayList<>()).add(p.offset);
        }
    }
}
