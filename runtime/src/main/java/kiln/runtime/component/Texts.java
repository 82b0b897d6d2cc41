package kiln.runtime.component;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import kiln.artifact.api.TrapCode;
import kiln.artifact.component.StringEncoding;
import kiln.loader.Native;

/**
 * Strings in the three encodings. In which steps room is made for one is part of the canonical ABI, for the guest sees
 * it: its {@code realloc} is called in each.
 */
final class Texts {
    /** Set in a length of {@link StringEncoding#LATIN1_UTF16} if the string is UTF-16. */
    private static final int UTF16_TAG = 1 << 31;
    /** A string has no more bytes than this. */
    static final int MAX_BYTES = (1 << 28) - 1;

    private static final char REPLACEMENT = '\uFFFD';

    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());
    private static final long ONES = 0x0101010101010101L;
    private static final long TOP_BITS = 0x8080808080808080L;
    private static final long QUESTION_MARKS = '?' * ONES;

    private Texts() {}

    // ---- lifting

    /** @param tagged length in code units, and perhaps {@link #UTF16_TAG} */
    static GuestString lift(GuestMemory memory, StringEncoding encoding, int address, int tagged) {
        boolean latin1 = encoding == StringEncoding.LATIN1_UTF16 && (tagged & UTF16_TAG) == 0;
        boolean wide = encoding != StringEncoding.UTF8 && !latin1;
        long units = Integer.toUnsignedLong(encoding == StringEncoding.LATIN1_UTF16 ? tagged & ~UTF16_TAG : tagged);
        long bytes = wide ? 2 * units : units;
        if (bytes > MAX_BYTES) {
            throw GuestMemory.trap(TrapCode.STRING_OUT_OF_BOUNDS);
        }
        long from =
                memory.range(address, bytes, encoding == StringEncoding.UTF8 ? 1 : 2, TrapCode.STRING_OUT_OF_BOUNDS);
        String text = wide ? utf16(from, (int) units) : bytes(from, (int) bytes, latin1);
        return new GuestString(text, encoding, (int) units, latin1);
    }

    private static String utf16(long from, int units) {
        char[] chars = new char[units];
        Native.copy(from, chars, units);
        String text = new String(chars);
        if (!isWellFormed(text)) {
            throw GuestMemory.trap(TrapCode.INVALID_STRING);
        }
        return text;
    }

    private static String bytes(long from, int length, boolean latin1) {
        byte[] bytes = new byte[length];
        Native.copy(from, bytes, 0, length);
        if (latin1) {
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        // The fast decoder puts this character where something is wrong. Mostly it is nowhere.
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf(REPLACEMENT) < 0) {
            return text;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException _) {
            throw GuestMemory.trap(TrapCode.INVALID_STRING);
        }
    }

    // ---- lowering

    /** A string where it has come to lie; the length is in code units, and perhaps tagged. */
    record Place(int address, int length) {}

    /**
     * A string in UTF-8; null if it is none of WebAssembly's, because half of a surrogate pair is missing, or too long.
     */
    static byte[] utf8(String text) {
        if (text.length() > MAX_BYTES) {
            return null;
        }
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        // The JDK puts a question mark in place of such a half.
        return encoded.length <= MAX_BYTES && (!hasQuestionMark(encoded) || isEncoded(text, encoded)) ? encoded : null;
    }

    private static boolean hasQuestionMark(byte[] bytes) {
        int i = 0;
        for (; i + 8 <= bytes.length; i += 8) {
            long x = (long) LONGS.get(bytes, i) ^ QUESTION_MARKS;
            // Nonzero if and only if a byte of x is zero.
            if ((x - ONES & ~x & TOP_BITS) != 0) {
                return true;
            }
        }
        for (; i < bytes.length; i++) {
            if (bytes[i] == '?') {
                return true;
            }
        }
        return false;
    }

    /** Whether all question marks are the string's own. */
    private static boolean isEncoded(String text, byte[] utf8) {
        return utf8.length == text.length()
                ? new String(utf8, StandardCharsets.ISO_8859_1).equals(text)
                : isWellFormed(text);
    }

    /** Whether surrogates come in pairs only. */
    static boolean isWellFormed(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (i + 1 == text.length() || !Character.isSurrogatePair(text.charAt(i), text.charAt(i + 1))) {
                    return false;
                }
                i++;
            }
        }
        return true;
    }

    /** Puts a string of Java's there, given its bytes in UTF-8. */
    static Place lower(GuestMemory memory, StringEncoding encoding, String text, byte[] utf8) {
        if (encoding != StringEncoding.UTF8) {
            return lower(memory, encoding, GuestString.of(text, utf8.length));
        }
        int address = memory.allocate(1, utf8.length);
        Native.copy(utf8, 0, memory.at(address), utf8.length);
        return new Place(address, utf8.length);
    }

    static Place lower(GuestMemory memory, StringEncoding encoding, GuestString s) {
        return switch (encoding) {
            case UTF8 ->
                switch (s.encoding()) {
                    case UTF8 -> copy(memory, s, StandardCharsets.UTF_8, 1);
                    case UTF16 -> toUtf8(memory, s, 3);
                    case LATIN1_UTF16 -> toUtf8(memory, s, s.latin1() ? 2 : 3);
                };
            case UTF16 ->
                s.encoding() == StringEncoding.UTF8
                        ? utf8ToUtf16(memory, s)
                        : copy(memory, s, StandardCharsets.UTF_16LE, 2);
            case LATIN1_UTF16 ->
                s.encoding() != StringEncoding.LATIN1_UTF16
                        ? toLatin1OrUtf16(memory, s)
                        : s.latin1() ? copy(memory, s, StandardCharsets.ISO_8859_1, 2) : probablyUtf16(memory, s);
        };
    }

    private static Place copy(GuestMemory memory, GuestString s, Charset charset, int alignment) {
        byte[] encoded = s.text().getBytes(charset);
        int address = memory.allocate(alignment, encoded.length);
        Native.copy(encoded, 0, memory.at(address), encoded.length);
        return new Place(address, s.units());
    }

    /** Hopes for ASCII; if that fails, makes room for the worst, and gives back what was too much. */
    private static Place toUtf8(GuestMemory memory, GuestString s, int worst) {
        int address = memory.allocate(1, s.units());
        byte[] encoded = s.text().getBytes(StandardCharsets.UTF_8);
        int ascii = 0;
        while (ascii < s.units() && s.text().charAt(ascii) < 0x80) {
            ascii++;
        }
        Native.copy(encoded, 0, memory.at(address), ascii);
        if (ascii == s.units()) {
            return new Place(address, s.units());
        }
        long most = (long) worst * s.units();
        address = memory.reallocate(address, s.units(), 1, most);
        Native.copy(encoded, ascii, memory.at(address) + ascii, encoded.length - ascii);
        if (most > encoded.length) {
            address = memory.reallocate(address, most, 1, encoded.length);
        }
        return new Place(address, encoded.length);
    }

    private static Place utf8ToUtf16(GuestMemory memory, GuestString s) {
        long most = 2L * s.units();
        int address = memory.allocate(2, most);
        byte[] encoded = s.text().getBytes(StandardCharsets.UTF_16LE);
        Native.copy(encoded, 0, memory.at(address), encoded.length);
        if (encoded.length < most) {
            address = memory.reallocate(address, most, 2, encoded.length);
        }
        return new Place(address, encoded.length / 2);
    }

    /** Hopes for Latin-1, at a byte a unit; at the first other character all becomes UTF-16. */
    private static Place toLatin1OrUtf16(GuestMemory memory, GuestString s) {
        int address = memory.allocate(2, s.units());
        String text = s.text();
        int narrow = 0;
        while (narrow < text.length() && text.charAt(narrow) < 0x100) {
            narrow++;
        }
        byte[] bytes = text.substring(0, narrow).getBytes(StandardCharsets.ISO_8859_1);
        Native.copy(bytes, 0, memory.at(address), narrow);
        if (narrow == text.length()) {
            if (narrow < s.units()) {
                address = memory.reallocate(address, s.units(), 2, narrow);
            }
            return new Place(address, narrow);
        }
        long most = 2L * s.units();
        address = memory.reallocate(address, s.units(), 2, most);
        long to = memory.at(address);
        // What the guest's realloc has made of the beginning is what becomes wider.
        for (int i = narrow - 1; i >= 0; i--) {
            Native.putShort(to + 2L * i, (short) (Native.getByte(to + i) & 0xFF));
        }
        byte[] encoded = text.getBytes(StandardCharsets.UTF_16LE);
        Native.copy(encoded, 2 * narrow, to + 2L * narrow, encoded.length - 2 * narrow);
        if (most > encoded.length) {
            address = memory.reallocate(address, most, 2, encoded.length);
        }
        return new Place(address, encoded.length / 2 | UTF16_TAG);
    }

    /** What was UTF-16 where it could have been Latin-1 will mostly have to be; the guest gets it so first. */
    private static Place probablyUtf16(GuestMemory memory, GuestString s) {
        byte[] encoded = s.text().getBytes(StandardCharsets.UTF_16LE);
        int address = memory.allocate(2, encoded.length);
        long to = memory.at(address);
        Native.copy(encoded, 0, to, encoded.length);
        for (int i = 0; i < s.text().length(); i++) {
            if (s.text().charAt(i) >= 0x100) {
                return new Place(address, encoded.length / 2 | UTF16_TAG);
            }
        }
        int units = encoded.length / 2;
        for (int i = 0; i < units; i++) {
            Native.putByte(to + i, encoded[2 * i]);
        }
        // Such strings begin at even addresses, though the reference's definitions ask for no alignment here.
        address = memory.reallocate(address, encoded.length, 2, units);
        return new Place(address, units);
    }
}
