package kiln.runtime.component;

import java.lang.reflect.AnnotatedElement;
import java.util.Locale;

/** What names of WIT become in Java. */
final class JavaNames {
    private JavaNames() {}

    /** {@code get-all} becomes {@code getAll}. */
    static String camel(String wit) {
        StringBuilder s = new StringBuilder();
        for (String word : wit.split("[-.]", -1)) {
            s.append(s.isEmpty() ? first(word, false) : first(word, true));
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

    private static String first(String word, boolean upper) {
        if (word.isEmpty()) {
            return word;
        }
        // A word of capitals is an abbreviation, which Java writes as other words.
        String rest = word.equals(word.toUpperCase(Locale.ROOT)) ? word.toLowerCase(Locale.ROOT) : word;
        char c = upper ? Character.toUpperCase(rest.charAt(0)) : Character.toLowerCase(rest.charAt(0));
        return c + rest.substring(1);
    }

    /** Whether something of Java's stands for a name of WIT's. */
    static boolean matches(AnnotatedElement element, String javaName, String expected, String wit) {
        Wit said = element.getAnnotation(Wit.class);
        return said != null ? said.value().equals(wit) : javaName.equals(expected);
    }
}
