package kiln.wasi;

import java.lang.management.ManagementFactory;
import java.time.Instant;

/** The clocks, in nanoseconds. */
final class Clocks {
    static final int REALTIME = 0;
    static final int MONOTONIC = 1;
    static final int PROCESS_CPU = 2;
    static final int THREAD_CPU = 3;

    /** Where the monotonic clock starts: not at zero, which programs take for unset. */
    private final long start = System.nanoTime() - 1;

    /** Fails with EINVAL for a clock that does not exist. */
    long now(int clock) {
        return switch (clock) {
            case REALTIME -> realtime();
            case MONOTONIC -> System.nanoTime() - start;
            case PROCESS_CPU -> CpuTime.process();
            case THREAD_CPU -> CpuTime.thread();
            default -> throw Errno.INVAL.error();
        };
    }

    private static long realtime() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }

    long resolution(int clock) {
        return switch (clock) {
            case REALTIME, MONOTONIC, THREAD_CPU -> 1;
            // Counted in ticks of the kernel's.
            case PROCESS_CPU -> 10_000_000;
            default -> throw Errno.INVAL.error();
        };
    }

    /** In a class of its own, because the management classes take long to load. */
    private static final class CpuTime {
        static long process() {
            return ManagementFactory.getOperatingSystemMXBean() instanceof com.sun.management.OperatingSystemMXBean os
                    ? Math.max(0, os.getProcessCpuTime())
                    : thread();
        }

        static long thread() {
            if (!ManagementFactory.getThreadMXBean().isCurrentThreadCpuTimeSupported()) {
                throw Errno.NOTSUP.error();
            }
            return Math.max(0, ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
        }
    }
}
