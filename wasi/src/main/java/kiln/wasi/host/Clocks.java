package kiln.wasi.host;

import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import kiln.wasi.GuestClock;

/** The clocks, in nanoseconds. */
public final class Clocks {
    public static final int REALTIME = 0;
    public static final int MONOTONIC = 1;
    public static final int PROCESS_CPU = 2;
    public static final int THREAD_CPU = 3;

    /** Where the monotonic clock starts: not at zero, which programs take for unset. */
    private final long start = System.nanoTime() - 1;
    /** The host's, or null for the machine's. */
    private final GuestClock own;

    /** @param own null for the machine's clocks */
    public Clocks(GuestClock own) {
        this.own = own;
    }

    /** Fails with EINVAL for a clock that does not exist. */
    public long now(int clock) {
        if (own != null) {
            return switch (clock) {
                case REALTIME -> own.realtime();
                case MONOTONIC, PROCESS_CPU, THREAD_CPU -> own.monotonic();
                default -> throw Errno.INVAL.error();
            };
        }
        return switch (clock) {
            case REALTIME -> realtime();
            case MONOTONIC -> System.nanoTime() - start;
            case PROCESS_CPU -> CpuTime.process();
            case THREAD_CPU -> CpuTime.thread();
            default -> throw Errno.INVAL.error();
        };
    }

    /**
     * Waits until something else may have happened.
     *
     * @param nanos until the next time that the guest waits for; {@link Long#MAX_VALUE} for none
     */
    public void pause(long nanos) {
        if (own != null && nanos != Long.MAX_VALUE) {
            own.pass(nanos);
        } else {
            LockSupport.parkNanos(Math.min(nanos, Stop.SLICE_NANOS));
        }
    }

    /** This time was spent in waiting for something else. */
    public void waited(long nanos) {
        if (own != null) {
            own.pass(nanos);
        }
    }

    private static long realtime() {
        Instant now = Instant.now();
        return now.getEpochSecond() * 1_000_000_000 + now.getNano();
    }

    public long resolution(int clock) {
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
