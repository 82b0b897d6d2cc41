package kiln.loader;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Address space for generated code, reserved in large parts so that the signal handler has few ranges to compare. Text
 * is mapped straight from files; nothing is ever writable and executable at once.
 */
final class CodeArena {
    /** Start and size of text are multiples of this: the largest page size of any host. */
    static final long GRANULE = 1 << 16;

    private static final long RESERVATION = 4L << 30;
    private static final long SMALLEST_RESERVATION = 64L << 20;
    private static final int EACCES = 13;
    private static final int EPERM = 1;
    private static final int ENODEV = 19;

    private static final CodeArena INSTANCE = new CodeArena(Host.current());

    private final Host host;
    private final List<long[]> reservations = new ArrayList<>();
    /** Free parts: start to length. Neighbours are merged. */
    private final TreeMap<Long, Long> free = new TreeMap<>();

    CodeArena(Host host) {
        this.host = host;
    }

    static CodeArena get() {
        return INSTANCE;
    }

    /**
     * Maps {@code length} bytes of a file readable and executable.
     *
     * @param offset in the file, a multiple of the host's page size
     * @return the address
     */
    long mapText(int file, long offset, long length) {
        long size = roundUp(length);
        long address = allocate(size);
        try {
            host.mapFile(address, roundToPage(length), file, offset, Host.Protection.READ_EXECUTE);
        } catch (HostException e) {
            if (e.errno() != EPERM && e.errno() != EACCES && e.errno() != ENODEV) {
                release(address, length);
                throw e;
            }
            copyText(address, file, offset, length);
        }
        return address;
    }

    /** For file systems mounted noexec. */
    private void copyText(long address, int file, long offset, long length) {
        long mapped = roundToPage(length);
        try {
            long source = host.mapFile(file, offset, mapped);
            try {
                host.mapZero(address, mapped, Host.Protection.READ_WRITE);
                Native.segment(address, length).copyFrom(Native.segment(source, length));
            } finally {
                host.release(source, mapped);
            }
            host.protect(address, mapped, Host.Protection.READ_EXECUTE);
            Entry.flush(address, length);
        } catch (RuntimeException e) {
            release(address, length);
            throw e;
        }
    }

    /** Takes text away; nothing runs there any more. */
    void release(long address, long length) {
        long size = roundUp(length);
        host.mapZero(address, size, Host.Protection.NONE);
        synchronized (this) {
            addFree(address, size);
        }
    }

    private synchronized long allocate(long size) {
        long address = take(size);
        if (address == 0) {
            addReservation(size);
            address = take(size);
        }
        return address;
    }

    /** First fit, so that the low end stays dense; 0 if nothing is large enough. */
    private long take(long size) {
        for (Map.Entry<Long, Long> e : free.entrySet()) {
            long start = e.getKey();
            long length = e.getValue();
            if (length >= size) {
                free.remove(start);
                if (length > size) {
                    free.put(start + size, length - size);
                }
                return start;
            }
        }
        return 0;
    }

    private void addReservation(long size) {
        long length = Math.max(RESERVATION, size);
        long address = 0;
        while (address == 0) {
            try {
                address = host.reserve(length);
            } catch (HostException e) {
                // A limit on address space (ulimit -v, containers): ask for less.
                if (length <= Math.max(size, SMALLEST_RESERVATION)) {
                    throw e;
                }
                length = Math.max(Math.max(size, SMALLEST_RESERVATION), length / 4);
            }
        }
        long start = roundUp(address);
        long end = address + length & -GRANULE;
        if (end - start < size) {
            host.release(address, length);
            throw new HostException("cannot reserve " + size + " bytes for code", 0);
        }
        try {
            Stubs.get().addCodeRange(start, end);
        } catch (HostException e) {
            host.release(address, length);
            throw e;
        }
        reservations.add(new long[] {start, end});
        addFree(start, end - start);
    }

    private void addFree(long start, long length) {
        Map.Entry<Long, Long> below = free.lowerEntry(start);
        if (below != null && below.getKey() + below.getValue() == start && sameReservation(below.getKey(), start)) {
            start = below.getKey();
            length += below.getValue();
        }
        Long above = free.get(start + length);
        if (above != null && sameReservation(start, start + length)) {
            free.remove(start + length);
            length += above;
        }
        free.put(start, length);
    }

    private boolean sameReservation(long a, long b) {
        for (long[] r : reservations) {
            if (a >= r[0] && a < r[1]) {
                return b >= r[0] && b < r[1];
            }
        }
        return false;
    }

    private long roundToPage(long length) {
        return length + host.pageSize() - 1 & -host.pageSize();
    }

    private static long roundUp(long length) {
        return length + GRANULE - 1 & -GRANULE;
    }
}
