package kiln.endive;

import kiln.runtime.EntityType;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.SharedMemory;
import kiln.runtime.StoreLimits;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.MemoryLimits;

/**
 * A memory of Kiln's in Endive's form. It is made before there is a store; an instance binds it to its own memory, or,
 * if it is the host's, to a new one in its store. Addresses are unsigned.
 */
@SuppressWarnings("removal") // as in MemoryFacade
final class KilnMemory extends MemoryFacade {
    private final NativeDoor door;
    private final MemoryLimits limits;
    /** Null as long as nobody has needed one. */
    private StoreGroup group;

    private Memory memory;
    /** If it is one: usable by all threads and stores. */
    private SharedMemory shared;

    /** @param group of a memory of the host's, or null */
    KilnMemory(NativeDoor door, StoreGroup group, MemoryLimits limits) {
        this.door = door;
        this.group = group;
        this.limits = limits;
    }

    MemoryLimits limits() {
        return limits;
    }

    boolean isBound() {
        return memory != null || shared != null;
    }

    /** Its store, or null if it has none, or several may use it. */
    StoreGroup group() {
        return shared != null || limits.shared() ? null : group;
    }

    /** Is from now on a memory that an instance defines. */
    void bind(StoreGroup to, Memory defined) {
        group = to;
        memory = defined;
        shared = defined.shared();
        expectZero();
        expectInitialisation();
    }

    /** What an instance in {@code to} imports. */
    Memory in(StoreGroup to) {
        if (limits.shared()) {
            return Memory.of(to.store(), sharedMemory());
        }
        if (memory == null) {
            group = to;
            memory = Memory.of(to.store(), new MemoryType(limits.initialPages(), maximum()));
        }
        return memory;
    }

    private long maximum() {
        return limits.maximumPages() >= MemoryLimits.MAX_PAGES ? EntityType.UNBOUNDED : limits.maximumPages();
    }

    private synchronized SharedMemory sharedMemory() {
        if (shared == null) {
            shared = SharedMemory.of(
                    new MemoryType(limits.initialPages(), limits.maximumPages(), false, limits.shared(), 16));
        }
        return shared;
    }

    /** The memory, made if somebody looks before an instance has come. */
    private Memory memory() {
        if (memory == null) {
            in(group != null ? group : door.newGroup(StoreLimits.DEFAULT));
        }
        return memory;
    }

    /** That of the host's threads, or null if the memory belongs to a store. */
    @Override
    SharedMemory acrossThreads() {
        return shared != null ? shared : limits.shared() ? sharedMemory() : null;
    }

    @Override
    Memory claim() {
        return memory();
    }

    @Override
    void release() {
        group.release();
    }

    @Override
    public int grow(int size) {
        SharedMemory s = acrossThreads();
        if (s != null) {
            return (int) s.grow(size);
        }
        if (size < 0) {
            return -1;
        }
        Memory m = claim();
        try {
            return (int) m.grow(size);
        } finally {
            release();
        }
    }

    @Override
    public int initialPages() {
        return limits.initialPages();
    }

    @Override
    public int maximumPages() {
        return Math.min(limits.maximumPages(), RUNTIME_MAX_PAGES);
    }

    @Override
    public boolean shared() {
        return limits.shared();
    }

    @Override
    public Object lock(int address) {
        throw new WasmEngineException("Kiln's memories have atomic operations instead of locks");
    }
}
