package kiln.loader;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import kiln.artifact.MemoryConstants;

/**
 * Makes linear memories. Guarded memories come from reservations of one size that are kept when a memory dies: making a
 * mapping and taking it away costs more than cleaning it. Safe for use by several threads.
 */
public final class MemoryPool {
    /** Up to this size zeroing is cheaper than giving pages back and faulting them in again. */
    private static final long ZERO_LIMIT = 256 << 10;

    /**
     * How much of what a memory grows by gets its pages at once: up to so much what an allocator asks for to fill it.
     */
    private static final long POPULATE_LIMIT = 1 << 20;

    /**
     * ... and of what it grows further ahead, unless the program wrote to what it grew by before in that way. A page
     * that nobody writes to costs several times what one that comes without a fault saves.
     */
    private static final long POPULATE_SPARSELY = 128 << 10;

    private static final int DEFAULT_IDLE = 64;
    /** So many mappings are left to others: a JVM that finds none ends. */
    private static final int SPARED_MAPPINGS = 8192;
    /** Up to here the limit need not be known. */
    private static final int FEW_MAPPINGS = 4096;
    /** What to do about it. */
    private static final String FEWER =
            "code with explicit bounds checks (Engine.builder().explicitBounds(true), --explicit-bounds)";
    /** So many unguarded memories get all the address space that they may grow to. */
    private static final int MANY_LARGE = 4096;
    /** A reservation is at least an accessible part and an inaccessible one. */
    private static final int SLOT_MAPPINGS = 2;

    private static final MemoryPool SHARED = new MemoryPool(DEFAULT_IDLE);

    private final Host host = Host.current();
    private final int maxIdle;
    /** Mappings that memories may take, or 0: not looked up yet. */
    private int maxMappings;
    /** Mappings that reservations take, idle ones too. */
    private int mappings;

    private final ArrayDeque<Slot> idle = new ArrayDeque<>();
    private final ParcelPool parcels;
    private int inUse;
    /** Memories with a reservation of their own that are not guarded. */
    private int largeChecked;

    /**
     * @param maxIdle how many reservations are kept for later
     */
    public MemoryPool(int maxIdle) {
        this(maxIdle, 0);
    }

    /**
     * @param maxIdle how many reservations are kept for later
     * @param maxMappings how many of the process's mappings memories may take, or 0 for nearly all
     */
    MemoryPool(int maxIdle, int maxMappings) {
        this.maxIdle = maxIdle;
        this.maxMappings = maxMappings;
        this.parcels = new ParcelPool(this, host, maxIdle);
    }

    /** The pool that engines use unless told otherwise. */
    public static MemoryPool shared() {
        return SHARED;
    }

    /** A reservation of address space for one memory. */
    final class Slot {
        final long base;
        final long reserved;
        final boolean guarded;
        /** Whether it is a part of a mapping that is accessible as a whole, from {@link ParcelPool}. */
        final boolean parcel;
        /** Bytes from the base on that can be read and written, a multiple of the host's page size. */
        private long accessible;
        /** Whose image is mapped, or null. */
        private MemoryTemplate template;
        /** A page amid those of the last large growth that did not get theirs at once, as an offset; -1: none was. */
        private long sample = -1;

        Slot(long base, long reserved, boolean guarded, boolean parcel) {
            this.base = base;
            this.reserved = reserved;
            this.guarded = guarded;
            this.parcel = parcel;
            this.accessible = parcel ? reserved : 0;
        }

        /** Whether the slot's whole reservation is what a guarded memory needs. */
        boolean isFor(long reservation) {
            return guarded && reserved == reservation;
        }

        void makeAccessible(long size) {
            long pages = roundUp(size);
            if (pages > accessible) {
                host.protect(base + accessible, pages - accessible, Host.Protection.READ_WRITE);
                accessible = pages;
            }
        }

        /**
         * Has the system supply the first pages of what a memory has grown by, all in one go: programs grow to write
         * there next, and each page that comes by a fault of its own costs more. Of a large growth how many depends on
         * what became of the last one, since some programs grow far ahead, for buffers of which they use a part.
         */
        void populate(long from, long to) {
            long start = roundUp(from);
            long end = to & -host.pageSize();
            if (end - start > POPULATE_LIMIT) {
                boolean wasUsed = sample >= 0 && host.isResident(base + sample);
                long ahead = start + (wasUsed ? POPULATE_LIMIT : POPULATE_SPARSELY);
                sample = ahead + (end - ahead) / 2 & -host.pageSize();
                end = ahead;
            }
            if (start < end) {
                host.populate(base + start, end - start);
            }
        }

        private void shrink(long size) {
            long pages = roundUp(size);
            if (pages < accessible && !parcel) {
                host.protect(base + pages, accessible - pages, Host.Protection.NONE);
                accessible = pages;
            }
        }

        private int mappings() {
            return (parcel ? 0 : SLOT_MAPPINGS) + (template == null ? 0 : imageMappings(template));
        }

        private void mapTemplate(MemoryTemplate t) {
            takeMappings(imageMappings(t));
            template = t;
            for (MemoryTemplate.Range r : t.ranges()) {
                host.mapFile(base + r.memoryOffset(), r.length(), t.file(), r.fileOffset(), Host.Protection.READ_WRITE);
            }
        }

