package kiln.tests.faults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.TrapException;
import kiln.tests.ChildJvm;
import kiln.tests.Corpus;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The JVM survives whatever guests, host functions and embedders do, in any number of threads. */
@Timeout(value = 3, unit = TimeUnit.HOURS)
class StormTest {
    @TempDir
    Path dir;

    private Engine engine;
    private CompiledModule module;
    private Linker linker;
    private volatile IntUnaryOperator host = x -> x;

    @BeforeEach
    void open() throws Exception {
        engine = new Engine(true);
        module = CompiledModule.load(engine, Storm.wasm());
        linker = new Linker(engine).func("env", "host", IntUnaryOperator.class, x -> host.applyAsInt(x));
    }

    @AfterEach
    void close() {
        module.close();
        engine.close();
    }

    @Test
    void trapsBesideABusyJvm() throws Exception {
        int rounds = Corpus.SAMPLED ? 2 : Corpus.EMULATED || !Corpus.WHOLE ? 40 : 400;
        assertEquals(4L * rounds * 164, Storm.run(rounds));
    }

    static List<String> trapsUnderOtherJvmOptions() {
        return Corpus.WHOLE
                ? List.of(
                        "-XX:+UseG1GC",
                        "-XX:+UseZGC",
                        "-XX:+UseParallelGC",
                        "-XX:+UseShenandoahGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xint",
                        "-Xcheck:jni",
                        "-Xcomp")
                : List.of("-XX:+UseG1GC");
    }

    /** Other collectors and compilers read the same pages and signals in other ways. */
    @ParameterizedTest
    @MethodSource
    void trapsUnderOtherJvmOptions(String option) throws Exception {
        Path output = dir.resolve("output");
        List<String> options = new ArrayList<>(
                List.of("-XX:ErrorFile=" + dir.resolve("crash.log"), "-XX:TieredStopAtLevel=4", option));
        if (option.endsWith("GC")) {
            options.add(0, "-XX:-UseSerialGC");
        }
        boolean slow = Corpus.EMULATED || option.equals("-Xint") || option.equals("-Xcomp");
        int rounds = Corpus.SAMPLED ? 1 : Corpus.WHOLE && !slow ? 25 : 4;
        Process p = ChildJvm.start(output, options, Storm.class.getName(), List.of(Integer.toString(rounds)));
        // For what hangs, not for what is slow; under emulation ten times that, which is still less than the class's
        // limit, so that the child is ended and what it printed is told.
        boolean ended = ChildJvm.ends(p, 15);
        String text = Files.readString(output);
        assertTrue(
                ended && text.contains("STORM " + 4 * rounds * 164 + " traps"),
                () -> (ended ? "status " + p.exitValue() : "does not end") + ": " + text);
    }

    @Test
    void endlessGrowthEnds() throws Exception {
        StoreLimits limits = StoreLimits.DEFAULT.withTableElements(1_000_000);
        inThreads(3, 2 << 20, () -> {
            try (Store store = new Store(engine, limits)) {
                Instance i = linker.instantiate(store, module);
                // As far as a memory without a maximum grows, page by page: each is supplied when it comes, nearly 4
                // GiB
                // in a thread.
                assertEquals(65534, i.func("growMemory").call());
                assertEquals(0, i.func("growMemory").call());
                i.memory("memory").writeInt((65535L << 16) - 4, 7);
                assertEquals(7, i.memory("memory").readInt((65535L << 16) - 4));
                assertEquals((1_000_000 - 1) / 999, i.func("growTable").call(999));
                assertThrows(TrapException.class, () -> i.func("null").call());
            }
        });
    }

