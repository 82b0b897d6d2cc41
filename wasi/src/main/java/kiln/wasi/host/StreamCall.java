package kiln.wasi.host;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/**
 * A call of a stream of the host's, made on a thread of its own, so that one can wait for it with a time limit: nothing
 * ends a call that blocks. One call at a time; it may outlive the thread that asked for it.
 */
abstract class StreamCall implements Runnable {
    /** After so long without a call the thread ends. */
    private static final long IDLE_MILLISECONDS = 1000;

    private enum State {
        IDLE,
        RUNNING,
        DONE
    }

    private volatile State state = State.IDLE;
    private boolean hasThread;
    private int result;
    private Throwable failure;

    /** The call, on the other thread. */
    abstract int call() throws IOException;

    /** Whether there is neither a call nor the result of one. */
    final boolean isIdle() {
        return state == State.IDLE;
    }

    final boolean isRunning() {
        return state == State.RUNNING;
    }

    /** Whether a call has ended with something that {@link #finish} will throw. */
    final synchronized boolean hasFailed() {
        return state == State.DONE && failure != null;
    }

    /** Starts a call; {@link #isIdle} must hold. */
    final synchronized void start() {
        if (!hasThread) {
            // A daemon, since nothing may ever come.
            Thread.ofPlatform().daemon().name("wasi-stream").start(this);
            hasThread = true;
        }
        state = State.RUNNING;
        notifyAll();
    }

    /** Waits for the end of the call, whether the thread is interrupted or not; returns whether it has come. */
    final boolean await(long nanos) {
        return state != State.RUNNING || awaitLocked(nanos);
    }

    private synchronized boolean awaitLocked(long nanos) {
        boolean interrupted = false;
        long limit = System.nanoTime() + nanos;
        for (long left = nanos; state == State.RUNNING && left > 0; left = limit - System.nanoTime()) {
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return state != State.RUNNING;
    }

    /** What the call that has ended returned, or throws what it threw, whatever it is. */
    final synchronized int finish() {
        state = State.IDLE;
        Throwable t = failure;
        failure = null;
        if (t != null) {
            throw StreamCall.<RuntimeException>sneak(t);
        }
        return result;
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneak(Throwable t) throws T {
        throw (T) t;
    }

    @Override
    public final void run() {
        while (next()) {
            int r = 0;
            Throwable t = null;
            try {
                r = call();
            } catch (Throwable thrown) {
                t = thrown;
            }
            done(r, t);
        }
    }

    private synchronized boolean next() {
        long limit = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(IDLE_MILLISECONDS);
        while (state != State.RUNNING) {
            long left = limit - System.nanoTime();
            if (left <= 0) {
                hasThread = false;
                return false;
            }
            try {
                TimeUnit.NANOSECONDS.timedWait(this, left);
            } catch (InterruptedException e) {
                // By nobody who would know what for.
            }
        }
        return true;
    }

    private synchronized void done(int r, Throwable t) {
        result = r;
        failure = t;
        state = State.DONE;
        notifyAll();
    }
}
