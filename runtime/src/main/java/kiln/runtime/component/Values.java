package kiln.runtime.component;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.Printable;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.ValueLayout;

/**
 * Compares values with types before anything of them is written, so that a mistake of Java's is an
 * {@link IllegalArgumentException} and leaves the component as it was.
 */
final class Values {
    /** Says what is wrong with a resource, or null. */
    interface Resources {
        String problem(InterfaceType type, Object value);
    }

    private final Resources resources;

    Values(Resources resources) {
        this.resources = resources;
    }

    /**
     * @param function for the message
     * @throws IllegalArgumentException if the arguments do not fit
     */
    void checkArguments(String function, FunctionType type, Object[] args) {
        if (args.length != type.params().size()) {
            throw new IllegalArgumentException(
                    function + " takes " + type.params().size() + " arguments, not " + args.length);
        }
        for (int i = 0; i < args.length; i++) {
            check(
                    type.params().get(i),
                    args[i],
                    function + ": argument " + Printable.name(type.names().get(i)));
        }
    }

    /** @throws IllegalArgumentException if what a function of the host's returned does not fit */
    void checkResult(String function, FunctionType type, Object result) {
        if (type.result() != null) {
            check(type.result(), result, function + ": result");
        } else if (result != null) {
            throw new IllegalArgumentException(
                    function + ": result: the function has none, but returned a " + name(result));
        }
    }

    /** @throws IllegalArgumentException if a value does not fit; its message begins with {@code where} */
    void check(InterfaceType t, Object v, String where) {
        switch (t.kind()) {
            case BOOL -> require(v, Boolean.class, t, where);
            case S8, U8 -> require(v, Byte.class, t, where);
            case S16, U16 -> require(v, Short.class, t, where);
            case S32, U32 -> require(v, Integer.class, t, where);
            case S64, U64 -> require(v, Long.class, t, where);
            case F32 -> require(v, Float.class, t, where);
            case F64 -> require(v, Double.class, t, where);
            case CHAR -> {
                int c = require(v, Integer.class, t, where);
                if (!isCharacter(c)) {
                    throw new IllegalArgumentException(where + ": " + c + " is no character of Unicode");
                }
            }
            case STRING -> checkString(require(v, String.class, t, where), where);
            case LIST, ARRAY -> checkList(t, v, where);
            case MAP -> {
                Map<?, ?> m = require(v, Map.class, t, where);
                checkBytes(
                        m.size()
                                * (t.children().getFirst().layout().bytes()
                                        + t.children().getLast().layout().bytes()),
                        where);
                for (Map.Entry<?, ?> e : m.entrySet()) {
                    check(t.children().getFirst(), e.getKey(), where + " key");
                    check(t.children().getLast(), e.getValue(), where + " value");
                }
            }
            case RECORD, TUPLE -> {
                List<?> fields = require(v, List.class, t, where);
                if (fields.size() != t.children().size()) {
                    throw new IllegalArgumentException(where + ": a " + t.kind() + " of "
                            + t.children().size() + " values is needed, not of " + fields.size());
                }
                for (int i = 0; i < fields.size(); i++) {
                    String label = t.labels().isEmpty()
                            ? Integer.toString(i)
                            : Printable.name(t.labels().get(i));
                    check(t.children().get(i), fields.get(i), where + "." + label);
                }
            }
            case VARIANT -> {
                Variant x = require(v, Variant.class, t, where);
                checkPayload(t, label(t, x.label(), where), x.payload(), where);
            }
            case ENUM -> label(t, require(v, String.class, t, where), where);
            case OPTION -> {
                Optional<?> o = require(v, Optional.class, t, where);
                if (o.isPresent()) {
                    check(t.children().getFirst(), o.get(), where);
                }
            }
            case RESULT -> {
                if (require(v, Result.class, t, where) instanceof Result.Ok<?, ?>(Object value)) {
                    checkPayload(t, 0, value, where);
                } else {
                    checkPayload(t, 1, ((Result.Err<?, ?>) v).value(), where);
                }
            }
            case FLAGS -> {
                for (Object label : require(v, Set.class, t, where)) {
                    label(t, label, where);
                }
            }
            case OWN, BORROW -> {
                String problem = resources.problem(t, v);
                if (problem != null) {
                    throw new IllegalArgumentException(where + ": " + problem);
                }
            }
            default -> throw new IllegalStateException("damaged file: a value of type " + t.kind());
        }
    }

    private static <T> T require(Object v, Class<T> type, InterfaceType t, String where) {
        if (!type.isInstance(v)) {
            throw mismatch(v, type, t, where);
        }
        return type.cast(v);
    }

    private static IllegalArgumentException mismatch(Object v, Class<?> type, InterfaceType t, String where) {
        return new IllegalArgumentException(
                where + ": a " + t.kind() + " is a " + type.getSimpleName() + ", not " + name(v));
    }

    static String name(Object v) {
        return v == null ? "null" : v.getClass().getTypeName();
    }

    private static void checkString(String s, String where) {
        if (Texts.utf8(s) == null) {
            if (s.length() <= Texts.MAX_BYTES && !Texts.isWellFormed(s)) {
                throw new IllegalArgumentException(where + ": the string has a surrogate without its other half");
            }
            checkBytes(ValueLayout.MAX_BYTES, where);
        }
    }

    private void checkList(InterfaceType t, Object v, String where) {
        InterfaceType element = t.children().getFirst();
        Class<?> array = Lists.arrayClass(element.kind());
        if (!(v instanceof List) && (array == null || !array.isInstance(v))) {
            throw mismatch(v, array == null ? List.class : array, t, where);
        }
        int length = Lists.length(v);
        if (t.length() != 0 && length != t.length()) {
            throw new IllegalArgumentException(where + ": a list of " + Integer.toUnsignedString(t.length())
                    + " elements is needed, not of " + length);
        }
        checkBytes(length * element.layout().bytes(), where);
        if (v instanceof List<?> list) {
            String inList = where + " element";
            for (Object e : list) {
                check(element, e, inList);
            }
        }
    }

    private static void checkBytes(long bytes, String where) {
        if (bytes >= ValueLayout.MAX_BYTES) {
            throw new IllegalArgumentException(where + ": strings and lists have less than 2^28 bytes");
        }
    }

    private static int label(InterfaceType t, Object label, String where) {
        int i = t.indexOf(label);
        if (i < 0) {
            throw new IllegalArgumentException(where + ": there is no \"" + Printable.name(String.valueOf(label))
                    + "\" in this " + t.kind() + ", which has [" + Printable.names(t.labels()) + "]");
        }
        return i;
    }

    private void checkPayload(InterfaceType t, int number, Object payload, String where) {
        InterfaceType type = t.payload(number);
        if (type != null) {
            check(type, payload, where);
        } else if (payload != null) {
            throw new IllegalArgumentException(where + ": this case carries nothing, but there is a " + name(payload));
        }
    }

    // ---- answers without a reason, for generated code

    static boolean isCharacter(int c) {
        return Character.isValidCodePoint(c) && (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE);
    }

    /** Whether a value is a list of bool or numbers, as an array. */
    static boolean isNumbers(InterfaceType list, Object v) {
        InterfaceType element = list.children().getFirst();
        return Lists.arrayClass(element.kind()).isInstance(v) && isLength(element, Lists.length(v));
    }

    static boolean isLength(InterfaceType element, int count) {
        return count * element.layout().bytes() < ValueLayout.MAX_BYTES;
    }
}
