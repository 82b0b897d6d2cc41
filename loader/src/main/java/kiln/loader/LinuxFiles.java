package kiln.loader;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Files by Linux's system calls, asked without the C library: its errno does not outlive the way back from a downcall,
 * and its {@code struct stat} differs between the instruction sets, which {@code statx} (since Linux 4.11) does not.
 * Numbers and layouts from the Linux headers (UAPI).
 */
final class LinuxFiles implements HostFiles {
    /** Numbers of the calls on x86-64 and on AArch64. */
    private enum Call {
        CLOSE(3, 57),
        LSEEK(8, 62),
        IOCTL(16, 29),
        PREAD(17, 67),
        PWRITE(18, 68),
        READV(19, 65),
        WRITEV(20, 66),
        FCNTL(72, 25),
        FSYNC(74, 82),
        FDATASYNC(75, 83),
        FTRUNCATE(77, 46),
        GETDENTS64(217, 61),
        OPENAT(257, 56),
        MKDIRAT(258, 34),
        UNLINKAT(263, 35),
        RENAMEAT(264, 38),
        LINKAT(265, 37),
        SYMLINKAT(266, 36),
        READLINKAT(267, 78),
        PPOLL(271, 73),
        UTIMENSAT(280, 88),
        PRLIMIT64(302, 261),
        STATX(332, 291);

        final int x64;
        final int aarch64;

        Call(int x64, int aarch64) {
            this.x64 = x64;
            this.aarch64 = aarch64;
        }
    }

    private static final int O_WRONLY = 1;
    private static final int O_RDWR = 2;
    private static final int O_CREAT = 0x40;
    private static final int O_EXCL = 0x80;
    private static final int O_NOCTTY = 0x100;
    private static final int O_TRUNC = 0x200;
    private static final int O_APPEND = 0x400;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_DSYNC = 0x1000;
    private static final int O_CLOEXEC = 0x8_0000;
    private static final int O_SYNC = 0x10_1000;
    private static final int O_PATH = 0x20_0000;
    /** O_DIRECTORY and O_NOFOLLOW differ between the instruction sets. */
    private static final int O_DIRECTORY_X64 = 0x1_0000;

    private static final int O_NOFOLLOW_X64 = 0x2_0000;
    private static final int O_DIRECTORY_AARCH64 = 0x4000;
    private static final int O_NOFOLLOW_AARCH64 = 0x8000;

    private static final int AT_FDCWD = -100;
    private static final int AT_SYMLINK_NOFOLLOW = 0x100;
    private static final int AT_REMOVEDIR = 0x200;
    private static final int AT_NO_AUTOMOUNT = 0x800;
    private static final int AT_EMPTY_PATH = 0x1000;

    private static final int F_SETFL = 4;
    private static final int FIONREAD = 0x541b;
    private static final int SEEK_SET = 0;
    private static final int SEEK_CUR = 1;
    private static final int RLIMIT_NOFILE = 7;
    private static final int POLLIN = 1;
    private static final int POLLOUT = 4;

    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_BYTES = 256;

    /** As the umask says. */
    private static final int FILE_MODE = 0666;

    private static final int FOLDER_MODE = 0777;

    /** Buffers of one transfer. */
    private static final int MOST_BUFFERS = 16;

    private static final int PATH_MAX = 4096;
    private static final int ENTRIES_BYTES = 1 << 15;
    private static final int LAST_ERRNO = 4095;

    private static final byte[] EMPTY = {};
    private static final byte[] DOT = {'.'};

    private final MemorySegment syscall = MemorySegment.ofAddress(Stubs.get().syscall());
    private final boolean x64;
    private final int directory;
    private final int noFollow;
    /** Descriptors from this number on are left to the rest of the process. */
    private final long limit;

    LinuxFiles(String architecture) {
        x64 = architecture.equals("x86_64");
        directory = x64 ? O_DIRECTORY_X64 : O_DIRECTORY_AARCH64;
        noFollow = x64 ? O_NOFOLLOW_X64 : O_NOFOLLOW_AARCH64;
        limit = descriptorLimit();
    }

