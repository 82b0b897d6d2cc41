package kiln.wasi.p2;

import java.io.IOException;
import java.nio.ByteBuffer;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;
import kiln.wasi.host.Errno;
import kiln.wasi.host.WasiError;

/** A stream that the guest writes to. */
abstract class OutputStreamResource extends Resource implements Waitable {
    /** What the functions take that wait until everything is written. */
    private static final int MOST_AT_ONCE = 4096;

    private final GuestContext context;
    private boolean isClosed;
    /** Bytes that check-write has permitted and that were not written yet. */
    private long permitted;

    OutputStreamResource(Resource parent, GuestContext context) {
        super(parent);
        this.context = context;
    }

    final GuestContext context() {
        return context;
    }

    /** Bytes that {@link #write(ByteBuffer)} takes now; -1 if nobody takes any more. */
    abstract long room() throws IOException;

    /** Writes all of a buffer that has no more bytes than {@link #room} said. */
    abstract void write(ByteBuffer from) throws IOException;

    /** Begins to hand on what is buffered. */
    abstract void flush() throws IOException;

    /** Whether what was written before {@link #flush} has been handed on. */
    boolean isFlushed() throws IOException {
        return true;
    }

    @Override
    public boolean ready() throws IOException {
        return isClosed || room() != 0;
    }

    final Result<?, ?> checkWrite() {
        if (isClosed) {
            return Result.err(InputStreamResource.CLOSED);
        }
        try {
            long room = room();
            if (room < 0) {
                isClosed = true;
                return Result.err(InputStreamResource.CLOSED);
            }
            permitted = room;
            return Result.ok(room);
        } catch (IOException | WasiError | UnsupportedOperationException e) {
            return failed(e);
        }
    }

    private Result<?, ?> failed(Exception e) {
        // Who was interrupted may go on.
        isClosed = IoError.errno(e) != Errno.INTR;
        return Result.err(new Variant("last-operation-failed", new IoError(e)));
    }

    final Result<?, ?> write(byte[] bytes) {
        return write(bytes, bytes.length);
    }

    final Result<?, ?> writeZeroes(long count) {
        return write(null, count);
    }

    /** @param bytes null for zeros */
    private Result<?, ?> write(byte[] bytes, long count) {
        if (count < 0 || count > permitted) {
            throw Traps.trap("a stream is written beyond what check-write has permitted");
        }
        if (isClosed) {
            return Result.err(InputStreamResource.CLOSED);
        }
        permitted -= count;
        try {
            for (long at = 0; at < count; ) {
                int n = (int) Math.min(count - at, GuestContext.PIECE);
                put(bytes, (int) at, n);
                at += n;
            }
            return Result.ok(null);
        } catch (IOException | WasiError | UnsupportedOperationException e) {
            return failed(e);
        }
    }

    private void put(byte[] bytes, int at, int n) throws IOException {
        ByteBuffer b = context.piece(n);
        if (bytes != null) {
            b.put(bytes, at, n).flip();
        } else {
            while (b.hasRemaining()) {
                b.put((byte) 0);
            }
            b.flip();
        }
        write(b);
    }

    final Result<?, ?> blockingWriteAndFlush(byte[] bytes) {
        return blockingWriteAndFlush(bytes, bytes.length);
    }

    final Result<?, ?> blockingWriteZeroesAndFlush(long count) {
        return blockingWriteAndFlush(null, count);
    }

    private Result<?, ?> blockingWriteAndFlush(byte[] bytes, long count) {
        if (count < 0 || count > MOST_AT_ONCE) {
            throw Traps.trap("more than 4096 bytes are to be written and flushed at once");
        }
        if (isClosed) {
            return Result.err(InputStreamResource.CLOSED);
        }
        permitted = 0;
        try {
            for (int at = 0; at < count; ) {
                long room = room();
                if (room < 0) {
                    isClosed = true;
                    return Result.err(InputStreamResource.CLOSED);
                }
                int n = (int) Math.min(count - at, room);
                if (n > 0) {
                    put(bytes, at, n);
                    at += n;
                } else {
                    context.block(this);
                }
            }
        } catch (IOException | WasiError | UnsupportedOperationException e) {
            return failed(e);
        }
        return flush(true);
    }

    final Result<?, ?> flush(boolean waits) {
        if (isClosed) {
            return Result.err(InputStreamResource.CLOSED);
        }
        permitted = 0;
        try {
            flush();
            while (waits && !isFlushed()) {
                context.block(this);
            }
            return Result.ok(null);
        } catch (IOException | WasiError | UnsupportedOperationException e) {
            return failed(e);
        }
    }

    /** Moves up to {@code most} bytes, unsigned, from a stream to this one. */
    final Result<?, ?> splice(InputStreamResource from, long most, boolean waits) {
        try {
            if (waits && !isClosed) {
                context.block(this);
            }
        } catch (IOException | WasiError e) {
            return failed(e);
        }
        Result<?, ?> check = checkWrite();
        if (!(check instanceof Result.Ok<?, ?>)) {
            return check;
        }
        long limit = most < 0 ? permitted : Math.min(most, permitted);
        Result<?, ?> read = from.read(limit, waits);
        if (!(read instanceof Result.Ok<?, ?> ok)) {
            return read;
        }
        byte[] bytes = (byte[]) ok.value();
        Result<?, ?> written = write(bytes);
        return written instanceof Result.Ok<?, ?> ? Result.ok((long) bytes.length) : written;
    }

    final Pollable subscribe() {
        return new Pollable(this, this);
    }
}
