package kiln.wat;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import kiln.artifact.Printable;

/**
 * A text cut into tokens, without comments and annotations. For each opening parenthesis it knows the closing one, so
 * that a reader can come back to a part later.
 */
final class Tokens {
    /** What a token is. */
    enum Kind {
        OPEN,
        CLOSE,
        /** A name that begins with a lower-case letter, a number, or what is no token at all. */
        ATOM,
        /** {@code $name} */
        ID,
        STRING,
        END
    }

    private static final String ID_CHARACTERS = "!#$%&'*+-./:<=>?@\\^_`|~";

    /**
     * An annotation that says something about what is made of the text.
     *
     * @param id without the sign
     * @param at the token that it stands in front of
     * @param content what stands in it
     */
    record Annotation(String id, int at, Tokens content) {}

    private static final Set<String> KNOWN_ANNOTATIONS = Set.of("custom", "name");

    private final String file;
    private final String text;
    private final int limit;
    private final List<Annotation> annotations = new ArrayList<>();
    private Kind[] kinds = new Kind[256];
    private int[] starts = new int[256];
    private int[] ends = new int[256];
    /** Of an opening parenthesis: the number of the closing one. */
    private int[] matches = new int[256];

    private int count;
    private int at;
    /** Where {@link #line} last was. */
    private int lineOffset;

    private int line = 1;

    /**
     * Cuts a text.
     *
     * @param file for messages
     * @throws WatException if it has something that no token begins with, or parentheses that do not match
     */
    Tokens(String file, String text) {
        this(file, text, 0, text.length());
    }

    private Tokens(String file, String text, int from, int limit) {
        this.file = file;
        this.text = text;
        this.at = from;
        this.limit = limit;
        Deque<Integer> open = new ArrayDeque<>();
        while (skipSpace()) {
            int start = at;
            char c = text.charAt(at);
            if (c == '(') {
                if (at + 1 < limit && text.charAt(at + 1) == '@') {
                    skipAnnotation();
                    continue;
                }
                at++;
                open.push(add(Kind.OPEN, start));
            } else if (c == ')') {
                at++;
                if (open.isEmpty()) {
                    throw error(start, "unexpected token \")\"");
                }
                int close = add(Kind.CLOSE, start);
                matches[open.pop()] = close;
            } else {
                add(word(), start);
            }
        }
        if (!open.isEmpty()) {
            throw error(starts[open.peek()], "unclosed parenthesis: unexpected end of the text");
        }
        add(Kind.END, at);
    }

    private int add(Kind kind, int start) {
        if (count == kinds.length) {
            kinds = Arrays.copyOf(kinds, 2 * count);
            starts = Arrays.copyOf(starts, 2 * count);
            ends = Arrays.copyOf(ends, 2 * count);
            matches = Arrays.copyOf(matches, 2 * count);
        }
        kinds[count] = kind;
        starts[count] = start;
        ends[count] = at;
        return count++;
    }

