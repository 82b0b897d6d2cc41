package kiln.runtime.internal;

import java.util.Arrays;
import kiln.artifact.VMContextLayout;
import kiln.loader.Native;

/**
 * Where the funcref records of a store lie, so that a number from Java can be told from a reference without following
 * it. An instance has all of its records in one range; host functions that Java put somewhere have one each.
 */
public final class RecordRanges {
    private static final long[] NONE = {};

    /** Addresses of the first bytes, and of those after the last. No ranges overlap, so that both are sorted alone. */
    private long[] starts = NONE;

    private long[] ends = NONE;
    private int count;
    /** Sorted up to here: ranges come more often than anybody asks. */
    private int sorted;
    /** The range that held the last record that was asked for. */
    private long lastStart;

    private long lastBytes;

    public void add(long start, int records) {
        if (records == 0) {
            return;
        }
        if (count == starts.length) {
            int capacity = Math.max(4, 2 * count);
            starts = Arrays.copyOf(starts, capacity);
            ends = Arrays.copyOf(ends, capacity);
        }
        starts[count] = start;
        ends[count++] = start + (long) records * VMContextLayout.FUNCREF_BYTES;
    }

    /** Whether this is the address of a record that somebody may have a reference to: one that was filled in. */
    public boolean isReference(long address) {
        if (Long.compareUnsigned(address - lastStart, lastBytes) >= 0 && !find(address)) {
            return false;
        }
        return (address - lastStart) % VMContextLayout.FUNCREF_BYTES == 0
                && Native.getLong(address + VMContextLayout.FUNCREF_VMCTX) != 0
                && Native.getLong(address + VMContextLayout.FUNCREF_CODE) != 0;
    }

    private boolean find(long address) {
        if (sorted < count) {
            Arrays.sort(starts, 0, count);
            Arrays.sort(ends, 0, count);
            sorted = count;
        }
        int found = Arrays.binarySearch(starts, 0, count, address);
        int range = found >= 0 ? found : -found - 2;
        if (range < 0 || address >= ends[range]) {
            return false;
        }
        lastStart = starts[range];
        lastBytes = ends[range] - lastStart;
        return true;
    }
}
