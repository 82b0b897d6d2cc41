package kiln.endive;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.lang.ref.WeakReference;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import kiln.runtime.Store;

/**
 * Stops calls whose thread is interrupted, as Endive does. A store would do so by itself, but would then have to be
 * closed by its user; here a call announces itself with one write and ends with one exchange.
 */
final class Interruptions {
    private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final int IDLE = 0;
    private static final int RUNNING = 1;
    /** The watching thread is about to interrupt the store. */
    private static final int STOPPING = 2;
    /** It has. */
    private static final int STOPPED = 3;

    private static final VarHandle STATE;
    private static final ConcurrentLinkedQueue<WeakReference<Call>> CALLS = new ConcurrentLinkedQueue<>();
    private static final Thread WATCHER = Thread.ofPlatform()
            .daemon()
            .inheritInheritableThreadLocals(false)
            .name("kiln-endive-watch")
            .unstarted(Interruptions::watch);
    private static volatile boolean asleep;

    static {
        try {
            STATE = MethodHandles.lookup().findVarHandle(Call.class, "state", int.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
        WATCHER.start();
    }

    /** What one thread runs. */
    static final class Call {
        private final WeakReference<Thread> thread = new WeakReference<>(Thread.currentThread());

        @SuppressWarnings("unused") // through STATE
        private volatile int state;

        /** Where the innermost call runs, or null. */
        private volatile Store store;

        private Call() {
            CALLS.add(new WeakReference<>(this));
        }

        /** A call begins, perhaps within one of another store. */
        Store begin(Store in) {
            Store outer = store;
            if (outer != null) {
                // It stays asked to stop, if it was.
                pause();
            }
            store = in;
            run();
            return outer;
        }

        /** It has ended: what was asked for meanwhile must not stop the next one. */
        void end(Store outer) {
            if (pause()) {
                store.clearInterrupt();
            }
            store = outer;
            if (outer != null) {
                run();
            }
        }

        private void run() {
            STATE.setVolatile(this, RUNNING);
            if (asleep) {
                LockSupport.unpark(WATCHER);
            }
        }

        /** Whether the store was interrupted. */
        private boolean pause() {
            if (STATE.compareAndSet(this, RUNNING, IDLE)) {
                return false;
            }
            while ((int) STATE.getVolatile(this) != STOPPED) {
                Thread.onSpinWait();
            }
            STATE.setVolatile(this, IDLE);
            return true;
        }

        private boolean look() {
            if ((int) STATE.getVolatile(this) != RUNNING) {
                return false;
            }
            Thread t = thread.get();
            if (t != null && t.isInterrupted() && STATE.compareAndSet(this, RUNNING, STOPPING)) {
                store.interrupt();
                STATE.setVolatile(this, STOPPED);
            }
            return true;
        }
    }

    private static final ThreadLocal<Call> CURRENT = ThreadLocal.withInitial(Call::new);

    /** That of the current thread. */
    static Call current() {
        return CURRENT.get();
    }

    private Interruptions() {}

    private static void watch() {
        long busy = System.nanoTime();
        while (true) {
            boolean running = lookAtAll();
            long now = System.nanoTime();
            if (running) {
                busy = now;
            }
            if (now - busy < IDLE_NANOS) {
                LockSupport.parkNanos(POLL_NANOS);
            } else {
                asleep = true;
                // Who begins after this look sees that everybody sleeps.
                if (!lookAtAll()) {
                    LockSupport.park();
                }
                asleep = false;
                busy = System.nanoTime();
            }
            Thread.interrupted();
        }
    }

    private static boolean lookAtAll() {
        boolean running = false;
        for (var i = CALLS.iterator(); i.hasNext(); ) {
            Call c = i.next().get();
            if (c == null) {
                i.remove();
            } else {
                running |= c.look();
            }
        }
        return running;
    }
}
