package kiln.codegen.testing;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;

/** Machine code made executable in this process, with as much zeroed data behind it as was asked for. */
public final class NativeCode implements AutoCloseable {
    private static final Linker LINKER = Linker.nativeLinker();
    static final MethodHandle MMAP =
            libc("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    static final MethodHandle MPROTECT = libc("mprotect", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    static final MethodHandle MUNMAP = libc("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    static final int PAGE = 4096;

    private final long address;
    private final long bytes;

    /**
     * Maps {@code code} read and execute, and behind the next multiple of {@code codeSpace} {@code dataBytes} of data.
     */
    public NativeCode(byte[] code, long codeSpace, long dataBytes) {
        long space = Math.max(codeSpace, (code.length + PAGE - 1) & -PAGE);
        bytes = space + (dataBytes + PAGE - 1 & -PAGE);
        try {
            address = (long) MMAP.invokeExact(0L, bytes, 3, 0x22, -1, 0L);
            if (address == -1) {
                throw new IllegalStateException("mmap failed");
            }
            segment(address, code.length).copyFrom(MemorySegment.ofArray(code));
            if ((int) MPROTECT.invokeExact(address, space, 5) != 0) {
                throw new IllegalStateException("mprotect failed");
            }
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }

    public NativeCode(byte[] code) {
        this(code, 0, 0);
    }

    private static MethodHandle libc(String name, MemoryLayout result, MemoryLayout... params) {
        return LINKER.downcallHandle(libcAddress(name), FunctionDescriptor.of(result, params));
    }

    public static MemorySegment libcAddress(String name) {
        return LINKER.defaultLookup().find(name).orElseThrow();
    }

    public long address() {
        return address;
    }

    public static MemorySegment segment(long address, long bytes) {
        return MemorySegment.ofAddress(address).reinterpret(bytes);
    }

    public static long getLong(long address) {
        return segment(address, 8).get(ValueLayout.JAVA_LONG_UNALIGNED, 0);
    }

    public static void putLong(long address, long value) {
        segment(address, 8).set(ValueLayout.JAVA_LONG_UNALIGNED, 0, value);
    }

    public static int getInt(long address) {
        return segment(address, 4).get(ValueLayout.JAVA_INT_UNALIGNED, 0);
    }

    /** A C function of up to four integers. */
    public static MethodHandle function(long address, int params) {
        MemoryLayout[] layouts = new MemoryLayout[params];
        Arrays.fill(layouts, JAVA_LONG);
        return LINKER.downcallHandle(MemorySegment.ofAddress(address), FunctionDescriptor.of(JAVA_LONG, layouts));
    }

    @Override
    public void close() {
        try {
            int unused = (int) MUNMAP.invokeExact(address, bytes);
        } catch (Throwable t) {
            throw new IllegalStateException(t);
        }
    }
}
