package kiln.wasi.p2;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.Set;
import kiln.wasi.host.Errno;

/** The files that a guest has open. */
final class FileCount {
    /** A guest that never closes files must not take all that the process can open. */
    private static final int MOST = 1 << 14;

    private final Set<OpenFile> files = new LinkedHashSet<>();

    /** Fails if no further file can be opened. */
    void reserve() {
        if (files.size() >= MOST) {
            throw Errno.MFILE.error();
        }
    }

    void add(OpenFile file) {
        files.add(file);
    }

    void remove(OpenFile file) {
        files.remove(file);
    }

    /** Closes all, even if some cannot be closed properly. */
    void closeAll() throws IOException {
        IOException first = null;
        for (OpenFile f : files) {
            try {
                f.file().close();
            } catch (IOException e) {
                first = first == null ? e : first;
            }
        }
        files.clear();
        if (first != null) {
            throw first;
        }
    }
}
