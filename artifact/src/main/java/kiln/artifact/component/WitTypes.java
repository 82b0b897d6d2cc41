package kiln.artifact.component;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import kiln.artifact.Printable;

/**
 * Types of functions as text, in WIT with types of values where they are used: {@code func(a: list<u8>) -> record { x:
 * f32 }}. A name that is no type of WIT's is a resource's.
 */
public final class WitTypes {
    private static final int MAX_DEPTH = 100;
    /** Of the text of a type, in characters: parts that are shared may make it exponential. */
    private static final int MAX_TEXT = 1_000;

    /**
     * A function's type that was read.
     *
     * @param resources their names, by the numbers that the type has for them
     */
    public record Parsed(FunctionType type, List<String> resources) {}

    private WitTypes() {}

    // ---- writing

    /**
     * A function's type in at most about a thousand characters.
     *
     * @param resources the name of each resource, by number
     */
    public static String text(FunctionType f, IntFunction<String> resources) {
        Text t = new Text(resources);
        t.out.append("func(");
        for (int i = 0; i < f.params().size(); i++) {
            t.out.append(i == 0 ? "" : ", ")
                    .append(Printable.name(f.names().get(i)))
                    .append(": ");
            t.type(f.params().get(i));
        }
        t.out.append(')');
        if (f.result() != null) {
            t.out.append(" -> ");
            t.type(f.result());
        }
        return t.out.toString();
    }

    private record Text(StringBuilder out, IntFunction<String> resources) {
        Text(IntFunction<String> resources) {
            this(new StringBuilder(), resources);
        }

        void type(InterfaceType t) {
            if (out.length() > MAX_TEXT) {
                out.append(out.lastIndexOf("...") == out.length() - 3 ? "" : "...");
                return;
            }
            out.append(t.kind() == TypeKind.OWN ? "" : t.kind().toString());
            switch (t.kind()) {
                case RECORD, VARIANT, ENUM, FLAGS -> labelled(t);
                case LIST, MAP, OPTION, TUPLE -> arguments(t, "");
                case ARRAY -> arguments(t, ", " + Integer.toUnsignedString(t.length()));
                case RESULT -> result(t);
                case OWN -> out.append(Printable.name(resources.apply(t.resource())));
                case BORROW ->
                    out.append('<')
                            .append(Printable.name(resources.apply(t.resource())))
                            .append('>');
                default -> {}
            }
        }

        private void labelled(InterfaceType t) {
            out.append(" {");
            for (int i = 0; i < t.labels().size() && out.length() <= MAX_TEXT; i++) {
                out.append(i == 0 ? " " : ", ").append(Printable.name(t.labels().get(i)));
                InterfaceType child =
                        t.children().isEmpty() ? null : t.children().get(i);
                if (child != null) {
                    out.append(t.kind() == TypeKind.RECORD ? ": " : "(");
                    type(child);
                    out.append(t.kind() == TypeKind.RECORD ? "" : ")");
                }
            }
            out.append(" }");
        }

        private void arguments(InterfaceType t, String last) {
            out.append('<');
            for (int i = 0; i < t.children().size() && out.length() <= MAX_TEXT; i++) {
                out.append(i == 0 ? "" : ", ");
                type(t.children().get(i));
            }
            out.append(last).append('>');
        }

        private void result(InterfaceType t) {
            InterfaceType ok = t.children().get(0);
            InterfaceType error = t.children().get(1);
            if (ok == null && error == null) {
                return;
            }
            out.append('<');
            if (ok == null) {
                out.append('_');
            } else {
                type(ok);
            }
            if (error != null) {
                out.append(", ");
                type(error);
            }
            out.append('>');
        }
    }

    // ---- reading

    /**
     * Reads the type of a function.
     *
     * @throws IllegalArgumentException if it is none; the message says where
     */
    public static Parsed function(String text) {
        return new Parser(text).function();
    }

    private static final class Parser {
        private final String text;
        private final List<String> resources = new ArrayList<>();
        private int at;
        private int depth;

        Parser(String text) {
            this.text = text;
        }

        Parsed function() {
            if (!word().equals("func")) {
                throw error("\"func\" is expected", 0);
            }
            List<String> names = new ArrayList<>();
            List<InterfaceType> params = new ArrayList<>();
            expect('(');
            if (!accept(')')) {
                do {
                    names.add(label());
                    expect(':');
                    params.add(type());
                } while (accept(','));
                expect(')');
            }
            InterfaceType result = null;
            if (accept('-')) {
                expect('>');
                result = type();
            }
            skip();
            if (at < text.length()) {
                throw error("there is more than a function's type", at);
            }
            return new Parsed(new FunctionType(names, params, result), List.copyOf(resources));
        }

        private IllegalArgumentException error(String problem, int where) {
            return new IllegalArgumentException(
                    Printable.name(text) + ": " + problem + " (at character " + (where + 1) + ")");
        }

        private void skip() {
            while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
        }

        private boolean accept(char c) {
            skip();
            if (at < text.length() && text.charAt(at) == c) {
                at++;
                return true;
            }
            return false;
        }

