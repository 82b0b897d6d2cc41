package kiln.runtime.internal;

import kiln.loader.Host;
import kiln.loader.HostException;
import kiln.loader.StoreMemory;

/** The native memory that every store needs; blocks are used again by later stores. */
public final class StoreBlock {
    /** Enough that the native stack ends first: a nested call takes more of that than of this. */
    private static final long AREA_BYTES = 1 << 20;

    private final long area;
    private final StoreMemory memory;
    private final Slab slab = new Slab();

    /**
     * @throws OutOfMemoryError if the system has no memory left
     */
    public StoreBlock() {
        try {
            area = Host.current().allocate(AREA_BYTES);
        } catch (HostException e) {
            throw ZeroMemory.outOfMemory(e);
        }
        try {
            memory = new StoreMemory();
        } catch (HostException e) {
            Host.current().free(area);
            throw ZeroMemory.outOfMemory(e);
        }
    }

    public StoreMemory memory() {
        return memory;
    }

    public Slab slab() {
        return slab;
    }

    public long areaStart() {
        return area;
    }

    public long areaEnd() {
        return area + AREA_BYTES;
    }

    /** Makes it fit for another store. */
    public void reset() {
        memory.reset();
        slab.reset();
    }

    public void free() {
        memory.close();
        slab.free();
        Host.current().free(area);
    }
}
