package kiln.wasi;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A clock for tests, which stands still until it is moved on: by waiting guests, which do not wait therefore, by the
 * host, and by a step for each look at it. Safe for use by several threads.
 */
public final class VirtualClock implements GuestClock {
    private final long start;
    private final long step;
    private final AtomicLong passed = new AtomicLong();

    private VirtualClock(long start, long step) {
        this.start = start;
        this.step = step;
    }

    /**
     * A clock that says {@code start}.
     *
     * @throws ArithmeticException if that is more than 292 years from 1970
     */
    public static VirtualClock at(Instant start) {
        return new VirtualClock(
                Math.addExact(Math.multiplyExact(start.getEpochSecond(), 1_000_000_000), start.getNano()), 0);
    }

    /**
     * A clock that moves on by this time, not negative, at each look at it, so that guests that wait by looking end.
     */
    public VirtualClock stepping(Duration each) {
        if (each.isNegative()) {
            throw new IllegalArgumentException("a clock does not go back: " + each);
        }
        VirtualClock clock = new VirtualClock(start, each.toNanos());
        clock.passed.set(passed.get());
        return clock;
    }

    @Override
    public long realtime() {
        return start + look();
    }

    /** Begins with 1: programs take 0 for unset. */
    @Override
    public long monotonic() {
        return 1 + look();
    }

    private long look() {
        return passed.getAndAdd(step);
    }

    @Override
    public void pass(long nanos) {
        passed.addAndGet(nanos);
    }

    /** Moves on by a time, not negative. */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("a clock does not go back: " + time);
        }
        pass(time.toNanos());
    }

    /** What it says now, without a step. */
    public Instant instant() {
        long now = start + passed.get();
        return Instant.ofEpochSecond(Math.floorDiv(now, 1_000_000_000), Math.floorMod(now, 1_000_000_000));
    }
}
