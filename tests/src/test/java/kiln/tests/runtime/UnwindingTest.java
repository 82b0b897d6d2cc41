package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What leaves WebAssembly leaves it at once, whatever the reason and however deep. */
@Timeout(900)
class UnwindingTest extends RuntimeFixture {
    private CompiledModule module;
    private Instance instance;
    private IntUnaryOperator host = x -> x;

    @BeforeEach
    void instantiate() {
        module = module("unwind");
        linker.func("env", "host", IntUnaryOperator.class, x -> host.applyAsInt(x));
        instance = linker.instantiate(store, module);
    }

    private TrapException trap(String func, long... args) {
        Func f = instance.func(func);
        return assertThrows(TrapException.class, () -> f.call(args));
    }

    @Test
    void nothingRunsAfterATrap() {
        assertEquals(TrapCode.UNREACHABLE, trap("afterUnreachable").code());
        assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, trap("afterOutOfBounds").code());
        assertEquals(TrapCode.INTEGER_DIVIDE_BY_ZERO, trap("afterDivision").code());
        assertEquals(0, instance.memory("memory").readInt(0));
        assertEquals(
                TrapCode.INTEGER_OVERFLOW, trap("divide", Integer.MIN_VALUE, -1).code());
        assertEquals(-2, instance.func("divide").call(-7, 3));
    }

    @Test
    void nothingRunsAfterAnException() {
        Throwable[] all = {
            new IllegalStateException("x"),
            new Exception("checked"),
            new StackOverflowError(),
            new OutOfMemoryError(),
            new LinkageError()
        };
        for (Throwable t : all) {
            host = _ -> UnwindingTest.<RuntimeException>raise(t);
            assertSame(
                    t,
                    assertThrows(
                            Throwable.class, () -> instance.func("afterHost").call()));
            assertSame(
                    t, assertThrows(Throwable.class, () -> instance.func("down").call(1000)));
        }
        assertEquals(0, instance.memory("memory").readInt(0));
        host = x -> x;
        instance.func("afterHost").call();
        assertEquals(1, instance.memory("memory").readInt(0));
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> int raise(Throwable t) throws T {
        throw (T) t;
    }

    @Test
    void tracesNameFunctionsAndOffsets() {
        TrapException t = trap("afterDivision");
        StackTraceElement[] trace = t.getStackTrace();
        assertEquals("unwind", trace[0].getClassName());
        assertEquals("div", trace[0].getMethodName());
        assertEquals("unwind.wasm", trace[0].getFileName());
        assertTrue(trace[0].getLineNumber() > 0, trace[0]::toString);
        assertEquals("unwind", trace[1].getClassName());
        assertTrue(trace[1].getLineNumber() > trace[0].getLineNumber(), () -> Arrays.toString(trace));
        assertEquals("kiln.runtime.Func", trace[2].getClassName());
    }

    @Test
    void modulesWithoutANameHaveTheOneTheyAreGiven() {
        // (module (func (export "f") unreachable))
        byte[] wasm = HexFormat.of().parseHex("0061736d010000000104016000000302010007050101660000" + "0a05010300000b");
        try (CompiledModule nameless = CompiledModule.load(engine, wasm)) {
            Func f = Instance.create(store, nameless, List.of()).func("f");
            assertEquals(
                    "wasm",
                    assertThrows(TrapException.class, f::call)
                            .frames()
                            .getFirst()
                            .module());
            nameless.named("demo");
            assertEquals(
                    "demo",
                    assertThrows(TrapException.class, f::call)
                            .frames()
                            .getFirst()
                            .module());
            assertEquals("module demo", nameless.toString());
        }
    }

    @Test
    void tracesInterleaveJavaAndWasm() {
        host = x -> (int) instance.func("divide").call(1, x);
        TrapException t = trap("through", 0);
        List<String> classes = Arrays.stream(t.getStackTrace())
                .map(StackTraceElement::getClassName)
                .filter(c -> c.equals("unwind") || c.equals(UnwindingTest.class.getName()))
                .toList();
        int firstTest = classes.indexOf(UnwindingTest.class.getName());
        int secondWasm = firstTest + classes.subList(firstTest, classes.size()).indexOf("unwind");
        assertTrue(firstTest >= 1 && secondWasm > firstTest, classes::toString);
        assertTrue(
                classes.subList(secondWasm, classes.size()).contains(UnwindingTest.class.getName()), classes::toString);
    }

    @Test
    void stackOverflowIsATrapOnStacksOfAnySize() throws Exception {
        assertEquals(TrapCode.STACK_CHECK, trap("forever", 1).code());
        for (long stack : new long[] {192 << 10, 256 << 10, 300 << 10, 384 << 10, 512 << 10, 1 << 20, 16 << 20}) {
            inThread(stack, () -> {
                for (int k = 0; k < 3; k++) {
                    assertEquals(TrapCode.STACK_CHECK, trap("forever", 1).code());
                }
            });
        }
        inVirtualThread(
                () -> assertEquals(TrapCode.STACK_CHECK, trap("forever", 1).code()));
        assertEquals(2, instance.func("divide").call(4, 2));
    }

    @Test
    void threeLevelsOfTenThousandFrames() throws Exception {
        int[] level = {0};
        host = _ -> ++level[0] == 3 ? 100 : (int) instance.func("down").call(10_000);
        inThread(16 << 20, () -> assertEquals(30_100, instance.func("down").call(10_000)));
        for (long stack : new long[] {256 << 10, 512 << 10, 1 << 20}) {
            inThread(stack, () -> {
                level[0] = 0;
                // The C library may hand a thread the larger stack of one that ended, so both outcomes are right.
                try {
                    assertEquals(30_100, instance.func("down").call(10_000));
                } catch (TrapException | StackOverflowError overflow) {
                    assertTrue(level[0] < 3, overflow::toString);
                }
            });
        }
    }

    @Test
    void endlessMutualRecursionIsSurvived() throws Exception {
        host = x -> (int) instance.func("down").call(x + 3) + 1;
        for (long stack : new long[] {256 << 10, 512 << 10, 2 << 20}) {
            inThread(stack, () -> {
                for (int k = 0; k < 10; k++) {
                    Throwable t = assertThrows(
                            Throwable.class, () -> instance.func("down").call(3));
                    assertTrue(t instanceof TrapException || t instanceof StackOverflowError, t::toString);
                }
            });
        }
        host = x -> x;
        assertEquals(3, instance.func("down").call(3));
    }

    private void inThread(long stack, Runnable r) throws Exception {
        store.release();
        Throwable[] failure = {null};
        Thread t = new Thread(
                null,
                () -> {
                    try {
                        r.run();
                        store.release();
                    } catch (Throwable x) {
                        failure[0] = x;
                    }
                },
                "stack of " + stack,
                stack);
        t.start();
        t.join();
        if (failure[0] != null) {
            throw new AssertionError(t.getName(), failure[0]);
        }
    }

    private void inVirtualThread(Runnable r) throws Exception {
        store.release();
        Throwable[] failure = {null};
        Thread t = Thread.ofVirtual().start(() -> {
            try {
                r.run();
                store.release();
            } catch (Throwable x) {
                failure[0] = x;
            }
        });
        t.join();
        if (failure[0] != null) {
            throw new AssertionError(failure[0]);
        }
    }

    @Test
    void manyVirtualThreadsAtOnce() throws Exception {
        Thread[] threads = new Thread[40];
        Throwable[] failure = {null};
        for (int k = 0; k < threads.length; k++) {
            threads[k] = Thread.ofVirtual().start(() -> {
                try (Store own = new Store(engine)) {
                    Linker l = new Linker(engine).func("env", "host", IntUnaryOperator.class, x -> {
                        Thread.yield();
                        return x;
                    });
                    Instance i = l.instantiate(own, module);
                    for (int n = 0; n < 5; n++) {
                        assertEquals(n, i.func("through").call(n));
                        Thread.yield();
                        assertThrows(
                                TrapException.class, () -> i.func("forever").call(1));
                        assertThrows(
                                TrapException.class,
                                () -> i.func("afterOutOfBounds").call());
                    }
                } catch (Throwable t) {
                    failure[0] = t;
                }
            });
        }
        for (Thread t : threads) {
            t.join();
        }
        if (failure[0] != null) {
            throw new AssertionError(failure[0]);
        }
    }

    @Test
    void aStoreUsedByFourThreadsSaysSo() throws Exception {
        Func f = instance.func("divide");
        store.release();
        AtomicInteger refused = new AtomicInteger();
        AtomicInteger wrong = new AtomicInteger();
        Thread[] threads = new Thread[4];
        for (int k = 0; k < threads.length; k++) {
            threads[k] = new Thread(() -> {
                // Nobody ends before somebody was refused, or they could run one after the other.
                for (int i = 0; i < 20_000 || refused.get() == 0; i++) {
                    int n = 1 + i % 20_000;
                    try {
                        if (f.call(n * 3, n) != 3) {
                            wrong.incrementAndGet();
                        }
                    } catch (IllegalStateException e) {
                        refused.incrementAndGet();
                        Thread.onSpinWait();
                    }
                }
            });
        }
        for (Thread t : threads) {
            t.start();
        }
        for (Thread t : threads) {
            t.join();
        }
        assertEquals(0, wrong.get());
        assertTrue(refused.get() > 0);
    }

    @Test
    void loopsCanBeInterrupted() throws Exception {
        store.setDeadline(Duration.ofMillis(50));
        assertEquals(TrapCode.INTERRUPTED, trap("loop").code());
        Thread self = Thread.currentThread();
        store.setThreadInterruptible(true);
        Thread t = new Thread(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
            self.interrupt();
        });
        t.start();
        assertEquals(TrapCode.INTERRUPTED, trap("loop").code());
        assertTrue(Thread.interrupted());
        t.join();
        store.setThreadInterruptible(false);
        Thread u = new Thread(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
            store.interrupt();
        });
        u.start();
        assertEquals(TrapCode.INTERRUPTED, trap("loop").code());
        u.join();
        assertEquals(2, instance.func("divide").call(4, 2));
    }

    /** Loops on all carriers, more virtual threads waiting for one: the deadlines must not wait for those. */
    @Test
    void deadlinesPassWhileAllCarriersAreBusy() throws Exception {
        Thread[] threads = new Thread[3 * Runtime.getRuntime().availableProcessors()];
        TrapCode[] codes = new TrapCode[threads.length];
        for (int k = 0; k < threads.length; k++) {
            int n = k;
            threads[k] = Thread.ofVirtual().start(() -> {
                for (int round = 0; round < 5; round++) {
                    try (Store own = new Store(engine)) {
                        Instance i = linker.instantiate(own, module);
                        own.setDeadline(Duration.ofMillis(5));
                        codes[n] = assertThrows(
                                        TrapException.class,
                                        () -> i.func("loop").call())
                                .code();
                    }
                }
            });
        }
        for (Thread t : threads) {
            t.join();
        }
        for (TrapCode c : codes) {
            assertEquals(TrapCode.INTERRUPTED, c);
        }
    }

    @Test
    void interruptionGoesThroughHostFunctions() {
        host = _ -> (int) instance.func("loop").call();
        store.setDeadline(Duration.ofMillis(30));
        assertEquals(
                TrapCode.INTERRUPTED,
                assertInstanceOf(TrapException.class, trap("through", 1)).code());
    }
}
