package kiln.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * Code that is written through one mapping of a file in memory and executed through another: nothing tells the
 * processor (or an emulator, which watches for writes to what it has translated) that its instructions changed, save
 * the flush.
 */
class InstructionCacheTest {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_SHARED = 1;
    private static final int BYTES = 1 << 16;

    private long file;
    private long writable;
    private long executable;
    private MethodHandle function;

    @BeforeEach
    void map() {
        try (Arena arena = Arena.ofConfined()) {
            file = libc("memfd_create", arena.allocateFrom("code").address(), 0, 0, 0, 0, 0);
        }
        assertEquals(0, (int) libc("ftruncate", file, BYTES, 0, 0, 0, 0));
        writable = libc("mmap", 0, BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        executable = libc("mmap", 0, BYTES, PROT_READ | PROT_EXEC, MAP_SHARED, file, 0);
        assertNotEquals(-1, writable);
        assertNotEquals(-1, executable);
        function = Linker.nativeLinker()
                .downcallHandle(MemorySegment.ofAddress(executable), FunctionDescriptor.of(ValueLayout.JAVA_INT));
    }

    @AfterEach
    void unmap() {
        libc("munmap", writable, BYTES, 0, 0, 0, 0);
        libc("munmap", executable, BYTES, 0, 0, 0, 0);
        libc("close", file, 0, 0, 0, 0, 0);
    }

    @Test
    void whatIsFlushedIsExecuted() throws Throwable {
        for (int i = 0; i < 100; i++) {
            write(i);
            Entry.flush(executable, 8);
            assertEquals(i, (int) function.invokeExact());
        }
    }

    /** Shows that the other test could fail: under emulation, what is not flushed is not seen. */
    @Test
    @EnabledIfSystemProperty(named = "kiln.emulated", matches = "true")
    void whatIsNotFlushedIsNotSeen() throws Throwable {
        write(1);
        Entry.flush(executable, 8);
        assertEquals(1, (int) function.invokeExact());
        write(2);
        assertEquals(1, (int) function.invokeExact());
        Entry.flush(executable, 8);
        assertEquals(2, (int) function.invokeExact());
    }

    /** A function that returns {@code result}, 0 to 65,535. */
    private void write(int result) {
        MemorySegment code = Native.segment(writable, 8);
        if (Host.current().architecture().equals("aarch64")) {
            code.set(ValueLayout.JAVA_INT, 0, 0x52800000 | result << 5); // movz w0, #result
            code.set(ValueLayout.JAVA_INT, 4, 0xd65f03c0); // ret
        } else {
            code.set(ValueLayout.JAVA_BYTE, 0, (byte) 0xb8); // mov eax, result
            code.set(ValueLayout.JAVA_INT_UNALIGNED, 1, result);
            code.set(ValueLayout.JAVA_BYTE, 5, (byte) 0xc3); // ret
        }
    }

    private static long libc(String name, long a, long b, long c, long d, long e, long f) {
        MemorySegment function =
                Linker.nativeLinker().defaultLookup().find(name).orElseThrow();
        return Downcalls.call(function, a, b, c, d, e, f);
    }
}
