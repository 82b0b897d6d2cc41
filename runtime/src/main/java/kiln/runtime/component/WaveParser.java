package kiln.runtime.component;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.Printable;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;

/**
 * Reads values in WAVE, the text format of the component model's values, as {@linkplain kiln.runtime.component generic
 * ones}. What is read follows the type, so that it nests no deeper than types do.
 */
final class WaveParser {
    /** Labels that need a percent sign in front. */
    static final Set<String> KEYWORDS = Set.of("true", "false", "inf", "nan", "some", "none", "ok", "err");

    private final String text;
    private int at;

    private WaveParser(String text) {
        this.text = text;
    }

    /**
     * The arguments of a call: values in parentheses. Options at the end may be left out.
     *
     * @throws IllegalArgumentException if they do not fit the function; the message says where
     */
    static Object[] arguments(FunctionType function, String text) {
        WaveParser p = new WaveParser(text);
        List<InterfaceType> types = function.params();
        List<Object> args = new ArrayList<>();
        p.expect("(");
        while (!p.accept(")")) {
            if (args.size() == types.size()) {
                throw p.error("there are more than " + types.size() + " arguments");
            }
            args.add(p.value(types.get(args.size())));
            if (!p.accept(",")) {
                p.expect(")");
                break;
            }
        }
        p.end();
        while (args.size() < types.size() && types.get(args.size()).kind() == TypeKind.OPTION) {
            args.add(Optional.empty());
        }
        if (args.size() < types.size()) {
            throw p.error("argument " + Printable.name(function.names().get(args.size())) + " of "
                    + types.get(args.size()).kind() + " is missing");
        }
        return args.toArray();
    }

    /** One value, as {@link #arguments}. */
    static Object value(InterfaceType type, String text) {
        WaveParser p = new WaveParser(text);
        Object value = p.value(type);
        p.end();
        return value;
    }

    // ---- tokens

    private IllegalArgumentException error(String problem) {
        return error(problem, at);
    }

    private static IllegalArgumentException error(String problem, int where) {
        return new IllegalArgumentException(problem + " (at character " + (where + 1) + ")");
    }

    private void skip() {
        while (at < text.length()) {
            if (text.startsWith("//", at)) {
                int end = text.indexOf('\n', at);
                at = end < 0 ? text.length() : end;
            } else if (Character.isWhitespace(text.charAt(at))) {
                at++;
            } else {
                return;
            }
        }
    }

    private void end() {
        skip();
        if (at < text.length()) {
            throw error("nothing more is expected here");
        }
    }

    private boolean isNext(String token) {
        skip();
        return text.startsWith(token, at);
    }

    private boolean accept(String token) {
        boolean is = isNext(token);
        at += is ? token.length() : 0;
        return is;
    }

    private void expect(String token) {
        if (!accept(token)) {
            throw error("'" + token + "' is expected");
        }
    }

