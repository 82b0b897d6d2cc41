package kiln.wasi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.wasi.host.Errno;
import kiln.wasi.host.Flags;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.RandomSource;
import kiln.wasi.host.Rights;
import kiln.wasi.host.Stop;
import kiln.wasi.host.StringTable;

/** A guest without WebAssembly: 64 KiB of memory, and calls with what they point to laid out by the test. */
final class Guest implements AutoCloseable {
    static final int SIZE = 1 << 16;
    /** The first folder that was given. */
    static final int ROOT = 3;

    private static final int RESULT = 1 << 10;
    private static final int VECTORS = 2 << 10;
    private static final int PATH = 8 << 10;
    private static final int OTHER_PATH = 16 << 10;
    static final int BUFFER = 32 << 10;

    final Wasi wasi;
    /** Of the test's own making, or null. */
    private final FdTable table;

    private final Preview1 functions;
    final GuestMemory memory;

    Guest(Wasi.Builder builder) {
        try {
            wasi = builder.build();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        functions = wasi.functions();
        table = null;
        memory = new GuestMemory(Arena.ofAuto().allocate(SIZE));
    }

    /** With descriptors of the test's own making; without a {@link Wasi}. */
    Guest(FdTable table) {
        wasi = null;
        this.table = table;
        Stop never = new Stop();
        functions = new Preview1(
                new StringTable(List.of()),
                new StringTable(List.of()),
                table,
                new RandomSource(new Random(1), never),
                null,
                never);
        memory = new GuestMemory(Arena.ofAuto().allocate(SIZE));
    }

    /** Whether waiting is to end. */
    volatile boolean stop;

    Errno call(WasiFunction f, long... args) {
        return functions.call(f, memory, args, () -> stop);
    }

    private void text(int at, String s) {
        byte[] b = s.getBytes(StandardCharsets.UTF_8);
        memory.putBytes(at, b, 0, b.length);
    }

    private static int length(String s) {
        return s.getBytes(StandardCharsets.UTF_8).length;
    }

    /** A function whose arguments are a folder and a path in it. */
    Errno path(WasiFunction f, int fd, String path) {
        text(PATH, path);
        return call(f, fd, PATH, length(path));
    }

    /** Result of an operation that may give a descriptor. */
    record Opened(Errno errno, int fd) {
        int ok() {
            assertEquals(Errno.SUCCESS, errno);
            return fd;
        }
    }

    Opened open(int fd, String path, int lookup, int openFlags, long rights, int flags) {
        text(PATH, path);
        Errno e = call(
                WasiFunction.PATH_OPEN,
                fd,
                lookup,
                PATH,
                length(path),
                openFlags,
                rights,
                Rights.INHERITED,
                flags,
                RESULT);
        return new Opened(e, e == Errno.SUCCESS ? memory.getInt(RESULT) : -1);
    }

    /** Opens as a C library does, following links. */
    Opened open(int fd, String path, int openFlags) {
        boolean directory = (openFlags & Flags.DIRECTORY) != 0;
        return open(fd, path, Flags.FOLLOW, openFlags, directory ? Rights.DIRECTORY : Rights.FILE, 0);
    }

    Errno symlink(String target, int fd, String path) {
        text(PATH, target);
        text(OTHER_PATH, path);
        return call(WasiFunction.PATH_SYMLINK, PATH, length(target), fd, OTHER_PATH, length(path));
    }

    Errno rename(int oldFd, String from, int newFd, String to) {
        text(PATH, from);
        text(OTHER_PATH, to);
        return call(WasiFunction.PATH_RENAME, oldFd, PATH, length(from), newFd, OTHER_PATH, length(to));
    }

    Errno link(int oldFd, int lookup, String from, int newFd, String to) {
        text(PATH, from);
        text(OTHER_PATH, to);
        return call(WasiFunction.PATH_LINK, oldFd, lookup, PATH, length(from), newFd, OTHER_PATH, length(to));
    }

    Errno stat(int fd, int lookup, String path) {
        text(PATH, path);
        return call(WasiFunction.PATH_FILESTAT_GET, fd, lookup, PATH, length(path), RESULT);
    }

    /** A field of what the last stat told. */
    long stat(int offset) {
        return memory.getLong(RESULT + offset);
    }

    Errno fdStat(int fd) {
        return call(WasiFunction.FD_FILESTAT_GET, fd, RESULT);
    }

    /** Sets both times of what a path leads to. */
    Errno setTimes(int fd, int lookup, String path, long nanos) {
        text(PATH, path);
        int both = Flags.ACCESSED | Flags.MODIFIED;
        return call(WasiFunction.PATH_FILESTAT_SET_TIMES, fd, lookup, PATH, length(path), nanos, nanos, both);
    }

    /** What a link says, or null; {@link #lastErrno} says why. */
    String readLink(int fd, String path) {
        text(PATH, path);
        lastErrno = call(WasiFunction.PATH_READLINK, fd, PATH, length(path), BUFFER, 4096, RESULT);
        return lastErrno == Errno.SUCCESS ? bytes(BUFFER, result()) : null;
    }

    /** Of the last call that does not return it. */
    Errno lastErrno;

    /** An entry of a listing; the name as Latin-1, so that no byte is lost. */
    record Entry(String name, long inode, int type, long cookie) {}

    /** The listing of a folder from a cookie on, as far as the buffer goes; null if it fails. */
    List<Entry> list(int fd, long cookie) {
        lastErrno = call(WasiFunction.FD_READDIR, fd, BUFFER, SIZE - BUFFER, cookie, RESULT);
        if (lastErrno != Errno.SUCCESS) {
            return null;
        }
        List<Entry> entries = new ArrayList<>();
        for (int at = BUFFER, end = BUFFER + result(); at < end; ) {
            byte[] name = new byte[memory.getInt(at + 16)];
            memory.buffer(at + 24, name.length).get(name);
            entries.add(new Entry(
                    new String(name, StandardCharsets.ISO_8859_1),
                    memory.getLong(at + 8),
                    memory.getByte(at + 20),
                    memory.getLong(at)));
            at += 24 + name.length;
        }
        return entries;
    }

    Errno close(int fd) {
        return call(WasiFunction.FD_CLOSE, fd);
    }

    /** Writes texts, each from a buffer of its own, and returns the number of bytes. */
    int write(int fd, String... texts) {
        int at = BUFFER;
        for (int i = 0; i < texts.length; i++) {
            text(at, texts[i]);
            memory.putInt(VECTORS + 8 * i, at);
            memory.putInt(VECTORS + 8 * i + 4, length(texts[i]));
            at += length(texts[i]);
        }
        assertEquals(Errno.SUCCESS, call(WasiFunction.FD_WRITE, fd, VECTORS, texts.length, RESULT));
        return memory.getInt(RESULT);
    }

    Errno tryRead(int fd, int... lengths) {
        int at = BUFFER;
        for (int i = 0; i < lengths.length; i++) {
            memory.putInt(VECTORS + 8 * i, at);
            memory.putInt(VECTORS + 8 * i + 4, lengths[i]);
            at += lengths[i];
        }
        return call(WasiFunction.FD_READ, fd, VECTORS, lengths.length, RESULT);
    }

    /** Reads once into buffers of these lengths. */
    String read(int fd, int... lengths) {
        assertEquals(Errno.SUCCESS, tryRead(fd, lengths));
        return bytes(BUFFER, memory.getInt(RESULT));
    }

    String bytes(int at, int length) {
        byte[] b = new byte[length];
        memory.buffer(at, length).get(b);
        return new String(b, StandardCharsets.UTF_8);
    }

    /** The 32 bits that the last call returned through a pointer. */
    int result() {
        return memory.getInt(RESULT);
    }

    static int resultPointer() {
        return RESULT;
    }

    static int vectors() {
        return VECTORS;
    }

    long seek(int fd, long offset, int whence) {
        assertEquals(Errno.SUCCESS, call(WasiFunction.FD_SEEK, fd, offset, whence, RESULT));
        return memory.getLong(RESULT);
    }

    @Override
    public void close() {
        try {
            if (wasi == null) {
                table.closeAll();
            } else {
                wasi.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
