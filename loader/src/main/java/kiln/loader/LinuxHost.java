package kiln.loader;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;

/** Linux with glibc or musl on x86-64 and AArch64, through the C library. Constants from the Linux headers (UAPI). */
final class LinuxHost implements Host {
    private static final int PROT_READ = 1;
    private static final int PROT_WRITE = 2;
    private static final int PROT_EXEC = 4;
    private static final int MAP_PRIVATE = 0x02;
    private static final int MAP_FIXED = 0x10;
    private static final int MAP_ANONYMOUS = 0x20;
    private static final int MAP_NORESERVE = 0x4000;
    private static final int MADV_DONTNEED = 4;
    private static final int MADV_NOHUGEPAGE = 15;
    /** Since Linux 5.14. */
    private static final int MADV_POPULATE_WRITE = 23;

    private static final int O_RDWR = 2;
    private static final int O_CLOEXEC = 0x80000;
    private static final int SEEK_END = 2;
    private static final int MFD_CLOEXEC = 1;
    private static final int MFD_ALLOW_SEALING = 2;
    /** Since Linux 6.3. */
    private static final int MFD_NOEXEC_SEAL = 8;

    private static final int F_ADD_SEALS = 1033;
    private static final int F_GET_SEALS = 1034;
    private static final int F_SEAL_SEAL = 1;
    /** F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE. */
    private static final int ALL_SEALS = 15;

    private static final int SC_PAGESIZE = 30;

    /** Address of sixteen random bytes on the first thread's stack. */
    private static final int AT_RANDOM = 25;
    /** Address of the vDSO. */
    private static final int AT_SYSINFO_EHDR = 33;

    /** SA_SIGINFO | SA_RESTART: what HotSpot's own handlers use. */
    private static final int SIGNAL_FLAGS = 0x1000_0004;

    private static final int SIGACTION_BYTES = 152;
    private static final int SIGACTION_MASK = 8;
    private static final int SIGACTION_MASK_BYTES = 128;
    private static final int SIGACTION_FLAGS = 136;

    /** Of kernels that do not tell. */
    private static final int DEFAULT_MAX_MAPPINGS = 65530;

    private static final int EPERM = 1;
    private static final int ENOMEM = 12;
    private static final int EACCES = 13;
    private static final int ENOSYS = 38;

    /** What of a file is read at once: it stays in the processor's cache until it is written. */
    private static final long COPY_BYTES = 256 << 10;

    private static final SymbolLookup LIBC = Linker.nativeLinker().defaultLookup();

    private static final MemorySegment MMAP = find("mmap");
    private static final MemorySegment MUNMAP = find("munmap");
    private static final MemorySegment MPROTECT = find("mprotect");
    private static final MemorySegment MADVISE = find("madvise");
    private static final MemorySegment MINCORE = find("mincore");
    private static final MemorySegment OPEN = find("open");
    private static final MemorySegment CLOSE = find("close");
    private static final MemorySegment LSEEK = find("lseek");
    private static final MemorySegment PREAD = find("pread");
    private static final MemorySegment WRITE = find("write");
    private static final MemorySegment FCNTL = find("fcntl");
    private static final MemorySegment SIGACTION = find("sigaction");
    private static final MemorySegment CALLOC = find("calloc");
    private static final MemorySegment FREE = find("free");

    /** Null where nothing can be unloaded. */
    private static final Unloading UNLOADING = Unloading.of(MUNMAP);

    private final String architecture;
    private final long pageSize;

    LinuxHost(String architecture) {
        this.architecture = architecture;
        pageSize = call(find("sysconf"), SC_PAGESIZE, 0);
    }

    private static MemorySegment find(String name) {
        MemorySegment function = LIBC.find(name).orElse(null);
        if (function == null) {
            throw new HostException("the C library has no function ".concat(name), 0);
        }
        return function;
    }

    private static long call(MemorySegment function, long a, long b) {
        return Downcalls.call(function, a, b, 0, 0, 0, 0);
    }

