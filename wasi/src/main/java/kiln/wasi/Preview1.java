package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.BooleanSupplier;
import kiln.wasi.host.Clocks;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.HostErrors;
import kiln.wasi.host.RandomSource;
import kiln.wasi.host.Stop;
import kiln.wasi.host.StoppedException;
import kiln.wasi.host.StringTable;
import kiln.wasi.host.WasiError;

/** What the functions do, without anything of the runtime but the guest's memory. */
final class Preview1 {
    private final StringTable args;
    private final StringTable environment;
    private final FdTable table;
    private final RandomSource random;
    private final Stop stop;
    private final Clocks clocks;
    private final FileFunctions files;
    private final PathFunctions paths;

    /** @param clock null for the machine's clocks */
    Preview1(
            StringTable args,
            StringTable environment,
            FdTable table,
            RandomSource random,
            GuestClock clock,
            Stop stop) {
        this.args = args;
        this.environment = environment;
        this.table = table;
        this.random = random;
        this.clocks = new Clocks(clock);
        this.stop = stop;
        this.files = new FileFunctions(table, stop);
        this.paths = new PathFunctions(table, stop);
    }

    /**
     * Calls a function.
     *
     * @param a its arguments, i32 in the lower half
     * @param whenToStop whether the call is to end before it has done its work; asked while it waits, or takes long
     * @return the error number
     * @throws ExitException from proc_exit
     * @throws StoppedException if it was asked to stop
     */
    Errno call(WasiFunction function, GuestMemory memory, long[] a, BooleanSupplier whenToStop) {
        BooleanSupplier outer = stop.begin(whenToStop);
        FileDescriptor locked = null;
        try {
            FileDescriptor d = function.isOnDescriptor() ? table.find((int) a[0]) : null;
            if (d != null) {
                d.lock(stop);
                locked = d;
            }
            run(function, memory, a);
            return Errno.SUCCESS;
        } catch (WasiError e) {
            return e.errno();
        } catch (IOException e) {
            return HostErrors.errno(e);
        } catch (UnsupportedOperationException e) {
            // The host's file system has no links, say.
            return Errno.NOTSUP;
        } finally {
            if (locked != null) {
                locked.unlock();
            }
            stop.end(outer);
        }
    }

    private void run(WasiFunction function, GuestMemory m, long[] a) throws IOException {
        switch (function) {
            case ARGS_GET -> args.write(m, (int) a[0], (int) a[1]);
            case ARGS_SIZES_GET -> args.writeSizes(m, (int) a[0], (int) a[1]);
            case ENVIRON_GET -> environment.write(m, (int) a[0], (int) a[1]);
            case ENVIRON_SIZES_GET -> environment.writeSizes(m, (int) a[0], (int) a[1]);
            case CLOCK_RES_GET -> m.putLong((int) a[1], clocks.resolution((int) a[0]));
            case CLOCK_TIME_GET -> m.putLong((int) a[2], clocks.now((int) a[0]));
            case FD_ADVISE -> files.advise((int) a[0], a[1], a[2], (int) a[3]);
            case FD_ALLOCATE -> files.allocate((int) a[0], a[1], a[2]);
            case FD_CLOSE -> files.close((int) a[0]);
            case FD_DATASYNC -> files.sync((int) a[0], false);
            case FD_FDSTAT_GET -> files.fdstatGet(m, (int) a[0], (int) a[1]);
            case FD_FDSTAT_SET_FLAGS -> files.fdstatSetFlags((int) a[0], (int) a[1]);
            case FD_FDSTAT_SET_RIGHTS -> files.fdstatSetRights((int) a[0], a[1], a[2]);
            case FD_FILESTAT_GET -> files.filestatGet(m, (int) a[0], (int) a[1]);
            case FD_FILESTAT_SET_SIZE -> files.setSize((int) a[0], a[1]);
            case FD_FILESTAT_SET_TIMES -> files.filestatSetTimes((int) a[0], a[1], a[2], (int) a[3]);
            case FD_PREAD -> files.pread(m, (int) a[0], (int) a[1], (int) a[2], a[3], (int) a[4]);
            case FD_PRESTAT_GET -> files.prestatGet(m, (int) a[0], (int) a[1]);
            case FD_PRESTAT_DIR_NAME -> files.prestatDirName(m, (int) a[0], (int) a[1], (int) a[2]);
            case FD_PWRITE -> files.pwrite(m, (int) a[0], (int) a[1], (int) a[2], a[3], (int) a[4]);
            case FD_READ -> files.read(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3]);
            case FD_READDIR -> files.readdir(m, (int) a[0], (int) a[1], (int) a[2], a[3], (int) a[4]);
            case FD_RENUMBER -> files.renumber((int) a[0], (int) a[1]);
            case FD_SEEK -> files.seek(m, (int) a[0], a[1], (int) a[2], (int) a[3]);
            case FD_SYNC -> files.sync((int) a[0], true);
            case FD_TELL -> files.tell(m, (int) a[0], (int) a[1]);
            case FD_WRITE -> files.write(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3]);
            case PATH_CREATE_DIRECTORY -> paths.createDirectory(m, (int) a[0], (int) a[1], (int) a[2]);
            case PATH_FILESTAT_GET -> paths.filestatGet(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], (int) a[4]);
            case PATH_FILESTAT_SET_TIMES ->
                paths.filestatSetTimes(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], a[4], a[5], (int) a[6]);
            case PATH_LINK ->
                paths.link(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], (int) a[4], (int) a[5], (int) a[6]);
            case PATH_OPEN ->
                paths.open(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], (int) a[4], a[5], a[6], (int) a[7], (int)
                        a[8]);
            case PATH_READLINK ->
                paths.readlink(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], (int) a[4], (int) a[5]);
            case PATH_REMOVE_DIRECTORY -> paths.removeDirectory(m, (int) a[0], (int) a[1], (int) a[2]);
            case PATH_RENAME -> paths.rename(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], (int) a[4], (int) a[5]);
            case PATH_SYMLINK -> paths.symlink(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3], (int) a[4]);
            case PATH_UNLINK_FILE -> paths.unlinkFile(m, (int) a[0], (int) a[1], (int) a[2]);
            case POLL_ONEOFF -> poll(m, (int) a[0], (int) a[1], (int) a[2], (int) a[3]);
            case PROC_EXIT -> throw new ExitException((int) a[0]);
            // There are no signals here.
            case PROC_RAISE -> throw Errno.NOTSUP.error();
            case RANDOM_GET -> random(m, (int) a[0], (int) a[1]);
            case SCHED_YIELD -> Thread.yield();
            case SOCK_ACCEPT, SOCK_RECV, SOCK_SEND, SOCK_SHUTDOWN -> files.socket((int) a[0]);
        }
    }

    private void poll(GuestMemory m, int subscriptions, int events, int count, int result) throws IOException {
        m.check(result, 4, 1);
        m.putInt(result, Poll.run(table, clocks, m, subscriptions, events, count, stop));
    }

    private void random(GuestMemory m, int buffer, int length) throws IOException {
        m.check(buffer, length, 1);
        long left = Integer.toUnsignedLong(length);
        for (int at = buffer; left > 0; ) {
            ByteBuffer part = m.buffer(at, (int) Math.min(left, 1 << 30));
            int n = part.remaining();
            random.fill(part);
            m.commit(at, part);
            at += n;
            left -= n;
        }
    }
}
