package kiln.cli;

import java.util.Locale;
import kiln.artifact.Printable;

/** Reads times and sizes as people write them: {@code 1m30s}, {@code 64M}. */
final class Quantities {
    /** Longest time that makes sense, about 30 years, in seconds. */
    private static final double MAX_SECONDS = 1e9;

    private Quantities() {}

    /**
     * A time in nanoseconds, above 0. Numbers with units (ns, us, ms, s, m, h, d) are added up; a number alone is one
     * of seconds.
     *
     * @throws UserError naming {@code option} if {@code text} is none
     */
    static long nanos(String option, String text) {
        double seconds = 0;
        int at = 0;
        while (at < text.length()) {
            int unit = endOfNumber(text, at);
            int next = unit;
            while (next < text.length() && Character.isLetter(text.charAt(next))) {
                next++;
            }
            double number = number(text.substring(at, unit));
            double scale = seconds(text.substring(unit, next), at == 0 && next == text.length());
            if (Double.isNaN(number) || Double.isNaN(scale)) {
                throw noTime(option, text);
            }
            seconds += number * scale;
            at = next;
        }
        if (!(seconds > 0 && seconds < MAX_SECONDS)) {
            throw noTime(option, text);
        }
        return Math.max(1, Math.round(seconds * 1e9));
    }

    private static UserError noTime(String option, String text) {
        return new UserError(option + " " + Printable.name(text)
                + ": a time above 0 is needed, such as 1.5 (seconds), 100ms, 1m30s or 2h");
    }

    /** NaN if there is no such unit. */
    private static double seconds(String unit, boolean mayBeLeftOut) {
        return switch (unit) {
            case "" -> mayBeLeftOut ? 1 : Double.NaN;
            case "ns" -> 1e-9;
            case "us", "µs", "μs" -> 1e-6;
            case "ms" -> 1e-3;
            case "s" -> 1;
            case "m", "min" -> 60;
            case "h" -> 3600;
            case "d" -> 86_400;
            default -> Double.NaN;
        };
    }

    /**
     * A number of bytes, above 0: K, M, G and T are powers of 1024, with or without B or iB behind.
     *
     * @throws UserError naming {@code option} if {@code text} is none, or above 2^63 - 1
     */
    static long bytes(String option, String text) {
        int unit = endOfNumber(text, 0);
        double bytes =
                number(text.substring(0, unit)) * scale(text.substring(unit).toUpperCase(Locale.ROOT));
        if (!(bytes >= 1 && bytes < 0x1p63)) {
            throw new UserError(option + " " + Printable.name(text)
                    + ": a number of bytes above 0 is needed, such as 65536, 512K, 64M or 1.5G");
        }
        return (long) bytes;
    }

    /** NaN if there is no such unit. */
    private static double scale(String unit) {
        return switch (unit) {
            case "", "B" -> 1;
            case "K", "KB", "KIB" -> 0x1p10;
            case "M", "MB", "MIB" -> 0x1p20;
            case "G", "GB", "GIB" -> 0x1p30;
            case "T", "TB", "TIB" -> 0x1p40;
            default -> Double.NaN;
        };
    }

    private static int endOfNumber(String text, int start) {
        int end = start;
        while (end < text.length() && (Character.isDigit(text.charAt(end)) || text.charAt(end) == '.')) {
            end++;
        }
        return end;
    }

    /** NaN if it is none. */
    private static double number(String digits) {
        try {
            return Double.parseDouble(digits);
        } catch (NumberFormatException _) {
            return Double.NaN;
        }
    }
}
