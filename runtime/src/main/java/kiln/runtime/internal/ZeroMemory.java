package kiln.runtime.internal;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import kiln.loader.Host;
import kiln.loader.HostException;

/**
 * Zeroed native memory for structures of any size. Large ones are pages of their own, some of which are kept when they
 * are freed, because faulting a page in costs many times as long as clearing it. Safe for use by several threads.
 */
public final class ZeroMemory {
    private static final long LARGE = 64 << 10;
    /** Pieces above this size are not kept. */
    private static final long LARGEST_KEPT = 8 << 20;
    /** As many bytes are kept. */
    private static final long ALL_KEPT = 32 << 20;

    /** Zeroed pieces by size. */
    private static final Map<Long, ArrayDeque<Long>> KEPT = new HashMap<>();

    private static long kept;

    private ZeroMemory() {}

    /** What a refusal of the system means to Java. */
    public static OutOfMemoryError outOfMemory(HostException e) {
        OutOfMemoryError error = new OutOfMemoryError(e.getMessage());
        error.initCause(e);
        return error;
    }

    /**
     * Aligned to 16.
     *
     * @throws OutOfMemoryError if the system has none left
     */
    public static long allocate(long bytes) {
        try {
            return bytes < LARGE ? Host.current().allocate(bytes) : allocatePages(bytes);
        } catch (HostException e) {
            throw outOfMemory(e);
        }
    }

    private static long allocatePages(long bytes) {
        long size = pages(bytes);
        synchronized (KEPT) {
            ArrayDeque<Long> pieces = KEPT.get(size);
            if (pieces != null) {
                kept -= size;
                long address = pieces.pop();
                if (pieces.isEmpty()) {
                    KEPT.remove(size);
                }
                return address;
            }
        }
        return Host.current().mapZero(size);
    }

    /** @param bytes as they were asked for */
    public static void free(long address, long bytes) {
        if (bytes < LARGE) {
            Host.current().free(address);
            return;
        }
        long size = pages(bytes);
        if (size <= LARGEST_KEPT && reserve(size)) {
            Host.current().clear(address, size);
            synchronized (KEPT) {
                KEPT.computeIfAbsent(size, _ -> new ArrayDeque<>()).push(address);
            }
        } else {
            Host.current().release(address, size);
        }
    }

    private static boolean reserve(long size) {
        synchronized (KEPT) {
            boolean fits = size <= ALL_KEPT - kept;
            kept += fits ? size : 0;
            return fits;
        }
    }

    private static long pages(long bytes) {
        long page = Host.current().pageSize();
        return Math.addExact(bytes, page - 1) & -page;
    }
}
