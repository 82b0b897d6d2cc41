package kiln.loader;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Calls, traps, upcalls, nesting and interruptions with machine code by hand. */
@Timeout(900)
class EntryTest {
    /** What the upcalls of a test do; the dispatcher of the process is set once. */
    private static final ThreadLocal<Upcalls.Dispatcher> HOST = new ThreadLocal<>();

    private TestCode code;

    @BeforeAll
    static void setDispatcher() {
        Upcalls.setDispatcher((callee, args) -> HOST.get().call(callee, args));
    }

    @BeforeEach
    void load() {
        code = new TestCode();
    }

    @AfterEach
    void close() {
        HOST.remove();
        code.close();
    }

    private void assertOk(int status) {
        assertEquals(StoreLayout.STATUS_OK, status);
        assertEquals(0, code.activation());
    }

    /** Who sees a thread interrupted may be late: the call has ended, and the thread has taken note. */
    @Test
    void anInterruptedThreadStopsOnlyWhatRuns() {
        StoreMemory store = code.store;
        Thread self = Thread.currentThread();
        self.interrupt();
        store.interruptWith(store.generation(), self);
        assertTrue(Thread.interrupted());
        assertFalse(store.interrupted());
        HOST.set((callee, args) -> {
            store.interruptWith(store.generation(), self);
            assertFalse(store.interrupted());
            self.interrupt();
            store.interruptWith(store.generation(), self);
            assertTrue(Thread.interrupted());
            assertTrue(store.interrupted());
            store.interrupt(store.generation(), StoreMemory.Reason.DEADLINE);
            store.clearInterrupt(StoreMemory.Reason.THREAD);
            assertTrue(store.interrupted());
            store.clearInterrupt(StoreMemory.Reason.DEADLINE);
            assertFalse(store.interrupted());
        });
        assertOk(code.run(TestCode.UPCALL));
        assertNull(Upcalls.takeThrown());
    }

    @Test
    void callsCode() {
        assertOk(code.run(TestCode.INCREMENT, 41));
        assertEquals(42, Native.getLong(code.args + 16));
    }

