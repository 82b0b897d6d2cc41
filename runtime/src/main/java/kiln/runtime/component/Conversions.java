package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.lang.reflect.WildcardType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;

/**
 * Finds how values of component types become values of Java types that were declared for them, and what does not fit.
 * Differences are collected, so that all of them can be told at once.
 */
final class Conversions {
    /** How values of a resource become what Java has for it, or null with a difference noted. */
    interface Resources {
        Conversion of(InterfaceType type, Class<?> java, String where);
    }

    /** What a case carries that carries nothing, and a function that returns nothing. */
    static final Conversion NONE = new Conversion.Same(null, Void.class);

    private record Pair(InterfaceType type, Type java) {}

    private final Resources resources;
    private final List<String> differences;
    /** What was found: types share parts, and walking them anew each time would be exponential in their depth. */
    private final Map<Pair, Conversion> found = new HashMap<>();

    Conversions(Resources resources, List<String> differences) {
        this.resources = resources;
        this.differences = differences;
    }

    /**
     * The conversion of a type.
     *
     * @param where for messages
     */
    Conversion of(InterfaceType t, Type java, String where) {
        Pair pair = new Pair(t, java);
        Conversion c = found.get(pair);
        if (c == null) {
            c = find(t, java, where);
            found.put(pair, c);
        }
        return c;
    }

    private Conversion find(InterfaceType t, Type java, String where) {
        Class<?> raw = raw(java);
        return switch (t.kind()) {
            case BOOL -> same(t, raw, boolean.class, Boolean.class, where);
            case S8, U8 -> same(t, raw, byte.class, Byte.class, where);
            case S16, U16 -> same(t, raw, short.class, Short.class, where);
            case S32, U32, CHAR -> same(t, raw, int.class, Integer.class, where);
            case S64, U64 -> same(t, raw, long.class, Long.class, where);
            case F32 -> same(t, raw, float.class, Float.class, where);
            case F64 -> same(t, raw, double.class, Double.class, where);
            case STRING -> same(t, raw, String.class, String.class, where);
            case LIST, ARRAY -> list(t, java, where);
            case MAP -> map(t, java, where);
            case RECORD -> record(t, java, true, where);
            case TUPLE -> record(t, java, false, where);
            case VARIANT -> variant(t, java, where);
            case ENUM -> enumeration(t, raw, where);
            case FLAGS -> flags(t, java, where);
            case OPTION -> option(t, java, where);
            case RESULT -> result(t, java, where);
            case OWN, BORROW -> resources.of(t, raw, where);
            default -> differ(where, t.kind() + " has no counterpart in Java");
        };
    }

    private Conversion differ(String where, String what) {
        differences.add(where + ": " + what);
        return NONE;
    }

    private Conversion mismatch(InterfaceType t, String needed, Type java, String where) {
        return differ(where, "a " + t.kind() + " is " + needed + ", not " + java.getTypeName());
    }

    private Conversion same(InterfaceType t, Class<?> raw, Class<?> primitive, Class<?> boxed, String where) {
        return raw == primitive || raw == boxed || raw == Object.class
                ? new Conversion.Same(t, raw)
                : mismatch(t, primitive.getSimpleName(), raw, where);
    }

    static Class<?> raw(Type java) {
        return switch (java) {
            case Class<?> c -> c;
            case ParameterizedType p -> (Class<?>) p.getRawType();
            case WildcardType w -> raw(w.getUpperBounds()[0]);
            case TypeVariable<?> v -> raw(v.getBounds()[0]);
            default -> Object.class;
        };
    }

    private static Type argument(Type java, int i) {
        return java instanceof ParameterizedType p ? p.getActualTypeArguments()[i] : Object.class;
    }

    private Conversion list(InterfaceType t, Type java, String where) {
        InterfaceType element = t.children().getFirst();
        Class<?> array = Lists.arrayClass(element.kind());
        if (array != null) {
            return raw(java) == array ? new Conversion.Same(t, array) : mismatch(t, array.getSimpleName(), java, where);
        }
        if (raw(java) != List.class) {
            return mismatch(t, "a List", java, where);
        }
        return new Conversion.Elements(t, of(element, argument(java, 0), where + " element"));
    }

    private Conversion map(InterfaceType t, Type java, String where) {
        if (raw(java) != Map.class) {
            return mismatch(t, "a Map", java, where);
        }
        Conversion key = of(t.children().getFirst(), argument(java, 0), where + " key");
        Conversion value = of(t.children().getLast(), argument(java, 1), where + " value");
        return new Conversion.Entries(t, key, value);
    }

