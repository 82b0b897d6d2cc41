package kiln.loader;

import java.lang.foreign.MemorySegment;

/**
 * A linear memory: a reservation of address space whose first {@link #byteSize()} bytes are accessible. The base never
 * moves. Made and taken back by a {@link MemoryPool}. Growing is safe for use by several threads.
 */
public final class LinearMemory implements AutoCloseable {
    private final MemoryPool pool;
    private final MemoryPool.Slot slot;
    private final long maxBytes;
    private volatile long byteSize;
    private boolean closed;

    LinearMemory(MemoryPool pool, MemoryPool.Slot slot, long byteSize, long maxBytes) {
        this.pool = pool;
        this.slot = slot;
        this.byteSize = byteSize;
        this.maxBytes = maxBytes;
    }

    /** Address of byte 0. */
    public long base() {
        return slot.base;
    }

    /** Bytes that exist now. */
    public long byteSize() {
        return byteSize;
    }

    /** Bytes that the memory can grow to. */
    public long maxBytes() {
        return maxBytes;
    }

    /** Whether code may rely on the guard pages of {@link kiln.artifact.MemoryConstants}. */
    public boolean guarded() {
        return slot.guarded;
    }

    /**
     * Makes the memory {@code newSize} bytes large; new bytes are zero.
     *
     * @return false if that is beyond the maximum, or the system has no memory left; nothing has changed then
     */
    public synchronized boolean grow(long newSize) {
        if (closed || newSize < byteSize || newSize > maxBytes) {
            return false;
        }
        try {
            slot.makeAccessible(newSize);
            slot.populate(byteSize, newSize);
        } catch (HostException e) {
            return false;
        }
        byteSize = newSize;
        return true;
    }

    /**
     * The bytes that exist now. The segment stays as large as it is when the memory grows, and must not be used after
     * {@link #close}.
     */
    public MemorySegment segment() {
        return Native.segment(slot.base, byteSize);
    }

    /** Gives the memory back: no code that uses it runs, and none will. Idempotent. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            pool.recycle(slot, byteSize);
            byteSize = 0;
        }
    }
}
