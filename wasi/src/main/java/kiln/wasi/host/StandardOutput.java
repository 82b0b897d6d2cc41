package kiln.wasi.host;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A standard output of the guest's. */
public final class StandardOutput extends FileDescriptor {
    private final OutputSink sink;
    private final int processFd;

    /** @param processFd number of the process's own stream that it is, or {@link ProcessStreams#OTHER} */
    public StandardOutput(OutputSink sink, int processFd) {
        super(Rights.OUTPUT, 0, 0);
        this.sink = sink;
        this.processFd = processFd;
    }

    @Override
    public FileType type() {
        return ProcessStreams.type(processFd);
    }

    @Override
    public FileStatus status() {
        return FileStatus.ofStream(type());
    }

    @Override
    public long read(ByteBuffer[] buffers, int count) {
        throw Errno.BADF.error();
    }

    @Override
    public long write(ByteBuffer[] buffers, int count) throws IOException {
        return sink.write(buffers, count, is(Flags.NONBLOCK));
    }

    @Override
    public long readable() {
        throw Errno.BADF.error();
    }

    @Override
    public void sync(boolean metadata) throws IOException {
        sink.flush();
    }

    @Override
    public void flush() throws IOException {
        sink.flush();
    }

    @Override
    public void close() throws IOException {
        sink.close();
    }
}
