package kiln.cli.wast;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.reflect.Array;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import kiln.runtime.component.Result;
import kiln.runtime.component.Variant;

/** Values of components in scripts, as {@link kiln.runtime.component} has them. */
final class ComponentValues {
    private ComponentValues() {}

    static Object argument(JsonNode value) {
        JsonNode v = value.path("value");
        return switch (value.path("type").asText()) {
            case "bool" -> v.isBoolean() ? v.asBoolean() : v.asText().equals("true");
            case "s8", "u8" -> (byte) number(v);
            case "s16", "u16" -> (short) number(v);
            case "s32", "u32" -> (int) number(v);
            case "s64", "u64" -> number(v);
            case "f32" -> Float.intBitsToFloat((int) number(v));
            case "f64" -> Double.longBitsToDouble(number(v));
            case "char" -> v.asText().codePointAt(0);
            case "string", "enum" -> v.asText();
            case "list", "tuple" -> list(v);
            case "record" -> {
                List<Object> fields = new ArrayList<>();
                v.forEach(field -> fields.add(argument(field.get(1))));
                yield fields;
            }
            case "flags" -> {
                Set<String> labels = new LinkedHashSet<>();
                v.forEach(label -> labels.add(label.asText()));
                yield labels;
            }
            case "variant" -> new Variant(value.path("case").asText(), payload(v));
            case "option" -> Optional.ofNullable(payload(v));
            case "result" ->
                value.has("err") ? Result.err(payload(value.path("err"))) : Result.ok(payload(value.path("ok")));
            default -> throw new AssertionError("a value of type " + value.path("type"));
        };
    }

    private static Object payload(JsonNode value) {
        return value.isObject() ? argument(value) : null;
    }

    private static List<Object> list(JsonNode values) {
        List<Object> list = new ArrayList<>();
        values.forEach(v -> list.add(argument(v)));
        return list;
    }

    private static long number(JsonNode value) {
        String text = value.asText();
        return text.startsWith("-") ? Long.parseLong(text) : Long.parseUnsignedLong(text);
    }

    /** Whether a call gave what is expected: at most one value. */
    static boolean matches(JsonNode expected, Object actual) {
        return expected.isEmpty() ? actual == null : argument(expected.get(0)).equals(plain(actual));
    }

    /** The same with lists for arrays. */
    private static Object plain(Object value) {
        return switch (value) {
            case null -> null;
            case List<?> l -> l.stream().map(ComponentValues::plain).toList();
            case Optional<?> o -> o.map(ComponentValues::plain);
            case Variant v -> new Variant(v.label(), plain(v.payload()));
            case Result.Ok<?, ?>(Object v) -> Result.ok(plain(v));
            case Result.Err<?, ?>(Object v) -> Result.err(plain(v));
            default -> value.getClass().isArray() ? elements(value) : value;
        };
    }

    private static List<Object> elements(Object array) {
        List<Object> list = new ArrayList<>();
        for (int i = 0; i < Array.getLength(array); i++) {
            list.add(Array.get(array, i));
        }
        return list;
    }
}
