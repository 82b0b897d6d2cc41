package kiln.runtime.component;

import kiln.artifact.api.TrapCode;
import kiln.runtime.Memory;
import kiln.runtime.TrapException;
import kiln.runtime.internal.ComponentAccess;

/**
 * The memory on one side of a call, and how room is made in it. Addresses are those of WebAssembly as unsigned numbers;
 * what {@link #range} and {@link #allocate} return are native addresses, good for the bytes that were asked for, since
 * a memory neither moves nor shrinks.
 */
final class GuestMemory {
    /** The {@code realloc} of canonical options. */
    @FunctionalInterface
    interface Realloc {
        int call(int old, int oldBytes, int alignment, int bytes);
    }

    private static final ComponentAccess ACCESS = ComponentAccess.get();

    private final Memory memory;
    private final long base;
    private final Realloc realloc;

    /**
     * @param memory null if the function has none, because no value needs it
     * @param realloc null if the function has none, because nothing is written
     */
    GuestMemory(Memory memory, Realloc realloc) {
        this.memory = memory;
        this.base = memory == null ? 0 : ACCESS.base(memory);
        this.realloc = realloc;
    }

    /**
     * The native address of some bytes.
     *
     * @throws TrapException if they are not all there, or not aligned
     */
    long range(int address, long bytes, int alignment, TrapCode outside) {
        if ((address & alignment - 1) != 0) {
            throw trap(TrapCode.UNALIGNED_POINTER);
        }
        return range(address, bytes, outside);
    }

    private long range(int address, long bytes, TrapCode outside) {
        long start = Integer.toUnsignedLong(address);
        if (memory == null) {
            throw new IllegalStateException("damaged file: a function of a component lacks its memory");
        }
        if (bytes > ACCESS.length(memory) - start) {
            throw trap(outside);
        }
        return base + start;
    }

    /** New room: the address. */
    int allocate(int alignment, long bytes) {
        return reallocate(0, 0, alignment, bytes);
    }

    /**
     * As the guest's {@code realloc}, whose result is checked every time: it is the guest that says it.
     *
     * @param bytes below 2^31
     * @return the address; the bytes there are in the memory, and it is aligned
     */
    int reallocate(int old, long oldBytes, int alignment, long bytes) {
        if (realloc == null) {
            throw new IllegalStateException("damaged file: a function of a component lacks its realloc");
        }
        int address = realloc.call(old, (int) oldBytes, alignment, (int) bytes);
        if ((address & alignment - 1) != 0) {
            throw trap(TrapCode.REALLOC_UNALIGNED);
        }
        range(address, bytes, TrapCode.REALLOC_OUT_OF_BOUNDS);
        return address;
    }

    /** The native address of an address that was checked before. */
    long at(int address) {
        return base + Integer.toUnsignedLong(address);
    }

    static TrapException trap(TrapCode code) {
        return new TrapException(code, code.message());
    }
}