    /** Calls a function that returns an int, -1 for failure. */
    private static int intCall(String what, MemorySegment function, long a, long b, long c) {
        return (int) longCall(what, function, a, b, c, 0, 0, 0, 0xffff_ffffL);
    }

    /**
     * Calls a function that returns a long, -1 for failure.
     *
     * @param mask the bits of the result that count
     */
    private static long longCall(
            String what, MemorySegment function, long a, long b, long c, long d, long e, long f, long mask) {
        long result = Downcalls.call(function, a, b, c, d, e, f);
        if ((result & mask) == mask) {
            // What failed did nothing, so it may be tried again, to learn why.
            Downcalls.Outcome second = Downcalls.callWithErrno(function, a, b, c, d, e, f);
            if ((second.result() & mask) == mask) {
                throw failure(what, second.errno());
            }
            return second.result();
        }
        return result;
    }

    @Override
    public String architecture() {
        return architecture;
    }

    @Override
    public long pageSize() {
        return pageSize;
    }

    @Override
    public int maxMappings() {
        byte[] text = new byte[32];
        // In one go: the kernel gives nothing to a reader who continues in such a file.
        try (InputStream in = Files.newInputStream(Path.of("/proc/sys/vm/max_map_count"))) {
            int length = in.read(text);
            return Integer.parseInt(new String(text, 0, Math.max(length, 0), StandardCharsets.US_ASCII).trim());
        } catch (IOException | NumberFormatException e) {
            return DEFAULT_MAX_MAPPINGS;
        }
    }

