package kiln.wasi;

import java.io.IOException;
import java.nio.ByteBuffer;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.GuestMemory;
import kiln.wasi.host.Stop;
import kiln.wasi.host.WasiError;

/** The lists of buffers that reading and writing functions take: pairs of address and length. */
final class IoVectors {
    /** Buffers handed to the operating system at once. */
    private static final int BATCH = 16;

    private static final int BYTES = 8;
    /** Buffers to go over without looking whether to stop. */
    private static final int LOOK = 1 << 12;

    /** For transfers at the descriptor's own position. */
    private static final long CURRENT = -1;

    private final GuestMemory memory;
    private final Stop stop;
    private int next;
    /** Bytes of the next buffer that were in a batch before: a long one goes through several. */
    private long taken;

    private long left;
    private final ByteBuffer[] batch;
    /** Where the buffers of the batch are in memory. */
    private final int[] places;
    /** Bytes in the batch. */
    private long wanted;

    private long total;

    /** Fails with EFAULT if the list is not inside the memory. */
    IoVectors(GuestMemory memory, int list, int count, Stop stop) {
        memory.check(list, count, BYTES);
        this.memory = memory;
        this.stop = stop;
        this.next = list;
        this.left = Integer.toUnsignedLong(count);
        this.batch = new ByteBuffer[(int) Math.min(left, BATCH)];
        this.places = new int[batch.length];
    }

    /**
     * Takes the next buffers that are not empty, up to {@link Stop#PIECE_BYTES}, and no more than the result can count.
     */
    private int fill() {
        int n = 0;
        wanted = 0;
        while (n < batch.length && left > 0 && wanted < Stop.PIECE_BYTES) {
            int address = memory.getInt(next);
            int length = memory.getInt(next + 4);
            memory.check(address, length, 1);
            // Another thread may have made it shorter meanwhile.
            long rest = Math.max(0, Integer.toUnsignedLong(length) - taken);
            int part = (int) Math.min(rest, Stop.PIECE_BYTES - wanted);
            if (total + wanted + part > 0xffff_ffffL) {
                left = 0;
            } else if (part > 0) {
                places[n] = address + (int) taken;
                batch[n] = memory.buffer(places[n], part);
                part = batch[n++].remaining();
                wanted += part;
                taken += part;
            }
            if (part == rest) {
                taken = 0;
                next += BYTES;
                left--;
                if ((left & LOOK - 1) == 0) {
                    stop.check();
                }
            }
        }
        return n;
    }

    int read(FileDescriptor from) throws IOException {
        return run(from, false, CURRENT);
    }

    int write(FileDescriptor to) throws IOException {
        return run(to, true, CURRENT);
    }

    int read(FileDescriptor from, long offset) throws IOException {
        return run(from, false, offset);
    }

    int write(FileDescriptor to, long offset) throws IOException {
        return run(to, true, offset);
    }

    /** An error after some bytes is not one yet: the guest learns the number, and the error the next time. */
    private int run(FileDescriptor d, boolean write, long offset) throws IOException {
        for (int n = fill(); n > 0; n = fill()) {
            try {
                long done = offset == CURRENT ? transfer(d, write, n) : transfer(d, write, n, offset + total);
                total += done;
                if (done < wanted || !write && d.isStream()) {
                    break;
                }
                stop.check();
            } catch (IOException | WasiError e) {
                if (total == 0) {
                    throw e;
                }
                break;
            }
        }
        return (int) total;
    }

    private long transfer(FileDescriptor d, boolean write, int n) throws IOException {
        if (write) {
            return d.write(batch, n);
        }
        try {
            return d.read(batch, n);
        } finally {
            for (int i = 0; i < n; i++) {
                memory.commit(places[i], batch[i]);
            }
        }
    }

    private long transfer(FileDescriptor d, boolean write, int n, long offset) throws IOException {
        long done = 0;
        for (int i = 0; i < n; i++) {
            int size = batch[i].remaining();
            int transferred = write ? d.write(batch[i], offset + done) : d.read(batch[i], offset + done);
            if (!write) {
                memory.commit(places[i], batch[i]);
            }
            done += transferred;
            if (transferred < size) {
                break;
            }
        }
        return done;
    }
}
