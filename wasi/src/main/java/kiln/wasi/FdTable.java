package kiln.wasi;

import java.io.IOException;
import java.util.Arrays;

/** The descriptors by their numbers; a new one gets the lowest free number, as in POSIX. */
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
    FileDescriptor find(int fd) {
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
    void reserve() {
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
    int add(FileDescriptor d) {
        reserve();
        table[lowest] = d;
        return lowest++;
    }

    void close(int fd) throws IOException {
        FileDescriptor d = get(fd);
        table[fd] = null;
        lowest = Math.min(lowest, fd);
        d.close();
    }

    /** Moves a descriptor to a number that is in use. */
    void renumber(int from, int to) throws IOException {
        FileDescriptor moved = get(from);
        FileDescriptor replaced = get(to);
        if (from == to) {
            return;
        }
        table[to] = moved;
        table[from] = null;
        lowest = Math.min(lowest, from);
        replaced.close();
    }

    void flush() throws IOException {
        for (FileDescriptor d : table) {
            if (d != null) {
                d.flush();
            }
        }
    }

    /** Closes all, even if some cannot be closed properly. */
    void closeAll() throws IOException {
        IOException first = null;
        for (int fd = 0; fd < table.length; fd++) {
            if (table[fd] != null) {
                try {
                    close(fd);
                } catch (IOException e) {
                    first = first == null ? e : first;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
