package kiln.wasi.p2;

import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/**
 * How long one request may keep a thread waiting for what it lacks. A thread that waits longer is interrupted, which
 * closes the channel that it reads from; there is no other way to a connection of the JDK's server.
 */
final class ReadLimit {
    private final ScheduledExecutorService clock;
    /** Zero for none. */
    private final Duration limit;

    private Thread waiting;
    private Future<?> alarm;
    private boolean isOver;

    ReadLimit(ScheduledExecutorService clock, Duration limit) {
        this.clock = clock;
        this.limit = limit;
    }

    /**
     * The current thread begins to wait.
     *
     * @throws SocketTimeoutException if the request was given up before
     */
    synchronized void begin() throws SocketTimeoutException {
        if (isOver) {
            throw new SocketTimeoutException("the request took more than " + limit.toMillis() + " ms to come");
        }
        if (!limit.isZero()) {
            waiting = Thread.currentThread();
            alarm = clock.schedule(this::expire, limit.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private synchronized void expire() {
        if (waiting != null) {
            isOver = true;
            waiting.interrupt();
        }
    }

    /** It waits no more: the interruption was about that. May be called twice. */
    synchronized void end() {
        if (waiting == null) {
            return;
        }
        waiting = null;
        alarm.cancel(false);
        if (isOver) {
            Thread.interrupted();
        }
    }
}
