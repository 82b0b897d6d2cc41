package kiln.component;

import java.util.Locale;
import java.util.Set;

/** What names of WIT become in Java. */
final class JavaNaming {
    private static final Set<String> KEYWORDS = Set.of(
            "abstract",
            "assert",
            "boolean",
            "break",
            "byte",
            "case",
            "catch",
            "char",
            "class",
            "const",
            "continue",
            "default",
            "do",
            "double",
            "else",
            "enum",
            "extends",
            "final",
            "finally",
            "float",
            "for",
            "goto",
            "if",
            "implements",
            "import",
            "instanceof",
            "int",
            "interface",
            "long",
            "native",
            "new",
            "package",
            "private",
            "protected",
            "public",
            "return",
            "short",
            "static",
            "strictfp",
            "super",
            "switch",
            "synchronized",
            "this",
            "throw",
            "throws",
            "transient",
            "try",
            "void",
            "volatile",
            "while",
            "true",
            "false",
            "null",
            "_");
    /** Methods without parameters that every object has already. */
    private static final Set<String> OF_OBJECT =
            Set.of("clone", "finalize", "getClass", "hashCode", "notify", "notifyAll", "toString", "wait");

    private JavaNaming() {}

    /** {@code get-all} becomes {@code getAll}. */
    static String camel(String wit) {
        StringBuilder s = new StringBuilder();
        for (String word : wit.split("[-.]", -1)) {
            s.append(first(word, !s.isEmpty()));
        }
        return s.toString();
    }

    /** {@code get-all} becomes {@code GetAll}. */
    static String pascal(String wit) {
        return first(camel(wit), true);
    }

    /** {@code get-all} becomes {@code GET_ALL}. */
    static String constant(String wit) {
        return wit.replace('-', '_').toUpperCase(Locale.ROOT);
    }

    /** Part of a package's name. */
    static String packagePart(String wit) {
        return identifier(wit.replace('-', '_').toLowerCase(Locale.ROOT));
    }

    /** The name of a parameter. */
    static String parameter(String wit) {
        return identifier(camel(wit));
    }

    /** The same, unless it is a word of the language. */
    static String identifier(String name) {
        return KEYWORDS.contains(name) ? name + "_" : name;
    }

    /** Whether methods and components of records may be called so. */
    static boolean canBeMember(String name) {
        return !KEYWORDS.contains(name) && !OF_OBJECT.contains(name);
    }

    private static String first(String word, boolean upper) {
        if (word.isEmpty()) {
            return word;
        }
        // A word of capitals is an abbreviation, which Java writes as other words.
        String rest = word.equals(word.toUpperCase(Locale.ROOT)) ? word.toLowerCase(Locale.ROOT) : word;
        char c = rest.charAt(0);
        return (upper ? Character.toUpperCase(c) : Character.toLowerCase(c)) + rest.substring(1);
    }
}
