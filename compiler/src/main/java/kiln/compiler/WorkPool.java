package kiln.compiler;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Threads that share out numbered pieces of work. The calling thread is one of them, so that work is done even where no
 * further thread can be started.
 */
final class WorkPool implements AutoCloseable {
    /** Made beforehand: there may be no memory left when it is thrown. */
    static final Abandoned ABANDONED = new Abandoned();

    private static final Error REHEARSAL = new Error("rehearsal");

    private final int jobs;
    /** Threads started so far. */
    private int helpers;
    /** What is shared out at present, or null. */
    private Run current;

    private boolean closed;
    private volatile boolean cancelled;

    /** @param jobs threads to work with, the calling one among them */
    WorkPool(int jobs) {
        this.jobs = jobs;
        // The JVM links code when it is first executed, which takes memory. A failure may come when there is none left,
        // and must not get lost: so one happens now.
        Run rehearsal = new Run(
                1,
                () -> _ -> {
                    throw REHEARSAL;
                },
                () -> {});
        rehearsal.work();
        if (rehearsal.failure != REHEARSAL) {
            throw WorkPool.<RuntimeException>sneak(rehearsal.failure);
        }
    }

    /** Does one piece of work; made once for each thread, so it may keep state. */
    @FunctionalInterface
    interface Worker {
        void run(int piece);
    }

    /** As {@link #run(int, Supplier, Runnable)} for pieces that do not wait for each other. */
    void run(int count, Supplier<Worker> workers) {
        run(count, workers, () -> {});
    }

    /**
     * Runs pieces 0 to {@code count} - 1, the first to come the first taken. A piece that was taken is run, whatever
     * becomes of the others. If pieces fail, with whatever it be, no more are taken, and the failure of the
     * lowest-numbered one that ran is thrown once none runs any more; which makes error messages independent of timing
     * in all but the rarest cases.
     *
     * @param onError is run at once when a piece has failed with an {@link Error}, so that it may not have said what
     *     others wait for: nobody may wait for another piece from then on. Must neither fail nor allocate
     * @throws CompileException if the work was cancelled
     */
    void run(int count, Supplier<Worker> workers, Runnable onError) {
        Run run = new Run(count, workers, onError);
        int wanted = Math.min(jobs, count) - 1;
        if (wanted > 0) {
            share(run);
        }
        try {
            hire(wanted);
            run.work();
        } finally {
            finish(run);
        }
        if (run.failed && run.failure == null) {
            throw new OutOfMemoryError("a thread of the compiler ended without saying why");
        }
        if (run.failure != null) {
            throw WorkPool.<RuntimeException>sneak(run.failure);
        }
        if (cancelled) {
            throw new CompileException("interrupted");
        }
    }

    private synchronized void share(Run run) {
        current = run;
        notifyAll();
    }

    private void hire(int wanted) {
        try {
            while (helpers < wanted) {
                OwnStack.thread(this::help).start();
                helpers++;
            }
        } catch (OutOfMemoryError e) {
            // No more threads. Those that there are do the work; if it is the heap that is full, they will notice.
        }
    }

    private synchronized void finish(Run run) {
        current = null;
        boolean interrupted = false;
        while (run.helpers > 0) {
            try {
                wait();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** What the threads do that were started for it. */
    private void help() {
        Run last = null;
        while (true) {
            Run run = next(last);
            if (run == null) {
                return;
            }
            try {
                run.work();
            } finally {
                leave(run);
            }
            last = run;
        }
    }

    private synchronized Run next(Run last) {
        while (!closed) {
            if (current != null && current != last) {
                current.helpers++;
                return current;
            }
            try {
                wait();
            } catch (InterruptedException e) {
                // By nobody who would know what for.
            }
        }
        return null;
    }

    private synchronized void leave(Run run) {
        run.helpers--;
        notifyAll();
    }

    /** Pieces that are shared out together. */
    private final class Run {
        private final int count;
        private final Supplier<Worker> workers;
        private final Runnable onError;
        private final AtomicInteger next = new AtomicInteger();
        private volatile boolean failed;
        private Throwable failure;
        private int failedPiece = Integer.MAX_VALUE;
        /** Threads other than the caller's that are at it; under the pool's lock. */
        private int helpers;

        Run(int count, Supplier<Worker> workers, Runnable onError) {
            this.count = count;
            this.workers = workers;
            this.onError = onError;
        }

        void work() {
            int piece = -1;
            try {
                Worker worker = workers.get();
                while (!failed && !cancelled) {
                    piece = next.getAndIncrement();
                    if (piece >= count) {
                        return;
                    }
                    worker.run(piece);
                }
            } catch (Throwable t) {
                failed = true;
                if (t instanceof Error) {
                    onError.run();
                }
                note(piece, t);
            }
        }

        private synchronized void note(int piece, Throwable t) {
            // Who was told to wait no longer has not failed himself.
            if (failure == null || t != ABANDONED && (piece < failedPiece || failure == ABANDONED)) {
                failedPiece = piece;
                failure = t;
            }
        }
    }

    /** Thrown in a piece that waits for another one which will not come. */
    static final class Abandoned extends RuntimeException {
        private static final long serialVersionUID = 1L;

        private Abandoned() {
            super("another part of the work has failed", null, false, false);
        }
    }

    @SuppressWarnings("unchecked")
    private static <T extends Throwable> T sneak(Throwable t) throws T {
        throw (T) t;
    }

    /** Has no more pieces taken, which makes {@link #run} fail. Any thread may ask. */
    void cancel() {
        cancelled = true;
    }

    /** Lets the threads end. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
    }
}
