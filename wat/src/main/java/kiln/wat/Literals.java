package kiln.wat;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Numbers and strings as the text format writes them. Null, where a text is none. */
final class Literals {
    private static final String DIGITS = "[0-9]+(?:_[0-9]+)*";
    private static final String HEX_DIGITS = "[0-9a-fA-F]+(?:_[0-9a-fA-F]+)*";
    private static final Pattern INTEGER = Pattern.compile("([+-]?)(?:0x(" + HEX_DIGITS + ")|(" + DIGITS + "))");
    private static final Pattern FLOAT =
            Pattern.compile("([+-]?)(" + DIGITS + "(?:\\.(?:" + DIGITS + ")?)?(?:[eE][+-]?" + DIGITS + ")?)");
    private static final Pattern HEX_FLOAT = Pattern.compile(
            "([+-]?)(0x" + HEX_DIGITS + "(?:\\.(?:" + HEX_DIGITS + ")?)?)(?:([pP][+-]?" + DIGITS + "))?");
    private static final Pattern NAN = Pattern.compile("([+-]?)nan(?::0x(" + HEX_DIGITS + "))?");
    private static final Pattern INFINITY = Pattern.compile("([+-]?)inf");

    private Literals() {}

    /** What a number may be that stands for one of {@code bits} bits, if it is in range. */
    record Parsed(long bits, boolean inRange) {}

    /** An integer of {@code bits} bits, signed or unsigned. */
    static Parsed integer(String text, int bits) {
        Matcher m = INTEGER.matcher(text);
        if (!m.matches()) {
            return null;
        }
        BigInteger value = m.group(2) != null
                ? new BigInteger(m.group(2).replace("_", ""), 16)
                : new BigInteger(m.group(3).replace("_", ""));
        boolean negative = m.group(1).equals("-");
        BigInteger limit = BigInteger.ONE.shiftLeft(negative ? bits - 1 : bits);
        boolean inRange = value.compareTo(limit) < 0 || negative && value.equals(limit);
        return new Parsed((negative ? value.negate() : value).longValue(), inRange);
    }

    /** A number without sign that fits into {@code bits} bits. */
    static Parsed natural(String text, int bits) {
        return text.startsWith("+") || text.startsWith("-") ? null : integer(text, bits);
    }

    /** The bits of an f32 or f64. */
    static Parsed floating(String text, boolean is64) {
        int fraction = is64 ? 52 : 23;
        int exponents = is64 ? 11 : 8;
        long infinity = (1L << exponents) - 1 << fraction;
        Matcher m = NAN.matcher(text);
        if (m.matches()) {
            BigInteger payload = m.group(2) == null
                    ? BigInteger.ONE.shiftLeft(fraction - 1)
                    : new BigInteger(m.group(2).replace("_", ""), 16);
            boolean inRange = payload.signum() > 0 && payload.bitLength() <= fraction;
            return new Parsed(sign(m, exponents + fraction) | infinity | payload.longValue(), inRange);
        }
        m = INFINITY.matcher(text);
        if (m.matches()) {
            return new Parsed(sign(m, exponents + fraction) | infinity, true);
        }
        m = FLOAT.matcher(text);
        String java;
        if (m.matches()) {
            java = m.group(2);
        } else {
            m = HEX_FLOAT.matcher(text);
            if (!m.matches()) {
                return null;
            }
            java = m.group(2) + (m.group(3) == null ? "p0" : m.group(3));
        }
        java = java.replace("_", "");
        long bits = is64
                ? Double.doubleToRawLongBits(Double.parseDouble(java))
                : Float.floatToRawIntBits(Float.parseFloat(java)) & 0xffff_ffffL;
        return new Parsed(sign(m, exponents + fraction) | bits, bits != infinity);
    }

    private static long sign(Matcher m, int shift) {
        return m.group(1).equals("-") ? 1L << shift : 0;
    }

    /** The bytes of a string with its quotes. */
    static byte[] string(String quoted) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int end = quoted.length() - 1;
        for (int i = 1; i < end; ) {
            int c = quoted.codePointAt(i);
            i += Character.charCount(c);
            if (c != '\\') {
                out.writeBytes(Character.toString(c).getBytes(StandardCharsets.UTF_8));
                continue;
            }
            char e = i < end ? quoted.charAt(i++) : 0;
            switch (e) {
                case 't' -> out.write('\t');
                case 'n' -> out.write('\n');
                case 'r' -> out.write('\r');
                case '"', '\'', '\\' -> out.write(e);
                case 'u' -> {
                    int close = quoted.indexOf('}', i);
                    Parsed code = i < end && quoted.charAt(i) == '{' && close > 0
                            ? integer("0x" + quoted.substring(i + 1, close), 32)
                            : null;
                    if (code == null
                            || !Character.isValidCodePoint((int) code.bits)
                            || code.bits >= 0xd800 && code.bits < 0xe000) {
                        return null;
                    }
                    out.writeBytes(Character.toString((int) code.bits).getBytes(StandardCharsets.UTF_8));
                    i = close + 1;
                }
                default -> {
                    int high = Character.digit(e, 16);
                    int low = i < end ? Character.digit(quoted.charAt(i++), 16) : -1;
                    if (high < 0 || low < 0 || e > 'f') {
                        return null;
                    }
                    out.write(high << 4 | low);
                }
            }
        }
        return out.toByteArray();
    }

    /** Whether bytes are UTF-8. */
    static boolean isUtf8(byte[] bytes) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
            return true;
        } catch (CharacterCodingException _) {
            return false;
        }
    }
}
