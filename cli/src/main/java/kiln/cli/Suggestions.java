package kiln.cli;

import java.util.Collection;
import java.util.Locale;
import kiln.artifact.Printable;

/** What somebody may have meant who mistyped a name. */
final class Suggestions {
    /** Longer names are not compared: the cost is the product of both lengths. */
    private static final int MAX_LENGTH = 80;

    private Suggestions() {}

    /** "; did you mean x?" to end a message with, or nothing. */
    static String text(String typed, Collection<String> known) {
        String nearest = nearest(typed, known);
        return nearest == null ? "" : "; did you mean " + Printable.name(nearest) + "?";
    }

    /** The known name that is most like what was typed, or null if none is like it. */
    static String nearest(String typed, Collection<String> known) {
        String nearest = null;
        // A third of the letters may be wrong, but not all.
        int least = Math.min(typed.length(), Math.max(1, Math.min(typed.length(), MAX_LENGTH) / 3) + 1);
        for (String name : known) {
            int distance = distance(typed.toLowerCase(Locale.ROOT), name.toLowerCase(Locale.ROOT), least);
            if (distance < least) {
                least = distance;
                nearest = name;
            }
        }
        return nearest;
    }

    /** Letters to insert, remove, replace or swap with the next one to get from one to the other; at most limit. */
    private static int distance(String a, String b, int limit) {
        if (Math.abs(a.length() - b.length()) >= limit || a.length() > MAX_LENGTH || b.length() > MAX_LENGTH) {
            return limit;
        }
        int[][] table = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                table[i][j] = i == 0 || j == 0 ? i + j : step(table, a, b, i, j);
            }
        }
        return Math.min(limit, table[a.length()][b.length()]);
    }

    private static int step(int[][] table, String a, String b, int i, int j) {
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        int least = Math.min(table[i - 1][j - 1] + (same ? 0 : 1), Math.min(table[i - 1][j], table[i][j - 1]) + 1);
        boolean swapped = i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
        return swapped ? Math.min(least, table[i - 2][j - 2] + 1) : least;
    }
}
