package kiln.runtime;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Supplier;
import kiln.artifact.ExternType;
import kiln.artifact.MemoryConstants;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.loader.HostException;
import kiln.loader.LinearMemory;
import kiln.loader.MemoryPool;
import kiln.loader.MemoryTemplate;
import kiln.loader.Native;
import kiln.runtime.internal.Reclaimer;
import kiln.runtime.internal.ZeroMemory;

/**
 * A linear memory in a store, perhaps a {@link SharedMemory} that others have as well. Addresses and lengths are bytes.
 * Accesses outside of the memory are {@link IndexOutOfBoundsException}s and change nothing.
 */
public final class Memory implements Extern {
    private Store store;
    private final MemoryType type;
    private final LinearMemory storage;
    /** What this is a view of, or null. */
    private final SharedMemory shared;

    private final long base;
    /** Address of {base, length}, which generated code reads. */
    private final long record;
    /** Scope of the segments that were handed out, or null. */
    private Arena scope;

    private MemorySegment segment;

    private Memory(Store store, MemoryType type, long record, LinearMemory storage) {
        this.store = store;
        this.type = type;
        this.record = record;
        this.storage = storage;
        this.base = storage.base();
        this.shared = null;
        Native.putLong(record + VMContextLayout.BASE, base);
        Native.putLong(record + VMContextLayout.LENGTH, storage.byteSize());
        store.add(this);
        store.remains().add(storage);
    }

    private Memory(Store store, SharedMemory shared) {
        this.store = store;
        this.type = shared.type();
        this.record = shared.record();
        this.storage = shared.storage();
        this.base = storage.base();
        this.shared = shared;
        shared.attach();
        store.remains().add(shared);
        store.add(this);
    }

    /**
     * Memory {@code index} of those that the module defines.
     *
     * @param place of its record in the VMContext; of the pointer to that if it is shared
     */
    static Memory ofInstance(Store store, CompiledModule module, int index, long place) {
        ExternType.Memory declared = module.info().memories().get(index);
        MemoryType type = module.memoryType(declared);
        MemoryTemplate template = module.memoryTemplate(index);
        if (!type.shared()) {
            return make(store, type, declared.guarded(), place, template);
        }
        Memory m = share(store, type, declared.guarded(), template);
        Native.putLong(place, m.record);
        return m;
    }

    /** A new shared memory that lasts as long as stores use it. */
    private static Memory share(Store store, MemoryType type, boolean guarded, MemoryTemplate template) {
        return reserved(store, type, () -> {
            try (SharedMemory shared = SharedMemory.make(type, guarded, template)) {
                return new Memory(store, shared);
            }
        });
    }

    /**
     * A shared memory in a store, for its modules to import.
     *
     * @throws IllegalArgumentException if it exceeds a limit of the store
     * @throws IllegalStateException if it is closed
     */
    public static Memory of(Store store, SharedMemory shared) {
        return store.use(() -> {
            long size = shared.size();
            if (size > store.limits().memoryBytes()
                    || store.memoryCount() >= store.limits().memories()
                    || !store.reserveMemoryBytes(size)) {
                throw new IllegalArgumentException("the store's limits do not allow this memory: " + shared.type());
            }
            return new Memory(store, shared);
        });
    }

    /**
     * A memory of the host's.
     *
     * @throws IllegalArgumentException if the minimum exceeds the maximum or a limit
     * @throws OutOfMemoryError if there is no address space or memory left
     */
    public static Memory of(Store store, MemoryType type) {
        return store.use(() -> make(store, type));
    }

    private static Memory make(Store store, MemoryType type) {
        long size = MemoryConstants.bytes(type.min(), type.pageShift());
        if (type.pageShift() != 0 && type.pageShift() != MemoryConstants.PAGE_SHIFT
                || !hasLimits(type)
                || type.shared() && !type.bounded()
                || size > store.limits().memoryBytes()
                || !store.hasMemoryBytes(size)
                || store.memoryCount() >= store.limits().memories()) {
            throw new IllegalArgumentException("a memory cannot have these limits: " + type);
        }
        // Guarded where that is possible, so that any module may import it.
        boolean guarded = MemoryConstants.canBeGuarded(type.min(), type.is64(), type.pageShift());
        return type.shared() ? share(store, type, guarded, null) : make(store, type, guarded, store.allocate(16), null);
    }

