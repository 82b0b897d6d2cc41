package kiln.loader;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;

/**
 * A store's VMStoreContext ({@link StoreLayout}) with its backtrace buffer, and the stack limits of the contexts that
 * belong to it.
 *
 * <p>{@link #interrupt} may be called by any thread; everything else by the thread that uses the store. The limits are
 * written under this object's lock, so that an interruption is not lost when the store moves to another thread. It is a
 * spin lock: an interrupting thread must not wait in a queue behind a virtual thread that finds no carrier, because all
 * carriers run code that is to be interrupted.
 */
public final class StoreMemory implements AutoCloseable {
    /** Why the code of a store is to stop. Each reason can be taken back without the others. */
    public enum Reason {
        /** Somebody asked for it. */
        REQUEST,
        /** Time is up. */
        DEADLINE,
        /** The thread that runs the code is interrupted. */
        THREAD;

        private int bit() {
            return 1 << ordinal();
        }
    }

    /** A stack limit that no stack pointer satisfies. */
    private static final long STOP = -1;

    /** So much it takes, of which only the first few hundred are written before there is a trap. */
    public static final long BYTES = StoreLayout.SIZE + 8L * StoreLayout.BACKTRACE_CAPACITY;

    private static final VarHandle LOCKED;

    static {
        try {
            LOCKED = MethodHandles.lookup().findVarHandle(StoreMemory.class, "locked", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** 1 while somebody writes limits. Unlocked by a plain volatile store, which no stack overflow can prevent. */
    @SuppressWarnings("unused") // written through LOCKED
    private volatile int locked;

    private int generation;
    private long address;
    private long[] contexts = new long[8];
    private int contextCount;
    private Thread thread;

    /**
     * @param address of {@link #BYTES} zeros, aligned to 16, which outlast this object's {@link #close}
     */
    public StoreMemory(long address) {
        this.address = address;
        Native.putLong(address + StoreLayout.UPCALL, Upcalls.stub());
        Native.putLong(address + StoreLayout.UNWIND_STUB, Stubs.get().unwind());
        Native.putLong(address + StoreLayout.THROW_STUB, Stubs.get().throwException());
        Native.putLong(address + StoreLayout.BACKTRACE, address + StoreLayout.SIZE);
        Native.putLong(address + StoreLayout.MEMMOVE, LibcFunctions.MEMMOVE);
        Native.putLong(address + StoreLayout.MEMSET, LibcFunctions.MEMSET);
        Native.putLong(address + StoreLayout.PTHREAD_SELF, LibcFunctions.PTHREAD_SELF);
        Native.putLong(address + StoreLayout.PTHREAD_GETATTR, LibcFunctions.PTHREAD_GETATTR);
        Native.putLong(address + StoreLayout.PTHREAD_ATTR_GETSTACK, LibcFunctions.PTHREAD_ATTR_GETSTACK);
        Native.putLong(address + StoreLayout.PTHREAD_ATTR_DESTROY, LibcFunctions.PTHREAD_ATTR_DESTROY);
        // The JVM links an access when it is first executed, which takes memory. A thread that interrupts may find none
        // left.
        interrupt();
        interrupt(generation, Reason.DEADLINE);
        interruptWith(generation, Thread.currentThread());
        clearInterrupt(Reason.DEADLINE);
        clearInterrupt();
    }

    private static final class LibcFunctions {
        static final long MEMMOVE = Host.current().symbol("memmove");
        static final long MEMSET = Host.current().symbol("memset");
        static final long PTHREAD_SELF = Host.current().symbol("pthread_self");
        static final long PTHREAD_GETATTR = Host.current().symbol("pthread_getattr_np");
        static final long PTHREAD_ATTR_GETSTACK = Host.current().symbol("pthread_attr_getstack");
        static final long PTHREAD_ATTR_DESTROY = Host.current().symbol("pthread_attr_destroy");
    }

    /** Address of the VMStoreContext. */
    public long address() {
        return address;
    }

    private void lock() {
        while (!LOCKED.compareAndSet(this, 0, 1)) {
            Thread.yield();
        }
    }

    /** Which store uses the memory: changes with {@link #reset} and {@link #close}. */
    public int generation() {
        return generation;
    }

    /** Registers a VMContext or host context of this store and writes its stack limit. */
    public void addContext(long vmctx) {
        lock();
        try {
            if (contextCount == contexts.length) {
                contexts = Arrays.copyOf(contexts, 2 * contextCount);
            }
            contexts[contextCount++] = vmctx;
            Native.putLongVolatile(vmctx + VMContextLayout.STACK_LIMIT, currentLimit());
        } finally {
            locked = 0;
        }
    }

    /** Forgets a context whose memory is about to be freed. */
    public void removeContext(long vmctx) {
        lock();
        try {
            for (int i = 0; i < contextCount; i++) {
                if (contexts[i] == vmctx) {
                    contexts[i] = contexts[--contextCount];
                    return;
                }
            }
        } finally {
            locked = 0;
        }
    }

    /**
     * Asks the code that runs in this store, or the next that starts, to stop with a trap STACK_CHECK. Any thread may
     * ask.
     */
    public void interrupt() {
        interrupt(generation, Reason.REQUEST);
    }

    /** As {@link #interrupt()}, if the memory still belongs to the store for which it had {@code generation}. */
    public void interrupt(int generation, Reason reason) {
        lock();
        try {
            if (address != 0 && generation == this.generation) {
                writeInterrupt(reasons() | reason.bit());
            }
        } finally {
            locked = 0;
        }
    }

    /**
     * Stops the code that runs if {@code owner} is interrupted, for {@link Reason#THREAD}; nothing if no code runs. Who
     * has seen the call end, and then takes back the thread's interrupt status, finds the next call undisturbed: what
     * was true before that is not written after it.
     */
    public void interruptWith(int generation, Thread owner) {
        lock();
        try {
            // In this order: if it is the next call that runs, the thread is asked after its status was taken back.
            if (address != 0
                    && generation == this.generation
                    && Native.getLongVolatile(address + StoreLayout.ACTIVATION) != 0
                    && owner.isInterrupted()) {
                writeInterrupt(reasons() | Reason.THREAD.bit());
            }
        } finally {
            locked = 0;
        }
    }

    /** Whether an interruption was asked for. */
    public boolean interrupted() {
        return reasons() != 0;
    }

    /** Forgets all reasons for an interruption; returns whether there was one. */
    public boolean clearInterrupt() {
        return clear(~0);
    }

    /** Forgets one reason for an interruption. */
    public void clearInterrupt(Reason reason) {
        clear(reason.bit());
    }

    private boolean clear(int bits) {
        lock();
        try {
            int was = reasons() & bits;
            if (was != 0) {
                writeInterrupt(reasons() & ~bits);
            }
            return was != 0;
        } finally {
            locked = 0;
        }
    }

    /** A set of {@link Reason#bit}. */
    private int reasons() {
        return Native.getIntVolatile(address + StoreLayout.INTERRUPT);
    }

    private void writeInterrupt(int reasons) {
        Native.putIntVolatile(address + StoreLayout.INTERRUPT, reasons);
        writeLimits();
    }

    /**
     * Makes the entry stub ask for the stack's bounds again if this is another thread than last time. The stub itself
     * compares thread pointers, which tells it when a virtual thread has changed its carrier; but a new thread may get
     * the pointer of a dead one without getting the same stack.
     */
    void checkThread() {
        Thread current = Thread.currentThread();
        if (thread != current) {
            thread = current;
            Native.putLong(address + StoreLayout.THREAD, 0);
        }
    }

    /** Writes the limit that the entry stub computed for the present thread into all contexts. */
    void publishStackLimit() {
        lock();
        try {
            writeLimits();
        } finally {
            locked = 0;
        }
    }

    private long currentLimit() {
        return interrupted() ? STOP : Native.getLong(address + StoreLayout.STACK_LIMIT);
    }

    private void writeLimits() {
        long limit = currentLimit();
        for (int i = 0; i < contextCount; i++) {
            Native.putLongVolatile(contexts[i] + VMContextLayout.STACK_LIMIT, limit);
        }
    }

    /**
     * Code address of the last trap: of the faulting instruction, or the return address of the call to the trap stub.
     */
    public long trapPc() {
        return Native.getLong(address + StoreLayout.TRAP_PC);
    }

    /** Data address of the last memory fault. */
    public long trapAddress() {
        return Native.getLong(address + StoreLayout.TRAP_ADDRESS);
    }

    /** 0 if the last trap was explicit, else the signal's number. */
    public int trapSignal() {
        return Native.getInt(address + StoreLayout.TRAP_SIGNAL);
    }

    /**
     * The return addresses that the last trap captured, innermost first, at most {@link
     * StoreLayout#BACKTRACE_CAPACITY}.
     */
    public long[] backtrace() {
        int n = (int) Math.min(backtraceDepth(), StoreLayout.BACKTRACE_CAPACITY);
        long[] result = new long[n];
        for (int i = 0; i < n; i++) {
            result[i] = Native.getLong(address + StoreLayout.SIZE + 8L * i);
        }
        return result;
    }

    /** How many frames there were at the last trap; may exceed what was captured. */
    public long backtraceDepth() {
        return Native.getLong(address + StoreLayout.BACKTRACE_COUNT);
    }

    /** Makes the memory fit for another store: forgets contexts, interruption and the last trap. */
    public void reset() {
        lock();
        try {
            generation++;
            contextCount = 0;
            Native.putIntVolatile(address + StoreLayout.INTERRUPT, 0);
            for (int field : new int[] {
                StoreLayout.ACTIVATION,
                StoreLayout.TRAP_PC,
                StoreLayout.TRAP_ADDRESS,
                StoreLayout.EXIT_FRAME,
                StoreLayout.BACKTRACE_COUNT,
                StoreLayout.HEAP_TOP,
                StoreLayout.HEAP_LIMIT,
                StoreLayout.GC_TOP,
                StoreLayout.GC_LIMIT,
                StoreLayout.EXCEPTION
            }) {
                Native.putLong(address + field, 0);
            }
            Native.putInt(address + StoreLayout.TRAP_SIGNAL, 0);
        } finally {
            locked = 0;
        }
    }

    /** Leaves the memory alone from now on; no code of the store runs, and none will. Idempotent. */
    @Override
    public void close() {
        lock();
        try {
            generation++;
            address = 0;
            contextCount = 0;
        } finally {
            locked = 0;
        }
    }
}
