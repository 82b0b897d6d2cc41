package kiln.runtime.internal;

import java.util.Arrays;

/** The numbers that a store took from {@link HostIds}. */
public final class HostIdList {
    private int[] ids = new int[4];
    private int count;

    public void add(int id) {
        if (count == ids.length) {
            ids = Arrays.copyOf(ids, 2 * count);
        }
        ids[count++] = id;
    }

    public void removeAll() {
        for (int i = 0; i < count; i++) {
            HostIds.remove(ids[i]);
        }
        count = 0;
    }
}