    /** Whether the machine can have the minimum of this type. */
    static boolean hasLimits(MemoryType type) {
        return Long.compareUnsigned(type.min(), maxPages(type)) <= 0;
    }

    private static Memory make(Store store, MemoryType type, boolean guarded, long record, MemoryTemplate template) {
        return reserved(store, type, () -> new Memory(store, type, record, storage(type, guarded, template)));
    }

    /** Makes a memory of this type, which counts against the store's limits if it comes to be. */
    private static Memory reserved(Store store, MemoryType type, Supplier<Memory> make) {
        long bytes = MemoryConstants.bytes(type.min(), type.pageShift());
        if (!store.reserveMemoryBytes(bytes)) {
            throw new LinkException(
                    "memory",
                    List.of("the store's memories may have only "
                            + store.limits().totalMemoryBytes() + " bytes together"));
        }
        try {
            return make.get();
        } catch (Throwable t) {
            store.reserveMemoryBytes(-bytes);
            throw t;
        }
    }

    /** @throws OutOfMemoryError if there is no address space or memory left */
    static LinearMemory storage(MemoryType type, boolean guarded, MemoryTemplate template) {
        long size = MemoryConstants.bytes(type.min(), type.pageShift());
        long max = Math.max(size, MemoryConstants.bytes(maxPages(type), type.pageShift()));
        try {
            return take(type, guarded, size, max, template);
        } catch (HostException e) {
            // Stores that nobody closed may have it.
            if (!Reclaimer.collect()) {
                throw ZeroMemory.outOfMemory(e);
            }
        }
        try {
            return take(type, guarded, size, max, template);
        } catch (HostException e) {
            throw ZeroMemory.outOfMemory(e);
        }
    }

    private static LinearMemory take(MemoryType type, boolean guarded, long size, long max, MemoryTemplate template) {
        MemoryPool pool = MemoryPool.shared();
        return !guarded
                ? pool.checked(size, max, template)
                : type.is64() ? pool.guarded64(size, max, template) : pool.guarded(size, max, template);
    }

    /**
     * Pages that a memory of this type may reach, as far as the type and the machine are concerned: 64 GiB if it is a
     * 64-bit memory, unless it starts with more.
     */
    static long maxPages(MemoryType t) {
        if (!t.is64()) {
            return MemoryConstants.reachablePages(t.min(), t.bounded(), t.max(), t.pageShift());
        }
        long machine = MemoryConstants.INDEX_SPACE_64 >>> t.pageShift();
        if (Long.compareUnsigned(t.min(), machine) > 0) {
            machine = t.min();
        }
        return t.max() == EntityType.UNBOUNDED || Long.compareUnsigned(t.max(), machine) > 0 ? machine : t.max();
    }

    @Override
    public MemoryType type() {
        return new MemoryType(pages(), type.max(), type.bounded(), type.is64(), type.shared(), type.pageShift());
    }

    @Override
    public Store store() {
        return store;
    }

    /** The memory that others may have as well, or null if this one is the store's own. */
    public SharedMemory shared() {
        return shared;
    }

    long record() {
        return record;
    }

    boolean guarded() {
        return storage.guarded();
    }

    // ---- size

    /** Size in bytes. */
    public long size() {
        store.check();
        long size = length();
        store.leave();
        return size;
    }

    /** Address of its first byte, which stays where it is. */
    long base() {
        return base;
    }

    /** Size in bytes; the store must be the calling thread's. */
    long length() {
        return shared != null ? shared.size() : Native.getLong(record + VMContextLayout.LENGTH);
    }

    /** Size in pages. */
    public long pages() {
        return size() >>> type.pageShift();
    }

    /**
     * Appends zeroed pages.
     *
     * @return the size in pages before, or -1 if the maximum, a limit of the store or the machine's memory does not
     *     allow it
     */
    public long grow(long pages) {
        store.check();
        long before = growPages(pages);
        store.leave();
        return before;
    }

    /** As {@link #grow}, for generated code. */
    long growPages(long delta) {
        if (!Events.on()) {
            return grown(delta);
        }
        long before = length();
        long result = grown(delta);
        Events.grow(store, before, length(), before + (delta << type.pageShift()));
        return result;
    }

