package kiln.component;

import java.util.Locale;

/**
 * The name of an import or export of a component.
 *
 * @param resource of a constructor, method or static function: the label of its resource, else null
 * @param label the plain name, or a method's; of an interface, null
 * @param text as it is written
 */
public record ExternName(Kind kind, String resource, String label, String text) {
    /** Forms of names. */
    public enum Kind {
        /** {@code some-label}. */
        LABEL,
        /** {@code [constructor]resource}. */
        CONSTRUCTOR,
        /** {@code [method]resource.label}. */
        METHOD,
        /** {@code [static]resource.label}. */
        STATIC,
        /** {@code namespace:package/interface@version}. */
        INTERFACE
    }

    /** A name that is not well-formed; the message says why. */
    static final class BadName extends Exception {
        BadName(String problem) {
            super(problem, null, false, false);
        }
    }

    /**
     * What other names of the same list must differ in. A resource's constructor may stand beside the resource; names
     * that differ only in upper and lower case may not, nor may a method that is called as its resource is.
     */
    String uniqueKey() {
        String lower = text.toLowerCase(Locale.ROOT);
        return switch (kind) {
            case METHOD, STATIC -> {
                String owner = resource.toLowerCase(Locale.ROOT);
                String own = label.toLowerCase(Locale.ROOT);
                yield owner.equals(own) ? own : owner + "." + own;
            }
            default -> lower;
        };
    }

    static ExternName parse(String text) throws BadName {
        if (text.startsWith("[")) {
            return annotated(text);
        }
        if (text.indexOf(':') >= 0) {
            checkInterface(text);
            return new ExternName(Kind.INTERFACE, null, null, text);
        }
        checkLabel(text);
        return new ExternName(Kind.LABEL, null, text, text);
    }

    private static ExternName annotated(String text) throws BadName {
        int end = text.indexOf(']');
        String rest = text.substring(end + 1);
        switch (text.substring(0, end + 1)) {
            case "[constructor]" -> {
                checkLabel(rest);
                return new ExternName(Kind.CONSTRUCTOR, rest, rest, text);
            }
            case "[method]" -> {
                return member(Kind.METHOD, rest, text);
            }
            case "[static]" -> {
                return member(Kind.STATIC, rest, text);
            }
            default -> throw new BadName("`" + text + "` is not a valid name: unknown annotation");
        }
    }

    private static ExternName member(Kind kind, String rest, String text) throws BadName {
        int dot = rest.indexOf('.');
        if (dot < 0) {
            throw new BadName("failed to find `.` character in `" + text + "`");
        }
        String resource = rest.substring(0, dot);
        String label = rest.substring(dot + 1);
        checkLabel(resource);
        checkLabel(label);
        return new ExternName(kind, resource, label, text);
    }

    /**
     * Words of lower-case letters and digits or of upper-case ones, with hyphens between; the first starts with a
     * letter.
     */
    static void checkLabel(String label) throws BadName {
        int start = 0;
        while (true) {
            int end = label.indexOf('-', start);
            String word = label.substring(start, end < 0 ? label.length() : end);
            if (!isWord(word) || start == 0 && isDigit(word.charAt(0))) {
                throw new BadName("`" + label + "` is not in kebab case");
            }
            if (end < 0) {
                return;
            }
            start = end + 1;
        }
    }

    private static boolean isWord(String word) {
        boolean lower = true;
        boolean upper = true;
        for (int i = 0; i < word.length(); i++) {
            char c = word.charAt(i);
            lower &= c >= 'a' && c <= 'z' || isDigit(c);
            upper &= c >= 'A' && c <= 'Z' || isDigit(c);
        }
        return !word.isEmpty() && (lower || upper);
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static void checkLowerLabel(String label, String text) throws BadName {
        checkLabel(label);
        if (!label.equals(label.toLowerCase(Locale.ROOT))) {
            throw new BadName("`" + text + "` is not a valid extern name: upper case in `" + label + "`");
        }
    }

    /** Checks {@code namespace:package/interface}, with a version or without. */
    static void checkInterface(String text) throws BadName {
        int at = text.indexOf('@');
        String path = at < 0 ? text : text.substring(0, at);
        int colon = path.indexOf(':');
        checkNamespace(path.substring(0, colon), text);
        String rest = path.substring(colon + 1);
        int slash = rest.indexOf('/');
        String pack = slash < 0 ? rest : rest.substring(0, slash);
        if (pack.indexOf(':') >= 0) {
            throw new BadName("expected `/` after package name in `" + text + "`");
        }
        checkNamespace(pack, text);
        if (slash < 0) {
            throw new BadName("expected `/` after package name in `" + text + "`");
        }
        String projection = rest.substring(slash + 1);
        int trailing = projection.indexOf('/');
        if (trailing >= 0) {
            throw new BadName("trailing characters found: `" + projection.substring(trailing) + "`");
        }
        checkLabel(projection);
        if (at >= 0) {
            checkVersion(text.substring(at + 1), text);
        }
    }

    private static void checkNamespace(String label, String text) throws BadName {
        if (!label.isEmpty() && isDigit(label.charAt(0))) {
            throw new BadName("`" + label + "` is not in kebab case, `" + text + "` is not a valid extern name");
        }
        checkLowerLabel(label, text);
    }

    /** Checks a semantic version: three numbers, then perhaps what release it precedes and of what build it is. */
    private static void checkVersion(String version, String text) throws BadName {
        if (version.isEmpty()) {
            throw new BadName("empty string where `" + text + "` has a version");
        }
        int i = 0;
        for (int part = 0; part < 3; part++) {
            int start = i;
            while (i < version.length() && isDigit(version.charAt(i))) {
                i++;
            }
            boolean zero = i > start + 1 && version.charAt(start) == '0';
            if (i == start || zero) {
                throw unexpected(version, zero ? start : i, text);
            }
            if (part < 2) {
                if (i >= version.length() || version.charAt(i) != '.') {
                    throw unexpected(version, i, text);
                }
                i++;
            }
        }
        if (i < version.length() && version.charAt(i) == '-') {
            i = checkIdentifiers(version, i + 1, text);
        }
        if (i < version.length() && version.charAt(i) == '+') {
            i = checkIdentifiers(version, i + 1, text);
        }
        if (i < version.length()) {
            throw unexpected(version, i, text);
        }
    }

    private static int checkIdentifiers(String version, int from, String text) throws BadName {
        int i = from;
        while (true) {
            int start = i;
            while (i < version.length() && (Character.isLetterOrDigit(version.charAt(i)) || version.charAt(i) == '-')) {
                if (version.charAt(i) > 'z') {
                    throw unexpected(version, i, text);
                }
                i++;
            }
            if (i == start) {
                throw new BadName("empty identifier segment in the version of `" + text + "`");
            }
            if (i >= version.length() || version.charAt(i) != '.') {
                return i;
            }
            i++;
        }
    }

    private static BadName unexpected(String version, int i, String text) {
        String what =
                i < version.length() ? "unexpected character '" + version.charAt(i) + "'" : "unexpected end of input";
        return new BadName(what + " in the version of `" + text + "`");
    }
}
