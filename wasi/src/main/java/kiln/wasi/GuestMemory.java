package kiln.wasi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * The guest's memory as the functions of WASI see it. Addresses and lengths are unsigned 32-bit numbers; whatever is
 * not wholly inside is {@link Errno#FAULT}. Valid for one call: the memory may grow afterwards.
 */
final class GuestMemory {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    /** No file system takes longer ones. */
    private static final int LONGEST_PATH = 1 << 16;
    /** Longer parts of memory are transferred in pieces: a buffer holds less than 2 GiB. */
    private static final long LONGEST_BUFFER = 1L << 30;

    private final MemorySegment bytes;

    GuestMemory(MemorySegment bytes) {
        this.bytes = bytes;
    }

    /** The offset of {@code length} bytes, all of which are inside. */
    private long at(int address, long length) {
        long a = Integer.toUnsignedLong(address);
        if (length > bytes.byteSize() - a) {
            throw Errno.FAULT.error();
        }
        return a;
    }

    /** Fails unless {@code count} items of {@code size} bytes each are inside. */
    void check(int address, int count, int size) {
        at(address, Integer.toUnsignedLong(count) * size);
    }

    byte getByte(int address) {
        return bytes.get(ValueLayout.JAVA_BYTE, at(address, 1));
    }

    short getShort(int address) {
        return bytes.get(SHORT, at(address, 2));
    }

    int getInt(int address) {
        return bytes.get(INT, at(address, 4));
    }

    long getLong(int address) {
        return bytes.get(LONG, at(address, 8));
    }

    void putByte(int address, int value) {
        bytes.set(ValueLayout.JAVA_BYTE, at(address, 1), (byte) value);
    }

    void putShort(int address, int value) {
        bytes.set(SHORT, at(address, 2), (short) value);
    }

    void putInt(int address, int value) {
        bytes.set(INT, at(address, 4), value);
    }

    void putLong(int address, long value) {
        bytes.set(LONG, at(address, 8), value);
    }

    void putBytes(int address, byte[] source, int from, int length) {
        MemorySegment.copy(source, from, bytes, ValueLayout.JAVA_BYTE, at(address, length), length);
    }

    /**
     * A view of up to {@code length} bytes, all of which must be inside; fewer only if they are more than a buffer
     * holds.
     */
    ByteBuffer buffer(int address, int length) {
        long n = Integer.toUnsignedLong(length);
        return bytes.asSlice(at(address, n), Math.min(n, LONGEST_BUFFER)).asByteBuffer();
    }

    /** A path: UTF-8 without zeros. */
    String path(int address, int length) {
        long n = Integer.toUnsignedLong(length);
        long from = at(address, n);
        if (n > LONGEST_PATH) {
            throw Errno.NAMETOOLONG.error();
        }
        ByteBuffer encoded = bytes.asSlice(from, n).asByteBuffer();
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
