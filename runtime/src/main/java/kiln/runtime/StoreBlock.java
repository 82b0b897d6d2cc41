package kiln.runtime;

import kiln.loader.Host;
import kiln.loader.StoreMemory;

/** The native memory that every store needs; blocks are used again by later stores. */
final class StoreBlock {
    /** Enough that the native stack ends first: a nested call takes more of that than of this. */
    private static final long AREA_BYTES = 1 << 20;

    private final StoreMemory memory = new StoreMemory();
    private final Slab slab = new Slab();
    private final long area = Host.current().allocate(AREA_BYTES);

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
