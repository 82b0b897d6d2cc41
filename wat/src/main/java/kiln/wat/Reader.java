package kiln.wat;

import java.nio.charset.StandardCharsets;
import kiln.artifact.Printable;

/** A place among tokens, and what can be read there. */
final class Reader {
    private final Tokens tokens;
    private int at;

    Reader(Tokens tokens, int at) {
        this.tokens = tokens;
        this.at = at;
    }

    Tokens tokens() {
        return tokens;
    }

    /** The next token's number. */
    int at() {
        return at;
    }

    void goTo(int token) {
        at = token;
    }

    Tokens.Kind kind() {
        return tokens.kind(at);
    }

    boolean isOpen() {
        return kind() == Tokens.Kind.OPEN;
    }

    boolean isClose() {
        return kind() == Tokens.Kind.CLOSE;
    }

    boolean isId() {
        return kind() == Tokens.Kind.ID;
    }

    boolean isString() {
        return kind() == Tokens.Kind.STRING;
    }

    /** Whether a number without sign comes next. */
    boolean isNatural() {
        return kind() == Tokens.Kind.ATOM && Literals.natural(tokens.text(at), 64) != null;
    }

    boolean isIndex() {
        return isId() || isNatural();
    }

    boolean is(String atom) {
        return tokens.is(at, atom);
    }

    boolean opens(String atom) {
        return tokens.opens(at, atom);
    }

    /** The word behind the parenthesis that comes next, or null. */
    String opened() {
        return isOpen() && tokens.kind(at + 1) == Tokens.Kind.ATOM ? tokens.text(at + 1) : null;
    }

    WatException unexpected() {
        return tokens.errorAt(
                at,
                kind() == Tokens.Kind.END ? "unexpected end" : "unexpected token " + Printable.name(tokens.text(at)));
    }

    /** Something is wrong with what comes next. */
    WatException error(String reason) {
        return tokens.errorAt(at, reason);
    }

    /** Something is wrong with what was read last. */
    WatException errorBefore(String reason) {
        return tokens.errorAt(at - 1, reason);
    }

    void open() {
        if (!isOpen()) {
            throw unexpected();
        }
        at++;
    }

    void close() {
        if (!isClose()) {
            throw unexpected();
        }
        at++;
    }

    String atom() {
        if (kind() != Tokens.Kind.ATOM) {
            throw unexpected();
        }
        return tokens.text(at++);
    }

    void expect(String atom) {
        if (!is(atom)) {
            throw unexpected();
        }
        at++;
    }

    boolean accept(String atom) {
        boolean is = is(atom);
        at += is ? 1 : 0;
        return is;
    }

    /** Enters {@code (atom}, if that comes next. */
    boolean acceptOpen(String atom) {
        boolean opens = opens(atom);
        at += opens ? 2 : 0;
        return opens;
    }

    /** Skips a part in parentheses. */
    void skip() {
        at = tokens.match(at) + 1;
    }

    /** A name without its dollar sign. */
    String id() {
        String name = tokens.text(at).substring(1);
        if (name.startsWith("\"")) {
            byte[] bytes = Literals.string(name);
            if (bytes == null || !Literals.isUtf8(bytes)) {
                throw error("malformed UTF-8 encoding");
            }
            name = new String(bytes, StandardCharsets.UTF_8);
        }
        at++;
        return name;
    }

    /** A name, or null if none comes next. */
    String optionalId() {
        return isId() ? id() : null;
    }

    byte[] string() {
        if (!isString()) {
            throw unexpected();
        }
        byte[] bytes = Literals.string(tokens.text(at));
        if (bytes == null) {
            throw error("malformed escape in a string");
        }
        at++;
        return bytes;
    }

    /** A string that is a name: UTF-8. */
    byte[] name() {
        byte[] bytes = string();
        if (!Literals.isUtf8(bytes)) {
            throw errorBefore("malformed UTF-8 encoding");
        }
        return bytes;
    }

    String nameText() {
        return new String(name(), StandardCharsets.UTF_8);
    }

    long natural(int bits) {
        String text = kind() == Tokens.Kind.ATOM ? tokens.text(at) : "";
        return number(Literals.natural(text, bits), bits == 8 ? "i8 constant" : "i" + bits + " constant");
    }

    long integer(int bits) {
        String text = kind() == Tokens.Kind.ATOM ? tokens.text(at) : "";
        return number(Literals.integer(text, bits), "constant");
    }

    long floating(boolean is64) {
        String text = kind() == Tokens.Kind.ATOM ? tokens.text(at) : "";
        return number(Literals.floating(text, is64), "constant");
    }

    private long number(Literals.Parsed n, String what) {
        if (n == null) {
            throw unexpected();
        }
        if (!n.inRange()) {
            throw error(what + " out of range");
        }
        at++;
        return n.bits();
    }
}