    /** A program that can open files must not take all descriptors of the process: the JVM needs some itself. */
    private long descriptorLimit() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment now = arena.allocate(16, 8);
            call(Call.PRLIMIT64, 0, RLIMIT_NOFILE, 0, now.address(), 0);
            long most = now.get(JAVA_LONG, 0);
            return most < 0 ? Integer.MAX_VALUE : most - most / 8;
        } catch (HostFileException e) {
            return Integer.MAX_VALUE;
        }
    }

    /** Asks the system; what a signal cut short is asked again. */
    private long call(Call call, long a, long b, long c, long d, long e) throws HostFileException {
        int number = x64 ? call.x64 : call.aarch64;
        while (true) {
            long result = Downcalls.call(syscall, number, a, b, c, d, e);
            if (result >= 0 || result < -LAST_ERRNO) {
                return result;
            }
            if (result != -HostFileException.EINTR) {
                throw new HostFileException((int) -result);
            }
        }
    }

    private static long text(Arena arena, byte[] text) {
        MemorySegment copy = arena.allocate(text.length + 1L);
        MemorySegment.copy(text, 0, copy, JAVA_BYTE, 0, text.length);
        return copy.address();
    }

    // ---- opening

    private int open(int folder, byte[] name, int flags, int mode) throws HostFileException {
        int file;
        try (Arena arena = Arena.ofConfined()) {
            file = (int) call(Call.OPENAT, folder, text(arena, name), flags | O_CLOEXEC, mode, 0);
        }
        if (file >= limit) {
            close(file);
            throw new HostFileException(HostFileException.EMFILE);
        }
        return file;
    }

    @Override
    public int openRoot(byte[] path) throws HostFileException {
        return open(AT_FDCWD, path, O_PATH | directory, 0);
    }

    @Override
    public int openFolder(int folder, byte[] name) throws HostFileException {
        return open(folder, name, O_PATH | directory | noFollow, 0);
    }

    @Override
    public int copyFolder(int folder) throws HostFileException {
        return open(folder, DOT, O_PATH | directory | noFollow, 0);
    }

    @Override
    public int openFile(int folder, byte[] name, int how) throws HostFileException {
        int flags = noFollow | O_NONBLOCK | O_NOCTTY;
        if ((how & WRITE) != 0) {
            flags |= (how & READ) != 0 ? O_RDWR : O_WRONLY;
        }
        flags |= (how & CREATE) != 0 ? O_CREAT : 0;
        flags |= (how & EXCLUSIVE) != 0 ? O_EXCL : 0;
        flags |= (how & TRUNCATE) != 0 ? O_TRUNC : 0;
        flags |= (how & APPEND) != 0 ? O_APPEND : 0;
        flags |= (how & DATA_SYNC) != 0 ? O_DSYNC : 0;
        flags |= (how & SYNC) != 0 ? O_SYNC : 0;
        return open(folder, name, flags, FILE_MODE);
    }

    @Override
    public int openAgain(int file, boolean write) throws HostFileException {
        byte[] path = "/proc/self/fd/".concat(Integer.toString(file)).getBytes(StandardCharsets.US_ASCII);
        return open(AT_FDCWD, path, (write ? O_WRONLY : 0) | O_NONBLOCK | O_NOCTTY, 0);
    }

    @Override
    public long available(int file) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(4, 4);
            call(Call.IOCTL, file, FIONREAD, bytes.address(), 0, 0);
            return Math.max(0, bytes.get(JAVA_INT, 0));
        } catch (HostFileException e) {
            if (e.errno() == HostFileException.ENOTTY) {
                return 1;
            }
            throw e;
        }
    }

    @Override
    public void close(int file) throws HostFileException {
        // Not asked again, even after a signal: the number may be another file's by now.
        long result = Downcalls.call(syscall, x64 ? Call.CLOSE.x64 : Call.CLOSE.aarch64, file, 0, 0, 0, 0);
        if (result < 0 && result != -HostFileException.EINTR) {
            throw new HostFileException((int) -result);
        }
    }

    // ---- attributes

    @Override
    public HostFileStatus status(int file) throws HostFileException {
        return status(file, EMPTY, AT_EMPTY_PATH);
    }

    @Override
    public HostFileStatus status(int folder, byte[] name) throws HostFileException {
        return status(folder, name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT);
    }

    private HostFileStatus status(int folder, byte[] name, int flags) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment s = arena.allocate(STATX_BYTES, 8);
            call(Call.STATX, folder, text(arena, name), flags, STATX_BASIC_STATS, s.address());
            return new HostFileStatus(
                    Short.toUnsignedInt(s.get(java.lang.foreign.ValueLayout.JAVA_SHORT, 28)),
                    device(s.get(JAVA_INT, 136), s.get(JAVA_INT, 140)),
                    s.get(JAVA_LONG, 32),
                    Integer.toUnsignedLong(s.get(JAVA_INT, 16)),
                    s.get(JAVA_LONG, 40),
                    time(s, 64),
                    time(s, 112),
                    time(s, 96));
        }
    }

    /** As the C library's makedev puts it together. */
    private static long device(int major, int minor) {
        return (major & 0xfff) << 8 | (major & 0xffff_f000L) << 32 | minor & 0xff | (minor & 0xffff_ff00L) << 12;
    }

    private static long time(MemorySegment s, long at) {
        return s.get(JAVA_LONG, at) * 1_000_000_000L + s.get(JAVA_INT, at + 8);
    }

    private static long times(Arena arena, long[] times) {
        MemorySegment copy = arena.allocate(32, 8);
        MemorySegment.copy(times, 0, copy, JAVA_LONG, 0, 4);
        return copy.address();
    }

    @Override
    public void setTimes(int file, long[] times) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.UTIMENSAT, file, 0, times(arena, times), 0, 0);
        }
    }

    @Override
    public void setFolderTimes(int folder, long[] times) throws HostFileException {
        setTimes(folder, DOT, times);
    }

    @Override
    public void setTimes(int folder, byte[] name, long[] times) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.UTIMENSAT, folder, text(arena, name), times(arena, times), AT_SYMLINK_NOFOLLOW, 0);
        }
    }

    // ---- folders

    @Override
    public List<HostDirectoryEntry> entries(int folder) throws HostFileException {
        List<HostDirectoryEntry> entries = new ArrayList<>();
        int file = open(folder, DOT, directory | noFollow, 0);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(ENTRIES_BYTES, 8);
            long length = nextEntries(file, buffer);
            while (length > 0) {
                int bytes;
                for (long at = 0; at < length; at += bytes) {
                    bytes = Short.toUnsignedInt(buffer.get(java.lang.foreign.ValueLayout.JAVA_SHORT, at + 16));
                    entry(buffer.asSlice(at, bytes), entries);
                }
                length = nextEntries(file, buffer);
            }
        } finally {
            close(file);
        }
        return entries;
    }

    private long nextEntries(int file, MemorySegment buffer) throws HostFileException {
        try {
            return call(Call.GETDENTS64, file, buffer.address(), ENTRIES_BYTES, 0, 0);
        } catch (HostFileException e) {
            if (e.errno() == HostFileException.ENOENT) {
                // The folder has been removed: it is empty.
                return 0;
            }
            throw e;
        }
    }

    /** struct linux_dirent64: inode u64, offset u64, bytes u16, type u8, and the name, which a zero ends. */
    private static void entry(MemorySegment e, List<HostDirectoryEntry> entries) {
        int nameBytes = 0;
        while (e.get(JAVA_BYTE, 19 + nameBytes) != 0) {
            nameBytes++;
        }
        byte[] name = new byte[nameBytes];
        MemorySegment.copy(e, JAVA_BYTE, 19, name, 0, nameBytes);
        if (!Arrays.equals(name, DOT) && !(nameBytes == 2 && name[0] == '.' && name[1] == '.')) {
            // DT_ constants are a mode's upper four bits.
            entries.add(new HostDirectoryEntry(name, e.get(JAVA_LONG, 0), (e.get(JAVA_BYTE, 18) & 15) << 12));
        }
    }

    @Override
    public byte[] readLink(int folder, byte[] name) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(PATH_MAX);
            long length = call(Call.READLINKAT, folder, text(arena, name), buffer.address(), PATH_MAX, 0);
            return buffer.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    @Override
    public void createFolder(int folder, byte[] name) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.MKDIRAT, folder, text(arena, name), FOLDER_MODE, 0, 0);
        }
    }

    @Override
    public void createSymbolicLink(byte[] target, int folder, byte[] name) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.SYMLINKAT, text(arena, target), folder, text(arena, name), 0, 0);
        }
    }

    @Override
    public void createLink(int folder, byte[] name, int toFolder, byte[] toName) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.LINKAT, folder, text(arena, name), toFolder, text(arena, toName), 0);
        }
    }

    @Override
    public void removeFile(int folder, byte[] name) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.UNLINKAT, folder, text(arena, name), 0, 0, 0);
        }
    }

    @Override
    public void removeFolder(int folder, byte[] name) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.UNLINKAT, folder, text(arena, name), AT_REMOVEDIR, 0, 0);
        }
    }

    @Override
    public void rename(int folder, byte[] name, int toFolder, byte[] toName) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            call(Call.RENAMEAT, folder, text(arena, name), toFolder, text(arena, toName), 0);
        }
    }

    @Override
    public void syncFolder(int folder) throws HostFileException {
        int file = open(folder, DOT, directory | noFollow, 0);
        try {
            sync(file, true);
        } finally {
            close(file);
        }
    }

    // ---- content

    @Override
    public void sync(int file, boolean metadata) throws HostFileException {
        call(metadata ? Call.FSYNC : Call.FDATASYNC, file, 0, 0, 0, 0);
    }

    @Override
    public long read(int file, ByteBuffer[] buffers, int count) throws HostFileException {
        return transfer(Call.READV, file, buffers, count);
    }

    @Override
    public long write(int file, ByteBuffer[] buffers, int count) throws HostFileException {
        return transfer(Call.WRITEV, file, buffers, count);
    }

    private long transfer(Call call, int file, ByteBuffer[] buffers, int count) throws HostFileException {
        int n = Math.min(count, MOST_BUFFERS);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment vector = arena.allocate(16L * n, 8);
            for (int i = 0; i < n; i++) {
                vector.set(JAVA_LONG, 16L * i, address(buffers[i]));
                vector.set(JAVA_LONG, 16L * i + 8, buffers[i].remaining());
            }
            return call(call, file, vector.address(), n, 0, 0);
        } finally {
            Reference.reachabilityFence(buffers);
        }
    }

    @Override
    public int read(int file, ByteBuffer buffer, long offset) throws HostFileException {
        try {
            return (int) call(Call.PREAD, file, address(buffer), buffer.remaining(), offset, 0);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    @Override
    public int write(int file, ByteBuffer buffer, long offset) throws HostFileException {
        try {
            return (int) call(Call.PWRITE, file, address(buffer), buffer.remaining(), offset, 0);
        } finally {
            Reference.reachabilityFence(buffer);
        }
    }

    private static long address(ByteBuffer buffer) {
        if (!buffer.isDirect()) {
            throw new IllegalArgumentException("the buffer is not direct");
        }
        return MemorySegment.ofBuffer(buffer).address();
    }

    @Override
    public long position(int file) throws HostFileException {
        return call(Call.LSEEK, file, 0, SEEK_CUR, 0, 0);
    }

    @Override
    public void setPosition(int file, long offset) throws HostFileException {
        call(Call.LSEEK, file, offset, SEEK_SET, 0, 0);
    }

    @Override
    public void setSize(int file, long size) throws HostFileException {
        call(Call.FTRUNCATE, file, size, 0, 0, 0);
    }

    @Override
    public void setAppend(int file, boolean append) throws HostFileException {
        call(Call.FCNTL, file, F_SETFL, O_NONBLOCK | (append ? O_APPEND : 0), 0, 0);
    }

    @Override
    public boolean await(int file, boolean write, int milliseconds) throws HostFileException {
        try (Arena arena = Arena.ofConfined()) {
            // struct pollfd {int fd; short events, revents}, struct timespec.
            MemorySegment poll = arena.allocate(8, 8);
            poll.set(JAVA_INT, 0, file);
            poll.set(JAVA_INT, 4, write ? POLLOUT : POLLIN);
            MemorySegment time = arena.allocate(16, 8);
            time.set(JAVA_LONG, 0, milliseconds / 1000);
            time.set(JAVA_LONG, 8, milliseconds % 1000 * 1_000_000L);
            return call(Call.PPOLL, poll.address(), 1, time.address(), 0, 0) > 0;
        }
    }
}
