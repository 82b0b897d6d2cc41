package kiln.translate;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.TreeMap;
import kiln.ir.Region;

/** Native memory as a few byte buffers at made-up addresses with much room between them. */
final class AddressSpace {
    private static final long DISTANCE = 1L << 37;

    /** Something allocated; may be replaced by a longer buffer. */
    static final class Chunk {
        final long base;
        final Region.Kind[] kinds;
        ByteBuffer bytes;

        Chunk(long base, int size, Region.Kind... kinds) {
            this.base = base;
            this.kinds = kinds;
            resize(size);
        }

        /** Changes the length, keeping the content; what is new is zero. */
        void resize(int size) {
            ByteBuffer old = bytes;
            bytes = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            if (old != null) {
                bytes.put(0, old, 0, Math.min(size, old.capacity()));
            }
        }
    }

    private final TreeMap<Long, Chunk> chunks = new TreeMap<>();
    private long next = DISTANCE;
    private Chunk last;

    /** @param kinds the regions that lie there */
    Chunk allocate(int size, Region.Kind... kinds) {
        Chunk c = new Chunk(next, size, kinds);
        chunks.put(c.base, c);
        next += DISTANCE;
        return c;
    }

    void free(Chunk c) {
        chunks.remove(c.base);
        last = null;
    }

    /** The chunk that {@code bytes} at {@code address} lie in, or null. */
    Chunk find(long address, long bytes) {
        Chunk c = last;
        if (c == null || address < c.base || address - c.base > c.bytes.capacity() - bytes) {
            var entry = chunks.floorEntry(address);
            c = entry == null ? null : entry.getValue();
            if (c == null || address - c.base > c.bytes.capacity() - bytes) {
                return null;
            }
            last = c;
        }
        return c;
    }

    private Chunk get(long address, int bytes) {
        Chunk c = find(address, bytes);
        if (c == null) {
            throw new AssertionError("no memory at " + Long.toHexString(address));
        }
        return c;
    }

    long i64(long address) {
        Chunk c = get(address, 8);
        return c.bytes.getLong((int) (address - c.base));
    }

    int i32(long address) {
        Chunk c = get(address, 4);
        return c.bytes.getInt((int) (address - c.base));
    }

    void i64(long address, long value) {
        Chunk c = get(address, 8);
        c.bytes.putLong((int) (address - c.base), value);
    }

    void i32(long address, int value) {
        Chunk c = get(address, 4);
        c.bytes.putInt((int) (address - c.base), value);
    }
}
