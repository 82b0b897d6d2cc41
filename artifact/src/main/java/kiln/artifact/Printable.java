package kiln.artifact;

import java.nio.file.Path;
import java.util.Collection;

/**
 * Names as people get to see them, in messages, backtraces and listings. A name comes out of a module or a command line
 * that nobody has checked: it may be empty, of any length, and contain terminal escapes, line ends or characters that
 * reverse what follows.
 *
 * <p>One rule for all of them. Letters, digits, punctuation, symbols and the space stay as they are, so an ordinary
 * name looks as it is. Every other character is written as an escape of WebAssembly's text format, {@code \}{@code
 * u{1b}}: Unicode's control and format characters (with the bidirectional ones), line and paragraph ends, spaces other
 * than U+0020, private and unassigned characters and lone surrogates. Of these, U+DC80 to U+DCFF stand for bytes that
 * are not UTF-8 ({@link PathBytes}) and are written {@code \xff}. What is longer than a limit is cut, and says how long
 * it was. Applying the rule again changes nothing. Programs get names exactly as they are: from the methods that return
 * them, and from the symbols of a compiled file.
 */
public final class Printable {
    /** In characters of the result; compilers' names for generic functions reach hundreds. */
    public static final int MAX_NAME = 1000;
    /** In characters of the result: a message with several names, or of a library's. */
    public static final int MAX_LINE = 8000;

    private Printable() {}

    /** A name, in at most {@link #MAX_NAME} characters; "null" for null. */
    public static String name(String name) {
        return escape(name, MAX_NAME);
    }

    /** A text that may contain names of others, in one line of at most {@link #MAX_LINE} characters. */
    public static String line(String text) {
        return escape(text, MAX_LINE);
    }

    /** A file's name, of which bytes that are not UTF-8 are told. */
    public static String file(Path file) {
        return name(PathBytes.text(file));
    }

    /** Names with commas between; of very many the first ones and how many there are. */
    public static String names(Collection<String> names) {
        return join(", ", names, MAX_NAME, 2 * MAX_NAME);
    }

    /** Texts, such as problems, with {@code separator} between; of very many the first ones and how many there are. */
    public static String join(String separator, Collection<String> texts) {
        return join(separator, texts, MAX_LINE / 2, MAX_LINE / 2);
    }

    private static String join(String separator, Collection<String> texts, int longest, int limit) {
        StringBuilder out = new StringBuilder();
        int shown = 0;
        for (String one : texts) {
            String text = escape(one, longest);
            if (shown > 0 && out.length() + text.length() > limit) {
                return out.append(separator)
                        .append("... (")
                        .append(texts.size())
                        .append(" in all)")
                        .toString();
            }
            out.append(shown++ == 0 ? "" : separator).append(text);
        }
        return out.toString();
    }

    private static String escape(String text, int limit) {
        if (text == null || text.length() <= limit && isPlain(text)) {
            return String.valueOf(text);
        }
        String suffix = "... (" + text.codePointCount(0, text.length()) + " characters)";
        StringBuilder out = new StringBuilder();
        // Where to cut if the whole does not fit.
        int end = 0;
        for (int at = 0; at < text.length(); ) {
            int c = text.codePointAt(at);
            at += Character.charCount(c);
            append(out, c);
            if (out.length() > limit) {
                return out.substring(0, end).concat(suffix);
            }
            end = out.length() <= limit - suffix.length() ? out.length() : end;
        }
        return out.toString();
    }

    private static boolean isPlain(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < ' ' || text.charAt(i) > '~') {
                return false;
            }
        }
        return true;
    }

    private static void append(StringBuilder out, int c) {
        if (c == ' ' || isVisible(c)) {
            out.appendCodePoint(c);
        } else if (PathBytes.isByte(c)) {
            out.append("\\x").append(Integer.toHexString(c & 0xff));
        } else {
            out.append("\\u{").append(Integer.toHexString(c)).append('}');
        }
    }

    private static boolean isVisible(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR,
                    Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }
}
