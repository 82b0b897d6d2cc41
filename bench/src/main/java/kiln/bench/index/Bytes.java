package kiln.bench.index;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Columns of numbers outside the heap, as a mapped file has them. */
final class Bytes {
    private final MemorySegment memory;
    private long size;

    Bytes(long capacity) {
        memory = Arena.ofAuto().allocate(capacity, 64);
    }

    /** Room for {@code bytes} more; returns where it starts. */
    long reserve(long bytes) {
        long at = size;
        size += bytes;
        return at;
    }

    long size() {
        return size;
    }

    int u8(long at) {
        return memory.get(ValueLayout.JAVA_BYTE, at) & 0xff;
    }

    long u32(long at) {
        return memory.get(ValueLayout.JAVA_INT_UNALIGNED, at) & 0xffff_ffffL;
    }

    long u64(long at) {
        return memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    }

    void u8(long at, int v) {
        memory.set(ValueLayout.JAVA_BYTE, at, (byte) v);
    }

    void u32(long at, long v) {
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, (int) v);
    }

    void u64(long at, long v) {
        memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, v);
    }
}
