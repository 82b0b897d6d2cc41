package kiln.wasi;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.wasi.host.Closing;
import kiln.wasi.host.Directory;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;

/**
 * The descriptors by their numbers; a new one gets the lowest free number, as in POSIX. Threads of a guest share it:
 * what they do to a descriptor they do under its lock ({@link FileDescriptor#lock}), which comes before the table's.
 */
final class FdTable {
    /** A guest that never closes files must not take all that the process can open. */
    private static final int MOST = 1 << 14;

    private FileDescriptor[] table = new FileDescriptor[8];
    /** No number below is free. */
    private int lowest;

    FileDescriptor get(int fd) {
        FileDescriptor d = find(fd);
        if (d == null) {
            throw Errno.BADF.error();
        }
        return d;
    }

    /** The descriptor, or null. */
    synchronized FileDescriptor find(int fd) {
        return fd >= 0 && fd < table.length ? table[fd] : null;
    }

    /** The folder with a number, from which paths start; fails without {@code right}. */
    Directory directory(int fd, long right) {
        if (get(fd) instanceof Directory d) {
            d.need(right);
            return d;
        }
        throw Errno.NOTDIR.error();
    }

    /** Fails if no further descriptor can be added. */
    synchronized void reserve() {
        while (lowest < table.length && table[lowest] != null) {
            lowest++;
        }
        if (lowest == MOST) {
            throw Errno.MFILE.error();
        }
        if (lowest == table.length) {
            table = Arrays.copyOf(table, 2 * table.length);
        }
    }

    /** Adds a descriptor and returns its number. */
    synchronized int add(FileDescriptor d) {
        reserve();
        table[lowest] = d;
        return lowest++;
    }

    void close(int fd) throws IOException {
        remove(fd).close();
    }

    private synchronized FileDescriptor remove(int fd) {
        FileDescriptor d = get(fd);
        table[fd] = null;
        lowest = Math.min(lowest, fd);
        return d;
    }

    /** Moves a descriptor to a number that is in use. */
    void renumber(int from, int to) throws IOException {
        FileDescriptor replaced = move(from, to);
        if (replaced != null) {
            replaced.close();
        }
    }

    /** What had the number before; null if it is the same one. */
    private synchronized FileDescriptor move(int from, int to) {
        FileDescriptor moved = get(from);
        FileDescriptor replaced = get(to);
        if (from == to) {
            return null;
        }
        table[to] = moved;
        table[from] = null;
        lowest = Math.min(lowest, from);
        return replaced;
    }

    private synchronized FileDescriptor[] all() {
        return table.clone();
    }

    /** Of what another thread works with at the moment, that thread has what is buffered written. */
    void flush() throws IOException {
        for (FileDescriptor d : all()) {
            if (d != null && d.tryLock()) {
                try {
                    d.flush();
                } finally {
                    d.unlock();
                }
            }
        }
    }

    /** Closes all, even if some cannot be closed properly. */
    void closeAll() throws IOException {
        List<Closeable> open = new ArrayList<>();
        for (int i = 0, n = all().length; i < n; i++) {
            int fd = i;
            if (find(fd) != null) {
                open.add(() -> close(fd));
            }
        }
        Closing.all(open);
    }
}
