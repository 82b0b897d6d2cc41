package kiln.runtime.internal;

import kiln.loader.HostException;
import kiln.loader.MemoryPool;
import kiln.loader.StoreMemory;

/**
 * The native memory that every store needs; blocks are used again by later stores. What every store writes lies
 * together, so that one that does little touches two pages: contexts of small modules and the head of the
 * {@link StoreMemory} in the first, arguments in the other.
 */
public final class StoreBlock {
    private static final long BYTES = 1 << 20;
    private static final int PAGE = 4 << 10;
    /** The first piece of the slab; what follows in the page is as much of the store's memory as is always written. */
    private static final int SLAB_BYTES = PAGE - 256;

    private final long base;
    private final StoreMemory memory;
    private final Slab slab;

    /**
     * @throws OutOfMemoryError if the system has no memory left
     */
    public StoreBlock() {
        try {
            base = MemoryPool.shared().takeZeros(BYTES);
        } catch (HostException e) {
            throw ZeroMemory.outOfMemory(e);
        }
        slab = new Slab(base, SLAB_BYTES);
        memory = new StoreMemory(base + SLAB_BYTES);
    }

    public StoreMemory memory() {
        return memory;
    }

    public Slab slab() {
        return slab;
    }

    /** Where arguments of calls begin. */
    public long areaStart() {
        return base + SLAB_BYTES + StoreMemory.BYTES + PAGE - 1 & -PAGE;
    }

    /** Enough room that the native stack ends first: a nested call takes more of that than of this. */
    public long areaEnd() {
        return base + BYTES;
    }

    /** Makes it fit for another store. */
    public void reset() {
        memory.reset();
        slab.reset();
    }

    public void free() {
        memory.close();
        slab.free();
        MemoryPool.shared().giveZeros(base, BYTES);
    }
}