    private long grown(long delta) {
        if (shared != null) {
            return shared.grow(delta, store);
        }
        long size = length();
        long old = size >>> type.pageShift();
        if (delta < 0 || delta > maxPages(type) - old) {
            return -1;
        }
        if (delta == 0) {
            return old;
        }
        long bytes = delta << type.pageShift();
        if (bytes > store.limits().memoryBytes() - size || !store.reserveMemoryBytes(bytes)) {
            return -1;
        }
        if (!storage.grow(size + bytes)) {
            store.reserveMemoryBytes(-bytes);
            return -1;
        }
        Native.putLong(record + VMContextLayout.LENGTH, size + bytes);
        return old;
    }

    // ---- contents

    /**
     * The memory as it is now: a segment as large as the memory, which does not grow with it. It is accessible to the
     * thread that owns the store, until the store is closed or released.
     *
     * @throws UnsupportedOperationException if the memory is shared: plain accesses might be repeated or torn while
     *     other threads write
     */
    public MemorySegment segment() {
        store.check();
        if (shared != null) {
            store.leave();
            throw new UnsupportedOperationException("a shared memory has no segment: use the methods of SharedMemory");
        }
        long size = length();
        if (segment == null || segment.byteSize() != size) {
            if (scope == null) {
                scope = Arena.ofConfined();
            }
            // Kiln's mappings go with its class loader, which a segment alone would not keep reachable.
            segment = Native.segment(base, size, scope, new Holder(this));
        }
        return segment;
    }

    /** What segments refer to through their scope. */
    private record Holder(Memory memory) implements Consumer<MemorySegment> {
        @Override
        public void accept(MemorySegment segment) {
            // Nothing is to be done when the scope ends.
        }
    }

    /** Makes segments that were handed out inaccessible. */
    void revokeSegments() {
        if (scope == null) {
            return;
        }
        if (segment.isAccessibleBy(Thread.currentThread())) {
            scope.close();
        }
        // Else the thread to which they were confined has ended, and nobody can access them.
        scope = null;
        segment = null;
    }

    private long at(long address, long bytes) {
        store.check();
        long length = length();
        if (address < 0 || bytes < 0 || bytes > length - address) {
            store.leave();
        }
        return base + Objects.checkFromIndexSize(address, bytes, length);
    }

    /**
     * The byte at an address.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public byte readByte(long address) {
        long p = at(address, 1);
        byte value = shared != null ? shared.readByte(address) : Native.getByte(p);
        store.leave();
        return value;
    }

    /**
     * The 16-bit number at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public short readShort(long address) {
        long p = at(address, 2);
        short value = shared != null ? shared.readShort(address) : Native.getShort(p);
        store.leave();
        return value;
    }

    /**
     * The 32-bit number at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public int readInt(long address) {
        long p = at(address, 4);
        int value = shared != null ? shared.readInt(address) : Native.getInt(p);
        store.leave();
        return value;
    }

    /**
     * The 64-bit number at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public long readLong(long address) {
        long p = at(address, 8);
        long value = shared != null ? shared.readLong(address) : Native.getLong(p);
        store.leave();
        return value;
    }

    /**
     * The f32 at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public float readFloat(long address) {
        return Float.intBitsToFloat(readInt(address));
    }

    /**
     * The f64 at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory
     */
    public double readDouble(long address) {
        return Double.longBitsToDouble(readLong(address));
    }

    /**
     * Writes the byte at an address.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory; nothing is written then
     */
    public void writeByte(long address, byte value) {
        long p = at(address, 1);
        if (shared != null) {
            shared.writeByte(address, value);
        } else {
            Native.putByte(p, value);
        }
        store.leave();
    }

    /**
     * Writes the 16-bit number at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory; nothing is written then
     */
    public void writeShort(long address, short value) {
        long p = at(address, 2);
        if (shared != null) {
            shared.writeShort(address, value);
        } else {
            Native.putShort(p, value);
        }
        store.leave();
    }

    /**
     * Writes the 32-bit number at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory; nothing is written then
     */
    public void writeInt(long address, int value) {
        long p = at(address, 4);
        if (shared != null) {
            shared.writeInt(address, value);
        } else {
            Native.putInt(p, value);
        }
        store.leave();
    }

    /**
     * Writes the 64-bit number at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory; nothing is written then
     */
    public void writeLong(long address, long value) {
        long p = at(address, 8);
        if (shared != null) {
            shared.writeLong(address, value);
        } else {
            Native.putLong(p, value);
        }
        store.leave();
    }

