package kiln.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import kiln.artifact.MemoryConstants;
import kiln.artifact.VMContextLayout;
import kiln.loader.Host;
import kiln.loader.HostException;
import kiln.loader.LinearMemory;
import kiln.loader.MemoryTemplate;
import kiln.loader.Native;
import kiln.runtime.internal.ZeroMemory;

/**
 * A linear memory that several stores use at once, each on a thread of its own. It belongs to none of them:
 * {@link Memory#of(Store, SharedMemory)} makes it importable in one. Any thread may use this object at any time.
 *
 * <p>Reads and writes are opaque (as {@link VarHandle#getOpaque}): whole, if the address is a multiple of the size, and
 * in no order with others. What has Volatile in its name is sequentially consistent, as WebAssembly's atomic
 * instructions are, and wants such an address. Copies of many bytes are made byte by byte, in any order. Addresses and
 * lengths are bytes; accesses outside of the memory are {@link IndexOutOfBoundsException}s and change nothing.
 */
public final class SharedMemory implements AutoCloseable {
    private static final VarHandle SHORTS = ValueLayout.JAVA_SHORT.varHandle();
    private static final VarHandle INTS = ValueLayout.JAVA_INT.varHandle();
    private static final VarHandle LONGS = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle BYTES = ValueLayout.JAVA_BYTE.varHandle();
    private static final int RECORD_BYTES = 16;

    private final MemoryType type;
    private final LinearMemory storage;
    /** Address of {base, length}, which generated code reads, and the memory's identity for those who wait. */
    private final long record;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment bytes;
    /** Stores that use it. */
    private int users;
    /** Whether the one who made it has not closed it. */
    private boolean held = true;

    private volatile boolean freed;

    private SharedMemory(MemoryType type, LinearMemory storage) {
        this.type = type;
        this.storage = storage;
        this.record = Host.current().allocate(RECORD_BYTES);
        this.bytes = Native.segment(storage.base(), storage.maxBytes(), arena, null);
        Native.putLong(record + VMContextLayout.BASE, storage.base());
        Native.putLong(record + VMContextLayout.LENGTH, storage.byteSize());
    }

    /**
     * A memory of zeros. All of its maximum is reserved, so that it never moves.
     *
     * @throws IllegalArgumentException if the type is not that of a shared memory, or its limits are none
     * @throws OutOfMemoryError if there is no address space or memory left
     * @throws UnsupportedOperationException as {@link Engine.Builder#build}
     */
    public static SharedMemory of(MemoryType type) {
        Host.current();
        boolean pages = type.pageShift() == 0 || type.pageShift() == MemoryConstants.PAGE_SHIFT;
        if (!type.shared() || !pages || !type.bounded() || !Memory.hasLimits(type)) {
            throw new IllegalArgumentException("no shared memory can have this type: " + type);
        }
        // Guarded where that is possible, so that any module may import it.
        boolean guarded = MemoryConstants.canBeGuarded(type.min(), type.is64(), type.pageShift());
        return make(type, guarded, null);
    }

    /** One with contents that code expects to be guarded or not. */
    static SharedMemory make(MemoryType type, boolean guarded, MemoryTemplate template) {
        LinearMemory storage = Memory.storage(type, guarded, template);
        try {
            return new SharedMemory(type, storage);
        } catch (HostException e) {
            storage.close();
            throw ZeroMemory.outOfMemory(e);
        }
    }

    /** Its type; the minimum is the present size. */
    public MemoryType type() {
        return new MemoryType(pages(), type.max(), type.bounded(), type.is64(), true, type.pageShift());
    }

    LinearMemory storage() {
        return storage;
    }

    long record() {
        return record;
    }

    // ---- life

    /**
     * Another store uses it.
     *
     * @throws IllegalStateException if it is closed and has been freed
     */
    synchronized void attach() {
        requireAlive();
        users++;
    }

    /** A store that used it is closed. */
    synchronized void detach() {
        users--;
        freeIfUnused();
    }

    /** Frees it as soon as no store uses it, which may be now. Idempotent. */
    @Override
    public synchronized void close() {
        held = false;
        freeIfUnused();
    }

    private void freeIfUnused() {
        if (!held && users == 0 && !freed) {
            freed = true;
            // Waits until no other thread is within an access.
            arena.close();
            storage.close();
            Host.current().free(record);
        }
    }

    private void requireAlive() {
        if (freed) {
            throw new IllegalStateException("the shared memory is closed");
        }
    }

    // ---- size

    /** Size in bytes; it may be larger at once. */
    public long size() {
        requireAlive();
        return storage.byteSize();
    }

    /** Size in pages; it may be larger at once. */
    public long pages() {
        return size() >>> type.pageShift();
    }

