package kiln.loader;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;

/**
 * Loads and stores at addresses. One segment that covers everything, so that no object is made; the caller owns the
 * bytes and knows that they are mapped. Addresses need no alignment except for the volatile accesses.
 */
public final class Native {
    private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);
    private static final VarHandle LONGS = ValueLayout.JAVA_LONG.varHandle();
    private static final VarHandle INTS = ValueLayout.JAVA_INT.varHandle();

    private Native() {}

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

    /** The bytes from {@code address} on; not checked against anything. */
    public static MemorySegment segment(long address, long length) {
        return MemorySegment.ofAddress(address).reinterpret(length);
    }
}
