package kiln.runtime.internal;

import java.lang.ref.Cleaner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Frees native memory that belongs to objects which nobody closed and nobody can reach any more. The heap of Java knows
 * nothing of that memory, and may be in no hurry to collect when it runs out: {@link #collect} makes it.
 */
public final class Reclaimer {
    private static final Cleaner CLEANER = Cleaner.create();
    private static final long PATIENCE_SECONDS = 5;
    private static final long QUIET_MILLIS = 5;
    private static final AtomicLong COLLECTED = new AtomicLong();

    private Reclaimer() {}

    /**
     * @param remains what is to be done when {@code owner} cannot be reached, and does not reach it itself; once, at
     *     the latest when {@link Cleaner.Cleanable#clean} is called
     */
    public static Cleaner.Cleanable register(Object owner, Runnable remains) {
        return CLEANER.register(owner, remains);
    }

    /** Counts something that was freed without having been closed. */
    public static void collected() {
        COLLECTED.incrementAndGet();
    }

    /**
     * Has Java collect what it can, and waits until it was freed.
     *
     * @return whether anything was
     */
    public static boolean collect() {
        long before = COLLECTED.get();
        CountDownLatch seen = new CountDownLatch(1);
        CLEANER.register(new Object(), seen::countDown);
        System.gc();
        boolean interrupted = false;
        try {
            // The order in which the cleaner finds things is its own: it is done when no more come.
            boolean _ = seen.await(PATIENCE_SECONDS, TimeUnit.SECONDS);
            long count = -1;
            while (count != COLLECTED.get()) {
                count = COLLECTED.get();
                Thread.sleep(QUIET_MILLIS);
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return COLLECTED.get() != before;
    }
}
