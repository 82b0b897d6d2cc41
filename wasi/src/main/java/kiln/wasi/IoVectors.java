package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;

/** The lists of buffers that reading and writing functions take: pairs of address and length. */
final class IoVectors {
    /** Buffers handed to the operating system at once. */
    private static final int BATCH = 16;
    private static final int BYTES = 8;

    private final GuestMemory memory;
    private int next;
    private long left;
    private final ByteBuffer[] batch;
    /** Bytes in the batch. */
    private long wanted;
    private long total;

    /** Fails with EFAULT if the list is not inside the memory. */
    IoVectors(GuestMemory memory, int list, int count) {
        memory.check(list, count, BYTES);
        this.memory = memory;
        this.next = list;
        this.left = Integer.toUnsignedLong(count);
        this.batch = new ByteBuffer[(int) Math.min(left, BATCH)];
    }

    /** Takes the next buffers that are not empty, and no more than the result can count. */
    private int fill() {
        int n = 0;
        wanted = 0;
        while (n < batch.length && left > 0) {
            ByteBuffer b = memory.buffer(memory.getInt(next), memory.getInt(next + 4));
            boolean whole = b.remaining() == Integer.toUnsignedLong(memory.getInt(next + 4));
            next += BYTES;
            left = whole ? left - 1 : 0;
            if (total + wanted + b.remaining() > 0xffff_ffffL) {
                left = 0;
            } else if (b.hasRemaining()) {
                wanted += b.remaining();
                batch[n++] = b;
            }
        }
        return n;
    }

    /** Adds what was transferred; whether to go on. */
    private boolean advance(long transferred) {
        total += transferred;
        return transferred == wanted;
    }

    private interface Transfer {
        long run(int count) throws IOException;
    }

    /** An error after some bytes is not one yet: the guest learns the number, and the error the next time. */
    private int run(Transfer transfer) throws IOException {
        for (int n = fill(); n > 0; n = fill()) {
            try {
                if (!advance(transfer.run(n))) {
                    break;
                }
            } catch (IOException | WasiError e) {
                if (total == 0) {
                    throw e;
                }
                break;
            }
        }
        return (int) total;
    }

    int read(FileDescriptor from) throws IOException {
        return run(n -> from.read(batch, n));
    }

    int write(FileDescriptor to) throws IOException {
        return run(n -> to.write(batch, n));
    }

    int read(FileDescriptor from, long offset) throws IOException {
        return run(n -> {
            long done = 0;
            for (int i = 0; i < n; i++) {
                int size = batch[i].remaining();
                int transferred = from.read(batch[i], offset + total + done);
                done += transferred;
                if (transferred < size) {
                    break;
                }
            }
            return done;
        });
    }

    int write(FileDescriptor to, long offset) throws IOException {
        return run(n -> {
            long done = 0;
            for (int i = 0; i < n; i++) {
                int size = batch[i].remaining();
                int transferred = to.write(batch[i], offset + total + done);
                done += transferred;
                if (transferred < size) {
                    break;
                }
            }
            return done;
        });
    }
}
