package kiln.runtime;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where threads wait at addresses of shared memories. Buckets, each with a lock and a list of those who wait, oldest
 * first; an address belongs to one of them. Nothing is left of an address at which nobody waits.
 *
 * <p>Who waits looks at the value and joins the list under one lock, and who notifies takes it: a change that was made
 * before the notification cannot be missed. Who is taken out of the list has been woken, whatever else happens to it at
 * the same time; so what notify counts is exact.
 */
final class ParkingLot {
    private static final int BUCKETS = 256;
    private static final Bucket[] TABLE = new Bucket[BUCKETS];
    /** How often a virtual thread looks whether it is to stop: who stops it must not wait for carriers. */
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

    /** Longer waiting is for ever. */
    private static final long LONGEST_NANOS = Long.MAX_VALUE / 2;

    static {
        for (int i = 0; i < BUCKETS; i++) {
            TABLE[i] = new Bucket();
        }
    }

    private ParkingLot() {}

    private static final class Bucket {
        final ReentrantLock lock = new ReentrantLock();
        Waiter first;
        Waiter last;
    }

    /** A thread that waits; links are written under the bucket's lock. */
    private static final class Waiter {
        final Thread thread = Thread.currentThread();
        final SharedMemory memory;
        final long address;
        Waiter previous;
        Waiter next;
        volatile boolean woken;

        Waiter(SharedMemory memory, long address) {
            this.memory = memory;
            this.address = address;
        }
    }

    private static Bucket bucket(SharedMemory m, long address) {
        long h = (m.record() * 31 + address) * 0x9e3779b97f4a7c15L;
        return TABLE[(int) (h >>> 56)];
    }

    /**
     * Waits if {@code expected} is at an address that is aligned and within the memory.
     *
     * @param store whose interruption or closing ends the waiting, or null
     * @param width of what is there in bytes, 4 or 8
     * @param nanos negative: for ever
     * @return null if the thread or the store was interrupted
     */
    static SharedMemory.WaitResult await(
            Store store, SharedMemory memory, long address, int width, long expected, long nanos) {
        if (store == null) {
            return park(null, memory, address, width, expected, nanos);
        }
        // First, so that a thread that sees it in the list can close the store.
        store.setWaiting(Thread.currentThread());
        try {
            return park(store, memory, address, width, expected, nanos);
        } finally {
            store.setWaiting(null);
        }
    }

    private static SharedMemory.WaitResult park(
            Store store, SharedMemory memory, long address, int width, long expected, long nanos) {
        boolean forever = nanos < 0 || nanos > LONGEST_NANOS;
        long deadline = System.nanoTime() + nanos;
        Bucket b = bucket(memory, address);
        Waiter w = new Waiter(memory, address);
        b.lock.lock();
        try {
            if (memory.value(address, width) != expected) {
                return SharedMemory.WaitResult.NOT_EQUAL;
            }
            w.previous = b.last;
            if (b.last == null) {
                b.first = w;
            } else {
                b.last.next = w;
            }
            b.last = w;
        } finally {
            b.lock.unlock();
        }
        boolean polls = store != null && w.thread.isVirtual();
        while (!w.woken) {
            boolean stopped = w.thread.isInterrupted() || store != null && store.isInterrupted();
            long left = forever ? Long.MAX_VALUE : deadline - System.nanoTime();
            if (stopped || left <= 0) {
                if (!leave(b, w)) {
                    // It was woken after all.
                    break;
                }
                return stopped ? null : SharedMemory.WaitResult.TIMED_OUT;
            }
            long nap = polls ? Math.min(left, POLL_NANOS) : left;
            if (nap == Long.MAX_VALUE) {
                LockSupport.park(memory);
            } else {
                LockSupport.parkNanos(memory, nap);
            }
        }
        return SharedMemory.WaitResult.WOKEN;
    }

    /** Takes somebody out of the list who is in it; false if somebody else did. */
    private static boolean leave(Bucket b, Waiter w) {
        b.lock.lock();
        try {
            if (w.woken) {
                return false;
            }
            unlink(b, w);
            return true;
        } finally {
            b.lock.unlock();
        }
    }

    private static void unlink(Bucket b, Waiter w) {
        if (w.previous == null) {
            b.first = w.next;
        } else {
            w.previous.next = w.next;
        }
        if (w.next == null) {
            b.last = w.previous;
        } else {
            w.next.previous = w.previous;
        }
    }

    /** Wakes up to {@code count} of those who wait at the address, and returns how many. */
    static int notify(SharedMemory memory, long address, long count) {
        Bucket b = bucket(memory, address);
        int n = 0;
        b.lock.lock();
        try {
            Waiter next;
            for (Waiter w = b.first; w != null && n < count; w = next) {
                next = w.next;
                if (w.memory == memory && w.address == address) {
                    unlink(b, w);
                    w.woken = true;
                    LockSupport.unpark(w.thread);
                    n++;
                }
            }
        } finally {
            b.lock.unlock();
        }
        return n;
    }

    /** How many wait, at all addresses of a memory. */
    static int waiting(SharedMemory memory) {
        int n = 0;
        for (Bucket b : TABLE) {
            b.lock.lock();
            try {
                for (Waiter w = b.first; w != null; w = w.next) {
                    n += w.memory == memory ? 1 : 0;
                }
            } finally {
                b.lock.unlock();
            }
        }
        return n;
    }
}