    @Test
    void threadsWithSmallStacks() throws Exception {
        for (long stack = 128 << 10; stack <= 1 << 20; stack += stack < 512 << 10 ? 32 << 10 : 256 << 10) {
            inThreads(1, stack, () -> {
                try (Store store = new Store(engine)) {
                    // Where the stack has no room for a host function, nothing runs at all; otherwise everything must.
                    Instance i = linker.instantiate(store, module);
                    try {
                        assertEquals(3, i.func("divide").call(6, 2));
                    } catch (TrapException e) {
                        assertEquals(TrapCode.STACK_CHECK, e.code());
                        return;
                    }
                    for (int k = 0; k < 5; k++) {
                        assertEquals(TrapCode.STACK_CHECK, trap(i, "forever", 0));
                        assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, trap(i, "outOfBounds", 0));
                        survive(() -> i.func("through").call(5));
                        survive(() -> i.func("deep").call(1_000_000));
                        host = Storm::recurse;
                        survive(() -> i.func("through").call(5));
                        host = x -> (int) i.func("through").call(x) + 1;
                        survive(() -> i.func("through").call(5));
                        host = x -> (int) i.func("deep").call(20 + x) + 1;
                        survive(() -> i.func("deep").call(20));
                        host = x -> x;
                    }
                }
            });
        }
    }

    private static TrapCode trap(Instance i, String func, long... args) {
        return assertThrows(TrapException.class, () -> i.func(func).call(args)).code();
    }

    /** Ends well or because the stack is at its end. */
    private static void survive(Runnable r) {
        try {
            r.run();
        } catch (StackOverflowError e) {
            // Java's own.
        } catch (TrapException e) {
            assertEquals(TrapCode.STACK_CHECK, e.code());
        }
    }

    @Test
    void aHostFunctionThatRunsOutOfMemory() throws Exception {
        try (Store store = new Store(engine)) {
            Instance i = linker.instantiate(store, module);
            AtomicReference<Throwable> thrown = new AtomicReference<>();
            host = n -> {
                try {
                    return new long[Integer.MAX_VALUE].length;
                } catch (OutOfMemoryError e) {
                    thrown.set(e);
                    throw e;
                }
            };
            assertSame(assertThrows(OutOfMemoryError.class, () -> i.func("deep").call(50)), thrown.get());
            assertEquals(3, i.func("divide").call(6, 2));
        }
        Path output = dir.resolve("output");
        Process p = ChildJvm.start(output, List.of("-Xmx64m"), HeapExhaustion.class.getName(), List.of());
        assertTrue(ChildJvm.ends(p, 5));
        assertTrue(Files.readString(output).contains("SURVIVED 20"), Files.readString(output));
    }

    /** A child process whose host functions fill the heap until nothing is left. */
    static final class HeapExhaustion {
        public static void main(String[] args) throws Exception {
            int survived = 0;
            try (Engine engine = new Engine();
                    CompiledModule module = CompiledModule.load(engine, Storm.wasm());
                    Store store = new Store(engine)) {
                List<Object> hoard = new ArrayList<>();
                IntUnaryOperator fill = x -> {
                    while (true) {
                        hoard.add(new long[x + 1000]);
                    }
                };
                Instance i = new Linker(engine)
                        .func("env", "host", IntUnaryOperator.class, fill)
                        .instantiate(store, module);
                Func through = i.func("through");
                for (int k = 0; k < 20; k++) {
                    try {
                        through.call(k);
                    } catch (OutOfMemoryError e) {
                        hoard.clear();
                        survived += (int) i.func("divide").call(7, 7);
                    }
                }
            }
            System.out.println("SURVIVED " + survived);
        }
    }

    @Test
    void closingInUse() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        AtomicReference<Store> shared = new AtomicReference<>();
        Thread owner = Thread.ofPlatform().start(() -> {
            try (Store store = new Store(engine)) {
                shared.set(store);
                Instance i = linker.instantiate(store, module);
                host = x -> {
                    running.countDown();
                    return (int) i.func("loop").call();
                };
                i.func("through").call(0);
            } catch (TrapException e) {
                assertEquals(TrapCode.INTERRUPTED, e.code());
            }
        });
        assertTrue(running.await(1, TimeUnit.MINUTES));
        // The module and the engine go; the store's owner is not disturbed.
        assertThrows(IllegalStateException.class, () -> shared.get().close());
        assertThrows(IllegalStateException.class, () -> shared.get().release());
        module.close();
        engine.close();
        shared.get().interrupt();
        owner.join();
        assertThrows(IllegalStateException.class, () -> shared.get().setDeadline(null));
        shared.get().close();
        shared.get().interrupt();
        assertThrows(IllegalStateException.class, () -> new Store(engine));
    }

    /** Memory that a closed store's interruption flag was in belongs to another store soon. */
    @Test
    void lateInterruptionsReachNobodyElse() throws Exception {
        AtomicReference<Store> current = new AtomicReference<>();
        Thread interrupter = Thread.ofPlatform().start(() -> {
            while (!Thread.currentThread().isInterrupted()) {
                Store s = current.get();
                if (s != null) {
                    s.interrupt();
                }
            }
        });
        int rounds = Corpus.SAMPLED ? 100 : 2000;
        for (int k = 0; k < rounds; k++) {
            try (Store victim = new Store(engine)) {
                current.set(victim);
                linker.instantiate(victim, module).func("divide").call(1, 1);
            } catch (TrapException e) {
                assertEquals(TrapCode.INTERRUPTED, e.code());
            }
            // From now on the interrupter knows a closed store only.
            try (Store next = new Store(engine)) {
                assertEquals(k, linker.instantiate(next, module).func("divide").call(k, 1));
            }
        }
        interrupter.interrupt();
        interrupter.join();
    }

    @Test
    void deadlinesInManyThreads() throws Exception {
        inThreads(8, 1 << 20, () -> {
            for (int k = 0; k < 10; k++) {
                try (Store store = new Store(engine)) {
                    Instance i = linker.instantiate(store, module);
                    store.setDeadline(Duration.ofMillis(2));
                    assertEquals(TrapCode.INTERRUPTED, trap(i, "loop"));
                }
            }
        });
    }

    private interface Body {
        void run() throws Throwable;
    }

    private static void inThreads(int count, long stack, Body body) throws Exception {
        List<Throwable> failures = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Thread t = new Thread(
                    null,
                    () -> {
                        try {
                            body.run();
                        } catch (Throwable e) {
                            synchronized (failures) {
                                failures.add(e);
                            }
                        }
                    },
                    "stack of " + stack,
                    stack);
            threads.add(t);
            t.start();
        }
        for (Thread t : threads) {
            t.join();
        }
        if (!failures.isEmpty()) {
            throw new AssertionError("in a thread with a stack of " + stack, failures.getFirst());
        }
    }
}
