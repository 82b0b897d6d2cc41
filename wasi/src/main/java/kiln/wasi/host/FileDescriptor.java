package kiln.wasi.host;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What a number that the guest uses for a file stands for. What a kind of descriptor cannot do fails as it does in
 * POSIX; the rights are checked by the callers.
 */
public abstract sealed class FileDescriptor implements Closeable permits Directory, RegularFile, StandardStream {
    /** Held by the thread of the guest that does something with it. */
    private final ReentrantLock lock = new ReentrantLock();

    private volatile long rights;
    private volatile long inheriting;
    private volatile int flags;

    public FileDescriptor(long rights, long inheriting, int flags) {
        this.rights = rights;
        this.inheriting = inheriting;
        this.flags = flags;
    }

    /**
     * Waits until no other thread of the guest works with it, which may be as long as that waits for input.
     *
     * @throws StoppedException if the call is to end meanwhile
     */
    public final void lock(Stop stop) {
        if (lock.tryLock()) {
            return;
        }
        try {
            while (!lock.tryLock(Stop.SLICE_NANOS, TimeUnit.NANOSECONDS)) {
                stop.checkWaiting();
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
            stop.checkWaiting();
        }
    }

    public final boolean tryLock() {
        return lock.tryLock();
    }

    public final void unlock() {
        lock.unlock();
    }

    public final long rights() {
        return rights;
    }

    /** The most that descriptors opened through this one get. */
    public final long inheriting() {
        return inheriting;
    }

    public final boolean has(long right) {
        return (rights & right) != 0;
    }

    /** Fails without {@code right}: with EBADF for reading and writing as in POSIX, else with ENOTCAPABLE. */
    public final void need(long right) {
        if ((rights & right) == 0) {
            throw ((right & (Rights.FD_READ | Rights.FD_WRITE)) != 0 ? Errno.BADF : Errno.NOTCAPABLE).error();
        }
    }

    /** Fails if any would be new. */
    public final void restrict(long newRights, long newInheriting) {
        if ((newRights & ~rights) != 0 || (newInheriting & ~inheriting) != 0) {
            throw Errno.NOTCAPABLE.error();
        }
        rights = newRights;
        inheriting = newInheriting;
    }

    /** See {@link Flags}. */
    public final int flags() {
        return flags;
    }

    public final boolean is(int flag) {
        return (flags & flag) != 0;
    }

    /** How a file is synchronised is settled when it is opened; the rest can change. */
    public void setFlags(int newFlags) throws IOException {
        int fixed = Flags.DSYNC | Flags.RSYNC | Flags.SYNC;
        Flags.check(newFlags, fixed | Flags.APPEND | Flags.NONBLOCK);
        if (((newFlags ^ flags) & fixed) != 0) {
            throw Errno.INVAL.error();
        }
        flags = newFlags;
    }

    public abstract FileType type() throws IOException;

    public abstract FileStatus status() throws IOException;

    /**
     * Whether what there is to read comes in the course of time, so that nobody who has some of it is made to wait for
     * more.
     */
    public boolean isStream() throws IOException {
        return false;
    }

    /**
     * Reads at the current position into the first {@code count} buffers.
     *
     * @return number of bytes, 0 at the end
     */
    public abstract long read(ByteBuffer[] buffers, int count) throws IOException;

    /** Writes at the current position from the first {@code count} buffers; returns the number of bytes. */
    public abstract long write(ByteBuffer[] buffers, int count) throws IOException;

    /** Reads without regard to the position; 0 at the end. */
    public int read(ByteBuffer buffer, long offset) throws IOException {
        throw Errno.SPIPE.error();
    }

    /** Writes without regard to the position. */
    public int write(ByteBuffer buffer, long offset) throws IOException {
        throw Errno.SPIPE.error();
    }

    /**
     * Bytes that can be read at once, 0 if the end is known to be reached, -1 if reading would block; then a later call
     * may say otherwise, see {@link StandardInput#await}.
     */
    public abstract long readable() throws IOException;

    public long position() throws IOException {
        throw Errno.SPIPE.error();
    }

    public void position(long offset) throws IOException {
        throw Errno.SPIPE.error();
    }

    public long size() throws IOException {
        throw Errno.SPIPE.error();
    }

    public void setSize(long size) throws IOException {
        throw Errno.INVAL.error();
    }

    /** Sets the times that are not null. */
    public void setTimes(FileTimes times) throws IOException {
        throw Errno.INVAL.error();
    }

    /** Waits until everything is on the disk. */
    public abstract void sync(boolean metadata) throws IOException;

    /** Hands on what is buffered outside of the operating system. */
    public void flush() throws IOException {}
}
