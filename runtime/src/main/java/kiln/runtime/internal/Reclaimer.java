package kiln.runtime.internal;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Frees native memory that belongs to objects which nobody closed and nobody can reach any more: whenever something new
 * is made. The heap of Java knows nothing of that memory, and may be in no hurry to collect when it runs out:
 * {@link #collect} makes it.
 *
 * <p>There is no thread for it (as {@link java.lang.ref.Cleaner} has one): that would keep what is to be freed, and
 * with it the class loader of these classes, reachable; and from a class loader all stores in static fields are.
 */
public final class Reclaimer {
    /** So many are freed at once by who makes something new. */
    private static final int SHARE = 64;

    private static final long PATIENCE_MILLIS = 2000;
    private static final long QUIET_MILLIS = 10;
    private static final ReferenceQueue<Object> DROPPED = new ReferenceQueue<>();
    private static final Set<Registration> ALL = ConcurrentHashMap.newKeySet();

    /** So many bytes are worth no collection. */
    private static final long FEW_BYTES = 256L << 20;
    /** What exists and was not freed, in bytes. */
    private static final AtomicLong BYTES = new AtomicLong();
    /** With more, Java is asked to collect: twice what was left the last time. */
    private static volatile long tolerated = FEW_BYTES;

    private Reclaimer() {}

    /** An object and what is to be done when it cannot be reached any more. */
    public static final class Registration extends PhantomReference<Object> {
        private final Runnable remains;

        private Registration(Object owner, Runnable remains) {
            super(owner, DROPPED);
            this.remains = remains;
        }

        /** Does it now, unless it was done. */
        public void free() {
            if (ALL.remove(this)) {
                remains.run();
            }
        }
    }

    /**
     * @param remains what is to be done when {@code owner} cannot be reached, and does not reach it itself; once, at
     *     the latest when {@link Registration#free} is called
     */
    public static Registration register(Object owner, Runnable remains) {
        for (int i = 0; i < SHARE; i++) {
            Reference<?> r = DROPPED.poll();
            if (r == null) {
                break;
            }
            free(r);
        }
        Registration registration = new Registration(owner, remains);
        ALL.add(registration);
        return registration;
    }

    /** Counts native memory that comes with registered objects, or goes with them. */
    public static void count(long bytes) {
        BYTES.addAndGet(bytes);
    }

    /**
     * To be called before more is made: has Java collect if there is twice as much as there was when it last did so.
     * A program that drops objects without closing them thus takes up no more than that, and one that keeps them all is
     * held up only a few times.
     */
    public static void relieve() {
        if (BYTES.get() > tolerated) {
            synchronized (ALL) {
                if (BYTES.get() > tolerated) {
                    collect();
                    tolerated = Math.max(FEW_BYTES, 2 * BYTES.get());
                }
            }
        }
    }

    private static void free(Reference<?> r) {
        try {
            ((Registration) r).free();
        } catch (RuntimeException e) {
            // Who makes something new has nothing to do with what the system says about something old.
        }
    }

    /**
     * Has Java collect what it can, and frees that.
     *
     * @return whether there was anything
     */
    public static boolean collect() {
        // Nothing may have been dropped: this was, and says when the collector is through.
        Registration last = register(new Object(), () -> {});
        System.gc();
        boolean any = false;
        boolean seen = false;
        boolean interrupted = false;
        long end = System.nanoTime() + PATIENCE_MILLIS * 1_000_000;
        while (System.nanoTime() < end || seen) {
            try {
                Reference<?> r = DROPPED.remove(QUIET_MILLIS);
                if (r == null && seen) {
                    break;
                }
                if (r != null) {
                    seen |= r == last;
                    any |= r != last;
                    free(r);
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return any;
    }
}
