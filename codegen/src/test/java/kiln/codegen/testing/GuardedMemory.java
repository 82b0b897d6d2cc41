package kiln.codegen.testing;

import java.lang.foreign.MemorySegment;

/** Bytes behind which a page begins that cannot be accessed: code that reads too much ends the process. */
final class GuardedMemory implements AutoCloseable {
    private final long address;
    private final long mapped;
    private final MemorySegment segment;

    /** {@code bytes}: a multiple of the page size. */
    GuardedMemory(long bytes) {
        mapped = bytes + NativeCode.PAGE;
        try {
            address = (long) NativeCode.MMAP.invokeExact(0L, mapped, 3, 0x22, -1, 0L);
            if (address == -1) {
                throw new IllegalStateException("mmap failed");
            }
            if ((int) NativeCode.MPROTECT.invokeExact(address + bytes, (long) NativeCode.PAGE, 0) != 0) {
                throw new IllegalStateException("mprotect failed");
            }
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
        segment = NativeCode.segment(address, bytes);
    }

    MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        try {
            int unused = (int) NativeCode.MUNMAP.invokeExact(address, mapped);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }
}
