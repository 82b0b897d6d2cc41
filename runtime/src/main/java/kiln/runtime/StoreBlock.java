package kiln.runtime;

import kiln.loader.Host;
import kiln.loader.HostException;
import kiln.loader.StoreMemory;

/** The native memory that every store needs; blocks are used again by later stores. */
final class StoreBlock {
    /** Enough that the native stack ends first: a nested call takes more of that than of this. */
    private static final long AREA_BYTES = 1 << 20;

    private final long area;
    private final StoreMemory memory;
    private final Slab slab = new Slab();

    /**
     * @throws OutOfMemoryError if the system has no memory left
     */
    StoreBlock() {
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

    StoreMemory memory() {
        return memory;
    }

    Slab slab() {
        return slab;
    }

    long areaStart() {
        return area;
    }

    long areaEnd() {
        return area + AREA_BYTES;
    }

    /** Makes it fit for another store. */
    void reset() {
        memory.reset();
        slab.reset();
    }

    void free() {
        memory.close();
        slab.free();
        Host.current().free(area);
    }
}
