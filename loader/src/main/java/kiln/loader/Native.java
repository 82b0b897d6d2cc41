package kiln.loader;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.function.Consumer;

/**
 * Loads and stores at addresses. One segment that covers everything, so that no object is made; the caller owns the
 * bytes and knows that they are mapped. Addresses need no alignment except for the volatile accesses.
 */
public final class Native {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final VarHandle LONGS = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle INTS = ValueLayout.JAVA_INT.varHandle();

    private Native() {}

    /** The segment that covers everything. */
    static MemorySegment everything() {
        return ALL;
    }

    public static int getInt(long address) {
        return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
    }

    public static void putInt(long address, int value) {
        ALL.set(ValueLayout.JAVA_INT_UNALIGNED, address, value);
    }

    public static long getLong(long address) {
        return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
    }

    public static void putLong(long address, long value) {
        ALL.set(ValueLayout.JAVA_LONG_UNALIGNED, address, value);
    }

    public static long getLongVolatile(long address) {
        return (long) LONGS.getVolatile(ALL, address);
    }

    public static void putLongVolatile(long address, long value) {
        LONGS.setVolatile(ALL, address, value);
    }

    public static int getIntVolatile(long address) {
        return (int) INTS.getVolatile(ALL, address);
    }

    public static void putIntVolatile(long address, int value) {
        INTS.setVolatile(ALL, address, value);
    }

    public static byte getByte(long address) {
        return ALL.get(ValueLayout.JAVA_BYTE, address);
    }

    public static void putByte(long address, byte value) {
        ALL.set(ValueLayout.JAVA_BYTE, address, value);
    }

    public static short getShort(long address) {
        return ALL.get(ValueLayout.JAVA_SHORT_UNALIGNED, address);
    }

    public static void putShort(long address, short value) {
        ALL.set(ValueLayout.JAVA_SHORT_UNALIGNED, address, value);
    }

    public static float getFloat(long address) {
        return ALL.get(ValueLayout.JAVA_FLOAT_UNALIGNED, address);
    }

    public static void putFloat(long address, float value) {
        ALL.set(ValueLayout.JAVA_FLOAT_UNALIGNED, address, value);
    }

    public static double getDouble(long address) {
        return ALL.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, address);
    }

    public static void putDouble(long address, double value) {
        ALL.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, address, value);
    }

    /** Copies as if through a buffer: the ranges may overlap. */
    public static void copy(long from, long to, long bytes) {
        MemorySegment.copy(ALL, from, ALL, to, bytes);
    }

    public static void copy(long from, byte[] to, int offset, int bytes) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, from, to, offset, bytes);
    }

    public static void copy(byte[] from, int offset, long to, int bytes) {
        MemorySegment.copy(from, offset, ALL, ValueLayout.JAVA_BYTE, to, bytes);
    }

    public static void copy(long from, char[] to, int count) {
        MemorySegment.copy(ALL, ValueLayout.JAVA_CHAR_UNALIGNED, from, to, 0, count);
    }

    public static void copy(char[] from, int count, long to) {
        MemorySegment.copy(from, 0, ALL, ValueLayout.JAVA_CHAR_UNALIGNED, to, count);
    }

    public static void copy(long[] from, int count, long to) {
        MemorySegment.copy(from, 0, ALL, ValueLayout.JAVA_LONG_UNALIGNED, to, count);
    }

    public static void zero(long address, long bytes) {
        ALL.asSlice(address, bytes).fill((byte) 0);
    }

    /** The bytes from {@code address} on; not checked against anything. */
    public static MemorySegment segment(long address, long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }

    /**
     * As {@link #segment(long, long)}, accessible as long as the arena says.
     *
     * @param cleanup to be called when it ends, and reachable until then; or null
     */
    public static MemorySegment segment(long address, long length, Arena arena, Consumer<MemorySegment> cleanup) {
        return MemorySegment.ofAddress(address).reinterpret(length, arena, cleanup);
    }
}
