package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Makes programs that fail smaller, in their text form, as long as they fail. */
final class ProgramReducer {
    private static final Pattern RESULT = Pattern.compile("    (v\\d+) = ([a-z_0-9]+)\\.?(i32|i64|f32|f64|v128)?.*");
    private static final Pattern BRANCH =
            Pattern.compile("    branch v\\d+, (b\\d+(?:\\([^)]*\\))?), (b\\d+(?:\\([^)]*\\))?)");

    private ProgramReducer() {}

    /** {@code fails} must be false for text that is no program. */
    static String reduce(String text, Predicate<String> fails) {
        List<String> lines = new ArrayList<>(Arrays.asList(text.split("\n")));
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int size = Math.max(1, lines.size() / 8); size >= 1; size /= 2) {
                for (int at = lines.size() - size; at >= 0; at -= size) {
                    changed |= replace(lines, at, size, fails);
                }
            }
        }
        return String.join("\n", lines);
    }

    private static boolean replace(List<String> lines, int at, int size, Predicate<String> fails) {
        for (int way = 0; way < 3; way++) {
            List<String> other = new ArrayList<>(lines);
            for (int i = at; i < at + size; i++) {
                other.set(i, simpler(lines.get(i), way));
            }
            other.removeIf(String::isEmpty);
            if (!other.equals(lines) && fails.test(String.join("\n", other))) {
                while (lines.size() > other.size()) {
                    // Callers go on from lower numbers.
                    lines.removeLast();
                }
                for (int i = 0; i < other.size(); i++) {
                    lines.set(i, other.get(i));
                }
                return true;
            }
        }
        return false;
    }

    /** Nothing, zero, or one way instead of two. */
    private static String simpler(String line, int way) {
        Matcher m = BRANCH.matcher(line);
        if (m.matches()) {
            return way == 0 ? line : "    jump " + m.group(way);
        }
        if (way == 0 && line.startsWith("    ") && !line.startsWith("    return") && !line.startsWith("    jump")) {
            return "";
        }
        m = RESULT.matcher(line);
        if (way == 2 || !m.matches() || m.group(3) == null || m.group(2).endsWith("const")) {
            return line;
        }
        boolean condition = m.group(2).equals("icmp") || m.group(2).equals("fcmp");
        String zero = switch (condition ? "i32" : m.group(3)) {
            case "i32" -> "iconst.i32 0";
            case "i64" -> "iconst.i64 0";
            case "f32" -> "fconst.f32 0x00000000";
            case "f64" -> "fconst.f64 0x0000000000000000";
            default -> "vconst.v128 0x0000000000000000 0x0000000000000000";
        };
        return "    " + m.group(1) + " = " + zero;
    }
}
