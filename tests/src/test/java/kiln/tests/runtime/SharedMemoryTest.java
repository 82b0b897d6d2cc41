package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.SharedMemory;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.function.Executable;

/** Memories that several stores use at once, and threads that wait for each other there. */
@Timeout(900)
class SharedMemoryTest extends RuntimeFixture {
    private static final MemoryType TYPE = new MemoryType(1, 16, false, true, 16);
    private static final int ROUNDS = Boolean.getBoolean("kiln.emulated") ? 200 : 2000;

    private SharedMemory memory;
    private CompiledModule module;

    @BeforeEach
    void share() {
        memory = SharedMemory.of(TYPE);
        linker.memory("env", "memory", memory);
        module = module("threads");
    }

    @AfterEach
    void stop() {
        memory.close();
    }

    private Instance instance() {
        return linker.instantiate(store, module);
    }

    private static void traps(TrapCode code, Executable call) {
        assertEquals(code, assertThrows(TrapException.class, call).code());
    }

    private static int call(Instance i, String name, long... args) {
        return (int) i.func(name).call(args);
    }

    /** A thread with a store and an instance of its own. */
    private final class Worker {
        /** What it does. */
        interface Body {
            long run(Instance instance) throws Exception;
        }

        final FutureTask<Long> task;
        final Thread thread;
        volatile Store own;
        private final CountDownLatch started = new CountDownLatch(1);

        Worker(Body body) {
            task = new FutureTask<>((Callable<Long>) () -> {
                try (Store s = new Store(engine)) {
                    Instance i = linker.instantiate(s, module);
                    own = s;
                    started.countDown();
                    return body.run(i);
                }
            });
            thread = Thread.ofPlatform().start(task);
        }

        void awaitStart() throws InterruptedException {
            started.await();
        }

        long result() throws InterruptedException, ExecutionException {
            return task.get();
        }

        TrapCode trap() throws InterruptedException {
            ExecutionException e = assertThrows(ExecutionException.class, task::get);
            return ((TrapException) e.getCause()).code();
        }
    }

    /** Notifies until so many have been woken. */
    private void wake(int address, int count) {
        for (int n = 0; n < count; ) {
            n += memory.notifyWaiters(address, count - n);
            Thread.onSpinWait();
        }
    }

    // Single accesses.

