package kiln.wasm;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** A cursor over part of a module: the primitive encodings of section 5.2, every read checked against the end. */
public final class ByteReader {
    final byte[] bytes;
    private final String file;
    int pos;
    int limit;
    /** The function whose body is being read, for messages; -1 elsewhere. */
    int function = -1;

    /**
     * @param bytes the file; kept, not copied
     * @param file its name, for messages
     */
    public ByteReader(byte[] bytes, String file) {
        this.bytes = bytes;
        this.file = file;
        this.limit = bytes.length;
    }

    /** Goes to a part of the file. */
    public void seek(int from, int to) {
        pos = from;
        limit = to;
    }

    /** Where the next byte is read, from the start of the file. */
    public int position() {
        return pos;
    }

    /** Where the part that is read ends. */
    public int limit() {
        return limit;
    }

    public int remaining() {
        return limit - pos;
    }

    /** What to throw if the file is damaged here. */
    public WasmException malformed(String problem) {
        return malformed(problem, pos);
    }

    /** What to throw if the file is damaged at an offset. */
    public WasmException malformed(String problem, int at) {
        return new WasmException(WasmException.Kind.MALFORMED, problem, file, at, function);
    }

    /** What to throw if what stands at an offset is not valid. */
    public WasmException invalid(String problem, int at) {
        return new WasmException(WasmException.Kind.INVALID, problem, file, at, function);
    }

    /** The next byte. */
    public int u8() {
        if (pos >= limit) {
            throw malformed("unexpected end");
        }
        return bytes[pos++] & 0xFF;
    }

    /** The next byte, which stays the next. */
    public int peek() {
        if (pos >= limit) {
            throw malformed("unexpected end");
        }
        return bytes[pos] & 0xFF;
    }

    /** Moves past {@code count} bytes and returns where they start. */
    public int skip(int count) {
        if (count < 0 || count > limit - pos) {
            throw malformed("unexpected end");
        }
        int at = pos;
        pos += count;
        return at;
    }

    /** An unsigned 32-bit number, as the int of the same bits. */
    public int u32() {
        int b = u8();
        if (b < 0x80) {
            return b;
        }
        int value = b & 0x7F;
        for (int shift = 7; shift < 28; shift += 7) {
            b = u8();
            value |= (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        b = u8();
        if (b > 0x0F) {
            throw tooLongOrLarge(b);
        }
        return value | b << 28;
    }

    private WasmException tooLongOrLarge(int lastByte) {
        return malformed(lastByte >= 0x80 ? "integer representation too long" : "integer too large", pos - 1);
    }

    /** An index or count: an unsigned number that is treated as out of any range from 2^31 on. */
    public int index() {
        int i = u32();
        return i < 0 ? Integer.MAX_VALUE : i;
    }

    /** The length of a vector of things of at least one byte, so it cannot exceed the bytes that are left. */
    public int count() {
        int at = pos;
        int n = u32();
        if (n < 0 || n > remaining()) {
            throw malformed("unexpected end, length out of bounds", at);
        }
        return n;
    }

    public long u64() {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int b = u8();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value;
            }
        }
        int b = u8();
        if (b > 1) {
            throw tooLongOrLarge(b);
        }
        return value | (long) b << 63;
    }

    public int s32() {
        int b = u8();
        if (b < 0x80) {
            return b << 25 >> 25;
        }
        int value = b & 0x7F;
        for (int shift = 7; shift < 28; shift += 7) {
            b = u8();
            value |= (b & 0x7F) << shift;
            if (b < 0x80) {
                return value << 25 - shift >> 25 - shift;
            }
        }
        b = u8();
        // Four value bits are left; the other three must repeat the sign.
        if (b > 0x07 && (b < 0x78 || b > 0x7F)) {
            throw tooLongOrLarge(b);
        }
        return value | b << 28;
    }

    /** A signed 33-bit number: a type index if it is not negative, else a one-byte type code. */
    public long s33() {
        int b = u8();
        if (b < 0x80) {
            return b << 25 >> 25;
        }
        long value = b & 0x7F;
        for (int shift = 7; shift < 28; shift += 7) {
            b = u8();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value << 57 - shift >> 57 - shift;
            }
        }
        b = u8();
        if (b > 0x0F && (b < 0x70 || b > 0x7F)) {
            throw tooLongOrLarge(b);
        }
        return (value | (long) b << 28) << 29 >> 29;
    }

    public long s64() {
        long value = 0;
        for (int shift = 0; shift < 63; shift += 7) {
            int b = u8();
            value |= (long) (b & 0x7F) << shift;
            if (b < 0x80) {
                return value << 57 - shift >> 57 - shift;
            }
        }
        int b = u8();
        if (b != 0 && b != 0x7F) {
            throw tooLongOrLarge(b);
        }
        return value | (long) b << 63;
    }

    /** Four little-endian bytes: the bits of an f32. */
    public int bits32() {
        int at = skip(4);
        return bytes[at] & 0xFF | (bytes[at + 1] & 0xFF) << 8 | (bytes[at + 2] & 0xFF) << 16 | bytes[at + 3] << 24;
    }

    /** Eight little-endian bytes: the bits of an f64, or half a v128. */
    public long bits64() {
        return bits32() & 0xFFFF_FFFFL | (long) bits32() << 32;
    }

    /** A name: length and UTF-8, strictly checked. */
    public String name() {
        int length = u32();
        if (length < 0 || length > remaining()) {
            throw malformed("unexpected end, length out of bounds");
        }
        int at = skip(length);
        boolean ascii = true;
        for (int i = at; i < at + length; i++) {
            if (bytes[i] < 0) {
                ascii = false;
                break;
            }
        }
        if (ascii) {
            return new String(bytes, at, length, StandardCharsets.ISO_8859_1);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes, at, length))
                    .toString();
        } catch (CharacterCodingException e) {
            throw malformed("malformed UTF-8 encoding", at);
        }
    }
}
