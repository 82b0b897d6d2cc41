package kiln.cli.wast;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import kiln.runtime.ArrayRef;
import kiln.runtime.Func;
import kiln.runtime.I31;
import kiln.runtime.StructRef;
import kiln.runtime.V128;

/** Values of scripts: arguments to Java objects, and results compared with what is expected. */
final class Values {
    /** The host's references, by their number in the script: one object each. */
    private final Map<String, Object> hostReferences = new HashMap<>();

    private record HostReference(String number) {}

    /** The argument as {@link Func#invoke} takes it. */
    Object argument(JsonNode value) {
        String text = value.path("value").asText();
        return switch (value.path("type").asText()) {
            case "i32" -> (int) integer(text);
            case "i64" -> integer(text);
            case "f32" -> Float.intBitsToFloat((int) integer(text));
            case "f64" -> Double.longBitsToDouble(integer(text));
            case "v128" -> vector(value);
            case "refnull" -> null;
            default ->
                text.equals("null") || !value.has("value")
                        ? null
                        : hostReferences.computeIfAbsent(text, HostReference::new);
        };
    }

    /** Whether {@code actual} (as {@link Func#invoke} gives it) is what the script expects. */
    boolean matches(JsonNode expected, Object actual) {
        if (expected.has("values") && !expected.has("value")) {
            for (JsonNode one : expected.path("values")) {
                if (matches(one, actual)) {
                    return true;
                }
            }
            return false;
        }
        String text = expected.path("value").asText();
        return switch (expected.path("type").asText()) {
            case "i32" -> actual instanceof Integer i && i == (int) integer(text);
            case "i64" -> actual instanceof Long l && l == integer(text);
            case "f32" -> actual instanceof Float f && floatMatches(text, Float.floatToRawIntBits(f));
            case "f64" -> actual instanceof Double d && doubleMatches(text, Double.doubleToRawLongBits(d));
            case "v128" -> actual instanceof V128 v && vectorMatches(expected, v);
            case "refnull" -> actual == null;
            case "either" -> false;
            default -> referenceMatches(expected, text, actual);
        };
    }

    private boolean referenceMatches(JsonNode expected, String text, Object actual) {
        if (!expected.has("value")) {
            return isOf(expected.path("type").asText(), actual);
        }
        if (text.equals("null")) {
            return actual == null;
        }
        if (expected.path("type").asText().equals("funcref")) {
            // The number is that of a function in a module of the script; which one, only its text tells.
            return actual instanceof Func;
        }
        return actual != null && actual == hostReferences.get(text);
    }

    /** Whether a reference is of the type with this short name. */
    private static boolean isOf(String type, Object actual) {
        return switch (type) {
            case "nullref", "nullfuncref", "nullexternref", "nullexnref" -> actual == null;
            case "structref" -> actual instanceof StructRef;
            case "arrayref" -> actual instanceof ArrayRef;
            case "i31ref" -> actual instanceof I31;
            case "eqref" -> actual instanceof StructRef || actual instanceof ArrayRef || actual instanceof I31;
            case "funcref" -> actual instanceof Func;
            default -> actual != null;
        };
    }

    private static boolean floatMatches(String text, int bits) {
        return switch (text) {
            case "nan:canonical" -> (bits & 0x7fff_ffff) == 0x7fc0_0000;
            case "nan:arithmetic" -> (bits & 0x7fc0_0000) == 0x7fc0_0000;
            default -> bits == (int) integer(text);
        };
    }

    private static boolean doubleMatches(String text, long bits) {
        return switch (text) {
            case "nan:canonical" -> (bits & Long.MAX_VALUE) == 0x7ff8_0000_0000_0000L;
            case "nan:arithmetic" -> (bits & 0x7ff8_0000_0000_0000L) == 0x7ff8_0000_0000_0000L;
            default -> bits == integer(text);
        };
    }

    private static int laneBits(String type) {
        return Integer.parseInt(type.substring(1));
    }

    private static V128 vector(JsonNode value) {
        int bits = laneBits(value.path("lane_type").asText());
        long[] halves = new long[2];
        int lane = 0;
        for (JsonNode v : value.path("value")) {
            long raw = integer(v.asText());
            halves[lane * bits / 64] |= (bits == 64 ? raw : raw & (1L << bits) - 1) << lane * bits % 64;
            lane++;
        }
        return new V128(halves[0], halves[1]);
    }

    private static boolean vectorMatches(JsonNode expected, V128 actual) {
        String type = expected.path("lane_type").asText();
        int bits = laneBits(type);
        long[] halves = {actual.low(), actual.high()};
        int lane = 0;
        for (JsonNode v : expected.path("value")) {
            long raw = halves[lane * bits / 64] >>> lane * bits % 64;
            boolean ok = switch (type) {
                case "f32" -> floatMatches(v.asText(), (int) raw);
                case "f64" -> doubleMatches(v.asText(), raw);
                default -> {
                    long mask = bits == 64 ? -1 : (1L << bits) - 1;
                    yield (raw & mask) == (integer(v.asText()) & mask);
                }
            };
            if (!ok) {
                return false;
            }
            lane++;
        }
        return true;
    }

    /** Signed or unsigned decimal. */
    private static long integer(String text) {
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }

    /** For messages. */
    static String show(Object value) {
        return switch (value) {
            case null -> "null";
            case Float f -> f + " (" + Integer.toUnsignedString(Float.floatToRawIntBits(f)) + ")";
            case Double d -> d + " (" + Long.toUnsignedString(Double.doubleToRawLongBits(d)) + ")";
            case V128 v -> String.format("v128 %016x %016x", v.high(), v.low());
            case Object[] many -> {
                List<String> texts = new ArrayList<>();
                for (Object o : many) {
                    texts.add(show(o));
                }
                yield texts.toString();
            }
            default -> value.toString();
        };
    }
}
