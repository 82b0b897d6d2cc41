package kiln.wasi.p2;

import java.io.IOException;
import kiln.wasi.host.Directory;
import kiln.wasi.host.Errno;
import kiln.wasi.host.FileDescriptor;

/** A guest's handle of an open file or folder. */
final class Descriptor extends Resource {
    private final OpenFile open;

    Descriptor(OpenFile open) {
        super(null);
        this.open = open.use();
    }

    OpenFile open() {
        return open;
    }

    FileDescriptor file() {
        return open.file();
    }

    /** The folder, from which paths start; fails without {@code right}. */
    Directory directory(long right) {
        if (open.file() instanceof Directory d) {
            d.need(right);
            return d;
        }
        throw Errno.NOTDIR.error();
    }

    @Override
    void close() throws IOException {
        open.release();
    }
}
