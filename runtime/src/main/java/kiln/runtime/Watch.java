package kiln.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import kiln.loader.StoreMemory;

/**
 * Interrupts a store from outside: on request, at a deadline, or when its owner is interrupted. All watching is done by
 * one daemon thread for the process, which is started once something is watched and ends when nothing has been for a
 * while, because it keeps the class loader of Kiln reachable; calls pay nothing.
 *
 * <p>Every protection hangs on that thread, so nothing may end it. It allocates nothing and links nothing (what it
 * calls has been called before, by the thread that asked to be watched), and outlives whatever is thrown nevertheless;
 * who asks to be watched starts another one if it has ended, and is told if that cannot be done.
 *
 * <p>It never waits for a lock that a virtual thread may wait for too. Else it could be queued behind one that finds no
 * carrier, because all carriers run code that only this thread would interrupt.
 */
final class Watch {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** How long the thread stays when there is nothing to watch. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(2);

    private static final Duration FAR = Duration.ofDays(36_500);
    private static final VarHandle LOCKED;

    static {
        try {
            LOCKED = MethodHandles.lookup().findVarHandle(Watch.class, "locked", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** The watching thread, and a list of what it watches. */
    private static final class Watcher {
        private static final Error REHEARSAL = new Error("rehearsal");
        private static volatile Thread thread;
        private static volatile boolean looking;
        /** Whether the thread ends unless it finds something to watch after it has written this. */
        private static volatile boolean leaving;

        private static volatile Watch first;

        /**
         * Makes sure that somebody watches.
         *
         * @throws OutOfMemoryError if no thread can be started
         */
        static void ensureRunning() {
            Thread t = thread;
            if (t == null || leaving || !t.isAlive()) {
                start();
            }
        }

        private static synchronized void start() {
            while (leaving && thread.isAlive()) {
                Thread.yield();
            }
            if (thread != null && thread.isAlive()) {
                return;
            }
            leaving = false;
            // The JVM looks up the class that a handler catches when that handler is first looked for, which takes
            // memory.
            try {
                throw REHEARSAL;
            } catch (Throwable t) {
                looking = false;
            }
            // It serves others than the application that is running here, and may outlive it: it inherits no context.
            thread = Thread.ofPlatform()
                    .daemon()
                    .inheritInheritableThreadLocals(false)
                    .name("kiln-watch")
                    .start(Watcher::run);
            // It might end before it gets as far as run().
            while (!looking && thread.isAlive()) {
                Thread.yield();
            }
            if (!looking) {
                throw new OutOfMemoryError("the thread that watches deadlines and interruptions could not be started");
            }
        }

        private static void run() {
            long busy = System.nanoTime();
            while (true) {
                try {
                    looking = true;
                    long now = System.nanoTime();
                    long wait = lookAtAll(now);
                    if (wait != Long.MAX_VALUE) {
                        busy = now;
                    } else if (leaving) {
                        return;
                    } else if (now - busy < IDLE_NANOS) {
                        wait = IDLE_NANOS;
                    }
                    // With nothing to do for long, it says that it leaves, and looks once more: a thread that asks
                    // to be watched does so first and reads this then.
                    leaving = wait == Long.MAX_VALUE;
                    if (leaving) {
                        continue;
                    }
                    // A host that interrupts all threads of the process would otherwise keep this one from pausing
                    // again.
                    Thread.interrupted();
                    LockSupport.parkNanos(wait);
                } catch (Throwable t) {
                    // Whatever it is, looking again is all that can be done about it, and must be done.
                    Thread.yield();
                }
            }
        }

        private static long lookAtAll(long now) {
            long wait = Long.MAX_VALUE;
            // No iterator, which would be an object, and no lock: what is taken out of the list meanwhile still leads
            // on.
            for (Watch w = first; w != null; w = w.next) {
                wait = Math.min(wait, w.look(now));
            }
            return wait;
        }

        static synchronized void add(Watch w) {
            if (!w.isListed) {
                w.isListed = true;
                w.previous = null;
                w.next = first;
                if (first != null) {
                    first.previous = w;
                }
                first = w;
            }
        }

        /** Leaves {@link Watch#next} as it is, for the watching thread may be there. */
        static synchronized void remove(Watch w) {
            if (w.isListed) {
                w.isListed = false;
                if (w.previous == null) {
                    first = w.next;
                } else {
                    w.previous.next = w.next;
                }
                if (w.next != null) {
                    w.next.previous = w.previous;
                }
            }
        }

        /** @throws OutOfMemoryError if the thread was about to end and no other can be started */
        static void wake() {
            ensureRunning();
            LockSupport.unpark(thread);
        }
    }

    /** In the watcher's list; the links are written under its lock. */
    private volatile Watch next;

    private Watch previous;
    /** Only the owner changes it. */
    private boolean isListed;

    private final StoreMemory memory;
    private final int generation;
    /** A spin lock, held for a few instructions; guards what is watched. */
    @SuppressWarnings("unused") // written through LOCKED
    private volatile int locked;

    private boolean hasDeadline;
    /** In terms of {@link System#nanoTime}. */
    private long deadline;

    private volatile boolean threadInterruptible;
    private volatile Thread owner;
    /** The platform thread that waits in this store for others, or null. */
    private volatile Thread waiting;

    Watch(Store store) {
        memory = store.block().memory();
        generation = memory.generation();
    }

    private void lock() {
        while (!LOCKED.compareAndSet(this, 0, 1)) {
            Thread.yield();
        }
    }

    /** By the owner: whether there is a deadline ahead, or an interruption of the thread counts. */
    boolean isWatched() {
        lock();
        boolean watched = threadInterruptible || hasDeadline;
        locked = 0;
        return watched;
    }

    void owner(Thread t) {
        owner = t;
    }

    /** By the owner: who is to be woken when the store is interrupted, or null. */
    void waiting(Thread t) {
        waiting = t;
    }

    /** By any thread. */
    void interrupt() {
        memory.interrupt(generation, StoreMemory.Reason.REQUEST);
        wakeWaiting();
    }

    /** Unparking a platform thread neither allocates nor waits for anybody. */
    private void wakeWaiting() {
        Thread t = waiting;
        if (t != null) {
            LockSupport.unpark(t);
        }
    }

    /**
     * By the owner. Null: none.
     *
     * @throws OutOfMemoryError if there is no thread that would watch, and none can be started; nothing has changed
     *     then, or nothing is watched any more
     */
    void deadline(Duration time) {
        if (time != null) {
            Watcher.ensureRunning();
        }
        lock();
        try {
            // The old deadline may have passed when nothing ran: it must not stop what comes after it was taken back.
            memory.clearInterrupt(StoreMemory.Reason.DEADLINE);
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

    /**
     * By the owner.
     *
     * @throws OutOfMemoryError as {@link #deadline}
     */
    void threadInterruptible(boolean on) {
        if (on) {
            Watcher.ensureRunning();
        }
        lock();
        threadInterruptible = on;
        if (!on) {
            memory.clearInterrupt(StoreMemory.Reason.THREAD);
        }
        boolean watched = on || hasDeadline;
        locked = 0;
        update(watched);
    }

    /**
     * By the owner: whether its thread was interrupted and that counts, which the watching thread sees a little later.
     */
    boolean isOwnerInterrupted() {
        return threadInterruptible && Thread.currentThread().isInterrupted();
    }

    private void update(boolean watched) {
        if (watched) {
            Watcher.add(this);
            try {
                Watcher.wake();
            } catch (Throwable t) {
                unwatch();
                throw t;
            }
        } else {
            Watcher.remove(this);
        }
    }

    private void unwatch() {
        Watcher.remove(this);
        threadInterruptible = false;
        lock();
        hasDeadline = false;
        locked = 0;
    }

    /** By the watching thread: does what is due and says when to look again, in nanoseconds. */
    private long look(long now) {
        long wait = Long.MAX_VALUE;
        lock();
        try {
            if (hasDeadline) {
                wait = deadline - now;
                if (wait <= 0) {
                    // First, so that it is done again if it fails.
                    memory.interrupt(generation, StoreMemory.Reason.DEADLINE);
                    wakeWaiting();
                    hasDeadline = false;
                    wait = Long.MAX_VALUE;
                }
            }
            Thread t = owner;
            if (threadInterruptible) {
                if (t != null && t.isInterrupted()) {
                    memory.interruptWith(generation, t);
                    wakeWaiting();
                }
                wait = Math.min(wait, POLL_NANOS);
            }
        } finally {
            locked = 0;
        }
        return wait;
    }

    void close() {
        if (isListed) {
            Watcher.remove(this);
        }
        owner = null;
    }
}
