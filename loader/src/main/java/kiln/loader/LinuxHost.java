package kiln.loader;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

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
    private static final int O_CLOEXEC = 0x80000;
    private static final int SEEK_END = 2;
    private static final int MFD_CLOEXEC = 1;
    private static final int SC_PAGESIZE = 30;

    /** SA_SIGINFO | SA_RESTART: what HotSpot's own handlers use. */
    private static final int SIGNAL_FLAGS = 0x1000_0004;
    private static final int SIGACTION_BYTES = 152;
    private static final int SIGACTION_MASK = 8;
    private static final int SIGACTION_MASK_BYTES = 128;
    private static final int SIGACTION_FLAGS = 136;

    private static final int ENOMEM = 12;
    private static final int ENOSYS = 38;

    private static final Linker LINKER = Linker.nativeLinker();
    private static final SymbolLookup LIBC = LINKER.defaultLookup();

    private static final MethodHandle MMAP =
            withErrno("mmap", JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle MUNMAP = withErrno("munmap", JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MPROTECT = withErrno("mprotect", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle MADVISE = withErrno("madvise", JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle OPEN = variadicOpen();
    private static final MethodHandle CLOSE = withErrno("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle LSEEK = withErrno("lseek", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle WRITE = withErrno("write", JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle MEMFD_CREATE = withErrno("memfd_create", JAVA_INT, JAVA_LONG, JAVA_INT);
    private static final MethodHandle SIGACTION = withErrno("sigaction", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle CALLOC = plain("calloc", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FREE =
            LINKER.downcallHandle(find("free"), FunctionDescriptor.ofVoid(JAVA_LONG));
    private static final MethodHandle SYSCONF = plain("sysconf", JAVA_LONG, JAVA_INT);
    private static final MethodHandle GETAUXVAL = plain("getauxval", JAVA_LONG, JAVA_LONG);
    private static final MethodHandle STRERROR = plain("strerror", JAVA_LONG, JAVA_INT);

    /** Where the C library's errno lands after a call of this thread. */
    private static final ThreadLocal<MemorySegment> ERRNO =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(Linker.Option.captureStateLayout()));

    private final String architecture;
    private final long pageSize;

    LinuxHost(String architecture) {
        this.architecture = architecture;
        try {
            pageSize = (long) SYSCONF.invokeExact(SC_PAGESIZE);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static MethodHandle withErrno(String name, MemoryLayout result, MemoryLayout... params) {
        return LINKER.downcallHandle(
                find(name), FunctionDescriptor.of(result, params), Linker.Option.captureCallState("errno"));
    }

    private static MethodHandle variadicOpen() {
        return LINKER.downcallHandle(
                find("open"),
                FunctionDescriptor.of(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT),
                Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(2));
    }

    private static MethodHandle plain(String name, MemoryLayout result, MemoryLayout... params) {
        return LINKER.downcallHandle(find(name), FunctionDescriptor.of(result, params));
    }

    private static MemorySegment find(String name) {
        return LIBC.find(name).orElseThrow(() -> new HostException("the C library has no function " + name, 0));
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
    public long reserve(long length) {
        return mmap(0, length, 0, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0, "reserve address space");
    }

    @Override
    public void release(long address, long length) {
        MemorySegment errno = ERRNO.get();
        try {
            check((int) MUNMAP.invokeExact(errno, address, length), errno, "release memory");
        } catch (Throwable t) {
            throw unexpected(t);
        }
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
        return mmap(0, length, PROT_READ, MAP_PRIVATE, file, offset, "map a file");
    }

    private static long mmap(long address, long length, int prot, int flags, int file, long offset, String what) {
        MemorySegment errno = ERRNO.get();
        long result;
        try {
            result = (long) MMAP.invokeExact(errno, address, length, prot, flags, file, offset);
        } catch (Throwable t) {
            throw unexpected(t);
        }
        if (result == -1) {
            throw failure(what + " (" + length + " bytes)", errno.get(JAVA_INT, 0));
        }
        return result;
    }

    @Override
    public void protect(long address, long length, Protection protection) {
        MemorySegment errno = ERRNO.get();
        try {
            int bits = bits(protection);
            check((int) MPROTECT.invokeExact(errno, address, length, bits), errno, "change the access of memory");
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public void discard(long address, long length) {
        MemorySegment errno = ERRNO.get();
        try {
            check((int) MADVISE.invokeExact(errno, address, length, MADV_DONTNEED), errno, "discard memory");
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int openFile(Path path) {
        MemorySegment errno = ERRNO.get();
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(path.toAbsolutePath().toString()).address();
            int file = (int) OPEN.invokeExact(errno, name, O_CLOEXEC, 0);
            check(file, errno, "open " + path);
            return file;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public int memoryFile(String name, MemorySegment bytes) {
        MemorySegment errno = ERRNO.get();
        int file;
        try (Arena arena = Arena.ofConfined()) {
            long cName = arena.allocateFrom(name).address();
            file = (int) MEMFD_CREATE.invokeExact(errno, cName, MFD_CLOEXEC);
        } catch (Throwable t) {
            throw unexpected(t);
        }
        if (file < 0) {
            int reason = errno.get(JAVA_INT, 0);
            if (reason != ENOSYS) {
                throw failure("create a file in memory", reason);
            }
            return temporaryFile(bytes);
        }
        try {
            writeAll(file, bytes);
        } catch (RuntimeException e) {
            closeFile(file);
            throw e;
        }
        return file;
    }

    private static void writeAll(int file, MemorySegment bytes) {
        MemorySegment errno = ERRNO.get();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment source = bytes.isNative() ? bytes : arena.allocate(bytes.byteSize());
            if (source != bytes) {
                source.copyFrom(bytes);
            }
            for (long at = 0; at < source.byteSize(); ) {
                long address = source.address() + at;
                long length = source.byteSize() - at;
                long n = (long) WRITE.invokeExact(errno, file, address, length);
                check(n, errno, "write a file in memory");
                at += n;
            }
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    /** For kernels without memfd_create: a file that is deleted while it is open. */
    private int temporaryFile(MemorySegment bytes) {
        try {
            Path path = Files.createTempFile("kiln", ".cwasm");
            try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                for (long at = 0; at < bytes.byteSize(); ) {
                    ByteBuffer part = bytes.asSlice(at, Math.min(1 << 20, bytes.byteSize() - at)).asByteBuffer();
                    at += channel.write(part);
                }
                return openFile(path);
            } finally {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public long fileSize(int file) {
        MemorySegment errno = ERRNO.get();
        try {
            return check((long) LSEEK.invokeExact(errno, file, 0L, SEEK_END), errno, "find the size of a file");
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public void closeFile(int file) {
        MemorySegment errno = ERRNO.get();
        try {
            check((int) CLOSE.invokeExact(errno, file), errno, "close a file");
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long allocate(long length) {
        long address;
        try {
            address = (long) CALLOC.invokeExact(1L, length);
        } catch (Throwable t) {
            throw unexpected(t);
        }
        if (address == 0) {
            throw failure("allocate " + length + " bytes", ENOMEM);
        }
        return address;
    }

    @Override
    public void free(long address) {
        try {
            FREE.invokeExact(address);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long symbol(String name) {
        return find(name).address();
    }

    @Override
    public long signalHandler(int signal) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment old = arena.allocate(SIGACTION_BYTES, 8);
            sigaction(signal, 0, old.address());
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
            sigaction(signal, action.address(), old.address());
            return old.get(JAVA_LONG, 0);
        }
    }

    private static void sigaction(int signal, long action, long old) {
        MemorySegment errno = ERRNO.get();
        try {
            check((int) SIGACTION.invokeExact(errno, signal, action, old), errno, "handle signal " + signal);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public void flushInstructionCache(long address, long length) {
        if (!architecture.equals("aarch64")) {
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment clear = SymbolLookup.libraryLookup("libgcc_s.so.1", arena).find("__clear_cache").orElse(null);
            if (clear != null) {
                MethodHandle handle = LINKER.downcallHandle(clear, FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG));
                handle.invokeExact(address, address + length);
            }
        } catch (IllegalArgumentException e) {
            // No libgcc here. The kernel maintains the cache itself when a written page first becomes executable.
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    @Override
    public long auxiliary(long type) {
        try {
            return (long) GETAUXVAL.invokeExact(type);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static int bits(Protection protection) {
        return switch (protection) {
            case NONE -> 0;
            case READ -> PROT_READ;
            case READ_WRITE -> PROT_READ | PROT_WRITE;
            case READ_EXECUTE -> PROT_READ | PROT_EXEC;
        };
    }

    private static long check(long result, MemorySegment errno, String what) {
        if (result < 0) {
            throw failure(what, errno.get(JAVA_INT, 0));
        }
        return result;
    }

    private static HostException failure(String what, int errno) {
        String hint = errno == ENOMEM ? " (memory, address space or the number of mappings, vm.max_map_count)" : "";
        return new HostException("cannot " + what + ": " + reason(errno) + hint, errno);
    }

    private static String reason(int errno) {
        try {
            long text = (long) STRERROR.invokeExact(errno);
            return MemorySegment.ofAddress(text).reinterpret(256).getString(0);
        } catch (Throwable t) {
            return "error " + errno;
        }
    }

    private static RuntimeException unexpected(Throwable t) {
        switch (t) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new AssertionError(t);
        }
    }
}
