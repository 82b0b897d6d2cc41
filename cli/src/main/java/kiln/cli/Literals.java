package kiln.cli;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kiln.artifact.Printable;
import kiln.runtime.V128;
import kiln.runtime.ValType;

/**
 * Values on the command line and in what it prints, close to WebAssembly's text format: what is printed can be given as
 * an argument again, bit for bit.
 */
final class Literals {
    private static final int FLOAT_QUIET = 0x40_0000;
    private static final long DOUBLE_QUIET = 0x8_0000_0000_0000L;

    private Literals() {}

    /**
     * The value of {@code text} as {@link kiln.runtime.Func#invoke} takes it: integers signed or unsigned, decimal or
     * hexadecimal; floats as in Java, and {@code inf}, {@code nan} and {@code nan:0xPAYLOAD}; vectors by their lanes,
     * {@code i32x4 1 2 3 4} or {@code f64x2:0.5,inf}, with or without {@code v128.const}; {@code null} for references.
     *
     * @throws UserError if it is not of this type
     */
    static Object parse(ValType type, String text) {
        try {
            return switch (type) {
                case ValType.Num.I32 -> integer(text, 32).intValue();
                case ValType.Num.I64 -> integer(text, 64);
                case ValType.Num.F32 -> parseFloat(text);
                case ValType.Num.F64 -> parseDouble(text);
                case ValType.Num.V128 -> vector(text);
                case ValType.Ref _ when text.equals("null") -> null;
                default -> throw new UserError("an argument of type " + type + " cannot be given on the command line");
            };
        } catch (NumberFormatException _) {
            throw new UserError("not a value of type " + type + ": " + Printable.name(text));
        }
    }

    private static V128 vector(String text) {
        Matcher vector = Pattern.compile("(?:v128(?:\\.const)?[\\s:]+)?(i8x16|i16x8|[if]32x4|[if]64x2)[\\s:]+(.+)")
                .matcher(text.strip());
        if (!vector.matches()) {
            throw new NumberFormatException();
        }
        String shape = vector.group(1);
        int count = Integer.parseInt(shape.substring(shape.indexOf('x') + 1));
        int bits = 128 / count;
        String[] lanes = vector.group(2).split("[\\s,]+");
        if (lanes.length != count) {
            throw new NumberFormatException();
        }
        long[] halves = new long[2];
        for (int i = 0; i < count; i++) {
            String lane = lanes[i];
            long value = switch (shape) {
                case "f32x4" -> Float.floatToRawIntBits(parseFloat(lane));
                case "f64x2" -> Double.doubleToRawLongBits(parseDouble(lane));
                default -> integer(lane, bits);
            };
            halves[i * bits / 64] |= (value & -1L >>> 64 - bits) << i * bits % 64;
        }
        return new V128(halves[0], halves[1]);
    }

    private static Long integer(String text, int bits) {
        boolean negative = text.startsWith("-");
        String digits = negative ? text.substring(1) : text;
        boolean hex = digits.startsWith("0x");
        digits = hex ? digits.substring(2) : digits;
        if (digits.isEmpty() || Character.digit(digits.charAt(0), 16) < 0) {
            throw new NumberFormatException();
        }
        BigInteger v = new BigInteger(digits, hex ? 16 : 10);
        v = negative ? v.negate() : v;
        if (v.bitLength() > bits || negative && v.bitLength() > bits - 1) {
            throw new NumberFormatException();
        }
        return v.longValue();
    }

    /** The bits of a NaN's payload, if {@code text} (without its sign) is a NaN; otherwise 0. */
    private static long payload(String text, long quiet) {
        if (text.equals("nan")) {
            return quiet;
        }
        if (!text.startsWith("nan:0x")) {
            return 0;
        }
        long payload = Long.parseUnsignedLong(text.substring("nan:0x".length()), 16);
        if (payload <= 0 || payload >= quiet * 2) {
            throw new NumberFormatException();
        }
        return payload;
    }

    private static Float parseFloat(String given) {
        String text = given.toLowerCase(Locale.ROOT);
        boolean negative = text.startsWith("-");
        long payload = payload(negative ? text.substring(1) : text, FLOAT_QUIET);
        if (payload != 0) {
            return Float.intBitsToFloat((negative ? 0xff80_0000 : 0x7f80_0000) | (int) payload);
        }
        return Float.parseFloat(decimal(text));
    }

    private static Double parseDouble(String given) {
        String text = given.toLowerCase(Locale.ROOT);
        boolean negative = text.startsWith("-");
        long payload = payload(negative ? text.substring(1) : text, DOUBLE_QUIET);
        if (payload != 0) {
            return Double.longBitsToDouble((negative ? 0xfff0L << 48 : 0x7ff0L << 48) | payload);
        }
        return Double.parseDouble(decimal(text));
    }

    /** In the form that Java reads; without the suffixes that only Java knows. */
    private static String decimal(String text) {
        String unsigned = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
        if (unsigned.equals("inf") || unsigned.equals("infinity")) {
            return text.replace(unsigned, "Infinity");
        }
        boolean hex = unsigned.startsWith("0x");
        if (unsigned.isBlank() || !hex && (unsigned.endsWith("d") || unsigned.endsWith("f"))) {
            throw new NumberFormatException();
        }
        return hex && unsigned.indexOf('p') < 0 ? text + "p0" : text;
    }

    /** A result of {@link kiln.runtime.Func#invoke} as it is printed. */
    static String show(Object value) {
        return switch (value) {
            case null -> "null";
            case Float f
            when f.isNaN() -> {
                int bits = Float.floatToRawIntBits(f);
                yield nan(bits < 0, bits & FLOAT_QUIET * 2 - 1, FLOAT_QUIET);
            }
            case Double d
            when d.isNaN() -> {
                long bits = Double.doubleToRawLongBits(d);
                yield nan(bits < 0, bits & DOUBLE_QUIET * 2 - 1, DOUBLE_QUIET);
            }
            case V128 v ->
                String.format(
                        "i32x4 0x%08x 0x%08x 0x%08x 0x%08x",
                        (int) v.low(), (int) (v.low() >>> 32), (int) v.high(), (int) (v.high() >>> 32));
            case Float f when f.isInfinite() -> f < 0 ? "-inf" : "inf";
            case Double d when d.isInfinite() -> d < 0 ? "-inf" : "inf";
            default -> value.toString();
        };
    }

    private static String nan(boolean negative, long payload, long quiet) {
        return (negative ? "-nan" : "nan") + (payload == quiet ? "" : ":0x" + Long.toHexString(payload));
    }
}
