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
 * its handlers to ours. A system property says where, and whichever class loader loads this class next in the same
 * process uses what is there: else each would add a link to the chain of handlers.
 *
 * <pre>
 *   0        code, read and execute
 *   64 KiB   data, read and write: 128 ranges {start u64, end u64} of generated code, unused ones with end 0; at 2048
 *            the handlers that were there before ours, by signal, ptr[65]; at 2568 the range to be used next, u32
 *   128 KiB
 * </pre>
 */
public final class Stubs {
    private static final int DATA = 1 << 16;
    private static final int BYTES = 2 << 16;
    private static final int RANGES = 128;
    private static final int PREVIOUS = 2048;
    private static final int NEXT_RANGE = 2568;
    /** Of the layout above. With it and the code in its name, a property means the same to all who look for it. */
    private static final String PROPERTY = "kiln.stubs.2.";

    private static final int NAME_BYTES = 16;

    /** SIGILL, SIGBUS, SIGFPE, SIGSEGV: the same numbers on both architectures. */
    private static final int[] SIGNALS = {4, 7, 8, 11};

    private static final Stubs INSTANCE = new Stubs(Host.current());

    private final long base;
    private final long enter;
    private final long trap;
    private final long unwind;
    private final long throwException;
    private final long flush;
    private final long syscall;
    private final long savedState;

    private Stubs(Host host) {
        String text = host.architecture().equals("x86_64") ? StubsX64.IMAGE : StubsAarch64.IMAGE;
        byte[] image = Base64.getDecoder().decode(text);
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
        MemorySegment code = MemorySegment.ofBuffer(in);
        String property = PROPERTY.concat(Integer.toHexString(text.hashCode()));
        // Properties are often copied from process to process.
        String here = Long.toHexString(host.processIdentity()).concat(":");
        synchronized (processLock()) {
            long present = find(host, System.getProperty(property, ""), here, code);
            base = present != 0 ? present : map(host, code);
            if (present == 0) {
                installHandlers(host, address(offsets, "handler"));
                System.setProperty(property, here.concat(Long.toHexString(base)));
            }
        }
        enter = address(offsets, "enter");
        trap = address(offsets, "trap");
        unwind = address(offsets, "unwind");
        throwException = address(offsets, "throw");
        flush = address(offsets, "flush");
        syscall = address(offsets, "syscall");
        savedState = address(offsets, "savedState");
    }

    /** An object that is the same for all class loaders: constant strings are. */
    private static Object processLock() {
        return PROPERTY;
    }

    /** Where the code is that another class loader mapped, or 0. */
    private static long find(Host host, String value, String here, MemorySegment code) {
        if (!value.startsWith(here)) {
            return 0;
        }
        long address;
        try {
            address = Long.parseUnsignedLong(value, here.length(), value.length(), 16);
        } catch (NumberFormatException e) {
            return 0;
        }
        boolean present = address % host.pageSize() == 0
                && host.isMapped(address, BYTES)
                && Native.segment(address, code.byteSize()).mismatch(code) < 0;
        return present ? address : 0;
    }

    private static long map(Host host, MemorySegment code) {
        long address = host.reserve(BYTES);
        host.keep(address);
        host.mapZero(address, BYTES, Host.Protection.READ_WRITE);
        Native.segment(address, code.byteSize()).copyFrom(code);
        host.flushInstructionCache(address, code.byteSize());
        host.protect(address, DATA, Host.Protection.READ_EXECUTE);
        return address;
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

    /** What {@code VMStoreContext.throwStub} holds. */
    public long throwException() {
        return throwException;
    }

    long flush() {
        return flush;
    }

    long syscall() {
        return syscall;
    }

    long savedState() {
        return savedState;
    }

    /**
     * Makes faults of code in [start, end) traps, as long as the class loader of these classes lives.
     *
     * @throws HostException if all ranges are in use
     */
    void addCodeRange(long start, long end) {
        synchronized (processLock()) {
            long next = base + DATA + NEXT_RANGE;
            // In turn, so that an unused range stays as it was until any handler that is reading it has long returned.
            for (int i = 0; i < RANGES; i++) {
                int number = Native.getInt(next) % RANGES;
                Native.putInt(next, number + 1);
                long range = base + DATA + 16L * number;
                if (Native.getLongVolatile(range + 8) == 0) {
                    // The start first: while the end is still zero the range is empty, and another thread may fault.
                    Native.putLongVolatile(range, start);
                    VarHandle.fullFence();
                    Native.putLongVolatile(range + 8, end);
                    Host.current().ownsCodeRange(range + 8);
                    return;
                }
            }
        }
        throw new HostException("too much generated code: all " + RANGES + " code ranges are in use", 0);
    }
}
