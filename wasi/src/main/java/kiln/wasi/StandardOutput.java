package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A standard output of the guest's. */
final class StandardOutput extends FileDescriptor {
    private final OutputSink sink;
    private final int processFd;

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    StandardOutput(OutputSink sink, int processFd) {
        super(Rights.OUTPUT, 0, 0);
        this.sink = sink;
        this.processFd = processFd;
    }

    @Override
    FileType type() {
        return ProcessStreams.type(processFd);
    }

    @Override
    FileStatus status() {
        return FileStatus.ofStream(type());
    }

    @Override
    long read(ByteBuffer[] buffers, int count) {
        throw Errno.BADF.error();
    }

    @Override
    long write(ByteBuffer[] buffers, int count) throws IOException {
        return sink.write(buffers, count, is(Flags.NONBLOCK));
    }

    @Override
    long readable() {
        throw Errno.BADF.error();
    }

    @Override
    void sync(boolean metadata) throws IOException {
        sink.flush();
    }

    @Override
    void flush() throws IOException {
        sink.flush();
    }

    @Override
    public void close() throws IOException {
        sink.close();
    }
}
