package kiln.wasi.p2;

import java.io.IOException;
import kiln.wasi.host.FileDescriptor;

/** An open file or folder with its users: the guest's descriptor, and the streams that outlive it. */
final class OpenFile {
    private final FileDescriptor file;
    /** Whether the host closes it. */
    private final boolean isPreopened;

    private final FileCount count;
    private int users;

    OpenFile(FileDescriptor file, boolean isPreopened, FileCount count) {
        this.file = file;
        this.isPreopened = isPreopened;
        this.count = count;
    }

    FileDescriptor file() {
        return file;
    }

    OpenFile use() {
        if (users++ == 0 && !isPreopened) {
            count.add(this);
        }
        return this;
    }

    /** One user less; the last one closes it. */
    void release() throws IOException {
        if (--users == 0 && !isPreopened) {
            count.remove(this);
            file.close();
        }
    }
}
