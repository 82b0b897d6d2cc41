package kiln.runtime.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import kiln.runtime.Engine;
import kiln.runtime.Memory;
import kiln.runtime.MemoryType;
import kiln.runtime.Store;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(900)
class ReclaimerTest {
    private static final int THREADS = 8;
    private static final MemoryType TYPE = new MemoryType(1, 10, true, false, false, 16);

    private final AtomicInteger runs = new AtomicInteger();

    private void drop(int count) {
        for (int i = 0; i < count; i++) {
            Reclaimer.register(new Object(), runs::incrementAndGet);
        }
    }

    /** Java tells in its own time what it has collected, and a collection here does not wait for it for ever. */
    private static void collectUntil(BooleanSupplier done) {
        while (!done.getAsBoolean()) {
            Reclaimer.collect();
        }
    }

    @Test
    void whatIsDroppedIsFreedOnce() {
        drop(1000);
        collectUntil(() -> runs.get() == 1000);
        Reclaimer.collect();
        assertEquals(1000, runs.get());
    }

    @Test
    void whatIsFreedIsNotFreedAgain() {
        Object kept = new Object();
        Reclaimer.Registration r = Reclaimer.register(kept, runs::incrementAndGet);
        for (int i = 0; i < 100; i++) {
            Reclaimer.register(new Object(), runs::incrementAndGet).free();
        }
        r.free();
        r.free();
        collectUntil(() -> runs.get() >= 101);
        assertEquals(101, runs.get());
        assertNotNull(kept);
    }

    /** Each would take two seconds if one could take away what another waits for. */
    @Test
    void threadsThatAskAtTheSameTimeShareACollection() throws Exception {
        boolean shared = false;
        // They ask at the same time if the machine has time for all of them.
        while (!shared) {
            collectUntil(() -> runs.get() % 500 == 0);
            long before = Reclaimer.collections();
            drop(500);
            CyclicBarrier barrier = new CyclicBarrier(THREADS);
            List<Future<Boolean>> results = new ArrayList<>();
            try (var pool = Executors.newFixedThreadPool(THREADS)) {
                for (int i = 0; i < THREADS; i++) {
                    results.add(pool.submit(() -> {
                        barrier.await();
                        return Reclaimer.collect();
                    }));
                }
                for (Future<Boolean> f : results) {
                    f.get();
                }
            }
            shared = Reclaimer.collections() - before <= THREADS / 2;
        }
    }

    /** Those who make something free what others dropped, what a collection waits for among it. */
    @Test
    void aCollectionEndsWhileOthersMakeAndDrop() throws Exception {
        CountDownLatch done = new CountDownLatch(1);
        try (var pool = Executors.newFixedThreadPool(3)) {
            for (int i = 0; i < 3; i++) {
                pool.submit(() -> {
                    while (done.getCount() > 0) {
                        drop(10);
                        Thread.yield();
                    }
                });
            }
            for (int i = 0; i < 3; i++) {
                assertTrue(Reclaimer.collect());
            }
            done.countDown();
        }
    }

    @Test
    void bytesOfStoresAreCountedAndForgotten() {
        try (Engine engine = new Engine()) {
            Reclaimer.collect();
            long before = Reclaimer.bytes();
            try (Store store = new Store(engine)) {
                Memory m = Memory.of(store, TYPE);
                long one = Reclaimer.bytes();
                assertTrue(one >= before + m.size());
                m.grow(2);
                assertEquals(one + (2 << 16), Reclaimer.bytes());
            }
            assertTrue(Reclaimer.bytes() <= before);
            for (int i = 0; i < 100; i++) {
                Memory.of(new Store(engine), TYPE);
            }
            collectUntil(() -> Reclaimer.bytes() <= before);
        }
    }
}