    /**
     * Appends zeroed pages.
     *
     * @return the size in pages before, or -1 if the maximum or the machine's memory does not allow it
     */
    public long grow(long pages) {
        return grow(pages, null);
    }

    /** As {@link #grow(long)}, within the limits of {@code store} if it is not null. */
    synchronized long grow(long delta, Store store) {
        requireAlive();
        long size = storage.byteSize();
        long old = size >>> type.pageShift();
        if (delta < 0 || delta > Memory.maxPages(type) - old) {
            return -1;
        }
        if (delta == 0) {
            return old;
        }
        long more = delta << type.pageShift();
        if (store != null && (more > store.limits().memoryBytes() - size || !store.reserveMemoryBytes(more))) {
            return -1;
        }
        if (!storage.grow(size + more)) {
            if (store != null) {
                store.reserveMemoryBytes(-more);
            }
            return -1;
        }
        // A thread that sees the length must find the pages.
        Native.putLongVolatile(record + VMContextLayout.LENGTH, size + more);
        return old;
    }

    // ---- contents

    private long at(long address, long length) {
        requireAlive();
        return Objects.checkFromIndexSize(address, length, storage.byteSize());
    }

    private long aligned(long address, int length) {
        if ((address & length - 1) != 0) {
            throw new IllegalArgumentException("not a multiple of " + length + ": " + address);
        }
        return at(address, length);
    }

    /**
     * The byte at an address.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public byte readByte(long address) {
        return (byte) BYTES.getOpaque(bytes, at(address, 1));
    }

    /**
     * The 16-bit number at an address, little-endian; in one access if the address is a multiple of 2.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public short readShort(long address) {
        long a = at(address, 2);
        return (a & 1) == 0 ? (short) SHORTS.getOpaque(bytes, a) : (short) assemble(a, 2);
    }

    /**
     * The 32-bit number at an address, little-endian; in one access if the address is a multiple of 4.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public int readInt(long address) {
        long a = at(address, 4);
        return (a & 3) == 0 ? (int) INTS.getOpaque(bytes, a) : (int) assemble(a, 4);
    }

    /**
     * The 64-bit number at an address, little-endian; in one access if the address is a multiple of 8.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public long readLong(long address) {
        long a = at(address, 8);
        return (a & 7) == 0 ? (long) LONGS.getOpaque(bytes, a) : assemble(a, 8);
    }

    private long assemble(long at, int length) {
        long v = 0;
        for (int i = 0; i < length; i++) {
            v |= ((byte) BYTES.getOpaque(bytes, at + i) & 0xffL) << 8 * i;
        }
        return v;
    }

    /**
     * Writes the byte at an address.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public void writeByte(long address, byte value) {
        BYTES.setOpaque(bytes, at(address, 1), value);
    }

    /**
     * Writes the 16-bit number at an address, little-endian; in one access if the address is a multiple of 2.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public void writeShort(long address, short value) {
        long a = at(address, 2);
        if ((a & 1) == 0) {
            SHORTS.setOpaque(bytes, a, value);
        } else {
            scatter(a, 2, value);
        }
    }

    /**
     * Writes the 32-bit number at an address, little-endian; in one access if the address is a multiple of 4.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public void writeInt(long address, int value) {
        long a = at(address, 4);
        if ((a & 3) == 0) {
            INTS.setOpaque(bytes, a, value);
        } else {
            scatter(a, 4, value);
        }
    }

    /**
     * Writes the 64-bit number at an address, little-endian; in one access if the address is a multiple of 8.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public void writeLong(long address, long value) {
        long a = at(address, 8);
        if ((a & 7) == 0) {
            LONGS.setOpaque(bytes, a, value);
        } else {
            scatter(a, 8, value);
        }
    }

    private void scatter(long at, int length, long value) {
        for (int i = 0; i < length; i++) {
            BYTES.setOpaque(bytes, at + i, (byte) (value >>> 8 * i));
        }
    }

    /**
     * The 32-bit number at an address, as an atomic load of WebAssembly gives it.
     *
     * @throws IllegalArgumentException if the address is no multiple of 4
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public int readIntVolatile(long address) {
        return (int) INTS.getVolatile(bytes, aligned(address, 4));
    }

    /**
     * The 64-bit number at an address, as an atomic load of WebAssembly gives it.
     *
     * @throws IllegalArgumentException if the address is no multiple of 8
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public long readLongVolatile(long address) {
        return (long) LONGS.getVolatile(bytes, aligned(address, 8));
    }

    /**
     * Writes the 32-bit number at an address, as an atomic store of WebAssembly does.
     *
     * @throws IllegalArgumentException if the address is no multiple of 4
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public void writeIntVolatile(long address, int value) {
        INTS.setVolatile(bytes, aligned(address, 4), value);
    }

    /**
     * Writes the 64-bit number at an address, as an atomic store of WebAssembly does.
     *
     * @throws IllegalArgumentException if the address is no multiple of 8
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public void writeLongVolatile(long address, long value) {
        LONGS.setVolatile(bytes, aligned(address, 8), value);
    }

    /** Atomically writes {@code replacement} if {@code expected} is there; returns whether it was. Volatile. */
    public boolean compareAndSetInt(long address, int expected, int replacement) {
        return INTS.compareAndSet(bytes, aligned(address, 4), expected, replacement);
    }

