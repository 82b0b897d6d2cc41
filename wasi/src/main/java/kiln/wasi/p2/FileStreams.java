package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.FileType;

/** Streams of files, each at a position of its own; of pipes and devices, which have none. */
final class FileStreams {
    /** What a file takes at once. */
    private static final long ROOM = GuestContext.PIECE;
    /** In place of a position. */
    static final long APPEND = -1;

    private FileStreams() {}

    static final class Input extends InputStreamResource {
        private final OpenFile open;
        private long position;

        Input(GuestContext context, OpenFile open, long position) {
            super(null, context);
            this.open = open.use();
            this.position = position;
        }

        @Override
        int read(ByteBuffer to) throws IOException {
            FileDescriptor file = open.file();
            int n;
            if (file.type() == FileType.REGULAR_FILE) {
                n = file.read(to, position);
                position += n;
            } else if (file.readable() < 0) {
                return 0;
            } else {
                n = (int) file.read(new ByteBuffer[] {to}, 1);
            }
            return n == 0 ? -1 : n;
        }

        @Override
        public boolean ready() throws IOException {
            return open.file().type() == FileType.REGULAR_FILE || open.file().readable() >= 0;
        }

        @Override
        void close() throws IOException {
            open.release();
        }
    }

    static final class Output extends OutputStreamResource {
        private final OpenFile open;
        private long position;

        /** @param position or {@link #APPEND} */
        Output(GuestContext context, OpenFile open, long position) {
            super(null, context);
            this.open = open.use();
            this.position = position;
        }

        @Override
        long room() {
            return ROOM;
        }

        @Override
        void write(ByteBuffer from) throws IOException {
            FileDescriptor file = open.file();
            boolean positioned = position != APPEND && file.type() == FileType.REGULAR_FILE;
            int end = from.limit();
            for (int at = 0; at < end; ) {
                // What becomes of a buffer's position is left open.
                ByteBuffer rest = from.slice(at, end - at);
                int n = positioned ? file.write(rest, position) : (int) file.write(new ByteBuffer[] {rest}, 1);
                at += n;
                if (positioned) {
                    position += n;
                }
                if (n == 0) {
                    throw new IOException("the file takes no more bytes");
                }
            }
        }

        @Override
        void flush() {}

        @Override
        void close() throws IOException {
            open.release();
        }
    }
}
