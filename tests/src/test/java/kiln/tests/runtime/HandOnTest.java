package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import kiln.runtime.CompiledModule;
import kiln.runtime.ExnRef;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.GlobalType;
import kiln.runtime.Instance;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import kiln.runtime.Tag;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import kiln.wat.Wat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Instances in pools: a store that hands itself on. */
class HandOnTest extends RuntimeFixture {
    private static final String GUEST = """
            (import "env" "wait" (func $wait))
            (memory 1)
            (memory $other 2)
            (global (export "g") (mut i64) (i64.const 5))
            (table (export "t") 1 externref)
            (func (export "count") (result i32)
              (i32.store (i32.const 0) (i32.add (i32.load (i32.const 0)) (i32.const 1)))
              (i32.load (i32.const 0)))
            (func (export "trap") unreachable)
            (func (export "wait") (call $wait))
            (func $hidden (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
            (func $unseen (result i32) (i32.const 1))
            (func (export "take") (param funcref))
            (table $h (export "h") 1 funcref)
            (table $dead 1 funcref)
            (elem (table $h) (i32.const 0) func $hidden)
            (elem (table $dead) (i32.const 0) func $unseen)
            """;

    private static final byte[] IMPORTS = "(import \"no\" \"thing\" (func))".getBytes(StandardCharsets.UTF_8);

    private CompiledModule guest() {
        return CompiledModule.load(engine, Wat.encode("guest.wat", GUEST.getBytes(StandardCharsets.UTF_8)));
    }

    private Instance handedOn(Runnable wait) {
        linker.func("env", "wait", Runnable.class, wait);
        store.setHandOn(true);
        return linker.instantiate(store, guest());
    }