    @Override
    public long reserve(long length) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
        return owned(mmap(0, length, 0, flags, -1, 0, "reserve address space"), length);
    }

    @Override
    public long mapZero(long length) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS;
        return owned(mmap(0, length, bits(Protection.READ_WRITE), flags, -1, 0, "allocate memory"), length);
    }

    @Override
    public void release(long address, long length) {
        keep(address);
        intCall("release memory", MUNMAP, address, length, 0);
    }

    @Override
    public void mapZero(long address, long length, Protection protection) {
        int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED;
        mmap(address, length, bits(protection), flags, -1, 0, "map memory");
    }

    @Override
    public void mapFile(long address, long length, int file, long offset, Protection protection) {
        mmap(address, length, bits(protection), MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, file, offset, "map a file");
    }

    @Override
    public long mapFile(int file, long offset, long length) {
        return owned(mmap(0, length, PROT_READ, MAP_PRIVATE, file, offset, "map a file"), length);
    }

    /** Books what this class loader must give back when it goes. */
    private static long owned(long address, long length) {
        if (UNLOADING != null) {
            UNLOADING.addMapping(address, length);
        }
        return address;
    }

    @Override
    public void keep(long address) {
        if (UNLOADING != null) {
            UNLOADING.removeMapping(address);
        }
    }

    @Override
    public void ownsCodeRange(long endAddress) {
        if (UNLOADING != null) {
            UNLOADING.addRange(endAddress);
        }
    }

    @Override
    public boolean isMapped(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            long resident = arena.allocate((length + pageSize - 1) / pageSize).address();
            return (int) Downcalls.call(MINCORE, address, length, resident, 0, 0, 0) == 0;
        }
    }

    @Override
    public long processIdentity() {
        // Where the kernel has put things differs from process to process even if their numbers do not.
        return (call(find("getpid"), 0, 0) * 31 + auxiliary(AT_SYSINFO_EHDR)) * 31 + auxiliary(AT_RANDOM);
    }

    private static long mmap(long address, long length, int prot, int flags, int file, long offset, String what) {
        long result = Downcalls.call(MMAP, address, length, prot, flags, file, offset);
        return result != -1
                ? result
                : longCall(what + " (" + length + " bytes)", MMAP, address, length, prot, flags, file, offset, -1L);
    }

    @Override
    public void protect(long address, long length, Protection protection) {
        intCall("change the access of memory", MPROTECT, address, length, bits(protection));
    }

    @Override
    public void discard(long address, long length) {
        intCall("discard memory", MADVISE, address, length, MADV_DONTNEED);
    }

    @Override
    public void populate(long address, long length) {
        // Whatever the reason of a failure, faults supply the pages later.
        Downcalls.call(MADVISE, address, length, MADV_POPULATE_WRITE, 0, 0, 0);
    }

    private static long terminated(Arena arena, byte[] text) {
        MemorySegment copy = arena.allocate(text.length + 1L);
        MemorySegment.copy(text, 0, copy, JAVA_BYTE, 0, text.length);
        return copy.address();
    }

    @Override
    public boolean isResident(long address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment resident = arena.allocate(1);
            intCall("ask if a page is resident", MINCORE, address, pageSize, resident.address());
            return (resident.get(JAVA_BYTE, 0) & 1) != 0;
        }
    }

    @Override
    public void smallPages(long address, long length) {
        // A kernel without large pages refuses, and has nothing to be told.
        Downcalls.call(MADVISE, address, length, MADV_NOHUGEPAGE, 0, 0, 0);
    }

    @Override
    public void clear(long address, long length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment resident = arena.allocate(length / pageSize);
            intCall("ask which pages are resident", MINCORE, address, length, resident.address());
            for (long at = 0; at < length; at += pageSize) {
                if ((resident.get(JAVA_BYTE, at / pageSize) & 1) != 0) {
                    Native.segment(address + at, pageSize).fill((byte) 0);
                }
            }
        }
    }

    @Override
    public int openFile(Path path) {
        return openFile(path, 0);
    }

    private static int openFile(Path path, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            long name = terminated(arena, PathBytes.of(path.toAbsolutePath()));
            return intCall("open ".concat(Printable.file(path)), OPEN, name, O_CLOEXEC | flags, 0);
        }
    }

    @Override
    public int memoryFile(String name, MemorySegment bytes) {
        int file = createMemoryFile(name);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = bytes.isNative() ? bytes : arena.allocate(bytes.byteSize());
            if (source != bytes) {
                source.copyFrom(bytes);
            }
            writeAll(file, source.address(), source.byteSize());
            seal(file);
        } catch (RuntimeException e) {
            closeFile(file);
            throw e;
        }
        return file;
    }

    @Override
    public int memoryFile(String name, int source) {
        long size = fileSize(source);
        int file = createMemoryFile(name);
        try (Arena arena = Arena.ofConfined()) {
            long buffer =
                    arena.allocate(Math.max(1, Math.min(size, COPY_BYTES))).address();
            long n = 1;
            // By reading, never through a mapping: pages that another process takes away would be faults.
            for (long at = 0; at < size && n > 0; at += n) {
                long part = Math.min(size - at, COPY_BYTES);
                n = longCall("read a file", PREAD, source, buffer, part, at, 0, 0, -1L);
                writeAll(file, buffer, n);
            }
            seal(file);
        } catch (RuntimeException e) {
            closeFile(file);
            throw e;
        }
        return file;
    }

    private static void seal(int file) {
        // A temporary file in its place cannot be sealed: it says that it is already, or that it knows no seals.
        if ((call(FCNTL, file, F_GET_SEALS) & F_SEAL_SEAL) == 0) {
            intCall("seal a file in memory", FCNTL, file, F_ADD_SEALS, ALL_SEALS);
        }
    }

    private int createMemoryFile(String name) {
        try (Arena arena = Arena.ofConfined()) {
            long text = arena.allocateFrom(name).address();
            int flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
            try {
                return intCall("create a file in memory", find("memfd_create"), text, flags, 0);
            } catch (HostException e) {
                if (e.errno() == EACCES) {
                    // vm.memfd_noexec=2: only files that cannot be started as programs, which ours need not be.
                    return intCall("create a file in memory", find("memfd_create"), text, flags | MFD_NOEXEC_SEAL, 0);
                }
                throw e;
            }
        } catch (HostException e) {
            if (e.errno() != ENOSYS && e.errno() != EPERM) {
                throw e;
            }
            return temporaryFile();
        }
    }

    private static void writeAll(int file, long address, long length) {
        for (long at = 0; at < length; ) {
            at += longCall("write a file in memory", WRITE, file, address + at, length - at, 0, 0, 0, -1L);
        }
    }

    /**
     * For kernels without memfd_create, or where it is forbidden: a file that is deleted while it is open, so that only
     * this process, and others of the same user through this one's descriptors, can reach it.
     */
    private int temporaryFile() {
        try {
            Path path = Files.createTempFile("kiln", ".cwasm");
            try {
                return openFile(path, O_RDWR);
            } finally {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long fileSize(int file) {
        return longCall("find the size of a file", LSEEK, file, 0, SEEK_END, 0, 0, 0, -1L);
    }

    @Override
    public byte[] readStart(int file, int length) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(length);
            long n = longCall("read a file", PREAD, file, buffer.address(), length, 0, 0, 0, -1L);
            return buffer.asSlice(0, n).toArray(JAVA_BYTE);
        }
    }

    @Override
    public void closeFile(int file) {
        // Not tried again: the number may be another file's by now.
        if ((int) call(CLOSE, file, 0) < 0) {
            throw new HostException("cannot close file " + file, 0);
        }
    }

    /** Apart, so that programs without files do not need it. */
    private static final class OpenFiles {
        static final HostFiles INSTANCE = new LinuxFiles(Host.current().architecture());
    }

    @Override
    public HostFiles files() {
        return OpenFiles.INSTANCE;
    }

    @Override
    public long allocate(long length) {
        long address = call(CALLOC, 1, length);
        if (address == 0) {
            throw failure("allocate " + length + " bytes", ENOMEM);
        }
        return address;
    }

    @Override
    public void free(long address) {
        call(FREE, address, 0);
    }

    @Override
    public long symbol(String name) {
        return find(name).address();
    }

    @Override
    public long signalHandler(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate(SIGACTION_BYTES, 8);
            intCall("read the handler of a signal", SIGACTION, signal, 0, old.address());
            return old.get(JAVA_LONG, 0);
        }
    }

    @Override
    public long installSignalHandler(int signal, long handler) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment action = arena.allocate(SIGACTION_BYTES, 8);
            MemorySegment old = arena.allocate(SIGACTION_BYTES, 8);
            action.set(JAVA_LONG, 0, handler);
            action.asSlice(SIGACTION_MASK, SIGACTION_MASK_BYTES).fill((byte) -1);
            action.set(JAVA_INT, SIGACTION_FLAGS, SIGNAL_FLAGS);
            intCall("set the handler of a signal", SIGACTION, signal, action.address(), old.address());
            return old.get(JAVA_LONG, 0);
        }
    }

    @Override
    public void flushInstructionCache(long address, long length) {
        if (!architecture.equals("aarch64")) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment clear = SymbolLookup.libraryLookup("libgcc_s.so.1", arena)
                    .find("__clear_cache")
                    .orElse(null);
            if (clear != null) {
                call(clear, address, address + length);
            }
        } catch (IllegalArgumentException e) {
            // No libgcc here. The kernel maintains the cache itself when a written page first becomes executable.
        }
    }

    @Override
    public long auxiliary(long type) {
        return call(find("getauxval"), type, 0);
    }

    private static int bits(Protection protection) {
        return switch (protection) {
            case NONE -> 0;
            case READ -> PROT_READ;
            case READ_WRITE -> PROT_READ | PROT_WRITE;
            case READ_EXECUTE -> PROT_READ | PROT_EXEC;
        };
    }

    private static HostException failure(String what, int errno) {
        String hint = errno == ENOMEM ? " (memory, address space or the number of mappings, vm.max_map_count)" : "";
        MemorySegment text = Native.segment(call(find("strerror"), errno, 0), 256);
        return new HostException("cannot " + what + ": " + text.getString(0) + hint, errno);
    }
}
