package kiln.component;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import kiln.artifact.Printable;
import kiln.artifact.component.TypeKind;

/**
 * What class files have room for (The Java Virtual Machine Specification, 4.11 and 4.7.9): types of WIT may have more.
 * There is no other way to declare them that would still be a record or an enum, and a compiler's message would name a
 * line of the file that was written, not the type.
 */
final class JavaLimits {
    /** Of parameters, of which a long or double takes two; the object itself is one of 255. */
    private static final int MAX_SLOTS = 254;
    /** Of an enum: each takes 16 bytes of the code that makes them, and javac puts some more around them. */
    private static final int MAX_CONSTANTS = 4000;
    /** Names in one type with its arguments, as Tuple2&lt;String, Integer&gt; has three: a signature has 64 KB. */
    private static final int MAX_NAMES = 1000;

    /** Types share parts: looking at each part wherever it occurs would be exponential. */
    private final Map<ValueType, Integer> names = new IdentityHashMap<>();

    /** @param what is to have as many parameters: a record, or a function with its name */
    void checkSlots(String what, List<ValueType> types) {
        int slots = types.stream().mapToInt(JavaLimits::slots).sum();
        if (slots > MAX_SLOTS) {
            throw new BindingException(what + " has " + types.size() + " values, which take " + slots
                    + " parameters of Java (a long or double takes two): there can be " + MAX_SLOTS);
        }
    }

    private static int slots(ValueType t) {
        return switch (t.kind()) {
            case S64, U64, F64 -> 2;
            default -> 1;
        };
    }

    static void checkConstants(String label, ValueType t) {
        if (t.labels().size() > MAX_CONSTANTS) {
            throw new BindingException("the " + t.kind() + " " + Printable.name(label) + " has "
                    + t.labels().size() + " labels: an enum of Java has room for " + MAX_CONSTANTS);
        }
    }

    /** @param what has a value of the type */
    void checkNames(String what, ValueType t) {
        if (t != null && names(t) > MAX_NAMES) {
            throw new BindingException(what + " has a type of so many types within each other that class files have no"
                    + " room for it: parts of it need names, as records have");
        }
    }

    /** How many names a type comes to where it is used; more than are allowed all count the same. */
    private int names(ValueType t) {
        if (t.kind().needsName() || t.childCount() == 0) {
            return 1;
        }
        Integer known = names.get(t);
        if (known == null) {
            int sum = 1;
            for (ValueType child :
                    Arrays.stream(t.children()).filter(Objects::nonNull).toList()) {
                sum = Math.min(MAX_NAMES + 1, sum + names(child));
            }
            // A tuple of another length than the runtime has is a record of as many components.
            known = t.kind() == TypeKind.TUPLE && t.childCount() > MAX_SLOTS ? MAX_NAMES + 1 : sum;
            names.put(t, known);
        }
        return known;
    }
}
