package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class WorkPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void everyPieceIsDoneOnce(int jobs) {
        for (int count : new int[] {0, 1, 2, 100}) {
            AtomicIntegerArray done = new AtomicIntegerArray(count);
            AtomicInteger workers = new AtomicInteger();
            try (WorkPool pool = new WorkPool(jobs)) {
                pool.run(count, () -> {
                    workers.incrementAndGet();
                    return done::incrementAndGet;
                });
            }
            for (int i = 0; i < count; i++) {
                assertEquals(1, done.get(i));
            }
            assertTrue(workers.get() <= Math.max(1, Math.min(jobs, count)), workers + " workers");
        }
    }

    /** Whichever thread is faster. */
    @Test
    void theFirstOfSeveralFailuresIsTold() {
        for (int round = 0; round < 50; round++) {
            CyclicBarrier all = new CyclicBarrier(3);
            try (WorkPool pool = new WorkPool(3)) {
                WorkPool.Worker worker = i -> {
                    meet(all);
                    throw new CompileException("piece " + i);
                };
                CompileException e = assertThrows(CompileException.class, () -> pool.run(3, () -> worker));
                assertEquals("piece 0", e.getMessage());
            }
        }
    }

    private static void meet(CyclicBarrier all) {
        try {
            all.await();
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void errorsComeOutAsTheyAre(int jobs) {
        StackOverflowError error = new StackOverflowError();
        try (WorkPool pool = new WorkPool(jobs)) {
            Error e = assertThrows(
                    StackOverflowError.class,
                    () -> pool.run(4, () -> i -> {
                        throw error;
                    }));
            assertEquals(error, e);
        }
    }
}