    /** Records of Java: for a tuple any with as many components. */
    private Conversion record(InterfaceType t, Type java, boolean named, String where) {
        Class<?> raw = raw(java);
        if (!raw.isRecord()) {
            return mismatch(t, "a record", java, where);
        }
        RecordComponent[] components = raw.getRecordComponents();
        if (components.length != t.children().size()) {
            return differ(
                    where,
                    raw.getName() + " has " + components.length + " components, not "
                            + t.children().size());
        }
        List<Conversion> fields = new ArrayList<>();
        for (int i = 0; i < components.length; i++) {
            RecordComponent c = components[i];
            if (named) {
                String label = t.labels().get(i);
                if (!JavaNames.matches(c, c.getName(), JavaNames.camel(label), label)) {
                    differ(
                            where,
                            "component " + i + " of " + raw.getName() + " is " + c.getName() + ", but the field is "
                                    + label);
                }
            }
            fields.add(of(t.children().get(i), resolve(c.getGenericType(), java), where + "." + c.getName()));
        }
        Conversion.Fields found = fields(t, raw, components, fields, where);
        return found == null ? NONE : found;
    }

    /** The type that a record's component has, if the record's own parameters are known. */
    private static Type resolve(Type component, Type of) {
        if (component instanceof TypeVariable<?> v && of instanceof ParameterizedType p) {
            TypeVariable<?>[] variables = ((Class<?>) p.getRawType()).getTypeParameters();
            for (int i = 0; i < variables.length; i++) {
                if (variables[i].equals(v)) {
                    return p.getActualTypeArguments()[i];
                }
            }
        }
        return component;
    }

    /** Null with a difference noted if the record cannot be used. */
    private Conversion.Fields fields(
            InterfaceType t, Class<?> record, RecordComponent[] components, List<Conversion> fields, String where) {
        try {
            MethodHandles.Lookup lookup = lookup(record);
            Class<?>[] types = new Class<?>[components.length];
            List<MethodHandle> get = new ArrayList<>();
            for (int i = 0; i < types.length; i++) {
                types[i] = components[i].getType();
                get.add(lookup.unreflect(components[i].getAccessor()));
            }
            MethodHandle make = lookup.findConstructor(record, MethodType.methodType(void.class, types));
            return new Conversion.Fields(t, record, make, get, fields);
        } catch (ReflectiveOperationException e) {
            differ(where, record.getName() + " is not accessible: " + e.getMessage());
            return null;
        }
    }

    /** Records of the embedder's need not be public, if its module opens their package. */
    private static MethodHandles.Lookup lookup(Class<?> type) {
        try {
            return MethodHandles.privateLookupIn(type, MethodHandles.lookup());
        } catch (IllegalAccessException _) {
            return MethodHandles.publicLookup();
        }
    }

    /** A sealed interface with a record for each case, which has the payload as its component. */
    private Conversion variant(InterfaceType t, Type java, String where) {
        Class<?> raw = raw(java);
        if (!raw.isSealed() || !raw.isInterface()) {
            return mismatch(t, "a sealed interface", java, where);
        }
        Class<?>[] records = new Class<?>[t.labels().size()];
        List<Conversion.Fields> cases = new ArrayList<>();
        Map<Class<?>, Integer> numbers = new HashMap<>();
        for (int i = 0; i < records.length; i++) {
            String label = t.labels().get(i);
            for (Class<?> r : raw.getPermittedSubclasses()) {
                if (r.isRecord() && JavaNames.matches(r, r.getSimpleName(), JavaNames.pascal(label), label)) {
                    records[i] = r;
                    numbers.put(r, i);
                }
            }
            if (records[i] == null) {
                differ(where, raw.getName() + " has no record for the case " + label);
            } else {
                cases.add(payload(t, i, records[i], where));
            }
        }
        for (Class<?> r : raw.getPermittedSubclasses()) {
            if (!numbers.containsKey(r)) {
                differ(where, r.getName() + " stands for no case");
            }
        }
        return new Conversion.Cases(t, Collections.unmodifiableList(cases), Map.copyOf(numbers));
    }

    private Conversion.Fields payload(InterfaceType t, int number, Class<?> record, String where) {
        InterfaceType payload = t.payload(number);
        String inCase = where + ", case " + t.labels().get(number);
        RecordComponent[] components = record.getRecordComponents();
        if (components.length != (payload == null ? 0 : 1)) {
            differ(
                    inCase,
                    record.getName() + " has " + components.length + " components, not " + (payload == null ? 0 : 1));
            return null;
        }
        List<Conversion> fields =
                payload == null ? List.of() : List.of(of(payload, components[0].getGenericType(), inCase));
        return fields(null, record, components, fields, inCase);
    }

