package kiln.wasi.host;

import java.util.function.BooleanSupplier;

/**
 * How calls are stopped that wait or take long; one for all functions of a {@link Wasi}, which remembers the call of
 * each thread. Whatever may wait does so for {@link #SLICE_MILLISECONDS} at most and calls {@link #checkWaiting} in
 * between; whatever works on more than some mebibytes, or on more than some thousand things, does so in pieces and
 * calls {@link #check} in between. Both throw where the call is to end.
 */
public final class Stop {
    /** How long to wait without looking. */
    public static final int SLICE_MILLISECONDS = 10;

    public static final long SLICE_NANOS = SLICE_MILLISECONDS * 1_000_000L;

    /** Bytes to move without looking: some milliseconds' worth. */
    public static final int PIECE_BYTES = 1 << 24;

    private static final BooleanSupplier NEVER = new BooleanSupplier() {
        @Override
        public boolean getAsBoolean() {
            return false;
        }
    };

    /** A thread's call. */
    private static final class State {
        BooleanSupplier asked = NEVER;
        boolean hasStopped;
    }

    /** Not static, since a stream of the host's may call another guest, which has functions of its own. */
    @SuppressWarnings("ThreadLocalUsage")
    private final ThreadLocal<State> states = new ThreadLocal<>() {
        @Override
        protected State initialValue() {
            return new State();
        }
    };

    /**
     * A call begins.
     *
     * @param stop whether it is to end
     * @return what {@link #end} is to be given when it is over: a stream of the host's may call another guest meanwhile
     */
    public BooleanSupplier begin(BooleanSupplier stop) {
        State s = states.get();
        BooleanSupplier outer = s.asked;
        s.asked = stop;
        s.hasStopped = false;
        return outer;
    }

    public void end(BooleanSupplier outer) {
        states.get().asked = outer;
    }

    /** Whether the last call was stopped, so that a stream that it waited for may still be blocked. */
    public boolean hasStopped() {
        return states.get().hasStopped;
    }

    /** @throws StoppedException if the call is to end */
    public void check() {
        State s = states.get();
        if (s.asked.getAsBoolean()) {
            s.hasStopped = true;
            throw new StoppedException();
        }
    }

    /**
     * As {@link #check}, for who waits: that ends, too, when the thread is interrupted.
     *
     * @throws WasiError INTR; the thread's interrupt status stays set
     */
    public void checkWaiting() {
        check();
        if (Thread.currentThread().isInterrupted()) {
            throw Errno.INTR.error();
        }
    }
}
