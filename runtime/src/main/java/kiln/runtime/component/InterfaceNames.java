package kiln.runtime.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which names of interfaces mean the same: {@code a:b/c@0.2.6} and {@code a:b/c@0.2.0} do, because versions that differ
 * only behind the first number that is not zero are compatible. A version with a pre-release part means itself only.
 */
final class InterfaceNames {
    private static final Pattern VERSIONED =
            Pattern.compile("(?<name>[^@]*)@(?<major>\\d+)\\.(?<minor>\\d+)\\.(?<patch>\\d+)(?<rest>[-+].*)?");

    /** Older versions first; names that differ in more come in any order. */
    static final Comparator<String> BY_VERSION = Comparator.comparing(InterfaceNames::numbers, Arrays::compare);

    private InterfaceNames() {}

    private static long[] numbers(String name) {
        Matcher m = VERSIONED.matcher(name);
        return m.matches()
                ? new long[] {number(m.group("major")), number(m.group("minor")), number(m.group("patch"))}
                : new long[0];
    }

    private static long number(String digits) {
        return digits.length() > 18 ? Long.MAX_VALUE : Long.parseLong(digits);
    }

    /** What two compatible names have in common. */
    static String track(String name) {
        Matcher m = VERSIONED.matcher(name);
        if (!m.matches() || m.group("rest") != null && m.group("rest").startsWith("-")) {
            return name;
        }
        String base = m.group("name") + "@" + m.group("major");
        if (!m.group("major").equals("0")) {
            return base;
        }
        return m.group("minor").equals("0") ? base + ".0." + m.group("patch") : base + "." + m.group("minor");
    }

    /** The name without its version. */
    static String withoutVersion(String name) {
        int at = name.indexOf('@');
        return at < 0 ? name : name.substring(0, at);
    }

    /**
     * Which of some names is meant: the name itself; else those of its track; else, if it has no version, those that
     * are the same without theirs.
     */
    static List<String> candidates(String name, Collection<String> names) {
        if (names.contains(name)) {
            return List.of(name);
        }
        List<String> found = new ArrayList<>();
        boolean open = name.indexOf('@') < 0;
        for (String n : names) {
            if (open ? withoutVersion(n).equals(name) : track(n).equals(track(name))) {
                found.add(n);
            }
        }
        return found;
    }
}