    /** What could be a number or a label, from here on; may be empty. */
    private String word() {
        skip();
        int start = at;
        while (at < text.length() && isWord(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isWord(char c) {
        return c >= 'a' && c <= 'z'
                || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9'
                || c == '-'
                || c == '+'
                || c == '.'
                || c == '_';
    }

    /** The number of a label of the type's. */
    private int label(InterfaceType t) {
        skip();
        int start = at;
        boolean escaped = accept("%");
        String label = word();
        int number = t.indexOf(label);
        if (number < 0 || !escaped && t.kind() != TypeKind.RECORD && KEYWORDS.contains(label)) {
            throw error(
                    (label.isEmpty() ? "a name is expected" : "there is no " + Printable.name(label)) + " in this "
                            + t.kind() + ", which has " + Printable.names(t.labels())
                            + (number < 0 ? "" : "; with a percent sign in front it is meant: %" + label),
                    start);
        }
        return number;
    }

    // ---- values

    private Object value(InterfaceType t) {
        return switch (t.kind()) {
            case BOOL -> bool();
            case S8 -> (byte) integer(t, 8, true);
            case U8 -> (byte) integer(t, 8, false);
            case S16 -> (short) integer(t, 16, true);
            case U16 -> (short) integer(t, 16, false);
            case S32 -> (int) integer(t, 32, true);
            case U32 -> (int) integer(t, 32, false);
            case S64 -> integer(t, 64, true);
            case U64 -> integer(t, 64, false);
            case F32 -> real(t).floatValue();
            case F64 -> real(t).doubleValue();
            case CHAR -> character();
            case STRING -> string();
            case LIST, ARRAY -> list(t);
            case MAP -> map(t);
            case TUPLE -> tuple(t.children());
            case RECORD -> record(t);
            case FLAGS -> flags(t);
            case ENUM -> t.labels().get(label(t));
            case VARIANT -> {
                int number = label(t);
                yield new Variant(t.labels().get(number), payload(t.payload(number)));
            }
            case OPTION -> option(t.children().getFirst());
            case RESULT -> result(t);
            default -> throw error("a value of type " + t.kind() + " cannot be written");
        };
    }

    private boolean bool() {
        skip();
        int start = at;
        String word = word();
        if (!word.equals("true") && !word.equals("false")) {
            throw error("a bool is true or false", start);
        }
        return word.equals("true");
    }

    private long integer(InterfaceType t, int bits, boolean signed) {
        skip();
        int start = at;
        String word = word();
        if (!word.matches("-?[0-9]{1,30}")) {
            throw error("a number of type " + t.kind() + " is expected", start);
        }
        BigInteger n = new BigInteger(word);
        BigInteger limit = BigInteger.ONE.shiftLeft(signed ? bits - 1 : bits);
        if (n.compareTo(limit) >= 0 || n.compareTo(signed ? limit.negate() : BigInteger.ZERO) < 0) {
            throw error(word + " is no " + t.kind(), start);
        }
        return n.longValue();
    }

    private Number real(InterfaceType t) {
        skip();
        int start = at;
        String word = word();
        switch (word) {
            case "nan":
                return Float.NaN;
            case "inf":
                return Float.POSITIVE_INFINITY;
            case "-inf":
                return Float.NEGATIVE_INFINITY;
            default:
                if (!word.matches("-?[0-9]+(\\.[0-9]+)?([eE][-+]?[0-9]+)?")) {
                    throw error("a number of type " + t.kind() + " is expected", start);
                }
        }
        Number n = t.kind() == TypeKind.F32 ? (Number) Float.valueOf(word) : (Number) Double.valueOf(word);
        if (Double.isInfinite(n.doubleValue())) {
            throw error("the number is too large for an " + t.kind(), start);
        }
        return n;
    }

    private int character() {
        expect("'");
        int start = at;
        if (at < text.length() && text.charAt(at) == '\'') {
            throw error("a character is missing");
        }
        int c = codePoint();
        if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            throw error("half of a surrogate pair is no character", start);
        }
        if (at >= text.length() || text.charAt(at) != '\'') {
            throw error("a char is one character between apostrophes");
        }
        at++;
        return c;
    }

    /** A character as it is, or an escape. */
    private int codePoint() {
        if (at >= text.length()) {
            throw error("the text ends too early");
        }
        int c = text.codePointAt(at);
        at += Character.charCount(c);
        if (c != '\\') {
            return c;
        }
        char escape = at < text.length() ? text.charAt(at++) : ' ';
        return switch (escape) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case '\\', '\'', '"' -> escape;
            case 'u' -> hexadecimal();
            default -> throw error("unknown escape", at - 1);
        };
    }

    private int hexadecimal() {
        int start = at;
        int end = text.indexOf('}', at);
        if (at >= text.length() || text.charAt(at) != '{' || end < 0) {
            throw error("an escape is \\u{...}", start);
        }
        String digits = text.substring(at + 1, end);
        int c = digits.matches("[0-9a-fA-F]{1,6}") ? Integer.parseInt(digits, 16) : -1;
        if (!Character.isValidCodePoint(c) || c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
            throw error("this escape is no character", start);
        }
        at = end + 1;
        return c;
    }

    private String string() {
        if (isNext("\"\"\"\n") || isNext("\"\"\"\r\n")) {
            return lines();
        }
        expect("\"");
        StringBuilder out = new StringBuilder();
        while (at >= text.length() || text.charAt(at) != '"') {
            out.appendCodePoint(codePoint());
        }
        at++;
        return out.toString();
    }

    /** Lines between three quotation marks each; as many spaces as stand before the last ones are no part of them. */
    private String lines() {
        int start = text.indexOf('\n', at) + 1;
        int end = text.indexOf("\"\"\"", start);
        if (end < 0) {
            throw error("a string of lines ends with three quotation marks");
        }
        String[] lines = text.substring(start, end).split("\n", -1);
        String indent = lines[lines.length - 1];
        if (!indent.isBlank() || lines.length == 1 && !indent.isEmpty()) {
            throw error("the quotation marks at the end stand in a line of their own", end);
        }
        List<String> result = new ArrayList<>();
        for (String line : Arrays.asList(lines).subList(0, lines.length - 1)) {
            if (!line.startsWith(indent) && !line.isBlank()) {
                throw error("a line of the string is not indented as its end is", start);
            }
            result.add(line.startsWith(indent) ? line.substring(indent.length()) : "");
        }
        WaveParser p = new WaveParser(String.join("\n", result));
        StringBuilder out = new StringBuilder();
        while (p.at < p.text.length()) {
            out.appendCodePoint(p.codePoint());
        }
        at = end + 3;
        return out.toString();
    }

    private Object list(InterfaceType t) {
        InterfaceType element = t.children().getFirst();
        int start = at;
        List<Object> values = new ArrayList<>();
        expect("[");
        while (!accept("]")) {
            values.add(value(element));
            if (!accept(",")) {
                expect("]");
                break;
            }
        }
        if (t.kind() == TypeKind.ARRAY && values.size() != t.length()) {
            throw error("a list of " + Integer.toUnsignedString(t.length()) + " values is needed", start);
        }
        return Lists.compact(element, values);
    }

    /** As a list of pairs: WAVE has no other form. */
    private Map<Object, Object> map(InterfaceType t) {
        Map<Object, Object> map = new LinkedHashMap<>();
        expect("[");
        while (!accept("]")) {
            List<Object> pair = tuple(t.children());
            map.put(pair.getFirst(), pair.getLast());
            if (!accept(",")) {
                expect("]");
                break;
            }
        }
        return map;
    }

    private List<Object> tuple(List<InterfaceType> types) {
        List<Object> values = new ArrayList<>();
        expect("(");
        for (InterfaceType t : types) {
            if (!values.isEmpty()) {
                expect(",");
            }
            values.add(value(t));
        }
        accept(",");
        expect(")");
        return values;
    }

    /** Fields in any order; options may be left out. */
    private List<Object> record(InterfaceType t) {
        Map<Integer, Object> fields = new HashMap<>();
        expect("{");
        if (!accept(":")) {
            do {
                if (isNext("}") && !fields.isEmpty()) {
                    break;
                }
                int start = at;
                int number = label(t);
                expect(":");
                if (fields.put(number, value(t.children().get(number))) != null) {
                    throw error("the field " + t.labels().get(number) + " is there twice", start);
                }
            } while (accept(","));
        }
        expect("}");
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < t.labels().size(); i++) {
            Object value = fields.get(i);
            if (value == null && t.children().get(i).kind() != TypeKind.OPTION) {
                throw error("the field " + Printable.name(t.labels().get(i)) + " is missing");
            }
            values.add(value == null ? Optional.empty() : value);
        }
        return values;
    }

