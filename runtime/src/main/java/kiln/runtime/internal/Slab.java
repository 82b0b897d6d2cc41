package kiln.runtime.internal;

import java.util.ArrayList;
import java.util.List;
import kiln.loader.Host;
import kiln.loader.Native;

/** Zeroed native memory in pieces that are given back all at once. */
public final class Slab {
    private static final int CHUNK = 16 << 10;
    private static final int LARGE = 4 << 10;

    private final long first;
    private final int firstBytes;
    private final List<Long> chunks = new ArrayList<>();
    /** Address and size of each. */
    private final List<long[]> large = new ArrayList<>();
    /** Chunk that is being filled; -1: the first piece. */
    private int current = -1;

    private long next;
    private long end;

    /**
     * @param first zeros to begin with, aligned to 16, which outlast this object
     */
    Slab(long first, int firstBytes) {
        this.first = first;
        this.firstBytes = firstBytes;
        this.next = first;
        this.end = first + firstBytes;
    }

    /** Memory aligned to 16 bytes. */
    public long allocate(long bytes) {
        long size = bytes + 15 & -16;
        if (size > LARGE) {
            long address = ZeroMemory.allocate(size);
            large.add(new long[] {address, size});
            return address;
        }
        if (size > end - next) {
            nextChunk();
        }
        long address = next;
        next += size;
        return address;
    }

    private void nextChunk() {
        current++;
        if (current == chunks.size()) {
            chunks.add(ZeroMemory.allocate(CHUNK));
        }
        next = chunks.get(current);
        end = next + CHUNK;
    }

    /** Forgets all pieces; what is kept is zeroed. */
    public void reset() {
        Native.zero(first, current < 0 ? next - first : firstBytes);
        for (int i = 0; i <= current; i++) {
            Native.zero(chunks.get(i), i == current ? next - chunks.get(i) : CHUNK);
        }
        for (long[] piece : large) {
            ZeroMemory.free(piece[0], piece[1]);
        }
        large.clear();
        current = -1;
        next = first;
        end = first + firstBytes;
    }

    public void free() {
        reset();
        for (long address : chunks) {
            Host.current().free(address);
        }
        chunks.clear();
    }
}