        /** Makes the contents those of a new memory. */
        private void clean(long size) {
            sample = -1;
            if (template == null && size <= ZERO_LIMIT) {
                Native.segment(base, size).fill((byte) 0);
            } else if (accessible > 0) {
                host.discard(base, accessible);
            }
        }

        private void reset() {
            host.mapZero(base, roundUp(Math.max(accessible, template.end())), Host.Protection.NONE);
            accessible = 0;
            giveMappings(imageMappings(template));
            template = null;
        }

        private long roundUp(long size) {
            return size + host.pageSize() - 1 & -host.pageSize();
        }
    }

    /**
     * A memory with a reservation of {@link MemoryConstants#RESERVATION}, for code that checks no bounds.
     *
     * @param size bytes at first, a multiple of the host's page size
     * @param maxBytes bytes that it may grow to, at most 4 GiB
     * @param template what it contains, or null for zeros
     * @throws HostException if there is no address space or memory left
     */
    public LinearMemory guarded(long size, long maxBytes, MemoryTemplate template) {
        return guarded(MemoryConstants.RESERVATION, size, maxBytes, template);
    }

    /**
     * A 64-bit memory with a reservation of {@link MemoryConstants#RESERVATION_64}, for code that compares indices with
     * nothing else.
     *
     * @param size bytes at first, a multiple of the host's page size
     * @param maxBytes bytes that it may grow to, at most 64 GiB
     * @param template what it contains, or null for zeros
     * @throws HostException if there is no address space or memory left
     */
    public LinearMemory guarded64(long size, long maxBytes, MemoryTemplate template) {
        return guarded(MemoryConstants.RESERVATION_64, size, maxBytes, template);
    }

    private LinearMemory guarded(long reservation, long size, long maxBytes, MemoryTemplate template) {
        long max = Math.min(maxBytes, reservation - MemoryConstants.GUARD_SIZE);
        check(size, max, template);
        if ((size & host.pageSize() - 1) != 0) {
            throw new IllegalArgumentException("a guarded memory must end at a page of the host: " + size);
        }
        Slot slot = takeIdle(reservation, template);
        if (slot == null) {
            slot = new Slot(reserve(reservation), reservation, true, false);
        }
        return fill(slot, size, max, template);
    }

    /**
     * A memory that code accesses with explicit checks; only {@code maxBytes} of address space are reserved, or fewer
     * if there are not as many left: once some thousands of large ones exist, a gibibyte for each further one.
     *
     * @param size bytes at first
     * @param maxBytes bytes that it may grow to at most
     * @param template what it contains, or null for zeros
     * @throws HostException if there is no address space or memory left
     */
    public LinearMemory checked(long size, long maxBytes, MemoryTemplate template) {
        check(size, maxBytes, template);
        if (size > Long.MAX_VALUE - host.pageSize()) {
            throw new HostException("no address space for a linear memory of " + size + " bytes", 0);
        }
        long max = Math.min(maxBytes, Long.MAX_VALUE - host.pageSize());
        if (max > ParcelPool.LARGEST && size <= ParcelPool.LARGEST && hasManyLarge()) {
            max = ParcelPool.LARGEST;
        }
        if (max <= ParcelPool.LARGEST) {
            long bytes = ParcelPool.sizeFor(max);
            Long base = parcels.take(bytes);
            if (base != null) {
                return fill(new Slot(base, bytes, false, true), size, max, template);
            }
        }
        while (true) {
            long reserved = Math.max(host.pageSize(), max + host.pageSize() - 1 & -host.pageSize());
            try {
                LinearMemory m = fill(new Slot(reserve(reserved), reserved, false, false), size, max, template);
                countLarge(1);
                return m;
            } catch (HostException e) {
                if (max == size) {
                    throw e;
                }
                max = Math.max(size, max >>> 1);
            }
        }
    }

    /**
     * Zeros to read and write, of which only what is touched takes up memory; given back with {@link #giveZeros}.
     *
     * @param size a power of two, from the host's page size on
     * @throws HostException if there is no address space left
     */
    public long takeZeros(long size) {
        Long base = parcels.take(size);
        if (base == null) {
            trim();
            base = parcels.take(size);
        }
        if (base == null) {
            throw new HostException("no address space left for " + size + " bytes", 0);
        }
        return base;
    }

    /** Takes back what {@link #takeZeros} gave, with whatever was written there. */
    public void giveZeros(long base, long size) {
        host.discard(base, size);
        parcels.give(base, size, false);
    }

    private synchronized boolean hasManyLarge() {
        return largeChecked >= MANY_LARGE;
    }

    private synchronized void countLarge(int by) {
        largeChecked += by;
    }

    private static void check(long size, long max, MemoryTemplate template) {
        if (size < 0 || size > max) {
            throw new IllegalArgumentException("size " + size + " exceeds the maximum " + max);
        }
        if (template != null && template.end() > size) {
            throw new IllegalArgumentException("the image exceeds the memory");
        }
    }

