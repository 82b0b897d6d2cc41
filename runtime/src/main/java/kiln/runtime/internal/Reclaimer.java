package kiln.runtime.internal;

import java.lang.ref.PhantomReference;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

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

    private static final long PATIENCE_NANOS = 2_000_000_000;
    private static final long QUIET_MILLIS = 10;
    /** After a collection that was for nothing, so many times as long as it took there is no other. */
    private static final int REST = 4;

    private static final ReferenceQueue<Object> DROPPED = new ReferenceQueue<>();

    /** What keeps registrations, a power of two of lists: threads that make stores seldom meet. */
    private static final Registrations[] LISTS = new Registrations[16];

    static {
        for (int i = 0; i < LISTS.length; i++) {
            LISTS[i] = new Registrations();
        }
    }

    /** So many bytes are worth no collection. */
    private static final long FEW_BYTES = 256L << 20;
    /** What exists and was not freed, in bytes. */
    private static final AtomicLong BYTES = new AtomicLong();
    /** With more, Java is asked to collect: twice what was left the last time. */
    private static volatile long tolerated = FEW_BYTES;

    /** How many objects were dropped and freed. */
    private static final AtomicLong FREED = new AtomicLong();

    /** Held while collecting. */
    private static final Object COLLECTION = new Object();
    /** How many collections have begun. */
    private static final AtomicLong BEGUN = new AtomicLong();
    /** Whether the last one freed anything, when it ended, and how long it took; guarded by {@link #COLLECTION}. */
    private static boolean freedAny = true;

    private static long ended;
    private static long took;

    private Reclaimer() {}

    /** A list of registrations, which keeps them reachable; its lock is held for a few instructions. */
    private static final class Registrations {
        private Registration first;

        synchronized void add(Registration r) {
            r.next = first;
            if (first != null) {
                first.previous = r;
            }
            first = r;
            r.isListed = true;
        }

        /** Whether it was there. */
        synchronized boolean remove(Registration r) {
            if (!r.isListed) {
                return false;
            }
            r.isListed = false;
            if (r.previous == null) {
                first = r.next;
            } else {
                r.previous.next = r.next;
            }
            if (r.next != null) {
                r.next.previous = r.previous;
            }
            r.next = null;
            r.previous = null;
            return true;
        }
    }

    /** An object and what is to be done when it cannot be reached any more. */
    public static final class Registration extends PhantomReference<Object> {
        private final Runnable remains;
        private final Registrations list;
        private Registration next;
        private Registration previous;
        private boolean isListed;

        private Registration(Object owner, Runnable remains) {
            super(owner, DROPPED);
            this.remains = remains;
            this.list = LISTS[(int) Thread.currentThread().threadId() & LISTS.length - 1];
        }

        /** Does it now, unless it was done. */
        public void free() {
            if (list.remove(this)) {
                remains.run();
            }
        }

        private void freeDropped() {
            if (list.remove(this)) {
                if (!(remains instanceof Mark)) {
                    FREED.incrementAndGet();
                }
                try {
                    remains.run();
                } catch (RuntimeException e) {
                    // Who makes something new has nothing to do with what the system says about something old.
                }
            }
        }
    }

    /** What is dropped before a collection, so that it is known when the collector is through. */
    private static final class Mark implements Runnable {
        private volatile boolean isFound;

        @Override
        public void run() {
            isFound = true;
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
            ((Registration) r).freeDropped();
        }
        Registration registration = new Registration(owner, remains);
        registration.list.add(registration);
        return registration;
    }

    /** Counts native memory that comes with registered objects, or goes with them. */
    public static void count(long bytes) {
        BYTES.addAndGet(bytes);
    }

    /** Bytes of native memory that registered objects have. */
    static long bytes() {
        return BYTES.get();
    }

    /** How many collections were asked of Java. */
    static long collections() {
        return BEGUN.get();
    }

    /**
     * To be called before more is made: has Java collect if there is twice as much as there was when it last did so.
     * A program that drops objects without closing them thus takes up no more than that, and one that keeps them all is
     * held up only a few times.
     */
    public static void relieve() {
        if (BYTES.get() > tolerated) {
            synchronized (COLLECTION) {
                if (BYTES.get() > tolerated) {
                    collectNow();
                    tolerated = Math.max(FEW_BYTES, 2 * BYTES.get());
                }
            }
        }
    }

    /**
     * Has Java collect what it can, and frees that. Threads that ask at the same time share a collection, which begins
     * after they have asked; and where the last one was for nothing, they wait until collecting again cannot take up
     * more than a fifth of the time.
     *
     * @return whether there was anything
     */
    public static boolean collect() {
        long before = BEGUN.get();
        synchronized (COLLECTION) {
            if (BEGUN.get() == before) {
                if (!freedAny) {
                    rest();
                }
                collectNow();
            }
            return freedAny;
        }
    }

    private static void rest() {
        long end = ended + REST * took;
        boolean interrupted = false;
        for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
            interrupted |= Thread.interrupted();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void collectNow() {
        long start = System.nanoTime();
        long freedBefore = FREED.get();
        BEGUN.incrementAndGet();
        // Nothing may have been dropped: this was, and any thread may find it.
        Mark mark = new Mark();
        register(new Object(), mark);
        System.gc();
        boolean interrupted = false;
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (System.nanoTime() < end) {
            try {
                Reference<?> r = DROPPED.remove(QUIET_MILLIS);
                if (r != null) {
                    ((Registration) r).freeDropped();
                } else if (mark.isFound) {
                    break;
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        freedAny = FREED.get() != freedBefore;
        ended = System.nanoTime();
        took = ended - start;
    }
}
