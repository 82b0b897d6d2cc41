package kiln.artifact;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import kiln.artifact.api.ArtifactException;

/** Reads a section's bytes in order and believes none of them: everything is checked against what is left. */
public final class ByteSource {
    private final String section;
    private final MemorySegment bytes;
    /** Where is noted what was read, or null. */
    private final TableLayout fields;

    private long at;

    public ByteSource(String section, MemorySegment bytes) {
        this(section, bytes, null);
    }

    /** @param fields where each number that is read is noted, and the bytes of each string */
    ByteSource(String section, MemorySegment bytes, TableLayout fields) {
        this.section = section;
        this.bytes = bytes;
        this.fields = fields;
    }

    private void note(String name, int bytesEach, long count) {
        if (fields != null) {
            fields.add(name, bytesEach, count);
        }
    }

    public long remaining() {
        return bytes.byteSize() - at;
    }

    public ArtifactException error(String what) {
        return new ArtifactException("damaged file: " + section + " at " + at + ": " + what);
    }

    private void need(long n) {
        if (n > remaining()) {
            throw error("ends early");
        }
    }

    public int u8() {
        need(1);
        note("u8", 1, 1);
        return Le.u8(bytes, at++);
    }

    public boolean flag() {
        int b = u8();
        if (b > 1) {
            throw error("not a flag: " + b);
        }
        return b != 0;
    }

    public int u32() {
        need(4);
        note("u32", 4, 1);
        int v = Le.i32(bytes, at);
        at += 4;
        return v;
    }

    long u64() {
        need(8);
        note("u64", 8, 1);
        long v = Le.i64(bytes, at);
        at += 8;
        return v;
    }

    /** A count of things of at least {@code bytesEach} bytes, so that hostile counts cannot exhaust memory. */
    public int count(int bytesEach) {
        int n = u32();
        if (n < 0 || (long) n * bytesEach > remaining()) {
            throw error("count too large: " + Integer.toUnsignedString(n));
        }
        return n;
    }

    public int index(int limit, String what) {
        int i = u32();
        if (i < 0 || i >= limit) {
            throw error(what + " out of range: " + Integer.toUnsignedString(i));
        }
        return i;
    }

    public <E extends Enum<E>> E choice(E[] values, String what) {
        int i = u8();
        if (i >= values.length) {
            throw error("unknown " + what + ": " + i);
        }
        return values[i];
    }

    /** Unsigned LEB128 of 31 bits. */
    public int varint32() {
        long value = 0;
        for (int shift = 0; shift < 35; shift += 7) {
            int b = u8();
            value |= (long) (b & 0x7f) << shift;
            if (b < 0x80) {
                if (value > Integer.MAX_VALUE) {
                    break;
                }
                return (int) value;
            }
        }
        throw error("integer too large");
    }

    int[] u32s(int count) {
        need(4L * count);
        note("u32s", 4, count);
        int[] result = new int[count];
        MemorySegment.copy(bytes, Le.INT, at, result, 0, count);
        at += 4L * count;
        return result;
    }

    long[] u64s(int count) {
        need(8L * count);
        note("u64s", 8, count);
        long[] result = new long[count];
        MemorySegment.copy(bytes, Le.LONG, at, result, 0, count);
        at += 8L * count;
        return result;
    }

    public String string() {
        int length = count(1);
        byte[] utf8 = bytes.asSlice(at, length).toArray(ValueLayout.JAVA_BYTE);
        try {
            String s = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
            at += length;
            note("string", 1, length);
            return s;
        } catch (CharacterCodingException e) {
            throw error("not UTF-8");
        }
    }

    public void end() {
        if (remaining() != 0) {
            throw error(remaining() + " bytes too many");
        }
    }
}
