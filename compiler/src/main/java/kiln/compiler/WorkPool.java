package kiln.compiler;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/** Threads that share out numbered pieces of work. With one job everything runs on the calling thread. */
final class WorkPool implements AutoCloseable {
    /** Compilation walks deep structures iteratively, but a generous stack costs nothing that is not used. */
    private static final long STACK_BYTES = 16 << 20;

    private final int jobs;
    private final ExecutorService executor;

    WorkPool(int jobs) {
        this.jobs = jobs;
        this.executor = jobs == 1
                ? null
                : Executors.newFixedThreadPool(jobs, r -> {
                    Thread t = new Thread(null, r, "kiln-compile", STACK_BYTES);
                    t.setDaemon(true);
                    return t;
                });
    }

    /** Does one piece of work; made once for each thread, so it may keep state. */
    @FunctionalInterface
    interface Worker {
        void run(int piece);
    }

    /**
     * Runs pieces 0 to {@code count} - 1, the first to come the first taken. If pieces fail, the failure of the lowest-numbered one that
     * ran is thrown, which makes error messages independent of timing in all but the rarest cases.
     */
    void run(int count, Supplier<Worker> workers) {
        if (executor == null || count == 1) {
            Worker worker = workers.get();
            for (int i = 0; i < count; i++) {
                worker.run(i);
            }
            return;
        }
        AtomicInteger next = new AtomicInteger();
        AtomicBoolean failed = new AtomicBoolean();
        RuntimeException[] firstFailure = new RuntimeException[1];
        int[] failedPiece = {Integer.MAX_VALUE};
        List<Future<?>> running = new ArrayList<>();
        for (int j = 0; j < Math.min(jobs, count); j++) {
            running.add(executor.submit(() -> {
                Worker worker = workers.get();
                for (int i = next.getAndIncrement(); i < count && !failed.get(); i = next.getAndIncrement()) {
                    try {
                        worker.run(i);
                    } catch (RuntimeException e) {
                        failed.set(true);
                        synchronized (firstFailure) {
                            if (i < failedPiece[0]) {
                                failedPiece[0] = i;
                                firstFailure[0] = e;
                            }
                        }
                        return;
                    }
                }
            }));
        }
        try {
            for (Future<?> f : running) {
                f.get();
            }
        } catch (InterruptedException e) {
            failed.set(true);
            Thread.currentThread().interrupt();
            throw new CompileException("interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Error error) {
                throw error;
            }
            throw new IllegalStateException(e.getCause());
        }
        if (firstFailure[0] != null) {
            throw firstFailure[0];
        }
    }

    @Override
    public void close() {
        if (executor != null) {
            executor.shutdownNow();
        }
    }
}
