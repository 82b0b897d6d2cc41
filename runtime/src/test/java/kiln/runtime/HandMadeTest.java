package kiln.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.TrapCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** The runtime with code written by hand: calls in and out, traps, exceptions, nesting, threads, closing. */
@EnabledIfSystemProperty(named = "os.arch", matches = "amd64|x86_64")
@Timeout(900)
class HandMadeTest {
    private Engine engine;
    private CompiledModule module;
    private Store store;
    private Linker linker;
    private IntUnaryOperator host = x -> x + 1;

    @BeforeEach
    void open() {
        engine = new Engine();
        module = CompiledModule.load(engine, HandMade.bytes());
        store = new Store(engine);
        linker = new Linker(engine).func("env", "host", IntUnaryOperator.class, x -> host.applyAsInt(x));
    }

    @AfterEach
    void close() {
        store.close();
        module.close();
        engine.close();
    }

    private Instance instance() {
        return linker.instantiate(store, module);
    }

    @Test
    void callsIn() throws Throwable {
        Func add = instance().func("add");
        assertEquals(FuncType.of(ValType.I32, ValType.I32, ValType.I32), add.type());
        assertEquals(5, add.call(2, 3));
        assertEquals(-1, add.call(2, -3));
        assertEquals(7, add.invoke(3, 4));
        assertEquals(9, (int) add.handle().invokeExact(4, 5));
        long[] results = new long[1];
        add.callRaw(new long[] {1, 2}, results);
        assertEquals(3, results[0]);
        assertThrows(IllegalArgumentException.class, () -> add.call(1));
        assertThrows(IllegalArgumentException.class, () -> add.invoke(1, 2L));
    }

    @Test
    void callsOut() throws Throwable {
        Func f = instance().func("callhost");
        assertEquals(42, f.call(41));
        assertEquals(42, (int) f.handle().invokeExact(41));
    }

    @Test
    void rawHostFunctionSeesItsCaller() {
        AtomicReference<Instance> caller = new AtomicReference<>();
        linker.func("env", "host", FuncType.of(ValType.I32, ValType.I32), (c, args, results) -> {
            caller.set(c.instance());
            results[0] = c.memory().size() + args[0];
        });
        Instance i = instance();
        assertEquals(65533, i.func("callhost").call(-3));
        assertSame(i, caller.get());
    }

    @Test
    void importedFunctionIsExportedAsItself() {
        Func f = Func.of(store, FuncType.of(ValType.I32, ValType.I32), (_, args, results) -> results[0] = args[0] * 2);
        Instance i = Instance.create(store, module, List.of(f));
        assertSame(f, i.func("host"));
        assertEquals(14, i.func("callhost").call(7));
        assertEquals(14, i.func("host").call(7));
    }

    @Test
    void instancesAreLinkedDirectly() {
        Instance a = instance();
        Instance b = Instance.create(store, module, List.of(a.func("callhost")));
        assertEquals(8, b.func("callhost").call(7));
    }

    @Test
    void trapHasWasmFrames() {
        Func trap = instance().func("trap");
        TrapException t = assertThrows(TrapException.class, trap::call);
        assertEquals(TrapCode.UNREACHABLE, t.code());
        assertEquals(new StackTraceElement("hand", "trap", "hand.wasm", 101), t.getStackTrace()[0]);
        assertEquals("kiln.runtime.Func", t.getStackTrace()[1].getClassName());
        assertEquals(1, t.frames().size());
    }

