package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import kiln.wasi.host.StandardInput;
import kiln.wasi.host.StandardOutput;

/** Standard streams, and others of the same kind, as the guest gets them. */
final class StandardStreams {
    /** What a standard output takes at once; as with preview 1, writing may have to wait. */
    private static final long ROOM = GuestContext.PIECE;

    private StandardStreams() {}

    static final class Input extends InputStreamResource {
        private final StandardInput in;

        /** @param parent null for none */
        Input(Resource parent, GuestContext context, StandardInput in) {
            super(parent, context);
            this.in = in;
        }

        @Override
        int read(ByteBuffer to) throws IOException {
            // A user who answers must have seen the question: output is flushed before input is read.
            context().flush();
            if (in.readable() < 0) {
                return 0;
            }
            int n = (int) in.read(new ByteBuffer[] {to}, 1);
            return n == 0 ? -1 : n;
        }

        @Override
        public boolean ready() throws IOException {
            return in.readable() >= 0;
        }

        @Override
        public StandardInput input() {
            return in;
        }
    }

    static final class Output extends OutputStreamResource {
        private final StandardOutput out;

        Output(GuestContext context, StandardOutput out) {
            super(null, context);
            this.out = out;
        }

        @Override
        long room() {
            return ROOM;
        }

        @Override
        void write(ByteBuffer from) throws IOException {
            out.write(new ByteBuffer[] {from}, 1);
        }

        @Override
        void flush() throws IOException {
            out.flush();
        }
    }
}
