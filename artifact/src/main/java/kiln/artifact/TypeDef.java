package kiln.artifact;

import java.util.List;

/**
 * One type of a module.
 *
 * @param key canonical structural description: two types of any modules are the same type if and only if their keys are
 *     equal (see {@link TypeKeys}); an engine numbers its types by it
 * @param isFinal whether the type has no subtypes
 * @param supertype type index of the declared supertype, or -1
 * @param body what the type is made of
 */
public record TypeDef(String key, boolean isFinal, int supertype, Body body) {
    /** Structure of a type. */
    public sealed interface Body {}

    /** A function type. */
    public record Func(List<ValueType> params, List<ValueType> results) implements Body {
        public Func {
            params = List.copyOf(params);
            results = List.copyOf(results);
        }
    }

    /** A struct of the garbage-collected heap. */
    public record Struct(List<Field> fields) implements Body {
        public Struct {
            fields = List.copyOf(fields);
        }
    }

    /** An array of the garbage-collected heap. */
    public record Array(Field element) implements Body {}

    /**
     * A field of a struct or the element of an array.
     *
     * @param packing bits of a packed integer (8 or 16, the type is then i32), or 0
     */
    public record Field(ValueType type, int packing, boolean mutable) {}

    /** A final function type without supertype that mentions no type by index, with its key. */
    public static TypeDef func(List<ValueType> params, List<ValueType> results) {
        Func f = new Func(params, results);
        return TypeKeys.assign(List.of(new TypeDef("", true, -1, f)), List.of(1))
                .getFirst();
    }

    /**
     * The function type that this is.
     *
     * @throws IllegalStateException if it is none
     */
    public Func asFunc() {
        if (body instanceof Func f) {
            return f;
        }
        throw new IllegalStateException("not a function type: " + key);
    }
}
