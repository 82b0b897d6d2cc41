package kiln.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import kiln.loader.StoreMemory;

/**
 * Interrupts a store from outside: on request, at a deadline, or when its owner is interrupted. All watching is done by one
 * daemon thread for the process, which exists only once something is watched; calls pay nothing.
 *
 * <p>That thread never waits for a lock that a virtual thread may wait for too. Else it could be queued behind one that finds no
 * carrier, because all carriers run code that only this thread would interrupt.
 */
final class Watch {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final Duration FAR = Duration.ofDays(36_500);
    private static final Set<Watch> WATCHED = ConcurrentHashMap.newKeySet();
    private static final VarHandle LOCKED;

    static {
        try {
            LOCKED = MethodHandles.lookup().findVarHandle(Watch.class, "locked", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private static final class Watcher {
        static final Thread THREAD =
                Thread.ofPlatform().daemon().name("kiln-watch").start(Watcher::run);

        private static void run() {
            while (true) {
                long now = System.nanoTime();
                long wait = Long.MAX_VALUE;
                for (Watch w : WATCHED) {
                    wait = Math.min(wait, w.look(now));
                }
                if (wait == Long.MAX_VALUE) {
                    LockSupport.park();
                } else {
                    LockSupport.parkNanos(wait);
                }
            }
        }
    }

    private final StoreMemory memory;
    private final int generation;
    /** A spin lock, held for a few instructions; guards the fields of the deadline. */
    @SuppressWarnings("unused") // written through LOCKED
    private volatile int locked;

    private boolean hasDeadline;
    /** In terms of {@link System#nanoTime}. */
    private long deadline;

    private boolean deadlinePassed;
    private volatile boolean requested;
    private volatile boolean threadInterruptible;
    private volatile Thread owner;

    Watch(Store store) {
        memory = store.block().memory();
        generation = memory.generation();
    }

    private void lock() {
        while (!LOCKED.compareAndSet(this, 0, 1)) {
            Thread.yield();
        }
    }

    void owner(Thread t) {
        owner = t;
    }

    /** By any thread. */
    void interrupt() {
        requested = true;
        memory.interrupt(generation, false);
    }

    /** By the owner. */
    void deadline(Duration time) {
        lock();
        try {
            if (deadlinePassed && !requested) {
                // The old deadline passed when nothing ran: it must not stop what comes after it was taken back.
                memory.clearInterrupt();
            }
            deadlinePassed = false;
            hasDeadline = time != null;
            if (hasDeadline) {
                deadline = System.nanoTime() + nanos(time);
            }
        } finally {
            locked = 0;
        }
        update(time != null || threadInterruptible);
    }

    private static long nanos(Duration time) {
        if (time.isNegative()) {
            return 0;
        }
        return time.compareTo(FAR) > 0 ? FAR.toNanos() : time.toNanos();
    }

    /** By the owner. */
    void threadInterruptible(boolean on) {
        threadInterruptible = on;
        lock();
        boolean watched = on || hasDeadline;
        locked = 0;
        update(watched);
    }

    private void update(boolean watched) {
        if (watched) {
            WATCHED.add(this);
            LockSupport.unpark(Watcher.THREAD);
        } else {
            WATCHED.remove(this);
        }
    }

    /** By the watching thread: does what is due and says when to look again, in nanoseconds. */
    private long look(long now) {
        long wait = Long.MAX_VALUE;
        lock();
        try {
            if (hasDeadline) {
                wait = deadline - now;
                if (wait <= 0) {
                    hasDeadline = false;
                    deadlinePassed = true;
                    memory.interrupt(generation, false);
                    wait = Long.MAX_VALUE;
                }
            }
        } finally {
            locked = 0;
        }
        Thread t = owner;
        if (threadInterruptible) {
            if (t != null && t.isInterrupted()) {
                memory.interrupt(generation, true);
            }
            wait = Math.min(wait, POLL_NANOS);
        }
        return wait;
    }

    void close() {
        WATCHED.remove(this);
        owner = null;
    }
}
