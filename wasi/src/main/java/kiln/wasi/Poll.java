package kiln.wasi;

import java.io.IOException;
import kiln.wasi.host.Clocks;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.Flags;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.HostErrors;
import kiln.wasi.host.Rights;
import kiln.wasi.host.StandardInput;
import kiln.wasi.host.Stop;
import kiln.wasi.host.WasiError;

/**
 * The function poll_oneoff. Goes over the subscriptions where they lie in the guest's memory, so that their number
 * costs nothing; waits only for clocks and the standard input, because everything else is always ready.
 */
final class Poll {
    private static final int SUBSCRIPTION = 48;
    private static final int EVENT = 32;
    private static final int CLOCK = 0;
    private static final int FD_READ = 1;
    private static final int FD_WRITE = 2;
    private static final int ABSOLUTE = 1;
    private static final int HANGUP = 1;
    private static final long NEVER = Long.MAX_VALUE;
    /** What a stream takes at once, as far as the guest is told. */
    private static final long WRITABLE = 1 << 16;
    /** Subscriptions to go over without looking whether to stop. */
    private static final int LOOK = 1 << 8;

    private final FdTable table;
    private final Clocks clocks;
    private final GuestMemory memory;
    private final int subscriptions;
    private final int events;
    private final int count;
    private final Stop stop;
    private final long start;

    /** Number of events written in this pass. */
    private int ready;
    /** Nanoseconds until the next clock's time, in this pass. */
    private long wait;
    /** An input that is not ready, in this pass, or null. */
    private StandardInput input;

    private Poll(
            FdTable table, Clocks clocks, GuestMemory memory, int subscriptions, int events, int count, Stop stop) {
        this.table = table;
        this.clocks = clocks;
        this.memory = memory;
        this.subscriptions = subscriptions;
        this.events = events;
        this.count = count;
        this.stop = stop;
        this.start = clocks.now(Clocks.MONOTONIC);
    }

    /**
     * Returns the number of events; at least one.
     *
     * @throws WasiError INTR if the thread is interrupted
     */
    static int run(
            FdTable table, Clocks clocks, GuestMemory memory, int subscriptions, int events, int count, Stop stop)
            throws IOException {
        if (count == 0) {
            throw Errno.INVAL.error();
        }
        memory.check(subscriptions, count, SUBSCRIPTION);
        memory.check(events, count, EVENT);
        return new Poll(table, clocks, memory, subscriptions, events, count, stop).run();
    }

    private int run() throws IOException {
        while (true) {
            ready = 0;
            wait = NEVER;
            input = null;
            long passed = clocks.now(Clocks.MONOTONIC) - start;
            for (long i = 0; i < Integer.toUnsignedLong(count); i++) {
                subscription(subscriptions + (int) (i * SUBSCRIPTION), passed);
                if ((i & LOOK - 1) == LOOK - 1) {
                    stop.check();
                }
            }
            if (ready > 0) {
                return ready;
            }
            table.flush();
            stop.checkWaiting();
            if (input != null) {
                long nanos = Math.min(wait, Stop.SLICE_NANOS);
                input.lock(stop);
                try {
                    input.await(nanos);
                } finally {
                    input.unlock();
                }
                clocks.waited(nanos);
            } else {
                clocks.pause(wait);
            }
        }
    }

    private void subscription(int at, long passed) {
        long userData = memory.getLong(at);
        int type = Byte.toUnsignedInt(memory.getByte(at + 8));
        try {
            switch (type) {
                case CLOCK -> clock(at, userData, passed);
                case FD_READ -> reading(memory.getInt(at + 16), userData);
                case FD_WRITE -> writing(memory.getInt(at + 16), userData);
                default -> throw Errno.INVAL.error();
            }
        } catch (WasiError e) {
            event(userData, e.errno(), type, 0, 0);
        } catch (IOException e) {
            event(userData, HostErrors.errno(e), type, 0, 0);
        }
    }

    private void clock(int at, long userData, long passed) {
        int id = memory.getInt(at + 16);
        long timeout = memory.getLong(at + 24);
        int flags = Short.toUnsignedInt(memory.getShort(at + 40));
        Flags.check(flags, ABSOLUTE);
        if (id != Clocks.REALTIME && id != Clocks.MONOTONIC) {
            // Time that only passes while somebody computes cannot be waited for.
            throw (id == Clocks.PROCESS_CPU || id == Clocks.THREAD_CPU ? Errno.NOTSUP : Errno.INVAL).error();
        }
        // Times are unsigned; what exceeds 292 years is never.
        long now = (flags & ABSOLUTE) != 0 ? clocks.now(id) : passed;
        long left = timeout < 0 ? NEVER : timeout - now;
        if (left <= 0) {
            event(userData, Errno.SUCCESS, CLOCK, 0, 0);
        } else {
            wait = Math.min(wait, left);
        }
    }

    private void reading(int fd, long userData) throws IOException {
        FileDescriptor d = table.get(fd);
        long bytes;
        d.lock(stop);
        try {
            bytes = d.readable();
        } finally {
            d.unlock();
        }
        if (!d.has(Rights.POLL_FD_READWRITE) || !d.has(Rights.FD_READ)) {
            throw Errno.NOTCAPABLE.error();
        }
        if (bytes >= 0) {
            event(userData, Errno.SUCCESS, FD_READ, bytes, bytes == 0 && d instanceof StandardInput ? HANGUP : 0);
        } else if (d instanceof StandardInput in) {
            input = in;
        }
    }

    private void writing(int fd, long userData) {
        FileDescriptor d = table.get(fd);
        if (!d.has(Rights.FD_WRITE)) {
            throw Errno.BADF.error();
        }
        d.need(Rights.POLL_FD_READWRITE);
        event(userData, Errno.SUCCESS, FD_WRITE, WRITABLE, 0);
    }

    private void event(long userData, Errno error, int type, long bytes, int flags) {
        int at = events + ready * EVENT;
        memory.putLong(at, userData);
        memory.putShort(at + 8, error.code());
        memory.putByte(at + 10, type);
        memory.putByte(at + 11, 0);
        memory.putInt(at + 12, 0);
        memory.putLong(at + 16, bytes);
        memory.putLong(at + 24, flags);
        ready++;
    }
}