    @Test
    void alignmentIsThatOfIndexAndOffsetTogether() {
        for (Instance i : List.of(instance(), new Linker(engine).instantiate(store, module("unshared")))) {
            assertEquals(0, call(i, "loadAt2", 2));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> call(i, "loadAt2", 4));
            assertEquals(0, i.func("storeAt6").call(2, 5));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> i.func("storeAt6").call(8, 5));
            assertEquals(5, call(i, "addAt1", 7, 0));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> call(i, "addAt1", 2, 0));
            assertEquals(5, call(i, "swapAt3", 5, 1, 1));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> call(i, "swapAt3", 4, 1, 1));
            assertEquals(0, call(i, "notifyAt2", 2, 1));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> call(i, "notifyAt2", 4, 1));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> call(i, "waitAt2", 4, 0, 0));
            // Even where nothing is.
            traps(TrapCode.UNALIGNED_ATOMIC, () -> call(i, "load", 0xfffffffdL));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> call(i, "load", 0xfffffffcL));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> call(i, "notify", 65536, 1));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> call(i, "notifyAt2", 0xfffffffeL, 1));
        }
        traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> call(instance(), "wait32", 65536, 0, 0));
    }

    @Test
    void narrowExchangesCompareLowBitsOnly() {
        Instance i = instance();
        memory.writeLong(0, 0x8877665544332211L);
        assertEquals(0x11, call(i, "swap8", 0, 0xabcdef11, 0x1ff));
        assertEquals(0x88776655443322ffL, memory.readLong(0));
        assertEquals(0x22ff, i.func("swap16").call(0, 0xdeadbeef000122ffL, 0x5_aaaaL));
        assertEquals(0x887766554433aaaaL, memory.readLong(0));
        assertEquals(0x4433aaaaL, i.func("swap32").call(0, 0x12345678_4433aaaaL, 0x9_00000001L));
        assertEquals(0x8877665500000001L, memory.readLong(0));
        assertEquals(0x88776655L, i.func("swap32").call(4, 1, 2));
        assertEquals(1, call(i, "swap8", 0, 0, 7));
        assertEquals(0x8877665500000001L, memory.readLong(0));
    }

    @Test
    void nobodyWaitsAtMemoriesThatAreNotShared() {
        Instance own = new Linker(engine).instantiate(store, module("unshared"));
        assertEquals(0, call(own, "notify", 0, -1));
        traps(TrapCode.EXPECTED_SHARED_MEMORY, () -> call(own, "wait32", 0, 0, 0));
        traps(TrapCode.EXPECTED_SHARED_MEMORY, () -> call(own, "wait64", 0, 5, -1));
        assertNull(own.memory("memory").shared());
    }

    @Test
    void waitingEndsAsTheSpecificationSays() throws Exception {
        Instance i = instance();
        assertEquals(1, call(i, "wait32", 0, 1, -1));
        assertEquals(2, call(i, "wait32", 0, 0, 0));
        assertEquals(2, call(i, "wait64", 8, 0, 1_000_000));
        // The low half would do.
        memory.writeLong(8, 0x1_00000000L);
        assertEquals(1, call(i, "wait64", 8, 0, -1));
        assertEquals(SharedMemory.WaitResult.NOT_EQUAL, memory.waitWhileInt(0, 7, -1, TimeUnit.SECONDS));
        assertEquals(SharedMemory.WaitResult.TIMED_OUT, memory.waitWhileLong(0, 0, 1, TimeUnit.MICROSECONDS));
        assertThrows(IllegalArgumentException.class, () -> memory.waitWhileInt(2, 0, 0, TimeUnit.SECONDS));
        Worker w = new Worker(own -> own.func("wait32").call(0, 0, -1));
        wake(0, 1);
        assertEquals(0, w.result());
    }

    @Test
    void exactlySoManyAreWoken() throws Exception {
        List<Worker> workers = new ArrayList<>();
        for (int n = 0; n < 6; n++) {
            workers.add(new Worker(own -> own.func("wait32").call(16, 0, -1)));
        }
        // Others at another address are not meant.
        Worker other = new Worker(own -> own.func("wait32").call(20, 0, -1));
        wake(16, 2);
        Instance i = instance();
        int woken = 2;
        while (woken < 6) {
            woken += call(i, "notify", 16, -1);
        }
        assertEquals(6, woken);
        for (Worker w : workers) {
            assertEquals(0, w.result());
        }
        assertEquals(0, call(i, "notify", 16, -1));
        assertFalse(other.task.isDone());
        wake(20, 1);
        assertEquals(0, other.result());
    }

    @Test
    void growingWakesNobodyAndShowsEverywhere() throws Exception {
        Instance i = instance();
        Worker w = new Worker(own -> {
            long end = own.func("wait32").call(0, 0, -1);
            own.func("store").call(65536 + 8, 42);
            return end * 100 + own.func("size").call();
        });
        w.awaitStart();
        assertEquals(1, call(i, "grow", 2));
        assertEquals(3, memory.pages());
        assertEquals(3, memory.grow(1));
        assertFalse(w.task.isDone());
        wake(0, 1);
        assertEquals(4, w.result());
        assertEquals(42, call(i, "plain", 65536 + 8));
        assertEquals(4, call(i, "size"));
        assertEquals(-1, call(i, "grow", 13));
        assertEquals(-1, memory.grow(13));
        assertEquals(4, call(i, "grow", 12));
        traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> call(i, "plain", 16 * 65536));
    }

    // What stops those who wait.

    @Test
    void interruptionsEndWaiting() throws Exception {
        Worker asked = new Worker(own -> own.func("wait32").call(0, 0, -1));
        asked.awaitStart();
        asked.own.interrupt();
        assertEquals(TrapCode.INTERRUPTED, asked.trap());
        Worker late = new Worker(own -> {
            own.store().setDeadline(Duration.ofMillis(5));
            return own.func("wait64").call(0, 0, 1_000_000_000_000L);
        });
        assertEquals(TrapCode.INTERRUPTED, late.trap());
        Worker thread = new Worker(own -> own.func("wait32").call(0, 0, -1));
        thread.awaitStart();
        thread.thread.interrupt();
        assertEquals(TrapCode.INTERRUPTED, thread.trap());
        Worker java =
                new Worker(_ -> memory.waitWhileInt(0, 0, -1, TimeUnit.SECONDS).ordinal());
        java.awaitStart();
        java.thread.interrupt();
        ExecutionException e = assertThrows(ExecutionException.class, java.task::get);
        assertEquals(InterruptedException.class, e.getCause().getClass());
        assertEquals(0, memory.notifyWaiters(0, Integer.MAX_VALUE));
    }

    @Test
    void virtualThreadsAreStoppedAsWell() throws Exception {
        CountDownLatch started = new CountDownLatch(1);
        Store[] own = new Store[1];
        FutureTask<Object> task = new FutureTask<>(() -> {
            try (Store s = new Store(engine)) {
                Instance i = linker.instantiate(s, module);
                own[0] = s;
                started.countDown();
                return assertThrows(TrapException.class, () -> i.func("wait32").call(0, 0, -1))
                        .code();
            }
        });
        Thread.ofVirtual().start(task);
        started.await();
        own[0].interrupt();
        assertEquals(TrapCode.INTERRUPTED, task.get());
    }

    @Test
    void closingAStoreEndsWaitingInIt() throws Exception {
        for (boolean virtual : List.of(false, true)) {
            AtomicReference<Store> own = new AtomicReference<>();
            FutureTask<String> task = new FutureTask<>(() -> {
                Store s = new Store(engine);
                Instance i = linker.instantiate(s, module);
                own.set(s);
                TrapException e =
                        assertThrows(TrapException.class, () -> i.func("wait32").call(0, 0, -1));
                assertEquals(TrapCode.INTERRUPTED, e.code());
                assertThrows(IllegalStateException.class, () -> i.func("size").call());
                s.close();
                return "ended";
            });
            (virtual ? Thread.ofVirtual() : Thread.ofPlatform()).start(task);
            awaitWaiters(own, 1);
            own.get().close();
            assertEquals("ended", task.get());
            assertEquals(0, memory.notifyWaiters(0, Integer.MAX_VALUE));
        }
        // It used the memory no longer when it was closed.
        memory.close();
        assertThrows(IllegalStateException.class, memory::size);
    }

    /** A host function that keeps the trap to itself does not keep the store open. */
    @Test
    void closingReachesThroughHostFunctions() throws Exception {
        Instance[] inner = new Instance[1];
        AtomicReference<Store> own = new AtomicReference<>();
        FutureTask<Long> task = new FutureTask<>(() -> {
            Store s = new Store(engine);
            inner[0] = linker.instantiate(s, module);
            own.set(s);
            Func host = Func.of(s, FuncType.of(ValType.I32), (_, _, results) -> {
                TrapException e = assertThrows(
                        TrapException.class, () -> inner[0].func("wait32").call(0, 0, -1));
                assertEquals(TrapCode.INTERRUPTED, e.code());
                assertTrue(s.isInterrupted());
                results[0] = 7;
            });
            return host.call();
        });
        Thread.ofPlatform().start(task);
        awaitWaiters(own, 1);
        own.get().close();
        ExecutionException e = assertThrows(ExecutionException.class, task::get);
        assertEquals(IllegalStateException.class, e.getCause().getClass());
    }

    @Test
    void storesThatDoNotWaitBelongToTheirThread() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Worker w = new Worker(_ -> {
            end.await();
            return 5;
        });
        w.awaitStart();
        assertThrows(IllegalStateException.class, w.own::close);
        end.countDown();
        assertEquals(5, w.result());
    }

    /** Until so many wait; {@code own} is there before its thread does. */
    private void awaitWaiters(AtomicReference<Store> own, int count) {
        while (own.get() == null || memory.waiters() < count) {
            Thread.onSpinWait();
        }
    }

    // Several at once.

    @Test
    void locksMadeOfWaitingAndNotifyingHold() throws Exception {
        List<Worker> workers = new ArrayList<>();
        for (int n = 0; n < 4; n++) {
            workers.add(new Worker(own -> {
                own.func("count").call(0, 4, ROUNDS);
                own.func("countAtomic").call(8, ROUNDS);
                for (int k = 0; k < ROUNDS; k++) {
                    memory.getAndAddInt(8, 1);
                }
                return 0;
            }));
        }
        for (Worker w : workers) {
            w.result();
        }
        assertEquals(4 * ROUNDS, memory.readInt(4));
        assertEquals(8 * ROUNDS, memory.readInt(8));
        assertEquals(0, memory.readInt(0));
    }

    /** What was written before a flag is there when the flag is seen, in both directions. */
    @Test
    void flagsPublishWhatWasWrittenBefore() throws Exception {
        Instance i = instance();
        for (int n = 1; n <= 50; n++) {
            int value = n * 1000;
            memory.writeIntVolatile(64, 0);
            Worker w = new Worker(own -> own.func("await").call(64, 128));
            memory.writeInt(128, value);
            memory.writeIntVolatile(64, 1);
            assertEquals(value, w.result());
        }
        Worker w = new Worker(own -> {
            own.func("store").call(128, 7);
            own.func("store").call(64, 0);
            return 0;
        });
        while (memory.readIntVolatile(64) != 0) {
            Thread.onSpinWait();
        }
        assertEquals(7, memory.readInt(128));
        w.result();
        assertEquals(7, call(i, "plain", 128));
    }

    /**
     * Threads wait at few addresses with and without time limits, others notify, interrupt them and close their stores:
     * everybody ends, nobody is counted twice or stays behind.
     */
    @Test
    void stormOfWaitingNotifyingInterruptingAndClosing() throws Exception {
        Random random = new Random(1);
        long notified = 0;
        List<Worker> workers = new ArrayList<>();
        for (int n = 0; n < (ROUNDS > 1000 ? 200 : 60); n++) {
            int at = 8 * random.nextInt(3);
            long timeout = random.nextBoolean() ? -1 : random.nextInt(3_000_000);
            workers.add(new Worker(own -> {
                try {
                    return own.func("wait32").call(at, 0, timeout);
                } catch (TrapException e) {
                    assertEquals(TrapCode.INTERRUPTED, e.code());
                    return 3;
                }
            }));
            Worker victim = workers.get(random.nextInt(workers.size()));
            switch (random.nextInt(4)) {
                case 0 -> {
                    victim.awaitStart();
                    victim.own.interrupt();
                }
                case 1 -> victim.awaitStart();
                default -> notified += memory.notifyWaiters(8 * random.nextInt(3), random.nextInt(3));
            }
        }
        while (workers.stream().anyMatch(w -> !w.task.isDone())) {
            for (int at = 0; at < 24; at += 8) {
                notified += memory.notifyWaiters(at, 1);
            }
            Thread.onSpinWait();
        }
        long woken = 0;
        for (Worker w : workers) {
            woken += w.result() == 0 ? 1 : 0;
        }
        assertEquals(notified, woken);
        for (int at = 0; at < 24; at += 8) {
            assertEquals(0, memory.notifyWaiters(at, Integer.MAX_VALUE));
        }
    }

    // Java's side.

    @Test
    void javaReadsAndWritesAtAllAddresses() {
        Instance i = instance();
        byte[] bytes = new byte[64];
        new Random(2).nextBytes(bytes);
        memory.writeBytes(3, bytes);
        assertArrayEquals(bytes, memory.readBytes(3, 64));
        Memory view = Memory.of(store, memory);
        assertSame(memory, view.shared());
        for (int at = 0; at < 16; at++) {
            memory.writeLong(at, 0x0102030405060708L + at);
            assertEquals(0x0102030405060708L + at, memory.readLong(at));
            assertEquals(0x0102030405060708L + at, view.readLong(at));
            assertEquals((int) (0x05060708L + at), call(i, "plain", at));
            view.writeInt(at, -5 - at);
            assertEquals(-5 - at, memory.readInt(at));
            memory.writeShort(at, (short) (at * 1000));
            assertEquals((short) (at * 1000), view.readShort(at));
            view.writeByte(at, (byte) -at);
            assertEquals((byte) -at, memory.readByte(at));
            view.writeDouble(at, at / 3.0);
            assertEquals(at / 3.0, view.readDouble(at));
        }
        memory.writeIntVolatile(4, 9);
        assertTrue(memory.compareAndSetInt(4, 9, 10));
        assertFalse(memory.compareAndSetInt(4, 9, 11));
        memory.writeLongVolatile(8, -1);
        assertTrue(memory.compareAndSetLong(8, -1, 1L << 40));
        assertEquals(1L << 40, memory.getAndAddLong(8, 1));
        assertEquals((1L << 40) + 1, memory.readLongVolatile(8));
        assertThrows(IllegalArgumentException.class, () -> memory.readIntVolatile(2));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.readInt(65533));
        assertThrows(IndexOutOfBoundsException.class, () -> memory.writeBytes(65500, bytes));
        assertThrows(UnsupportedOperationException.class, view::segment);
    }

    @Test
    void itLivesAsLongAsStoresUseIt() {
        Instance i = instance();
        memory.writeInt(0, 77);
        memory.close();
        memory.close();
        assertEquals(77, call(i, "plain", 0));
        assertEquals(77, memory.readInt(0));
        store.close();
        assertThrows(IllegalStateException.class, () -> memory.readInt(0));
        assertThrows(IllegalStateException.class, () -> memory.grow(1));
        assertThrows(IllegalStateException.class, memory::size);
        assertThrows(IllegalStateException.class, () -> memory.waitWhileInt(0, 77, 0, TimeUnit.SECONDS));
        try (Store other = new Store(engine)) {
            assertThrows(IllegalStateException.class, () -> linker.instantiate(other, module));
        }
    }

    @Test
    void modulesDefineSharedMemories() throws Exception {
        Instance i = new Linker(engine).instantiate(store, module("shares"));
        SharedMemory theirs = i.memory("memory").shared();
        assertEquals("kiln", i.memory("memory").readString(8, 4));
        assertEquals(0x6e6c696b, call(i, "plain", 8));
        traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> call(i, "far", 0));
        Linker others = new Linker(engine).memory("env", "memory", theirs);
        // At most 4 pages are within the 16 that are asked for.
        FutureTask<Integer> task = new FutureTask<>(() -> {
            try (Store s = new Store(engine)) {
                Instance user = others.instantiate(s, module);
                user.func("store").call(12, 5);
                return call(user, "grow", 1);
            }
        });
        Thread.ofPlatform().start(task);
        assertEquals(1, task.get());
        assertEquals(5, call(i, "load", 12));
        assertEquals(2, call(i, "size"));
        i.func("copy").call(65536, 8, 100);
        assertEquals(5, call(i, "load", 65540));
        i.func("fill").call(65536, 1, 65536);
        traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> i.func("fill").call(65537, 1, 65536));
        assertEquals(0x01010101, call(i, "load", 131068));
    }

    @Test
    void addressesMayHave64Bits() throws Exception {
        try (SharedMemory large = SharedMemory.of(new MemoryType(1, 4, true, true, 16))) {
            Linker wide = new Linker(engine).memory("env", "memory", large);
            CompiledModule threads64 = module("threads64");
            Instance i = wide.instantiate(store, threads64);
            assertEquals(2, call(i, "wait32", 65532, 0, 0));
            assertEquals(0, i.func("add").call(65520, 0x1_00000002L));
            assertEquals(0x1_00000002L, large.readLongVolatile(65528));
            assertEquals(2, call(i, "loadAt2", 65526));
            traps(TrapCode.UNALIGNED_ATOMIC, () -> i.func("loadAt2").call(65524));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> i.func("load").call(1L << 36));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> i.func("load").call(-4));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> i.func("wait32").call(65536, 0, 0));
            // Index and offset are together 2^64: not 0.
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> i.func("waitFar").call(-0xfffffffcL, 0, 0));
            traps(TrapCode.MEMORY_OUT_OF_BOUNDS, () -> i.func("notify").call(1L << 40, 1));
            FutureTask<Integer> task = new FutureTask<>(() -> {
                try (Store s = new Store(engine)) {
                    return call(wide.instantiate(s, threads64), "wait32", 65536, 0, -1);
                }
            });
            assertEquals(1, i.func("grow").call(2));
            Thread.ofPlatform().start(task);
            while (call(i, "notify", 65536, 1) == 0) {
                Thread.onSpinWait();
            }
            assertEquals(0, task.get());
            assertEquals(3, i.func("size").call());
            assertThrows(LinkException.class, () -> linker.instantiate(store, threads64));
        }
    }

    @Test
    void limitsAndTypesCount() {
        assertThrows(IllegalArgumentException.class, () -> SharedMemory.of(new MemoryType(1, 2)));
        assertThrows(IllegalArgumentException.class, () -> SharedMemory.of(new MemoryType(1, -1, false, true, 16)));
        assertThrows(IllegalArgumentException.class, () -> SharedMemory.of(new MemoryType(3, 2, false, true, 16)));
        Linker unshared = new Linker(engine).define("env", "memory", Memory.of(store, new MemoryType(1, 16)));
        assertThrows(LinkException.class, () -> unshared.instantiate(store, module));
        try (SharedMemory large = SharedMemory.of(new MemoryType(1, 17, false, true, 16));
                Store small = new Store(engine, StoreLimits.DEFAULT.withMemoryBytes(3 << 16))) {
            Linker more = new Linker(engine).memory("env", "memory", large);
            assertThrows(LinkException.class, () -> more.instantiate(store, module));
            Instance i = linker.instantiate(small, module);
            assertEquals(-1, call(i, "grow", 3));
            assertEquals(1, call(i, "grow", 2));
            assertEquals(3, memory.grow(1));
            try (Store another = new Store(engine, StoreLimits.DEFAULT.withMemoryBytes(3 << 16))) {
                assertThrows(IllegalArgumentException.class, () -> linker.instantiate(another, module));
            }
        }
    }
}