        private void expect(char c) {
            if (!accept(c)) {
                throw error("'" + c + "' is expected", at);
            }
        }

        /** Letters, digits and hyphens; may be empty. */
        private String word() {
            skip();
            int start = at;
            while (at < text.length() && isWord(text.charAt(at))) {
                at++;
            }
            return text.substring(start, at);
        }

        private static boolean isWord(char c) {
            return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-';
        }

        private String label() {
            boolean escaped = accept('%');
            int start = at;
            String label = word();
            if (label.isEmpty()) {
                throw error("a name is expected" + (escaped ? " after '%'" : ""), start);
            }
            return label;
        }

        private InterfaceType type() {
            skip();
            int start = at;
            if (++depth > MAX_DEPTH) {
                throw error("types are nested deeper than " + MAX_DEPTH, start);
            }
            boolean escaped = accept('%');
            String word = label();
            InterfaceType t = escaped ? handle(TypeKind.OWN, word) : type(word);
            if (t.layout().bytes() >= ValueLayout.MAX_BYTES) {
                throw error("values of this type are too large", start);
            }
            depth--;
            return t;
        }

        private InterfaceType type(String word) {
            return switch (word) {
                case "record" -> labelled(TypeKind.RECORD);
                case "variant" -> labelled(TypeKind.VARIANT);
                case "enum" -> labelled(TypeKind.ENUM);
                case "flags" -> labelled(TypeKind.FLAGS);
                case "option" -> of(TypeKind.OPTION, arguments(1, 1));
                case "tuple" -> of(TypeKind.TUPLE, arguments(1, Integer.MAX_VALUE));
                case "map" -> of(TypeKind.MAP, arguments(2, 2));
                case "list" -> list();
                case "result" -> result();
                case "own", "borrow" -> {
                    expect('<');
                    String name = label();
                    expect('>');
                    yield handle(word.equals("own") ? TypeKind.OWN : TypeKind.BORROW, name);
                }
                default -> {
                    for (TypeKind k : TypeKind.values()) {
                        if (k.isPrimitive() && k != TypeKind.ERROR_CONTEXT && word.equals(k.toString())) {
                            yield of(k, List.of());
                        }
                    }
                    yield handle(TypeKind.OWN, word);
                }
            };
        }

        private static InterfaceType of(TypeKind kind, List<InterfaceType> children) {
            return new InterfaceType(kind, List.of(), children, -1, 0);
        }

        private InterfaceType handle(TypeKind kind, String name) {
            int number = resources.indexOf(name);
            if (number < 0) {
                number = resources.size();
                resources.add(name);
            }
            return new InterfaceType(kind, List.of(), List.of(), number, 0);
        }

        private List<InterfaceType> arguments(int min, int max) {
            List<InterfaceType> types = new ArrayList<>();
            expect('<');
            do {
                types.add(type());
            } while (accept(','));
            expect('>');
            if (types.size() < min || types.size() > max) {
                throw error("there are " + types.size() + " types instead of " + min, at);
            }
            return types;
        }

        private InterfaceType list() {
            expect('<');
            InterfaceType element = type();
            int length = 0;
            if (accept(',')) {
                skip();
                int start = at;
                try {
                    length = Integer.parseUnsignedInt(word());
                } catch (NumberFormatException _) {
                    length = 0;
                }
                if (length == 0) {
                    throw error("a length is expected, from 1 to 2^32 - 1", start);
                }
            }
            expect('>');
            return new InterfaceType(
                    length == 0 ? TypeKind.LIST : TypeKind.ARRAY, List.of(), List.of(element), -1, length);
        }

        private InterfaceType result() {
            List<InterfaceType> types = new ArrayList<>();
            if (accept('<')) {
                types.add(accept('_') ? null : type());
                types.add(accept(',') ? type() : null);
                expect('>');
            } else {
                types.add(null);
                types.add(null);
            }
            return of(TypeKind.RESULT, types);
        }

        private InterfaceType labelled(TypeKind kind) {
            List<String> labels = new ArrayList<>();
            List<InterfaceType> types = new ArrayList<>();
            Set<String> seen = new HashSet<>();
            expect('{');
            do {
                skip();
                if (at < text.length() && text.charAt(at) == '}' && !labels.isEmpty()) {
                    break;
                }
                int start = at;
                String label = label();
                labels.add(label);
                if (!seen.add(label) || kind == TypeKind.FLAGS && labels.size() > 32) {
                    throw error(
                            kind == TypeKind.FLAGS ? "two names are the same, or more than 32" : "the same name",
                            start);
                }
                if (kind == TypeKind.RECORD) {
                    expect(':');
                    types.add(type());
                } else if (kind == TypeKind.VARIANT && accept('(')) {
                    types.add(type());
                    expect(')');
                } else if (kind == TypeKind.VARIANT) {
                    types.add(null);
                }
            } while (accept(','));
            expect('}');
            return new InterfaceType(kind, labels, types, -1, 0);
        }
    }
}
