package kiln.types;

import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Names that a module gives to its types, for people: as the module has them, of any length and content.
 *
 * @param types by number of the type
 * @param fields of structures, by number of the type and of the field
 */
public record TypeNames(SortedMap<Integer, String> types, SortedMap<Integer, SortedMap<Integer, String>> fields) {
    /** No names. */
    public static final TypeNames NONE = new TypeNames(new TreeMap<>(), new TreeMap<>());

    /** The name of a type, or null. */
    public String type(int type) {
        return types.get(type);
    }

    /** The name of a field, or null. */
    public String field(int type, int field) {
        return fields.containsKey(type) ? fields.get(type).get(field) : null;
    }

    public boolean isEmpty() {
        return types.isEmpty() && fields.isEmpty();
    }
}
