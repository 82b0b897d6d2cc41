package kiln.wat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import kiln.wasm.ByteWriter;

/** What annotations say about one module: custom sections, and names that stand in no identifier. */
final class Annotations {
    /** What may have a name. */
    private static final Set<String> NAMED = Set.of(
            "module",
            "func",
            "table",
            "memory",
            "global",
            "tag",
            "type",
            "elem",
            "data",
            "local",
            "param",
            "field",
            "block",
            "loop",
            "if",
            "try_table");

    /** In the order of the binary format. */
    private static final List<String> SECTIONS = List.of(
            "type",
            "import",
            "func",
            "table",
            "memory",
            "tag",
            "global",
            "export",
            "start",
            "elem",
            "datacount",
            "code",
            "data");

    /** Custom sections by the number of sections in front of them. */
    private final Map<Integer, ByteWriter> sections = new TreeMap<>();
    /** Names by the token that they stand in front of. */
    private final Map<Integer, String> names = new TreeMap<>();

    /**
     * Reads the annotations of a module.
     *
     * @param first its first token behind its name
     * @param end the token behind its last field
     * @param fields where its fields begin
     */
    Annotations(Tokens tokens, int first, int end, List<Integer> fields) {
        Set<Integer> places = Set.copyOf(fields);
        for (Tokens.Annotation a : tokens.annotations()) {
            if (a.at() < first || a.at() > end) {
                continue;
            }
            Reader r = new Reader(a.content(), 0);
            if (a.id().equals("name")) {
                name(a, r, tokens);
            } else if (a.at() == end || places.contains(a.at())) {
                custom(r);
            } else {
                throw tokens.errorAt(a.at(), "misplaced @custom annotation");
            }
        }
    }

    private void name(Tokens.Annotation a, Reader r, Tokens tokens) {
        int before = a.at() - 1;
        if (before > 0 && tokens.kind(before) == Tokens.Kind.ID) {
            before--;
        }
        boolean fits = before < 0 || tokens.kind(before) == Tokens.Kind.ATOM && NAMED.contains(tokens.text(before));
        if (!fits) {
            throw tokens.errorAt(a.at(), "misplaced @name annotation");
        }
        if (names.put(a.at(), r.nameText()) != null) {
            throw tokens.errorAt(a.at(), "@name annotation: multiple names");
        }
        end(r);
    }

    private static void end(Reader r) {
        if (r.kind() != Tokens.Kind.END) {
            throw r.unexpected();
        }
    }

    private void custom(Reader r) {
        if (!r.isString()) {
            throw r.error("@custom annotation: missing section name");
        }
        ByteWriter content = new ByteWriter().sized(r.name());
        int place = SECTIONS.size();
        if (r.isOpen()) {
            place = place(r);
        }
        while (r.isString()) {
            content.raw(r.string());
        }
        end(r);
        sections.computeIfAbsent(place, _ -> new ByteWriter()).section(0, content);
    }

    private static int place(Reader r) {
        r.open();
        boolean before = r.is("before");
        if (!before && !r.is("after")) {
            throw r.error("@custom annotation: malformed placement");
        }
        r.atom();
        int place;
        if (r.is("first") && before) {
            place = 0;
        } else if (r.is("last") && !before) {
            place = SECTIONS.size();
        } else {
            int section =
                    r.kind() == Tokens.Kind.ATOM ? SECTIONS.indexOf(r.tokens().text(r.at())) : -1;
            if (section < 0) {
                throw r.error("@custom annotation: malformed section kind");
            }
            place = before ? section : section + 1;
        }
        r.atom();
        r.close();
        return place;
    }

    /** The name that stands in front of a token, or {@code otherwise}. */
    String nameAt(int token, String otherwise) {
        return names.getOrDefault(token, otherwise);
    }

    /** Appends the custom sections that follow {@code count} others. */
    void append(int count, ByteWriter out) {
        ByteWriter here = sections.get(count);
        if (here != null) {
            out.raw(here);
        }
    }
}
