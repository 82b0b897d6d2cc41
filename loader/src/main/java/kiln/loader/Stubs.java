package kiln.loader;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * The machine code that the loader itself needs, once a process: see docs/abi.md, "Stubs". It is mapped and its signal
 * handlers are installed when this class is first used, and both stay for good, since another library may have chained
 * its handlers to ours.
 *
 * <pre>
 *   0        code, read and execute
 *   64 KiB   data, read and write: eight ranges {start u64, end u64} of generated code; at 128 the handlers that were
 *            there before ours, by signal, ptr[65]
 *   128 KiB
 * </pre>
 */
public final class Stubs {
    private static final int DATA = 1 << 16;
    private static final int BYTES = 2 << 16;
    private static final int RANGES = 8;
    private static final int PREVIOUS = 128;
    private static final int NAME_BYTES = 16;

    /** SIGILL, SIGBUS, SIGFPE, SIGSEGV: the same numbers on both architectures. */
    private static final int[] SIGNALS = {4, 7, 8, 11};

    private static final Stubs INSTANCE = new Stubs(Host.current());

    private final long base;
    private final long enter;
    private final long trap;
    private final long unwind;
    private final long flush;
    private final long syscall;
    private int ranges;

    private Stubs(Host host) {
        byte[] image =
                Base64.getDecoder().decode(host.architecture().equals("x86_64") ? StubsX64.IMAGE : StubsAarch64.IMAGE);
        ByteBuffer in = ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
        Map<String, Integer> offsets = new HashMap<>();
        int count = in.getInt();
        for (int i = 0; i < count; i++) {
            byte[] name = new byte[NAME_BYTES];
            in.get(name);
            offsets.put(new String(name, StandardCharsets.US_ASCII).replace("\0", ""), in.getInt());
        }
        int codeBytes = in.remaining();
        if (codeBytes > DATA) {
            throw new IllegalStateException("the stubs' code is too large: " + codeBytes);
        }
        base = host.reserve(BYTES);
        host.mapZero(base, BYTES, Host.Protection.READ_WRITE);
        MemorySegment.copy(MemorySegment.ofBuffer(in), 0, Native.segment(base, codeBytes), 0, codeBytes);
        host.flushInstructionCache(base, codeBytes);
        host.protect(base, DATA, Host.Protection.READ_EXECUTE);
        enter = address(offsets, "enter");
        trap = address(offsets, "trap");
        unwind = address(offsets, "unwind");
        flush = address(offsets, "flush");
        syscall = address(offsets, "syscall");
        installHandlers(host, address(offsets, "handler"));
    }

    private long address(Map<String, Integer> offsets, String name) {
        Integer offset = offsets.get(name);
        if (offset == null) {
            throw new IllegalStateException("the stubs' image has no stub " + name);
        }
        return base + offset;
    }

    private void installHandlers(Host host, long handler) {
        for (int signal : SIGNALS) {
            // The handler must know whom to call before the first signal can reach it.
            Native.putLongVolatile(previous(signal), host.signalHandler(signal));
            long before = host.installSignalHandler(signal, handler);
            Native.putLongVolatile(previous(signal), before);
        }
    }

    private long previous(int signal) {
        return base + DATA + PREVIOUS + 8L * signal;
    }

    /** The stubs of this process. */
    public static Stubs get() {
        return INSTANCE;
    }

    long enter() {
        return enter;
    }

    /** What {@code VMContext.trapStub} holds. */
    public long trap() {
        return trap;
    }

    /** What {@code VMStoreContext.unwindStub} holds. */
    public long unwind() {
        return unwind;
    }

    long flush() {
        return flush;
    }

    long syscall() {
        return syscall;
    }

    /**
     * Makes faults of code in [start, end) traps.
     *
     * @throws HostException if there are eight ranges already
     */
    synchronized void addCodeRange(long start, long end) {
        if (ranges == RANGES) {
            throw new HostException("too much generated code: all " + RANGES + " code ranges are in use", 0);
        }
        long range = base + DATA + 16L * ranges++;
        // The start first: while the end is still zero the range is empty, and another thread may fault meanwhile.
        Native.putLongVolatile(range, start);
        VarHandle.fullFence();
        Native.putLongVolatile(range + 8, end);
    }
}