    /**
     * Writes the f32 at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory; nothing is written then
     */
    public void writeFloat(long address, float value) {
        writeInt(address, Float.floatToRawIntBits(value));
    }

    /**
     * Writes the f64 at an address, little-endian, aligned or not.
     *
     * @throws IndexOutOfBoundsException unless all of it lies in the memory; nothing is written then
     */
    public void writeDouble(long address, double value) {
        writeLong(address, Double.doubleToRawLongBits(value));
    }

    /** A copy of {@code length} bytes. */
    public byte[] readBytes(long address, int length) {
        long p = at(address, length);
        byte[] bytes = new byte[length];
        Native.copy(p, bytes, 0, length);
        store.leave();
        return bytes;
    }

    /**
     * Writes an array.
     *
     * @throws IndexOutOfBoundsException unless all of it fits into the memory; nothing is written then
     */
    public void writeBytes(long address, byte[] bytes) {
        writeBytes(address, bytes, 0, bytes.length);
    }

    /** Writes {@code length} bytes of the array from {@code offset} on. */
    public void writeBytes(long address, byte[] bytes, int offset, int length) {
        Objects.checkFromIndexSize(offset, length, bytes.length);
        Native.copy(bytes, offset, at(address, length), length);
        store.leave();
    }

    /** {@code length} bytes as UTF-8; what is not UTF-8 is replaced. */
    public String readString(long address, int length) {
        return new String(readBytes(address, length), StandardCharsets.UTF_8);
    }

    /**
     * The string of C's at an address: UTF-8 up to a byte of zero; what is not UTF-8 is replaced.
     *
     * @throws IndexOutOfBoundsException if there is no zero from there on
     */
    public String readCString(long address) {
        long start = at(address, 0);
        long end = base + length();
        for (long p = start; p < end; p++) {
            if (Native.getByte(p) == 0) {
                return readString(address, Math.toIntExact(p - start));
            }
        }
        store.leave();
        throw new IndexOutOfBoundsException("no string ends behind address " + address);
    }

    /**
     * Writes a string as C has it: UTF-8, and a byte of zero.
     *
     * @return the number of bytes, the zero included
     */
    public int writeCString(long address, String string) {
        byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
        writeBytes(address, Arrays.copyOf(bytes, bytes.length + 1));
        return bytes.length + 1;
    }

    /**
     * Writes a string as UTF-8, without a terminating zero.
     *
     * @return the number of bytes
     */
    public int writeString(long address, String string) {
        byte[] bytes = string.getBytes(StandardCharsets.UTF_8);
        writeBytes(address, bytes);
        return bytes.length;
    }

    /** memory.init for generated code: copies {@code length} bytes from a native address; both numbers are unsigned. */
    void init(long to, long from, long length) {
        long size = length();
        if (Long.compareUnsigned(to, size) > 0 || Long.compareUnsigned(length, size - to) > 0) {
            throw Traces.ofHost(store, TrapCode.MEMORY_OUT_OF_BOUNDS);
        }
        Native.copy(from, base + to, length);
    }

    // ---- waiting, for generated code

    /** memory.atomic.wait32 and wait64 ({@code width} 4 or 8): the number of how it ended. */
    int await(long address, int width, long expected, long nanos) {
        if (shared == null) {
            throw Traces.ofHost(store, TrapCode.EXPECTED_SHARED_MEMORY);
        }
        checkRange(address, width);
        SharedMemory.WaitResult r = ParkingLot.await(store, shared, address, width, expected, nanos);
        if (r == null) {
            throw Traces.ofHost(store, TrapCode.INTERRUPTED);
        }
        return r.ordinal();
    }

    /** memory.atomic.notify; {@code count} is unsigned. Nobody waits at a memory that is not shared. */
    int notifyWaiters(long address, int count) {
        checkRange(address, 4);
        return shared == null ? 0 : ParkingLot.notify(shared, address, Integer.toUnsignedLong(count));
    }

    private void checkRange(long address, int width) {
        long size = length();
        if (Long.compareUnsigned(address, size) > 0 || width > size - address) {
            throw Traces.ofHost(store, TrapCode.MEMORY_OUT_OF_BOUNDS);
        }
    }

    /** Every further use is an error. */
    void leaveStore() {
        store = Store.closedInstance();
    }

    @Override
    public String toString() {
        return type.toString();
    }
}