    @Test
    void faultIsATrap() {
        Instance i = instance();
        i.memory("memory").writeInt(65532, 77);
        assertEquals(77, i.func("load").call(65532));
        for (int k = 0; k < 3; k++) {
            TrapException t =
                    assertThrows(TrapException.class, () -> i.func("load").call(65533));
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, t.code());
            assertEquals("load", t.getStackTrace()[0].getMethodName());
        }
        assertEquals(77, i.func("load").call(65532));
    }

    @Test
    void stackOverflowIsATrap() {
        Instance i = instance();
        TrapException t =
                assertThrows(TrapException.class, () -> i.func("recurse").call());
        assertEquals(TrapCode.STACK_CHECK, t.code());
        assertTrue(t.frames().size() > 1000);
        assertEquals(3, i.func("add").call(1, 2));
    }

    @Test
    void hostExceptionComesBackItself() {
        Instance i = instance();
        Throwable[] thrown = {new RuntimeException(), new StackOverflowError(), new OutOfMemoryError(), new Exception()
        };
        for (Throwable x : thrown) {
            host = _ -> {
                throw Store.<RuntimeException>sneak(x);
            };
            assertSame(x, assertThrows(Throwable.class, () -> i.func("callhost").call(1)));
        }
    }

    @Test
    void nestedCallsKeepTheirArguments() {
        Instance i = instance();
        host = n -> n == 0 ? 0 : n + (int) i.func("callhost").call(n - 1);
        assertEquals(5050, i.func("callhost").call(100));
    }

    @Test
    void nestedTrapShowsAllActivations() {
        Instance i = instance();
        host = n ->
                n == 0 ? (int) i.func("trap").call() : (int) i.func("callhost").call(n - 1);
        TrapException t =
                assertThrows(TrapException.class, () -> i.func("callhost").call(2));
        List<String> wasm = Arrays.stream(t.getStackTrace())
                .filter(e -> e.getClassName().equals("hand"))
                .map(StackTraceElement::getMethodName)
                .toList();
        assertEquals(List.of("trap", "callhost", "callhost", "callhost"), wasm);
        List<String> all = Arrays.stream(t.getStackTrace())
                .map(StackTraceElement::toString)
                .toList();
        int second = all.indexOf("hand.callhost(hand.wasm:102)");
        assertTrue(all.get(second - 1).contains("HandMadeTest"), all::toString);
        assertEquals(1, i.func("add").call(0, 1));
    }

    @Test
    void trapInAnotherStoreShowsBoth() {
        Instance i = instance();
        try (Store second = new Store(engine)) {
            Instance inner = linker.instantiate(second, module);
            host = _ -> (int) inner.func("trap").call();
            TrapException t =
                    assertThrows(TrapException.class, () -> i.func("callhost").call(2));
            List<String> wasm = Arrays.stream(t.getStackTrace())
                    .map(StackTraceElement::toString)
                    .filter(e -> e.startsWith("hand.") || e.contains("Upcalls"))
                    .toList();
            assertEquals(List.of("hand.trap(hand.wasm:101)", "hand.callhost(hand.wasm:102)"), wasm);
        }
    }

    @Test
    void endlessNestingIsSurvived() {
        Instance i = instance();
        int[] depth = {0};
        host = n -> {
            depth[0]++;
            return (int) i.func("callhost").call(n);
        };
        for (int k = 0; k < 20; k++) {
            depth[0] = 0;
            Throwable t = assertThrows(Throwable.class, () -> i.func("callhost").call(1));
            assertTrue(
                    t instanceof StackOverflowError || t instanceof TrapException e && e.code() == TrapCode.STACK_CHECK,
                    t::toString);
            assertTrue(depth[0] > 10);
            assertEquals(3, i.func("add").call(1, 2));
        }
    }

    @Test
    void deepJavaRecursionBeforeAndInsideIsSurvived() throws Exception {
        for (long stack : new long[] {256 << 10, 512 << 10, 1 << 20, 8 << 20}) {
            Throwable[] result = {null};
            Thread t = new Thread(
                    null,
                    () -> {
                        try (Store s = new Store(engine)) {
                            Instance i = linker.instantiate(s, module);
                            host = n -> deep(i, n);
                            for (int k = 0; k < 5; k++) {
                                assertThrows(Throwable.class, () -> deep(i, 0));
                                assertThrows(
                                        Throwable.class,
                                        () -> i.func("callhost").call(0));
                            }
                        } catch (Throwable x) {
                            result[0] = x;
                        }
                    },
                    "small",
                    stack);
            t.start();
            t.join();
            if (result[0] != null) {
                throw new AssertionError(result[0]);
            }
        }
    }

    private static int deep(Instance i, int n) {
        if (n % 50 == 49) {
            return (int) i.func("callhost").call(n + 1) + 1;
        }
        return deep(i, n + 1) + 1;
    }

    @Test
    void otherThreadsAreRefused() throws Exception {
        Instance i = instance();
        Func add = i.func("add");
        assertTrue(onThread(() -> add.call(1, 2)) instanceof IllegalStateException);
        store.release();
        assertEquals(null, onThread(() -> assertEquals(3, add.call(1, 2))));
        // The thread has ended without a release: the store is free again.
        assertEquals(3, add.call(1, 2));
        store.release();
        assertEquals(
                null,
                onThread(() -> assertEquals(0, i.memory("memory").segment().get(ValueLayout.JAVA_BYTE, 0))));
        assertEquals(0, i.memory("memory").segment().get(ValueLayout.JAVA_BYTE, 0));
    }

    @Test
    void virtualThreadsTakeTurns() throws Exception {
        Instance i = instance();
        Func f = i.func("callhost");
        host = n -> {
            Thread.yield();
            return n + 1;
        };
        for (int k = 0; k < 50; k++) {
            store.release();
            Thread t = Thread.ofVirtual().start(() -> {
                assertEquals(5, f.call(4));
                assertThrows(TrapException.class, () -> i.func("recurse").call());
                store.release();
            });
            t.join();
        }
        assertEquals(5, f.call(4));
    }

    private static Throwable onThread(Runnable r) throws InterruptedException {
        Throwable[] result = {null};
        Thread t = new Thread(() -> {
            try {
                r.run();
            } catch (Throwable x) {
                result[0] = x;
            }
        });
        t.start();
        t.join();
        return result[0];
    }

    @Test
    void interruption() throws Exception {
        Instance i = instance();
        Thread t = new Thread(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
            store.interrupt();
        });
        t.start();
        assertEquals(
                TrapCode.INTERRUPTED,
                assertThrows(TrapException.class, () -> i.func("spin").call()).code());
        t.join();
        assertEquals(3, i.func("callhost").call(2));
    }

    @Test
    void deadline() {
        Instance i = instance();
        store.setDeadline(Duration.ofMillis(30));
        assertEquals(
                TrapCode.INTERRUPTED,
                assertThrows(TrapException.class, () -> i.func("spin").call()).code());
        store.setDeadline(Duration.ofSeconds(1000));
        store.setDeadline(null);
        assertEquals(3, i.func("callhost").call(2));
    }

    /** Also when somebody has asked for an interruption before, and was heard. */
    @Test
    void aDeadlineThatPassedIsTakenBack() {
        Instance i = instance();
        store.interrupt();
        assertThrows(TrapException.class, () -> i.func("spin").call());
        store.setDeadline(Duration.ZERO);
        while (!store.isInterrupted()) {
            Thread.onSpinWait();
        }
        store.setDeadline(null);
        assertEquals(3, i.func("callhost").call(2));
    }

    /** Taking a deadline back leaves what somebody else has asked for. */
    @Test
    void aRequestOutlastsADeadline() {
        Instance i = instance();
        store.setDeadline(Duration.ofSeconds(1000));
        store.interrupt();
        store.setDeadline(null);
        assertThrows(TrapException.class, () -> i.func("spin").call());
    }

    @Test
    void interruptedThread() throws Exception {
        Instance i = instance();
        store.setThreadInterruptible(true);
        Thread self = Thread.currentThread();
        Thread t = new Thread(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
            self.interrupt();
        });
        t.start();
        assertEquals(
                TrapCode.INTERRUPTED,
                assertThrows(TrapException.class, () -> i.func("spin").call()).code());
        assertTrue(Thread.interrupted());
        t.join();
    }

    @Test
    void memoryGrowsWithinItsLimits() {
        Instance i = instance();
        Memory m = i.memory("memory");
        MemorySegment before = m.segment();
        assertEquals(1, i.func("grow").call(2));
        assertEquals(3, m.pages());
        assertEquals(-1, i.func("grow").call(2));
        assertEquals(-1, m.grow(-1));
        assertEquals(3, m.grow(1));
        assertEquals(4 << 16, m.segment().byteSize());
        assertEquals(1 << 16, before.byteSize());
        m.writeByte((4 << 16) - 1, (byte) 9);
        assertEquals(0x9000000, i.func("load").call((4 << 16) - 4));
        assertThrows(IndexOutOfBoundsException.class, () -> m.readByte(4 << 16));
        assertThrows(IndexOutOfBoundsException.class, () -> m.readInt((4 << 16) - 3));
        assertThrows(IndexOutOfBoundsException.class, () -> m.readInt(-1));
    }

    @Test
    void limitsHold() {
        store.close();
        store = new Store(engine, StoreLimits.DEFAULT.withMemoryBytes(2 << 16).withInstances(1));
        Instance i = instance();
        assertEquals(1, i.func("grow").call(1));
        assertEquals(-1, i.func("grow").call(1));
        assertThrows(LinkException.class, this::instance);
        try (Store small = new Store(engine, StoreLimits.DEFAULT.withTotalMemoryBytes(100))) {
            assertThrows(LinkException.class, () -> linker.instantiate(small, module));
        }
    }

    @Test
    void closedThingsSaySo() {
        Instance i = instance();
        Func add = i.func("add");
        Memory m = i.memory("memory");
        MemorySegment s = m.segment();
        store.close();
        store.close();
        assertThrows(IllegalStateException.class, () -> add.call(1, 2));
        assertThrows(IllegalStateException.class, () -> m.readInt(0));
        assertThrows(IllegalStateException.class, () -> s.get(ValueLayout.JAVA_BYTE, 0));
        assertThrows(IllegalStateException.class, () -> i.func("add"));
        assertThrows(IllegalStateException.class, () -> linker.instantiate(store, module));
    }

    @Test
    void closingWhileInUseIsRefused() {
        Instance i = instance();
        host = n -> {
            assertThrows(IllegalStateException.class, store::close);
            assertThrows(IllegalStateException.class, store::release);
            return n;
        };
        assertEquals(1, i.func("callhost").call(1));
        module.close();
        assertEquals(1, i.func("callhost").call(1));
        assertThrows(IllegalStateException.class, this::instance);
    }

    @Test
    void everythingMissingIsNamed() {
        LinkException e = assertThrows(LinkException.class, () -> new Linker(engine).instantiate(store, module));
        assertEquals(1, e.problems().size());
        assertTrue(e.getMessage().contains("env.host"), e.getMessage());
        Linker wrong = new Linker(engine).func("env", "host", FuncType.ofVoid(), (_, _, _) -> {});
        assertTrue(assertThrows(LinkException.class, () -> wrong.instantiate(store, module))
                .getMessage()
                .contains("incompatible import type"));
    }

    @Test
    void unknownImports() {
        Linker l = new Linker(engine).unknownImports(Linker.UnknownImports.DEFAULT);
        assertEquals(0, l.instantiate(store, module).func("callhost").call(5));
        l.unknownImports(Linker.UnknownImports.TRAP);
        Instance i = l.instantiate(store, module);
        TrapException t =
                assertThrows(TrapException.class, () -> i.func("callhost").call(5));
        assertEquals(TrapCode.UNREACHABLE, t.code());
        assertTrue(
                Arrays.stream(t.getStackTrace()).anyMatch(e -> e.getMethodName().equals("callhost")));
    }

    @Test
    void functionsGoThroughTables() {
        Table t = Table.of(store, new TableType(ValType.FUNCREF, 2, 5), null);
        Instance i = instance();
        t.set(0, i.func("add"));
        assertSame(i.func("add"), t.get(0));
        Func f = Func.of(store, FuncType.ofVoid(), (_, _, _) -> {});
        t.set(1, f);
        assertSame(f, t.get(1));
        assertEquals(2, t.grow(3, f));
        assertEquals(-1, t.grow(1, null));
        assertSame(f, t.get(4));
        assertThrows(IndexOutOfBoundsException.class, () -> t.get(5));
        assertThrows(IllegalArgumentException.class, () -> t.set(0, "no function"));
    }

    @Test
    void globalsAndExternrefs() {
        Object o = new ArrayList<>();
        Global g = Global.of(store, new GlobalType(ValType.EXTERNREF, true), o);
        assertSame(o, g.get());
        g.set(null);
        assertEquals(null, g.get());
        assertEquals(store.toCell(ValType.EXTERNREF, o), store.toCell(ValType.EXTERNREF, o));
        Global v = Global.of(store, new GlobalType(ValType.V128, true), new V128(1, 2));
        assertEquals(new V128(1, 2), v.get());
        assertThrows(
                IllegalStateException.class,
                () -> Global.of(store, new GlobalType(ValType.I32, false), 1).set(2));
    }

    @Test
    void relaxedOperationsHaveOneMeaningInAStore() {
        try (CompiledModule fused = CompiledModule.load(engine, HandMade.bytes(Map.of("relaxed-simd", "host+fma")));
                CompiledModule same = CompiledModule.load(engine, HandMade.bytes(Map.of("relaxed-simd", "host+fma")));
                CompiledModule other =
                        CompiledModule.load(engine, HandMade.bytes(Map.of("relaxed-simd", "deterministic")))) {
            instance();
            linker.instantiate(store, fused);
            linker.instantiate(store, same);
            // Without such operations it does not matter.
            instance();
            var e = assertThrows(LinkException.class, () -> linker.instantiate(store, other));
            assertEquals(
                    "cannot link hand: its relaxed SIMD operations have other results (deterministic) "
                            + "than those of hand"
                            + " (host+fma) in the same store: compile both with the same --relaxed-simd and --cpu",
                    e.getMessage());
            try (Store elsewhere = new Store(engine)) {
                assertNotNull(linker.instantiate(elsewhere, other));
            }
        }
    }

    @Test
    void manyInstancesInManyStores() {
        for (int k = 0; k < 2000; k++) {
            try (Store s = new Store(engine)) {
                assertEquals(
                        k + 1, linker.instantiate(s, module).func("callhost").call(k));
            }
        }
        assertNotNull(instance());
    }
}
