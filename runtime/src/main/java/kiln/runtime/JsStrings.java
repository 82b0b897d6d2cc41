package kiln.runtime;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import kiln.artifact.HeapLayout;
import kiln.artifact.Printable;
import kiln.artifact.api.TrapCode;
import kiln.loader.Native;

/**
 * The functions of the module {@code wasm:js-string}, which compilers for browsers import, over {@link String}: both
 * are sequences of UTF-16 code units. Where JavaScript would compare a number without sign, so does this.
 */
final class JsStrings {
    static final String MODULE = "wasm:js-string";

    /** By name, of {@link Functions}. */
    private static final Map<String, MethodHandle> METHODS = new HashMap<>();

    static {
        try {
            for (Method m : Functions.class.getDeclaredMethods()) {
                if (m.isAnnotationPresent(Builtin.class)) {
                    METHODS.put(m.getName(), MethodHandles.lookup().unreflect(m));
                }
            }
        } catch (IllegalAccessException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    @Retention(RetentionPolicy.RUNTIME)
    private @interface Builtin {}

    private JsStrings() {}

    /** The function of this name as one of a type, or null if there is none or it has another type. */
    static HostAdapter function(String name, FuncType type) {
        MethodHandle method = METHODS.get(name);
        if (method == null || !matches(name, type)) {
            return null;
        }
        return HostAdapter.typed(type, method);
    }

    /** Whether a module may import a function under this type. */
    private static boolean matches(String name, FuncType type) {
        String expected = switch (name) {
            case "cast" -> "e:s";
            case "test", "length" -> "e:i";
            case "fromCharCodeArray" -> "aii:s";
            case "intoCharCodeArray" -> "eai:i";
            case "fromCharCode", "fromCodePoint" -> "i:s";
            case "charCodeAt", "codePointAt" -> "ei:i";
            case "concat" -> "ee:s";
            case "substring" -> "eii:s";
            default -> "ee:i";
        };
        StringBuilder actual = new StringBuilder();
        type.params().forEach(t -> actual.append(letter(t, true)));
        actual.append(':');
        type.results().forEach(t -> actual.append(letter(t, false)));
        return expected.contentEquals(actual);
    }

    private static char letter(ValType t, boolean param) {
        if (t == ValType.I32) {
            return 'i';
        } else if (!(t instanceof ValType.Ref r)) {
            return '?';
        } else if (r.heap() == HeapType.ARRAY && r.typeId() != ValType.Ref.ABSTRACT) {
            return 'a';
        } else if (r.heap() != HeapType.EXTERN) {
            return '?';
        }
        // A result is a string, whether or not the import says so.
        return param ? 'e' : 's';
    }

    /** The functions; the annotation tells them from their helpers. */
    static final class Functions {
        private Functions() {}

        private static String string(Object o) {
            if (o instanceof String s) {
                return s;
            }
            throw new TrapException(
                    TrapCode.CAST_FAILURE,
                    "not a string: "
                            + (o == null ? "null" : Printable.name(o.getClass().getName())));
        }

        private static TrapException outOfBounds(String what) {
            return new TrapException(TrapCode.ARRAY_OUT_OF_BOUNDS, what);
        }

        private static ArrayRef codeUnits(Object o) {
            if (o == null) {
                throw new TrapException(TrapCode.NULL_REFERENCE, TrapCode.NULL_REFERENCE.message());
            }
            ArrayRef a = (ArrayRef) o;
            if (a.type().element().packing() != 16) {
                throw new TrapException(TrapCode.CAST_FAILURE, "not an array of i16: " + a.type());
            }
            return a;
        }

        @Builtin
        static int test(Object o) {
            return o instanceof String ? 1 : 0;
        }

        @Builtin
        static Object cast(Object o) {
            return string(o);
        }

        @Builtin
        static Object fromCharCodeArray(Object array, int start, int end) {
            ArrayRef a = codeUnits(array);
            if (Integer.compareUnsigned(start, end) > 0 || Integer.toUnsignedLong(end) > a.length()) {
                throw outOfBounds("code units " + Integer.toUnsignedString(start) + " to "
                        + Integer.toUnsignedString(end) + " of an array of length " + a.length());
            }
            char[] units = new char[end - start];
            Native.copy(a.address() + HeapLayout.ELEMENTS + 2 * Integer.toUnsignedLong(start), units, units.length);
            return new String(units);
        }

        @Builtin
        static int intoCharCodeArray(Object string, Object array, int start) {
            String s = string(string);
            ArrayRef a = codeUnits(array);
            long at = Integer.toUnsignedLong(start);
            if (at + s.length() > a.length()) {
                throw outOfBounds(
                        s.length() + " code units at " + at + " do not fit into an array of length " + a.length());
            }
            Native.copy(s.toCharArray(), s.length(), a.address() + HeapLayout.ELEMENTS + 2 * at);
            return s.length();
        }

        @Builtin
        static Object fromCharCode(int unit) {
            return String.valueOf((char) unit);
        }

        @Builtin
        static Object fromCodePoint(int point) {
            if (!Character.isValidCodePoint(point)) {
                throw new TrapException(
                        TrapCode.BAD_CONVERSION_TO_INTEGER, "not a code point: " + Integer.toUnsignedString(point));
            }
            return Character.toString(point);
        }

        @Builtin
        static int charCodeAt(Object string, int index) {
            String s = string(string);
            return s.charAt(checked(s, index));
        }

        @Builtin
        static int codePointAt(Object string, int index) {
            String s = string(string);
            return s.codePointAt(checked(s, index));
        }

        private static int checked(String s, int index) {
            if (Integer.compareUnsigned(index, s.length()) >= 0) {
                throw outOfBounds(
                        "code unit " + Integer.toUnsignedString(index) + " of a string of length " + s.length());
            }
            return index;
        }

        @Builtin
        static int length(Object string) {
            return string(string).length();
        }

        @Builtin
        static Object concat(Object a, Object b) {
            return string(a).concat(string(b));
        }

        @Builtin
        static Object substring(Object string, int start, int end) {
            String s = string(string);
            int from = clamped(start, s);
            int to = clamped(end, s);
            return Integer.compareUnsigned(start, end) > 0 || from >= to ? "" : s.substring(from, to);
        }

        private static int clamped(int index, String s) {
            return Integer.compareUnsigned(index, s.length()) > 0 ? s.length() : index;
        }

        @Builtin
        static int equals(Object a, Object b) {
            String x = a == null ? null : string(a);
            String y = b == null ? null : string(b);
            return Objects.equals(x, y) ? 1 : 0;
        }

        @Builtin
        static int compare(Object a, Object b) {
            return Integer.signum(string(a).compareTo(string(b)));
        }
    }
}