    @Test
    void explicitTrap() {
        assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.TRAP));
        assertEquals(TrapCode.UNREACHABLE, code.trap());
        assertEquals(0, code.store.trapSignal());
        assertEquals(1, code.store.backtraceDepth());
        assertEquals(0, code.activation());
        assertOk(code.run(TestCode.INCREMENT, 1));
    }

    @Test
    void faultsAreTraps() {
        try (LinearMemory m = MemoryPool.shared().guarded(65536, 65536, null)) {
            assertOk(code.run(TestCode.READ, m.base() + 65535));
            for (int i = 0; i < 1000; i++) {
                assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.READ, m.base() + 65536 + i));
                assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, code.trap());
                assertEquals(m.base() + 65536 + i, code.store.trapAddress());
                assertEquals(11, code.store.trapSignal());
            }
        }
        assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.DIVIDE, 1, 0));
        assertEquals(TrapCode.INTEGER_DIVIDE_BY_ZERO, code.trap());
        assertEquals(TestCode.ARM ? 0 : 8, code.store.trapSignal());
        assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.ILLEGAL));
        assertNull(code.trap());
        assertEquals(4, code.store.trapSignal());
        assertEquals(0, code.activation());
    }

    /** The JVM's own faults still reach the JVM. */
    @Test
    void javaStillHasItsSignals() {
        code.run(TestCode.TRAP);
        int caught = 0;
        int returned = 0;
        for (int i = 0; i < 20_000; i++) {
            try {
                Object o = i % 2 == 0 ? null : this;
                returned += o.hashCode() == hashCode() ? 1 : 0;
            } catch (NullPointerException e) {
                caught++;
            }
            try {
                caught += 1 / (i % 2);
            } catch (ArithmeticException e) {
                caught++;
            }
        }
        assertEquals(30_000, caught);
        assertEquals(10_000, returned);
    }

    @Test
    void stackOverflowIsATrap() throws Exception {
        assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.RECURSE));
        assertEquals(TrapCode.STACK_CHECK, code.trap());
        assertTrue(code.store.backtraceDepth() > StoreLayout.BACKTRACE_CAPACITY);
        long[] trace = code.store.backtrace();
        assertEquals(StoreLayout.BACKTRACE_CAPACITY, trace.length);
        for (long pc : trace) {
            assertTrue(code.loaded.contains(pc));
        }
        // Another thread has another stack.
        long here = code.store.backtraceDepth();
        int[] status = new int[1];
        Thread t = new Thread(null, () -> status[0] = code.run(TestCode.RECURSE), "large", 32 << 20);
        t.start();
        t.join();
        assertEquals(StoreLayout.STATUS_TRAP, status[0]);
        assertTrue(code.store.backtraceDepth() * 16 > 24 << 20);
        assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.RECURSE));
        assertTrue(Math.abs(code.store.backtraceDepth() - here) < 1000);
    }

    @Test
    void upcallsReachJava() {
        List<Long> seen = new ArrayList<>();
        HOST.set((callee, args) -> {
            seen.add(callee);
            seen.add(args);
        });
        Native.putLong(code.vmctx + VMContextLayout.HOST_ID, 7 | 3L << 32);
        assertOk(code.run(TestCode.UPCALL));
        assertEquals(List.of(7 | 3L << 32, code.args), seen);
        assertNull(Upcalls.takeThrown());
    }

    @Test
    void exceptionsKeepTheirIdentity() {
        Throwable[] all = {
            new IllegalStateException("x"), new StackOverflowError(), new OutOfMemoryError(), new Exception("checked")
        };
        for (Throwable t : all) {
            HOST.set((callee, args) -> {
                throw t;
            });
            assertEquals(StoreLayout.STATUS_UNWIND, code.run(TestCode.UPCALL));
            assertSame(t, Upcalls.takeThrown());
            assertNull(Upcalls.takeThrown());
            assertEquals(0, code.activation());
        }
    }

    @Test
    void realStackOverflowInAnUpcallComesBack() {
        HOST.set((callee, args) -> recurse(0));
        for (int i = 0; i < 20; i++) {
            assertEquals(StoreLayout.STATUS_UNWIND, code.run(TestCode.UPCALL));
            assertTrue(Upcalls.takeThrown() instanceof StackOverflowError);
        }
        // At any depth: generated code stops above what an upcall needs, so the catch-all always has room.
        int[] depth = new int[2];
        HOST.set((callee, args) -> {
            depth[0]++;
            switch (code.run(TestCode.UPCALL)) {
                case StoreLayout.STATUS_UNWIND -> throw Upcalls.takeThrown();
                case StoreLayout.STATUS_TRAP -> {
                    assertEquals(TrapCode.STACK_CHECK, code.trap());
                    depth[1] = depth[0];
                    throw new StackOverflowError();
                }
                default -> throw new AssertionError();
            }
        });
        assertEquals(StoreLayout.STATUS_UNWIND, code.run(TestCode.UPCALL));
        Throwable thrown = Upcalls.takeThrown();
        assertTrue(
                thrown instanceof StackOverflowError,
                () -> "depths " + depth[0] + " " + depth[1] + ": " + trace(thrown));
        assertTrue(depth[1] > 100 && depth[1] == depth[0], "depth " + depth[0]);
        assertOk(code.run(TestCode.INCREMENT, 1));
    }

    private static String trace(Throwable t) {
        StringWriter out = new StringWriter();
        if (t != null) {
            t.printStackTrace(new PrintWriter(out));
        }
        return out.toString();
    }

    @SuppressWarnings("InfiniteRecursion")
    private static int recurse(int depth) {
        return recurse(depth + 1) + 1;
    }

    @Test
    void activationsNest() {
        int depth = 50;
        RuntimeException thrown = new RuntimeException("inner");
        int[] level = new int[1];
        HOST.set((callee, args) -> {
            long outer = code.activation();
            assertTrue(outer != 0);
            if (++level[0] == depth) {
                assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.TRAP));
                assertEquals(TrapCode.UNREACHABLE, code.trap());
                assertEquals(1, code.store.backtraceDepth());
                throw thrown;
            }
            assertEquals(StoreLayout.STATUS_UNWIND, code.run(TestCode.UPCALL));
            assertEquals(outer, code.activation());
            throw Upcalls.takeThrown();
        });
        assertEquals(StoreLayout.STATUS_UNWIND, code.run(TestCode.UPCALL));
        assertSame(thrown, Upcalls.takeThrown());
        assertEquals(depth, level[0]);
        assertEquals(0, code.activation());
    }

    @Test
    void interruptsRunningCode() throws Exception {
        for (int i = 0; i < 50; i++) {
            Thread t = new Thread(() -> {
                long until = System.nanoTime() + 1_000_000;
                while (System.nanoTime() < until) {
                    Thread.onSpinWait();
                }
                code.store.interrupt();
            });
            t.start();
            assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.SPIN));
            assertEquals(TrapCode.STACK_CHECK, code.trap());
            assertTrue(code.store.interrupted());
            t.join();
            assertTrue(code.store.clearInterrupt());
        }
    }

    @Test
    void interruptBeforeTheFirstCallIsNotLost() throws Exception {
        code.store.interrupt();
        assertEquals(StoreLayout.STATUS_TRAP, code.run(TestCode.SPIN));
        int[] status = new int[1];
        Thread t = new Thread(() -> status[0] = code.run(TestCode.SPIN));
        t.start();
        t.join();
        assertEquals(StoreLayout.STATUS_TRAP, status[0]);
        assertTrue(code.store.clearInterrupt());
        assertOk(code.run(TestCode.INCREMENT, 1));
    }

    @Test
    void manyThreadsTrapAndGoOn() throws Exception {
        try (ExecutorService pool = Executors.newFixedThreadPool(4)) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 4; t++) {
                results.add(pool.submit((Callable<Integer>) () -> {
                    int traps = 0;
                    try (TestCode own = new TestCode();
                            LinearMemory m = MemoryPool.shared().guarded(0, 0, null)) {
                        for (int i = 0; i < 5000; i++) {
                            assertEquals(StoreLayout.STATUS_TRAP, own.run(TestCode.READ, m.base() + i));
                            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, own.trap());
                            assertEquals(m.base() + i, own.store.trapAddress());
                            traps++;
                        }
                    }
                    return traps;
                }));
            }
            for (Future<Integer> f : results) {
                assertEquals(5000, f.get());
            }
        }
    }

    @Test
    void virtualThreadsHaveTheirCarriersLimit() throws Exception {
        try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> results = new ArrayList<>();
            for (int t = 0; t < 50; t++) {
                results.add(pool.submit(() -> {
                    try (TestCode own = new TestCode()) {
                        for (int i = 0; i < 5; i++) {
                            assertEquals(StoreLayout.STATUS_TRAP, own.run(TestCode.RECURSE));
                            assertEquals(TrapCode.STACK_CHECK, own.trap());
                            Thread.sleep(1);
                        }
                    }
                    return 1;
                }));
            }
            for (Future<Integer> f : results) {
                assertEquals(1, f.get());
            }
        }
    }
}
