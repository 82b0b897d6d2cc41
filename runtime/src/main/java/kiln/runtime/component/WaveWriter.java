package kiln.runtime.component;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.component.InterfaceType;

/** Writes generic values in WAVE, the text format of the component model's values. */
final class WaveWriter {
    private final StringBuilder out = new StringBuilder();

    private WaveWriter() {}

    /** One value in one line. Characters that are no text of one's own (controls, marks of direction) are escapes. */
    static String text(InterfaceType type, Object value) {
        WaveWriter w = new WaveWriter();
        w.value(type, value);
        return w.out.toString();
    }

    private void value(InterfaceType t, Object v) {
        switch (t.kind()) {
            case BOOL, S8, S16, S32, S64 -> out.append(v);
            case U8 -> out.append(Byte.toUnsignedInt((Byte) v));
            case U16 -> out.append(Short.toUnsignedInt((Short) v));
            case U32 -> out.append(Integer.toUnsignedString((Integer) v));
            case U64 -> out.append(Long.toUnsignedString((Long) v));
            case F32, F64 -> real((Number) v);
            case CHAR -> {
                out.append('\'');
                character((Integer) v, '\'');
                out.append('\'');
            }
            case STRING -> {
                out.append('"');
                ((String) v).codePoints().forEach(c -> character(c, '"'));
                out.append('"');
            }
            case LIST, ARRAY -> list(t.children().getFirst(), Lists.values(v));
            case MAP -> {
                String separator = "";
                out.append('[');
                for (Map.Entry<?, ?> e : ((Map<?, ?>) v).entrySet()) {
                    out.append(separator);
                    tuple(t.children(), List.of(e.getKey(), e.getValue()));
                    separator = ", ";
                }
                out.append(']');
            }
            case TUPLE -> tuple(t.children(), (List<?>) v);
            case RECORD -> {
                for (int i = 0; i < t.labels().size(); i++) {
                    out.append(i == 0 ? "{" : ", ").append(t.labels().get(i)).append(": ");
                    value(t.children().get(i), ((List<?>) v).get(i));
                }
                out.append('}');
            }
            case FLAGS -> {
                String separator = "";
                out.append('{');
                for (Object label : (Set<?>) v) {
                    out.append(separator);
                    label((String) label);
                    separator = ", ";
                }
                out.append('}');
            }
            case ENUM -> label((String) v);
            case VARIANT -> {
                Variant x = (Variant) v;
                label(x.label());
                payload(t.payload(t.indexOf(x.label())), x.payload());
            }
            case OPTION -> {
                Optional<?> o = (Optional<?>) v;
                out.append(o.isPresent() ? "some" : "none");
                payload(o.isPresent() ? t.children().getFirst() : null, o.orElse(null));
            }
            case RESULT -> {
                boolean ok = v instanceof Result.Ok;
                out.append(ok ? "ok" : "err");
                payload(t.payload(ok ? 0 : 1), ok ? ((Result.Ok<?, ?>) v).value() : ((Result.Err<?, ?>) v).value());
            }
            default -> throw new IllegalArgumentException("a value of type " + t.kind() + " has no text");
        }
    }

    private void real(Number n) {
        double d = n.doubleValue();
        if (Double.isNaN(d)) {
            out.append("nan");
        } else if (Double.isInfinite(d)) {
            out.append(d < 0 ? "-inf" : "inf");
        } else {
            // The shortest digits that give the number back, without an exponent.
            String digits = new BigDecimal(n.toString()).toPlainString();
            String sign = Double.doubleToRawLongBits(d) < 0 && !digits.startsWith("-") ? "-" : "";
            out.append(sign).append(digits.indexOf('.') < 0 ? digits : digits.replaceFirst("\\.?0*$", ""));
        }
    }

    private void character(int c, char quote) {
        switch (c) {
            case '\n' -> out.append("\\n");
            case '\r' -> out.append("\\r");
            case '\t' -> out.append("\\t");
            case '\\' -> out.append("\\\\");
            default -> {
                if (c == quote) {
                    out.append('\\').append(quote);
                } else if (isPlain(c)) {
                    out.appendCodePoint(c);
                } else {
                    out.append("\\u{").append(Integer.toHexString(c)).append('}');
                }
            }
        }
    }

    private static boolean isPlain(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.PRIVATE_USE,
                    Character.SURROGATE,
                    Character.UNASSIGNED -> false;
            case Character.SPACE_SEPARATOR -> c == ' ';
            default -> true;
        };
    }

    private void label(String label) {
        out.append(WaveParser.KEYWORDS.contains(label) ? "%" : "").append(label);
    }

    private void payload(InterfaceType t, Object v) {
        if (t != null) {
            out.append('(');
            value(t, v);
            out.append(')');
        }
    }

    private void tuple(List<InterfaceType> types, List<?> values) {
        out.append('(');
        for (int i = 0; i < types.size(); i++) {
            out.append(i == 0 ? "" : ", ");
            value(types.get(i), values.get(i));
        }
        out.append(')');
    }

    private void list(InterfaceType element, List<?> values) {
        String separator = "";
        out.append('[');
        for (Object v : values) {
            out.append(separator);
            value(element, v);
            separator = ", ";
        }
        out.append(']');
    }
}
