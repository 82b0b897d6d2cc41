package kiln.loader;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Address space for memories that code accesses with explicit checks. They need no inaccessible pages behind them, so
 * many share a mapping that can be read and written as a whole: a process may have only so many mappings, and an
 * untouched page costs nothing. Parcels have powers of two as sizes. Safe for use by several threads.
 */
final class ParcelPool {
    /** Bytes of the largest parcel. */
    static final long LARGEST = 1L << 30;
    /** Parcels of a mapping. */
    private static final int PARCELS = 64;

    private final MemoryPool pool;
    private final Host host;
    private final int maxKept;
    /** By size: parcels of zeros. */
    private final Map<Long, Parcels> bySize = new HashMap<>();

    private static final class Parcels {
        /** Those whose pages were kept, and others. */
        final ArrayDeque<Long> warm = new ArrayDeque<>();

        final ArrayDeque<Long> cold = new ArrayDeque<>();
    }

    /**
     * @param maxKept how many parcels of a size keep their pages
     */
    ParcelPool(MemoryPool pool, Host host, int maxKept) {
        this.pool = pool;
        this.host = host;
        this.maxKept = maxKept;
    }

    /** The size of a parcel for so many bytes. */
    static long sizeFor(long bytes) {
        long size = Host.current().pageSize();
        while (size < bytes) {
            size <<= 1;
        }
        return size;
    }

    /**
     * A parcel of zeros, or null if the system has no address space left for more.
     *
     * @throws HostException if the process has nearly all mappings that it may have
     */
    synchronized Long take(long size) {
        Parcels p = bySize.get(size);
        if (p == null) {
            p = new Parcels();
            bySize.put(size, p);
        }
        Long found = p.warm.pollFirst();
        if (found == null) {
            found = p.cold.pollFirst();
        }
        if (found != null) {
            return found;
        }
        pool.takeMappings(1);
        long start;
        try {
            start = host.reserve(PARCELS * size);
        } catch (HostException e) {
            pool.giveMappings(1);
            return null;
        }
        // Without a claim on the system's memory: what parcels may grow to is no measure of what they use.
        host.mapZero(start, PARCELS * size, Host.Protection.READ_WRITE);
        host.smallPages(start, PARCELS * size);
        for (int i = 1; i < PARCELS; i++) {
            p.cold.add(start + i * size);
        }
        return start;
    }

    synchronized boolean mayKeepPages(long size) {
        return bySize.get(size).warm.size() < maxKept;
    }

    /** Takes a parcel back, which has only zeros. */
    synchronized void give(long base, long size, boolean warm) {
        Parcels p = bySize.get(size);
        (warm ? p.warm : p.cold).addFirst(base);
    }
}