    private Conversion enumeration(InterfaceType t, Class<?> raw, String where) {
        List<Object> constants = constants(t, raw, where);
        if (constants == null) {
            return mismatch(t, "an enum", raw, where);
        }
        int[] numbers = new int[raw.getEnumConstants().length];
        for (int i = 0; i < constants.size(); i++) {
            numbers[((Enum<?>) constants.get(i)).ordinal()] = i;
        }
        return new Conversion.Constants(t, raw, constants, numbers);
    }

    /** The constants of an enum for the labels of a type; null if it is none. */
    private List<Object> constants(InterfaceType t, Class<?> raw, String where) {
        if (!raw.isEnum()) {
            return null;
        }
        Map<String, Object> byLabel = new LinkedHashMap<>();
        for (String label : t.labels()) {
            for (Object constant : raw.getEnumConstants()) {
                String name = ((Enum<?>) constant).name();
                if (JavaNames.matches(field(raw, name), name, JavaNames.constant(label), label)) {
                    byLabel.put(label, constant);
                }
            }
            if (!byLabel.containsKey(label)) {
                differ(where, raw.getName() + " has no constant for " + label);
            }
        }
        if (raw.getEnumConstants().length > t.labels().size()) {
            differ(where, raw.getName() + " has constants that the " + t.kind() + " has not");
        }
        return List.copyOf(byLabel.values());
    }

    private static AnnotatedElement field(Class<?> owner, String name) {
        try {
            return owner.getDeclaredField(name);
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
        }
    }

    private Conversion flags(InterfaceType t, Type java, String where) {
        if (raw(java) != Set.class && raw(java) != EnumSet.class) {
            return mismatch(t, "an EnumSet", java, where);
        }
        Class<?> type = raw(argument(java, 0));
        List<Object> constants = constants(t, type, where);
        return constants == null ? mismatch(t, "an EnumSet", java, where) : new Conversion.Flags(t, type, constants);
    }

    private Conversion option(InterfaceType t, Type java, String where) {
        if (raw(java) != Optional.class) {
            return mismatch(t, "an Optional", java, where);
        }
        return new Conversion.Option(t, of(t.children().getFirst(), argument(java, 0), where));
    }

    private Conversion result(InterfaceType t, Type java, String where) {
        if (raw(java) != Result.class) {
            return mismatch(t, "a Result", java, where);
        }
        Conversion ok = payload(t.payload(0), argument(java, 0), where + " ok");
        Conversion err = payload(t.payload(1), argument(java, 1), where + " err");
        return new Conversion.Outcome(t, ok, err);
    }

    /** What an ok or an error carries; nothing is Void. */
    private Conversion payload(InterfaceType t, Type java, String where) {
        if (t != null) {
            return of(t, java, where);
        }
        return raw(java) == Void.class || raw(java) == Object.class
                ? NONE
                : differ(where, "it carries nothing, which is Void, not " + java.getTypeName());
    }

    // ---- functions

    /**
     * The conversion of a function's result. A result type may be a value and a checked exception: one with a
     * constructor of the payload, and a method {@code payload()}.
     */
    Conversion returned(InterfaceType t, Method method, String where) {
        Type java = method.getGenericReturnType();
        if (t == null) {
            return java == void.class ? NONE : differ(where, "it returns nothing, not " + java.getTypeName());
        }
        if (t.kind() != TypeKind.RESULT || raw(java) == Result.class) {
            return of(t, java, where + " result");
        }
        Class<?> exception = method.getExceptionTypes().length == 1 ? method.getExceptionTypes()[0] : null;
        if (exception == null) {
            return differ(
                    where, "a result is a Result, or its value and one checked exception with the error's payload");
        }
        Conversion ok = t.payload(0) == null && java == void.class ? NONE : payload(t.payload(0), java, where + " ok");
        return thrown(t, exception, ok, where);
    }

    private Conversion thrown(InterfaceType t, Class<?> exception, Conversion ok, String where) {
        InterfaceType error = t.payload(1);
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            if (error == null) {
                MethodHandle make = lookup.findConstructor(exception, MethodType.methodType(void.class));
                return new Conversion.Thrown(new Conversion.Outcome(t, ok, NONE), exception, make, null);
            }
            Method accessor = exception.getMethod("payload");
            Constructor<?> constructor = exception.getConstructor(accessor.getReturnType());
            Conversion payload = of(error, accessor.getGenericReturnType(), where + " error");
            return new Conversion.Thrown(
                    new Conversion.Outcome(t, ok, payload),
                    exception,
                    lookup.unreflectConstructor(constructor),
                    lookup.unreflect(accessor));
        } catch (ReflectiveOperationException e) {
            return differ(
                    where,
                    exception.getName() + " is no exception for this error: it needs a public "
                            + (error == null
                                    ? "constructor without parameters"
                                    : "method payload() and a constructor for it")
                            + " (" + e + ")");
        }
    }
}
