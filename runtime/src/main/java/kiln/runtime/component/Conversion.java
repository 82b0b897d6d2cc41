package kiln.runtime.component;

import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.component.InterfaceType;

/**
 * How values of a component type are values of a Java type: found once for each pair of types ({@link Conversions}),
 * shared by all who use it, and so without anything of an instance. The methods go from and to generic values, one by
 * one; {@link MarshalCode} writes code from it that does without those.
 */
sealed interface Conversion {
    /** Values of resources in the hands of one who bound an interface. */
    interface Wrapper {
        /** The object for a resource of the component's, of an interface that was declared for it. */
        Object wrap(GuestResource resource, InterfaceShape shape);
    }

    /** @param wrapper null if no resource is an interface of Java's */
    Object toJava(Object generic, Wrapper wrapper);

    Object toGeneric(Object java);

    /** Null for what a case carries that carries nothing. */
    InterfaceType type();

    /**
     * Values that are the same.
     *
     * @param java the class in Java, perhaps a primitive one
     */
    record Same(InterfaceType type, Class<?> java) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return generic;
        }

        @Override
        public Object toGeneric(Object value) {
            return value;
        }
    }

    /** A generic value that generated code hands to those that walk types. */
    record Walked(InterfaceType type) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return generic;
        }

        @Override
        public Object toGeneric(Object value) {
            return value;
        }
    }

    /**
     * Generic values as they are. What programs pass often has code: numbers, strings, bytes, handles, and these in
     * options and results.
     */
    static Conversion generic(InterfaceType t) {
        return switch (t.kind()) {
            case BOOL, S8, U8, S16, U16, S32, U32, S64, U64, F32, F64, CHAR, STRING, OWN, BORROW ->
                new Same(t, Object.class);
            case LIST -> Lists.isNumber(t.children().getFirst()) ? new Same(t, Object.class) : new Walked(t);
            case OPTION -> new Option(t, generic(t.children().getFirst()));
            case RESULT -> new Outcome(t, genericPayload(t.payload(0)), genericPayload(t.payload(1)));
            default -> new Walked(t);
        };
    }

    private static Conversion genericPayload(InterfaceType t) {
        return t == null ? Conversions.NONE : generic(t);
    }

    /** A list that is no array. */
    record Elements(InterfaceType type, Conversion element) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return ((List<?>) generic)
                    .stream().map(e -> element.toJava(e, wrapper)).toList();
        }

        @Override
        public Object toGeneric(Object value) {
            List<Object> list = new ArrayList<>();
            ((List<?>) value).forEach(e -> list.add(element.toGeneric(e)));
            return list;
        }
    }

    /** A map. */
    record Entries(InterfaceType type, Conversion key, Conversion value) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            Map<Object, Object> map = new LinkedHashMap<>();
            ((Map<?, ?>) generic).forEach((k, v) -> map.put(key.toJava(k, wrapper), value.toJava(v, wrapper)));
            return map;
        }

        @Override
        public Object toGeneric(Object from) {
            Map<Object, Object> map = new LinkedHashMap<>();
            ((Map<?, ?>) from).forEach((k, v) -> map.put(key.toGeneric(k), value.toGeneric(v)));
            return map;
        }
    }

    /**
     * A record of Java: for a record or a tuple, or for a case and what it carries.
     *
     * @param type null for a case
     * @param make the constructor
     * @param get the accessors
     */
    record Fields(InterfaceType type, Class<?> java, MethodHandle make, List<MethodHandle> get, List<Conversion> fields)
            implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            List<?> values = (List<?>) generic;
            Object[] args = new Object[fields.size()];
            for (int i = 0; i < args.length; i++) {
                args[i] = fields.get(i).toJava(values.get(i), wrapper);
            }
            return Calls.invoke(make, args);
        }

        @Override
        public Object toGeneric(Object record) {
            List<Object> values = new ArrayList<>();
            for (int i = 0; i < fields.size(); i++) {
                values.add(fields.get(i).toGeneric(Calls.invoke(get.get(i), record)));
            }
            return values;
        }
    }

    /** A variant: a record for each case. */
    record Cases(InterfaceType type, List<Fields> cases, Map<Class<?>, Integer> numbers) implements Conversion {
        /** Of which case a value is; -1 of none. Called by generated code. */
        int number(Object value) {
            Integer number = value == null ? null : numbers.get(value.getClass());
            return number == null ? -1 : number;
        }

        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            Variant v = (Variant) generic;
            Object payload = v.payload();
            return cases.get(type.indexOf(v.label())).toJava(payload == null ? List.of() : List.of(payload), wrapper);
        }

        @Override
        public Object toGeneric(Object value) {
            int number = numbers.get(value.getClass());
            List<?> payload = (List<?>) cases.get(number).toGeneric(value);
            return new Variant(type.labels().get(number), payload.isEmpty() ? null : payload.getFirst());
        }
    }

    /**
     * An enum.
     *
     * @param constants in the order of the type's labels
     * @param numbers of the labels, by the constants' ordinals
     */
    record Constants(InterfaceType type, Class<?> java, List<Object> constants, int[] numbers) implements Conversion {
        /** Which label a constant stands for. Called by generated code. */
        int number(Object value) {
            return numbers[((Enum<?>) value).ordinal()];
        }

        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return constants.get(type.indexOf(generic));
        }

        @Override
        public Object toGeneric(Object value) {
            return java.isInstance(value) ? type.labels().get(number(value)) : null;
        }
    }

    /** Flags and an EnumSet of these constants. */
    record Flags(InterfaceType type, Class<?> java, List<Object> constants) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            int bits = 0;
            for (Object label : (Set<?>) generic) {
                bits |= 1 << type.indexOf(label);
            }
            return set(bits);
        }

        /** The set for bits, of which those without a flag mean nothing. Called by generated code. */
        @SuppressWarnings({"unchecked", "rawtypes"})
        Object set(int bits) {
            Set<Object> set = (Set<Object>) (Set<?>) EnumSet.noneOf((Class) java);
            for (int i = 0; i < constants.size(); i++) {
                if ((bits >>> i & 1) != 0) {
                    set.add(constants.get(i));
                }
            }
            return set;
        }

        /** The bits of a set. Called by generated code. */
        int bits(Object value) {
            Set<?> set = (Set<?>) value;
            int bits = 0;
            for (int i = 0; i < constants.size(); i++) {
                bits |= set.contains(constants.get(i)) ? 1 << i : 0;
            }
            return bits;
        }

        @Override
        public Object toGeneric(Object value) {
            int bits = bits(value);
            Set<String> labels = new LinkedHashSet<>();
            for (int i = 0; i < constants.size(); i++) {
                if ((bits >>> i & 1) != 0) {
                    labels.add(type.labels().get(i));
                }
            }
            return labels;
        }
    }

    /** An Optional. */
    record Option(InterfaceType type, Conversion some) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return ((Optional<?>) generic).map(v -> some.toJava(v, wrapper));
        }

        @Override
        public Object toGeneric(Object value) {
            return ((Optional<?>) value).map(some::toGeneric);
        }
    }

    /** A {@link Result}. */
    record Outcome(InterfaceType type, Conversion ok, Conversion err) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return switch ((Result<?, ?>) generic) {
                case Result.Ok<?, ?>(Object v) -> Result.ok(ok.toJava(v, wrapper));
                case Result.Err<?, ?>(Object v) -> Result.err(err.toJava(v, wrapper));
            };
        }

        @Override
        public Object toGeneric(Object value) {
            return switch ((Result<?, ?>) value) {
                case Result.Ok<?, ?>(Object v) -> Result.ok(ok.toGeneric(v));
                case Result.Err<?, ?>(Object v) -> Result.err(err.toGeneric(v));
            };
        }
    }

    /**
     * A function's result that is a value, or an exception.
     *
     * @param outcome of the payloads
     * @param exception the class of what is thrown
     * @param make its constructor
     * @param get the payload; null if an error carries nothing
     */
    record Thrown(Outcome outcome, Class<?> exception, MethodHandle make, MethodHandle get) implements Conversion {
        @Override
        public InterfaceType type() {
            return outcome.type;
        }

        /** Throws the exception for an error. */
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return value((Result<?, ?>) outcome.toJava(generic, wrapper));
        }

        @Override
        public Object toGeneric(Object value) {
            return Result.ok(outcome.ok.toGeneric(value));
        }

        /** What a result of Java's carries; throws the exception for an error. Called by generated code. */
        Object value(Result<?, ?> result) {
            if (result instanceof Result.Ok<?, ?>(Object v)) {
                return v;
            }
            Object payload = ((Result.Err<?, ?>) result).value();
            throw Calls.<RuntimeException>sneak(
                    (Throwable) (get == null ? Calls.invoke(make) : Calls.invoke(make, payload)));
        }

        /** The error that an exception stands for, with its payload in Java; throws other exceptions. */
        Result<?, ?> error(Throwable t) {
            if (!exception.isInstance(t)) {
                throw Calls.<RuntimeException>sneak(t);
            }
            return Result.err(get == null ? null : Calls.invoke(get, t));
        }
    }

    /** A resource of the component's that is an interface of Java. */
    record Resource(InterfaceType type, InterfaceShape shape) implements Conversion {
        @Override
        public Object toJava(Object generic, Wrapper wrapper) {
            return wrapper.wrap((GuestResource) generic, shape);
        }

        @Override
        public Object toGeneric(Object value) {
            return shape.unwrap(value);
        }
    }
}
