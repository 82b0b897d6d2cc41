package kiln.wat;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import kiln.artifact.Printable;

/** One index space: how many things there are, and which of them have names. */
final class Names {
    private final String what;
    private final Map<String, Integer> byName = new HashMap<>();
    private int count;

    /** @param what kind of thing, for messages */
    Names(String what) {
        this.what = what;
    }

    int count() {
        return count;
    }

    /** Adds a thing, and says which number it has; {@code id} may be null. */
    int add(Reader r, int token, String id) {
        if (id != null && byName.putIfAbsent(id, count) != null) {
            throw r.tokens().errorAt(token, "duplicate " + what + " $" + Printable.name(id));
        }
        return count++;
    }

    /** The number of a name, or -1. */
    int find(String id) {
        return byName.getOrDefault(id, -1);
    }

    /** A name or a number, as it stands in the text. */
    int index(Reader r) {
        int token = r.at();
        if (r.isId()) {
            int i = find(r.id());
            if (i < 0) {
                throw r.tokens()
                        .errorAt(
                                token,
                                "unknown " + what + " "
                                        + Printable.name(r.tokens().text(token)));
            }
            return i;
        }
        return (int) r.natural(32);
    }

    /** Names by number. */
    Map<Integer, String> byNumber() {
        Map<Integer, String> result = new TreeMap<>();
        byName.forEach((name, i) -> result.put(i, name));
        return result;
    }
}