    private Set<String> flags(InterfaceType t) {
        Set<String> labels = new LinkedHashSet<>();
        expect("{");
        while (!accept("}")) {
            labels.add(t.labels().get(label(t)));
            if (!accept(",")) {
                expect("}");
                break;
            }
        }
        return labels;
    }

    /** What a case carries, in parentheses; null if nothing. */
    private Object payload(InterfaceType t) {
        if (t == null) {
            return null;
        }
        expect("(");
        Object value = value(t);
        expect(")");
        return value;
    }

    private boolean acceptWord(String word) {
        skip();
        int start = at;
        if (word().equals(word)) {
            return true;
        }
        at = start;
        return false;
    }

    /** Whether a value of this type stands for itself where an option or a result of it is wanted. */
    private static boolean isPlain(InterfaceType t) {
        return t != null && t.kind() != TypeKind.OPTION && t.kind() != TypeKind.RESULT;
    }

    private Optional<Object> option(InterfaceType t) {
        if (acceptWord("none")) {
            return Optional.empty();
        } else if (acceptWord("some")) {
            return Optional.of(payload(t));
        } else if (!isPlain(t)) {
            throw error("an option is none or some(...)");
        }
        return Optional.of(value(t));
    }

    private Result<Object, Object> result(InterfaceType t) {
        if (acceptWord("ok")) {
            return Result.ok(payload(t.payload(0)));
        } else if (acceptWord("err")) {
            return Result.err(payload(t.payload(1)));
        } else if (!isPlain(t.payload(0))) {
            throw error("a result is ok or err");
        }
        return Result.ok(value(t.payload(0)));
    }
}