    private static <T> T elsewhere(Callable<T> task) throws Exception {
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            return other.submit(task).get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception x ? x : e;
        }
    }

    @Test
    void aPoolServesManyThreads() throws Exception {
        linker.func("env", "wait", Runnable.class, () -> {});
        CompiledModule module = guest();
        BlockingQueue<Instance> pool = new ArrayBlockingQueue<>(3);
        List<Store> stores = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Store s = new Store(engine);
            s.setHandOn(true);
            stores.add(s);
            pool.add(linker.instantiate(s, module));
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Long>> calls = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                boolean typed = i % 2 == 0;
                calls.add(threads.submit(() -> {
                    Instance one = pool.take();
                    try {
                        Func count = one.func("count");
                        long n = typed ? (int) count.handle().invoke() : count.call();
                        assertEquals(n, one.memoryAt(0).readInt(0));
                        return n;
                    } catch (Throwable t) {
                        throw new AssertionError(t);
                    } finally {
                        pool.put(one);
                    }
                }));
            }
            for (Future<Long> f : calls) {
                assertTrue(f.get() >= 1);
            }
        }
        int sum = 0;
        for (Instance i : pool) {
            sum += i.memoryAt(0).readInt(0);
        }
        assertEquals(300, sum);
        for (Store s : stores) {
            elsewhere(() -> {
                s.close();
                return null;
            });
        }
    }

    @Test
    void everythingGivesTheStoreUp() throws Exception {
        Instance i = handedOn(() -> {});
        i.memoryAt(0).writeString(100, "text");
        i.global("g").set(6L);
        i.table("t").set(0, "object");
        assertThrows(TrapException.class, () -> i.func("trap").call());
        assertThrows(NoSuchElementException.class, () -> i.func("nothing"));
        assertEquals("text", elsewhere(() -> i.memoryAt(0).readString(100, 4)));
        assertEquals(6L, elsewhere(() -> i.global("g").get()));
        assertEquals("object", elsewhere(() -> i.table("t").get(0)));
        assertEquals(1, elsewhere(() -> i.func("count").invoke()));
        assertEquals(2, i.func("count").invoke());
    }

    @Test
    void whatFailsGivesTheStoreUpToo() throws Exception {
        linker.func("env", "fail", Runnable.class, () -> {
            throw new IllegalStateException("host");
        });
        Instance i = handedOn(() -> {});
        Memory m = i.memoryAt(0);
        Func count = i.func("count");
        List<Executable> mistakes = List.of(
                () -> m.readInt(65_536),
                () -> m.writeBytes(65_530, new byte[8]),
                () -> m.readCString(-1),
                () -> i.global("g").set("text"),
                () -> i.table("t").get(1),
                () -> i.table("h").set(0, "no function"),
                () -> i.func("take").invoke("no function"),
                () -> i.func("take").call(12345),
                () -> i.func("take").handle().invoke((Object) "no function"),
                () -> ((Func) linker.get(store, "env", "fail")).call(),
                () -> linker.instantiate(store, CompiledModule.load(engine, Wat.encode("x", IMPORTS))),
                () -> i.funcAt(-1),
                () -> store.fromCell(ValType.FUNCREF, 12345),
                () -> ExnRef.of(Tag.of(store, FuncType.ofVoid(ValType.I32)), "text"));
        for (int n = 0; n < mistakes.size(); n++) {
            assertThrows(Throwable.class, mistakes.get(n));
            assertEquals(n + 1, elsewhere(() -> count.invoke()), "after mistake " + n);
        }
    }

    @Test
    void settingsGiveTheStoreUpToo() throws Exception {
        Instance i = handedOn(() -> {});
        List<Runnable> settings = List.of(
                () -> store.setDeadline(Duration.ofMinutes(5)),
                () -> store.setDeadline(null),
                () -> store.setThreadInterruptible(true),
                () -> store.setThreadInterruptible(false),
                () -> store.clearInterrupt(),
                () -> store.isInterrupted(),
                () -> store.heapUse(),
                () -> store.collectGarbage(),
                () -> store.toCell(ValType.EXTERNREF, "object"),
                () -> Global.of(store, new GlobalType(ValType.I32, true), 1),
                () -> Memory.of(store, new MemoryType(1, 1, true, false, false, 16)));
        for (int n = 0; n < settings.size(); n++) {
            settings.get(n).run();
            assertEquals(n + 1, elsewhere(() -> i.func("count").invoke()), "after setting " + n);
        }
    }

    @Test
    void oneThreadAtATime() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        Instance i = handedOn(() -> {
            inside.countDown();
            try {
                go.await();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        });
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<?> call = other.submit(() -> i.func("wait").call());
            inside.await();
            assertThrows(IllegalStateException.class, () -> i.func("count").call());
            assertThrows(IllegalStateException.class, () -> i.store().close());
            go.countDown();
            call.get();
        }
        assertEquals(1, i.func("count").call());
    }

    @Test
    void aSegmentKeepsTheStoreUntilTheNextCall() throws Exception {
        Instance i = handedOn(() -> {});
        MemorySegment bytes = i.memoryAt(0).segment();
        bytes.set(ValueLayout.JAVA_INT, 0, 41);
        assertThrows(
                IllegalStateException.class,
                () -> elsewhere(() -> i.func("count").call()));
        assertEquals(42, i.func("count").call());
        assertThrows(IllegalStateException.class, () -> bytes.get(ValueLayout.JAVA_INT, 0));
        assertEquals(43, elsewhere(() -> i.func("count").call()));
    }

    @Test
    void toolsSeeWhatIsNotExported() {
        Instance i = handedOn(() -> {});
        assertEquals(2, i.memoryCount());
        Memory other = i.memoryAt(1);
        assertEquals(2, other.pages());
        assertThrows(NoSuchElementException.class, () -> i.memoryAt(2));
        assertEquals(21, i.funcAt(4).invoke(7));
        assertEquals(1, i.funcAt(1).invoke());
        for (int unknown : new int[] {-1, 5, 7}) {
            assertThrows(NoSuchElementException.class, () -> i.funcAt(unknown));
        }
    }
}
