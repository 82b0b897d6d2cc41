package kiln.wasi;

import java.io.IOException;
import kiln.wasi.host.Directory;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.FileTimes;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.RegularFile;
import kiln.wasi.host.Rights;
import kiln.wasi.host.StandardInput;
import kiln.wasi.host.Stop;

/** The functions fd_* and sock_*: what they do about open files. */
final class FileFunctions {
    private static final int SET = 0;
    private static final int CURRENT = 1;
    private static final int END = 2;
    private static final int LAST_ADVICE = 5;

    private final FdTable table;
    private final Stop stop;

    FileFunctions(FdTable table, Stop stop) {
        this.table = table;
        this.stop = stop;
    }

    private FileDescriptor get(int fd, long right) {
        FileDescriptor d = table.get(fd);
        d.need(right);
        return d;
    }

    // ---- reading and writing

    void read(GuestMemory m, int fd, int list, int count, int result) throws IOException {
        FileDescriptor d = table.get(fd);
        if (d instanceof Directory) {
            throw Errno.ISDIR.error();
        }
        d.need(Rights.FD_READ);
        m.check(result, 4, 1);
        if (d instanceof StandardInput) {
            // A user who answers must have seen the question: output is flushed before input is read.
            table.flush();
        }
        m.putInt(result, new IoVectors(m, list, count, stop).read(d));
    }

    void pread(GuestMemory m, int fd, int list, int count, long offset, int result) throws IOException {
        FileDescriptor d = table.get(fd);
        if (d instanceof Directory) {
            throw Errno.ISDIR.error();
        }
        d.need(Rights.FD_READ);
        checkOffset(offset);
        m.check(result, 4, 1);
        m.putInt(result, new IoVectors(m, list, count, stop).read(d, offset));
    }

    void write(GuestMemory m, int fd, int list, int count, int result) throws IOException {
        FileDescriptor d = get(fd, Rights.FD_WRITE);
        m.check(result, 4, 1);
        m.putInt(result, new IoVectors(m, list, count, stop).write(d));
    }

    void pwrite(GuestMemory m, int fd, int list, int count, long offset, int result) throws IOException {
        FileDescriptor d = get(fd, Rights.FD_WRITE);
        checkOffset(offset);
        m.check(result, 4, 1);
        m.putInt(result, new IoVectors(m, list, count, stop).write(d, offset));
    }

    /** Sizes and positions beyond 2^63 are for no file system. */
    private static void checkOffset(long offset) {
        if (offset < 0) {
            throw Errno.INVAL.error();
        }
    }

    // ---- positions and sizes

    void seek(GuestMemory m, int fd, long offset, int whence, int result) throws IOException {
        FileDescriptor d = table.get(fd);
        if (d instanceof Directory) {
            throw Errno.ISDIR.error();
        }
        m.check(result, 8, 1);
        long from = switch (whence) {
            case SET -> 0;
            case CURRENT -> d.position();
            case END -> d.size();
            default -> throw Errno.INVAL.error();
        };
        // Asking where one is takes less than moving.
        if (!d.has(Rights.FD_SEEK) && !(offset == 0 && whence == CURRENT && d.has(Rights.FD_TELL))) {
            throw Errno.NOTCAPABLE.error();
        }
        long to = from + offset;
        if (offset > 0 && to < 0) {
            throw Errno.OVERFLOW.error();
        }
        checkOffset(to);
        if (to != from || whence != CURRENT) {
            d.position(to);
        }
        m.putLong(result, to);
    }

    void tell(GuestMemory m, int fd, int result) throws IOException {
        FileDescriptor d = table.get(fd);
        if (d instanceof Directory) {
            throw Errno.ISDIR.error();
        }
        long position = d.position();
        d.need(Rights.FD_TELL);
        m.putLong(result, position);
    }

    void setSize(int fd, long size) throws IOException {
        FileDescriptor d = table.get(fd);
        if (!(d instanceof RegularFile)) {
            throw Errno.INVAL.error();
        }
        d.need(Rights.FD_FILESTAT_SET_SIZE);
        checkOffset(size);
        d.setSize(size);
    }

