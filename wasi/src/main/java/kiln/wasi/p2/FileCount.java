package kiln.wasi.p2;

import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import kiln.wasi.host.Closing;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;

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
        List<FileDescriptor> open = files.stream().map(OpenFile::file).toList();
        files.clear();
        Closing.all(open);
    }
}