    private LinearMemory fill(Slot slot, long size, long max, MemoryTemplate template) {
        try {
            slot.shrink(size);
            if (template != null && slot.template != template) {
                slot.mapTemplate(template);
            }
            slot.makeAccessible(size);
        } catch (RuntimeException e) {
            discard(slot);
            throw e;
        }
        synchronized (this) {
            inUse++;
        }
        return new LinearMemory(this, slot, size, max);
    }

    /** An idle reservation of this size, if there is one: best with the same image, else with none, else with any. */
    private Slot takeIdle(long reservation, MemoryTemplate template) {
        Slot found = null;
        synchronized (this) {
            for (Iterator<Slot> i = idle.iterator(); i.hasNext(); ) {
                Slot s = i.next();
                if (!s.isFor(reservation)) {
                    continue;
                }
                if (s.template == template) {
                    i.remove();
                    return s;
                }
                if (found == null || s.template == null) {
                    found = s;
                }
            }
            idle.remove(found);
        }
        if (found != null && found.template != null) {
            try {
                found.reset();
            } catch (HostException e) {
                discard(found);
                throw e;
            }
        }
        return found;
    }

    private static int imageMappings(MemoryTemplate t) {
        return 2 * t.ranges().size();
    }

    /** Counts mappings that are about to be made. */
    void takeMappings(int count) {
        if (!countMappings(count)) {
            trim();
            if (!countMappings(count)) {
                throw new HostException(
                        "memories take nearly all mappings that a process may have (vm.max_map_count; " + FEWER
                                + " takes fewer): " + mappings,
                        0);
            }
        }
    }

    private synchronized boolean countMappings(int count) {
        int after = mappings + count;
        if (maxMappings == 0 && after > FEW_MAPPINGS) {
            maxMappings = Math.max(FEW_MAPPINGS, host.maxMappings() - SPARED_MAPPINGS);
        }
        if (maxMappings != 0 && after > maxMappings) {
            return false;
        }
        mappings = after;
        return true;
    }

    synchronized void giveMappings(int count) {
        mappings -= count;
    }

    private long reserve(long length) {
        takeMappings(SLOT_MAPPINGS);
        try {
            return host.reserve(length);
        } catch (HostException e) {
            trim();
            try {
                return host.reserve(length);
            } catch (HostException second) {
                giveMappings(SLOT_MAPPINGS);
                int used;
                synchronized (this) {
                    used = inUse;
                }
                throw new HostException(
                        "no address space left for a linear memory of " + (length >> 20)
                                + " MiB of reservation (" + FEWER + " reserves less); " + used
                                + " memories are in use (ulimit -v, vm.max_map_count): "
                                + second.getMessage(),
                        second.errno());
            }
        }
    }

    /** Gives idle reservations back to the system. */
    public void trim() {
        List<Slot> slots;
        synchronized (this) {
            slots = new ArrayList<>(idle);
            idle.clear();
        }
        slots.forEach(this::discard);
    }

    /** Gives back idle reservations that hold this image, since its file is about to be closed. */
    void forget(MemoryTemplate template) {
        List<Slot> slots = new ArrayList<>();
        synchronized (this) {
            for (Iterator<Slot> i = idle.iterator(); i.hasNext(); ) {
                Slot s = i.next();
                if (s.template == template) {
                    i.remove();
                    slots.add(s);
                }
            }
        }
        slots.forEach(this::discard);
    }

    void recycle(Slot slot, long size) {
        synchronized (this) {
            inUse--;
        }
        if (slot.parcel) {
            recycleParcel(slot, size);
            return;
        }
        if (!slot.guarded) {
            countLarge(-1);
        }
        if (!slot.guarded || full()) {
            discard(slot);
            return;
        }
        try {
            slot.clean(size);
        } catch (HostException e) {
            discard(slot);
            throw e;
        }
        synchronized (this) {
            if (idle.size() < maxIdle) {
                idle.addFirst(slot);
                return;
            }
        }
        discard(slot);
    }

    /** Its mapping stays; its pages do where it costs less to clear them than to fault them in again. */
    private void recycleParcel(Slot slot, long size) {
        boolean keep = slot.template == null && size <= ZERO_LIMIT && parcels.mayKeepPages(slot.reserved);
        if (keep) {
            Native.segment(slot.base, size).fill((byte) 0);
        } else if (slot.template == null) {
            host.discard(slot.base, slot.roundUp(size));
        } else {
            host.mapZero(slot.base, slot.roundUp(Math.max(size, slot.template.end())), Host.Protection.READ_WRITE);
            giveMappings(imageMappings(slot.template));
            slot.template = null;
        }
        parcels.give(slot.base, slot.reserved, keep);
    }

    private synchronized boolean full() {
        return idle.size() >= maxIdle;
    }

    private void discard(Slot slot) {
        if (slot.parcel) {
            recycleParcel(slot, slot.reserved);
            return;
        }
        giveMappings(slot.mappings());
        host.release(slot.base, slot.reserved);
    }

    /** Memories that exist. */
    public synchronized int inUse() {
        return inUse;
    }

    /** Reservations kept for later. */
    public synchronized int idle() {
        return idle.size();
    }
}
