package kiln.compiler;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import kiln.tests.ChildJvm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(value = 10, unit = TimeUnit.MINUTES)
class FailingCompilationTest {
    @TempDir
    Path dir;

    @Test
    void aFailureInAFullHeapReachesTheCaller() throws Exception {
        Path output = dir.resolve("output");
        Process child = ChildJvm.start(output, List.of("-Xmx8m"), FullHeap.class.getName(), List.of());
        boolean ended = ChildJvm.ends(child, 2);
        String text = Files.readString(output);
        assertTrue(ended, () -> "still running after " + text);
        assertEquals("DONE\n", text);
    }

    /** A piece fails before it has said what another one waits for. */
    @Test
    void nobodyWaitsForWhatHasFailed() {
        StackOverflowError failure = new StackOverflowError("deliberate");
        CountDownLatch waiting = new CountDownLatch(1);
        boolean[] abandoned = new boolean[1];
        AtomicInteger begun = new AtomicInteger();
        WorkPool.Worker worker = piece -> {
            begun.incrementAndGet();
            if (piece == 1) {
                synchronized (abandoned) {
                    waiting.countDown();
                    while (!abandoned[0]) {
                        await(abandoned);
                    }
                    throw WorkPool.ABANDONED;
                }
            }
            await(waiting);
            throw failure;
        };
        Runnable onError = () -> {
            synchronized (abandoned) {
                abandoned[0] = true;
                abandoned.notifyAll();
            }
        };
        try (WorkPool pool = new WorkPool(2)) {
            assertSame(failure, assertThrows(StackOverflowError.class, () -> pool.run(10, () -> worker, onError)));
            assertEquals(2, begun.get());
            // It is as good as before.
            AtomicInteger sum = new AtomicInteger();
            pool.run(100, () -> sum::addAndGet);
            assertEquals(99 * 100 / 2, sum.get());
        }
    }

    /** All pieces that were taken are run: what comes later may have waited for them. */
    @Test
    void theFirstFailureInOrderIsTold() {
        for (int round = 0; round < 200; round++) {
            try (WorkPool pool = new WorkPool(4)) {
                CompileException e = assertThrows(
                        CompileException.class,
                        () -> pool.run(4, () -> piece -> {
                            throw new CompileException(Integer.toString(piece));
                        }));
                assertEquals("0", e.getMessage());
            }
        }
    }

    @Test
    void interruptionEndsCompilation() throws Exception {
        byte[] wasm = Files.readAllBytes(kiln.tests.Corpus.root().resolve("examples/raytrace.wasm"));
        Thread.currentThread().interrupt();
        CompileException e =
                assertThrows(CompileException.class, () -> Compiler.compile("x", wasm, CompilerOptions.defaults()));
        assertEquals("interrupted", e.getMessage());
        assertTrue(Thread.interrupted());
        assertTrue(Compiler.compile("x", wasm, CompilerOptions.defaults()).length > 0);
    }

    private static void await(Object monitor) {
        try {
            monitor.wait();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }
}
