package kiln.wasi.host;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import kiln.runtime.Memory;
import kiln.runtime.SharedMemory;

/**
 * The guest's memory as the functions of WASI see it. Addresses and lengths are unsigned 32-bit numbers; whatever is
 * not wholly inside is {@link Errno#FAULT}. Valid for one call: the memory may grow afterwards.
 */
public final class GuestMemory {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** No file system takes longer ones. */
    private static final int LONGEST_PATH = 1 << 16;
    /** Longer parts of memory are transferred in pieces: a buffer holds less than 2 GiB. */
    private static final long LONGEST_BUFFER = 1L << 30;

    /** Parts of a shared memory are copied. */
    private static final int LONGEST_COPY = 1 << 16;

    /** The memory, or null if it is shared. */
    private final MemorySegment bytes;
    /** The memory, of which nothing may be read twice, or null if it is not shared. */
    private final SharedMemory shared;

    private final long size;

    public GuestMemory(MemorySegment bytes) {
        this.bytes = bytes;
        this.shared = null;
        this.size = bytes.byteSize();
    }

    public GuestMemory(SharedMemory shared) {
        this.bytes = null;
        this.shared = shared;
        this.size = shared.size();
    }

    public static GuestMemory of(Memory memory) {
        SharedMemory shared = memory.shared();
        return shared != null ? new GuestMemory(shared) : new GuestMemory(memory.segment());
    }

    /** The offset of {@code length} bytes, all of which are inside. */
    private long at(int address, long length) {
        long a = Integer.toUnsignedLong(address);
        if (length > size - a) {
            throw Errno.FAULT.error();
        }
        return a;
    }

    /** Fails unless {@code count} items of {@code size} bytes each are inside. */
    public void check(int address, int count, int size) {
        at(address, Integer.toUnsignedLong(count) * size);
    }

    public byte getByte(int address) {
        long a = at(address, 1);
        return shared != null ? shared.readByte(a) : bytes.get(ValueLayout.JAVA_BYTE, a);
    }

    public short getShort(int address) {
        long a = at(address, 2);
        return shared != null ? shared.readShort(a) : bytes.get(SHORT, a);
    }

    public int getInt(int address) {
        long a = at(address, 4);
        return shared != null ? shared.readInt(a) : bytes.get(INT, a);
    }

    public long getLong(int address) {
        long a = at(address, 8);
        return shared != null ? shared.readLong(a) : bytes.get(LONG, a);
    }

    public void putByte(int address, int value) {
        long a = at(address, 1);
        if (shared != null) {
            shared.writeByte(a, (byte) value);
        } else {
            bytes.set(ValueLayout.JAVA_BYTE, a, (byte) value);
        }
    }

    public void putShort(int address, int value) {
        long a = at(address, 2);
        if (shared != null) {
            shared.writeShort(a, (short) value);
        } else {
            bytes.set(SHORT, a, (short) value);
        }
    }

    public void putInt(int address, int value) {
        long a = at(address, 4);
        if (shared != null) {
            shared.writeInt(a, value);
        } else {
            bytes.set(INT, a, value);
        }
    }

    public void putLong(int address, long value) {
        long a = at(address, 8);
        if (shared != null) {
            shared.writeLong(a, value);
        } else {
            bytes.set(LONG, a, value);
        }
    }

    public void putBytes(int address, byte[] source, int from, int length) {
        long a = at(address, length);
        if (shared != null) {
            shared.writeBytes(a, source, from, length);
        } else {
            MemorySegment.copy(source, from, bytes, ValueLayout.JAVA_BYTE, a, length);
        }
    }

    /**
     * Up to {@code length} bytes, all of which must be inside; fewer only if they are more than a buffer holds. What
     * was put into the buffer is in memory after {@link #commit}, at the latest.
     */
    public ByteBuffer buffer(int address, int length) {
        long n = Integer.toUnsignedLong(length);
        long a = at(address, n);
        if (shared == null) {
            return bytes.asSlice(a, Math.min(n, LONGEST_BUFFER)).asByteBuffer();
        }
        int m = (int) Math.min(n, LONGEST_COPY);
        // Outside of the heap, as system calls want it.
        return ByteBuffer.allocateDirect(m).put(shared.readBytes(a, m)).flip();
    }

    /** What is in front of the position of a {@link #buffer} has been put there. */
    public void commit(int address, ByteBuffer buffer) {
        if (shared != null) {
            byte[] copy = new byte[buffer.position()];
            buffer.get(0, copy);
            putBytes(address, copy, 0, copy.length);
        }
    }

    /** A path: UTF-8 without zeros. */
    public String path(int address, int length) {
        long n = Integer.toUnsignedLong(length);
        long from = at(address, n);
        if (n > LONGEST_PATH) {
            throw Errno.NAMETOOLONG.error();
        }
        ByteBuffer encoded = shared != null
                ? ByteBuffer.wrap(shared.readBytes(from, (int) n))
                : bytes.asSlice(from, n).asByteBuffer();
        try {
            // Decoders made on the spot report what is malformed.
            CharBuffer path = StandardCharsets.UTF_8.newDecoder().decode(encoded);
            for (int i = 0; i < path.length(); i++) {
                if (path.charAt(i) == 0) {
                    throw Errno.ILSEQ.error();
                }
            }
            return path.toString();
        } catch (CharacterCodingException e) {
            throw Errno.ILSEQ.error();
        }
    }
}