    void allocate(int fd, long offset, long length) throws IOException {
        FileDescriptor d = table.get(fd);
        if (!(d instanceof RegularFile)) {
            throw (d instanceof Directory ? Errno.BADF : Errno.SPIPE).error();
        }
        d.need(Rights.FD_ALLOCATE);
        if (offset < 0 || length <= 0) {
            throw Errno.INVAL.error();
        }
        if (offset + length < 0) {
            throw Errno.FBIG.error();
        }
        if (offset + length > d.size()) {
            d.setSize(offset + length);
        }
    }

    void advise(int fd, long offset, long length, int advice) {
        FileDescriptor d = table.get(fd);
        if (!(d instanceof RegularFile)) {
            throw (d instanceof Directory ? Errno.BADF : Errno.SPIPE).error();
        }
        d.need(Rights.FD_ADVISE);
        checkOffset(offset);
        checkOffset(length);
        if (Integer.compareUnsigned(advice, LAST_ADVICE) > 0) {
            throw Errno.INVAL.error();
        }
        // Java has no way to pass it on; ignoring advice is allowed.
    }

    void sync(int fd, boolean metadata) throws IOException {
        get(fd, metadata ? Rights.FD_SYNC : Rights.FD_DATASYNC).sync(metadata);
    }

    // ---- attributes

    void fdstatGet(GuestMemory m, int fd, int result) throws IOException {
        FileDescriptor d = table.get(fd);
        m.check(result, 24, 1);
        m.putShort(result, d.type().code());
        m.putShort(result + 2, d.flags());
        m.putInt(result + 4, 0);
        m.putLong(result + 8, d.rights());
        m.putLong(result + 16, d.inheriting());
    }

    void fdstatSetFlags(int fd, int flags) throws IOException {
        get(fd, Rights.FD_FDSTAT_SET_FLAGS).setFlags(flags);
    }

    void fdstatSetRights(int fd, long rights, long inheriting) {
        table.get(fd).restrict(rights, inheriting);
    }

    void filestatGet(GuestMemory m, int fd, int result) throws IOException {
        get(fd, Rights.FD_FILESTAT_GET).status().write(m, result);
    }

    void filestatSetTimes(int fd, long accessed, long modified, int flags) throws IOException {
        get(fd, Rights.FD_FILESTAT_SET_TIMES).setTimes(new FileTimes(accessed, modified, flags));
    }

    // ---- folders

    void readdir(GuestMemory m, int fd, int buffer, int length, long cookie, int result) throws IOException {
        FileDescriptor d = table.get(fd);
        if (!(d instanceof Directory directory)) {
            throw Errno.NOTDIR.error();
        }
        d.need(Rights.FD_READDIR);
        m.check(result, 4, 1);
        m.putInt(result, directory.listing(cookie == 0).write(m, buffer, length, cookie));
    }

    private byte[] guestName(int fd) {
        if (table.get(fd) instanceof Directory d && d.guestName() != null) {
            return d.guestName();
        }
        throw Errno.BADF.error();
    }

    void prestatGet(GuestMemory m, int fd, int result) {
        byte[] name = guestName(fd);
        m.check(result, 8, 1);
        m.putInt(result, 0);
        m.putInt(result + 4, name.length);
    }

    void prestatDirName(GuestMemory m, int fd, int buffer, int length) {
        byte[] name = guestName(fd);
        m.check(buffer, length, 1);
        if (Integer.toUnsignedLong(length) < name.length) {
            throw Errno.NAMETOOLONG.error();
        }
        m.putBytes(buffer, name, 0, name.length);
    }

    // ---- numbers

    void close(int fd) throws IOException {
        table.close(fd);
    }

    void renumber(int from, int to) throws IOException {
        table.renumber(from, to);
    }

    /** There are no sockets; so whatever is open is none. */
    void socket(int fd) {
        table.get(fd);
        throw Errno.NOTSOCK.error();
    }
}
