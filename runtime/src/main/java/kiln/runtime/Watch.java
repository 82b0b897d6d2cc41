package kiln.runtime;

import java.time.Duration;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import kiln.artifact.StoreLayout;
import kiln.loader.StoreMemory;

/**
 * Interrupts a store from outside: on request, at a deadline, or when its owner is interrupted. All watching is done by one daemon
 * thread for the process, which exists only once something is watched; calls pay nothing.
 */
final class Watch {
    private static final long POLL_MILLIS = 10;

    private static final class Timer {
        static final ScheduledThreadPoolExecutor INSTANCE = make();

        private static ScheduledThreadPoolExecutor make() {
            ScheduledThreadPoolExecutor t = new ScheduledThreadPoolExecutor(
                    1, Thread.ofPlatform().daemon().name("kiln-watch").factory());
            t.setRemoveOnCancelPolicy(true);
            return t;
        }
    }

    /** Null once the store is closed: its block then belongs to others. */
    private StoreMemory memory;
    private Thread owner;
    private ScheduledFuture<?> deadline;
    private ScheduledFuture<?> poll;

    Watch(Store store) {
        memory = store.block().memory();
    }

    synchronized void owner(Thread t) {
        owner = t;
    }

    synchronized void interrupt() {
        if (memory != null) {
            memory.interrupt();
        }
    }

    synchronized void deadline(Duration time) {
        if (deadline != null) {
            deadline.cancel(false);
            deadline = null;
        }
        if (time != null && memory != null) {
            deadline = Timer.INSTANCE.schedule(this::interrupt, Math.max(0, time.toNanos()), TimeUnit.NANOSECONDS);
        }
    }

    synchronized void threadInterruptible(boolean on) {
        if (poll != null) {
            poll.cancel(false);
            poll = null;
        }
        if (on && memory != null) {
            poll = Timer.INSTANCE.scheduleAtFixedRate(this::poll, POLL_MILLIS, POLL_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private synchronized void poll() {
        if (memory != null && owner != null && owner.isInterrupted()
                && kiln.loader.Native.getLongVolatile(memory.address() + StoreLayout.ACTIVATION) != 0) {
            memory.interrupt();
        }
    }

    synchronized void close() {
        deadline(null);
        threadInterruptible(false);
        memory = null;
        owner = null;
    }
}
