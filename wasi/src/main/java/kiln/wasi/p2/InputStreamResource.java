package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.function.Function;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import kiln.wasi.host.Errno;
import kiln.wasi.host.WasiError;

/** A stream that the guest reads. */
abstract class InputStreamResource extends Resource implements Waitable {
    static final Variant CLOSED = new Variant("closed", null);

    private final GuestContext context;
    private boolean isClosed;

    InputStreamResource(Resource parent, GuestContext context) {
        super(parent);
        this.context = context;
    }

    final GuestContext context() {
        return context;
    }

    /** Reads what has come: the number of bytes, 0 if nothing has, -1 at the end. */
    abstract int read(ByteBuffer to) throws IOException;

    /**
     * Reads up to {@code most} bytes, unsigned, and 64 KiB.
     *
     * @return the bytes as an array, or a stream-error
     */
    final Result<?, ?> read(long most, boolean waits) {
        return take(most, waits, b -> {
            byte[] bytes = new byte[b.flip().remaining()];
            b.get(bytes);
            return bytes;
        });
    }

    /** As {@link #read(long, boolean)}, with the number of bytes as result. */
    final Result<?, ?> skip(long most, boolean waits) {
        return take(most, waits, b -> (long) b.position());
    }

    /** @param result what is made of a buffer that was filled up to its position */
    private Result<?, ?> take(long most, boolean waits, Function<ByteBuffer, Object> result) {
        if (isClosed) {
            return Result.err(CLOSED);
        }
        try {
            ByteBuffer b = fill(most, waits);
            if (b == null) {
                isClosed = true;
                return Result.err(CLOSED);
            }
            return Result.ok(result.apply(b));
        } catch (IOException | WasiError | UnsupportedOperationException e) {
            return failed(e);
        }
    }

    private Result<?, ?> failed(Exception e) {
        // Who was interrupted may go on.
        isClosed = IoError.errno(e) != Errno.INTR;
        return Result.err(new Variant("last-operation-failed", new IoError(e)));
    }

    /** Null at the end. */
    private ByteBuffer fill(long most, boolean waits) throws IOException {
        int limit = most < 0 ? GuestContext.PIECE : (int) Math.min(most, GuestContext.PIECE);
        while (limit > 0) {
            ByteBuffer b = context.piece(limit);
            int n = read(b);
            if (n < 0) {
                return null;
            }
            if (n > 0) {
                return b.position(n);
            }
            if (!waits) {
                break;
            }
            context.block(this);
        }
        return context.piece(0);
    }

    final Pollable subscribe() {
        return new Pollable(this, this);
    }
}