    /** Goes to the next token; false at the end. */
    private boolean skipSpace() {
        while (at < limit) {
            char c = text.charAt(at);
            if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
                at++;
            } else if (text.startsWith(";;", at)) {
                while (at < limit && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
                    at++;
                }
            } else if (text.startsWith("(;", at)) {
                skipBlockComment();
            } else {
                return true;
            }
        }
        return false;
    }

    private void skipBlockComment() {
        int start = at;
        int depth = 0;
        do {
            if (text.startsWith("(;", at)) {
                depth++;
                at += 2;
            } else if (text.startsWith(";)", at)) {
                depth--;
                at += 2;
            } else if (at < limit) {
                at++;
            } else {
                throw error(start, "unclosed comment");
            }
        } while (depth > 0);
    }

    private void skipAnnotation() {
        int start = at;
        at += 2;
        if (at == limit || !isIdCharacter(text.charAt(at)) && text.charAt(at) != '"') {
            throw error(start, "empty annotation id");
        }
        int name = at;
        if (text.charAt(at) == '"') {
            skipString();
            if (at == name + 2) {
                throw error(start, "empty annotation id");
            }
            byte[] bytes = Literals.string(text.substring(name, at));
            if (bytes == null || !Literals.isUtf8(bytes)) {
                throw error(start, "malformed UTF-8 encoding");
            }
        } else {
            while (at < limit && isIdCharacter(text.charAt(at))) {
                at++;
            }
        }
        String id = text.substring(name, at);
        int content = at;
        for (int depth = 1; depth > 0; ) {
            if (!skipSpace()) {
                throw error(start, "unclosed annotation");
            }
            char c = text.charAt(at);
            if (c == '(') {
                depth++;
                at++;
            } else if (c == ')') {
                depth--;
                at++;
            } else {
                run();
            }
        }
        if (KNOWN_ANNOTATIONS.contains(id)) {
            annotations.add(new Annotation(id, count, new Tokens(file, text, content, at - 1)));
        }
    }

    /** Reads what hangs together without space, strings and other characters; returns how many strings it has. */
    private int run() {
        int start = at;
        int strings = 0;
        while (at < limit) {
            char c = text.charAt(at);
            if (c == '"') {
                skipString();
                strings++;
            } else if (isIdCharacter(c) || ",[]{}".indexOf(c) >= 0) {
                at++;
            } else if (c == ';' && !text.startsWith(";;", at)) {
                at++;
            } else {
                break;
            }
        }
        if (at == start) {
            throw error(start, "illegal character " + printable(text.codePointAt(at)));
        }
        return strings;
    }

    /** Reads a token; what touches another one is none. */
    private Kind word() {
        int start = at;
        int strings = run();
        boolean isQuoted = text.charAt(at - 1) == '"' && strings == 1;
        if (isQuoted && text.charAt(start) == '"') {
            return Kind.STRING;
        }
        boolean isQuotedId = isQuoted && text.startsWith("$\"", start);
        for (int i = start; i < at && !isQuotedId; i++) {
            if (!isIdCharacter(text.charAt(i))) {
                throw error(
                        start,
                        "unknown operator " + Printable.name(text.substring(start, at))
                                + (strings > 0 ? ": space is missing between tokens" : ""));
            }
        }
        if (text.charAt(start) != '$') {
            return Kind.ATOM;
        }
        if (at == start + 1 || isQuotedId && at == start + 3) {
            throw error(start, "empty identifier");
        }
        return Kind.ID;
    }

    private void skipString() {
        int start = at++;
        while (true) {
            if (at >= limit) {
                throw error(start, "unclosed string");
            }
            char c = text.charAt(at++);
            if (c == '"') {
                return;
            } else if (c == '\\') {
                at++;
            } else if (c < 0x20 || c == 0x7f) {
                throw error(at - 1, "illegal character in a string");
            }
        }
    }

    private static boolean isIdCharacter(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || ID_CHARACTERS.indexOf(c) >= 0;
    }

    private static String printable(int c) {
        return c > 0x20 && c < 0x7f ? "\"" + (char) c + "\"" : "U+" + Integer.toHexString(c);
    }

    // ---- what a reader asks

    Kind kind(int token) {
        return kinds[token];
    }

    /** Those annotations that say something about the module, in order. */
    List<Annotation> annotations() {
        return annotations;
    }

    /** The token as it stands in the text. */
    String text(int token) {
        return text.substring(starts[token], ends[token]);
    }

    boolean is(int token, String atom) {
        return kinds[token] == Kind.ATOM
                && ends[token] - starts[token] == atom.length()
                && text.startsWith(atom, starts[token]);
    }

    /** Whether {@code token} opens a parenthesis with this word behind it. */
    boolean opens(int token, String atom) {
        return kinds[token] == Kind.OPEN && is(token + 1, atom);
    }

    /** The parenthesis that closes the one at {@code token}. */
    int match(int token) {
        return matches[token];
    }

    /** Line of a token, from 1. Asked in order, which is linear. */
    int line(int token) {
        int offset = starts[token];
        if (offset < lineOffset) {
            lineOffset = 0;
            line = 1;
        }
        for (; lineOffset < offset; lineOffset++) {
            line += text.charAt(lineOffset) == '\n' ? 1 : 0;
        }
        return line;
    }

    String file() {
        return file;
    }

    /** Something is wrong with a token. */
    WatException errorAt(int token, String reason) {
        return error(starts[token], reason);
    }

    private WatException error(int offset, String reason) {
        int[] place = place(text, offset);
        return new WatException(file + ":" + place[0] + ":" + place[1] + ": " + reason);
    }

    private static int[] place(String text, int offset) {
        int line = 1;
        int start = 0;
        for (int i = 0; i < offset; i++) {
            if (text.charAt(i) == '\n') {
                line++;
                start = i + 1;
            }
        }
        return new int[] {line, offset - start + 1};
    }
}
