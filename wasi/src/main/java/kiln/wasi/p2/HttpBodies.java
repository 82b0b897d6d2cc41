package kiln.wasi.p2;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Optional;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import kiln.wasi.host.ProcessStreams;
import kiln.wasi.host.StandardInput;
import kiln.wasi.host.StreamInput;

/** Bodies of requests and responses. */
final class HttpBodies {
    private HttpBodies() {}

    /** One that the guest reads. */
    static final class Incoming extends Resource {
        private final GuestContext context;
        private final InputStream in;
        private boolean isTaken;

        Incoming(GuestContext context, InputStream in) {
            super(null);
            this.context = context;
            this.in = in;
        }

        Result<?, ?> stream() {
            if (isTaken) {
                return Result.err(null);
            }
            isTaken = true;
            StandardInput source = new StandardInput(new StreamInput(in), ProcessStreams.OTHER, context.stop());
            return Result.ok(new StandardStreams.Input(this, context, source));
        }

        /** Consumes this. */
        Trailers finish() {
            if (hasChildren()) {
                throw Traps.trap("a body is finished while its stream is in use");
            }
            gone();
            close();
            return new Trailers();
        }

        /** What is left of a body that came over a connection of the guest's own gives the connection back. */
        @Override
        void close() {
            HttpMessages.Incoming.giveUp(in);
        }
    }

    /** What may follow a body; Java's classes for HTTP do not tell. */
    static final class Trailers extends Resource {
        private boolean isTaken;

        Trailers() {
            super(null);
        }

        Optional<Object> get() {
            if (isTaken) {
                return Optional.of(Result.err(null));
            }
            isTaken = true;
            return Optional.of(Result.ok(Result.ok(Optional.empty())));
        }
    }

    /** One that the guest writes. */
    static final class Outgoing extends Resource {
        private final GuestContext context;
        private final BytePipe pipe;
        /** As a header field says; -1 if none does. */
        private final long length;

        private final String sizeError;
        private long written;
        private boolean isTaken;
        private boolean isFinished;

        Outgoing(GuestContext context, long length, String sizeError) {
            super(null);
            this.context = context;
            this.pipe = context.bodies().open(context);
            this.length = length;
            this.sizeError = sizeError;
        }

        BytePipe pipe() {
            return pipe;
        }

        long length() {
            return length;
        }

        Result<?, ?> write() {
            if (isTaken) {
                return Result.err(null);
            }
            isTaken = true;
            return Result.ok(new Output());
        }

        /** Consumes this. */
        Result<?, ?> finish(Optional<?> trailers) {
            if (hasChildren()) {
                throw Traps.trap("a body is finished while its stream is in use");
            }
            gone();
            isFinished = true;
            context.bodies().over(pipe);
            if (length >= 0 && written != length) {
                pipe.breakOff("the body has " + written + " bytes and not " + length);
                return Result.err(new Variant(sizeError, Optional.of(written)));
            }
            if (trailers.isPresent() && !((Fields) trailers.get()).entries().isEmpty()) {
                pipe.breakOff("trailers");
                return Result.err(
                        new Variant("internal-error", Optional.of("trailers are not supported by this host")));
            }
            pipe.finish();
            return Result.ok(null);
        }

        @Override
        void close() {
            if (!isFinished) {
                context.bodies().over(pipe);
                pipe.breakOff("the body was not finished");
            }
        }

        private final class Output extends OutputStreamResource {
            Output() {
                super(Outgoing.this, context);
            }

            @Override
            long room() throws IOException {
                return pipe.room();
            }

            @Override
            void write(ByteBuffer from) {
                written += from.remaining();
                pipe.put(from);
            }

            @Override
            void flush() {}
        }
    }
}