    /** Atomically writes {@code replacement} if {@code expected} is there; returns whether it was. Volatile. */
    public boolean compareAndSetLong(long address, long expected, long replacement) {
        return LONGS.compareAndSet(bytes, aligned(address, 8), expected, replacement);
    }

    /** Atomically adds; returns what was there before. Volatile. */
    public int getAndAddInt(long address, int delta) {
        return (int) INTS.getAndAdd(bytes, aligned(address, 4), delta);
    }

    /** Atomically adds; returns what was there before. Volatile. */
    public long getAndAddLong(long address, long delta) {
        return (long) LONGS.getAndAdd(bytes, aligned(address, 8), delta);
    }

    /** A copy of {@code length} bytes. */
    public byte[] readBytes(long address, int length) {
        byte[] copy = new byte[length];
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at(address, length), copy, 0, length);
        return copy;
    }

    /**
     * Writes an array, in no order that others could rely on.
     *
     * @throws IndexOutOfBoundsException unless all of it fits into the memory
     */
    public void writeBytes(long address, byte[] source) {
        writeBytes(address, source, 0, source.length);
    }

    /** Writes {@code length} bytes of the array from {@code offset} on. */
    public void writeBytes(long address, byte[] source, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, source.length);
        MemorySegment.copy(source, offset, bytes, ValueLayout.JAVA_BYTE, at(address, length), length);
    }

    // ---- waiting

    /** How waiting ended, in the order of WebAssembly's numbers. */
    public enum WaitResult {
        /** Somebody notified. */
        WOKEN,
        /** Something else than what was expected was there: there was no waiting. */
        NOT_EQUAL,
        /** The time is over. */
        TIMED_OUT
    }

    /**
     * memory.atomic.wait32: waits until somebody notifies those who wait at this address, if {@code expected} is there.
     * There are no spurious wake-ups.
     *
     * @param timeout negative: for ever
     * @throws IllegalArgumentException if the address is not a multiple of 4
     * @throws InterruptedException if the thread is interrupted
     */
    public WaitResult waitWhileInt(long address, int expected, long timeout, TimeUnit unit)
            throws InterruptedException {
        return waitWhile(aligned(address, 4), 4, expected, timeout, unit);
    }

    /**
     * memory.atomic.wait64, as {@link #waitWhileInt}.
     *
     * @param timeout negative: for ever
     * @throws IllegalArgumentException if the address is not a multiple of 8
     * @throws InterruptedException if the thread is interrupted
     */
    public WaitResult waitWhileLong(long address, long expected, long timeout, TimeUnit unit)
            throws InterruptedException {
        return waitWhile(aligned(address, 8), 8, expected, timeout, unit);
    }

    private WaitResult waitWhile(long address, int width, long expected, long timeout, TimeUnit unit)
            throws InterruptedException {
        // Nothing is freed while somebody waits.
        attach();
        try {
            long nanos = timeout < 0 ? -1 : unit.toNanos(timeout);
            WaitResult r = ParkingLot.await(null, this, address, width, expected, nanos);
            if (r == null) {
                Thread.interrupted();
                throw new InterruptedException();
            }
            return r;
        } finally {
            detach();
        }
    }

    /**
     * memory.atomic.notify: wakes up to {@code count} of those who wait at this address, the longest waiting first.
     *
     * @return how many there were
     * @throws IllegalArgumentException if the address is not a multiple of 4, or the count is negative
     */
    public int notifyWaiters(long address, int count) {
        if (count < 0) {
            throw new IllegalArgumentException("count " + count);
        }
        return ParkingLot.notify(this, aligned(address, 4), count);
    }

    /** How many threads wait now, at all addresses: for watching and testing programs. */
    public int waiters() {
        requireAlive();
        return ParkingLot.waiting(this);
    }

    /** What is there, sequentially consistent; the address is aligned and within the memory. */
    long value(long address, int width) {
        return width == 4
                ? Native.getIntVolatile(storage.base() + address)
                : Native.getLongVolatile(storage.base() + address);
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
