package kiln.tests.runtime;

import java.util.Random;

/**
 * Writes functions that are random loops over arrays, of the forms that compilers of C make: unrolled or not, by
 * pointers or by indices, up to a limit, up to zero or down, with one to three arrays that are read and up to two that
 * are written, and sums.
 *
 * <p>Some of the arrays are a single element that all turns load or store.
 *
 * <p>Each takes {@code (n, a, b, c: i32, x: i32, y: f32)}: how many elements, addresses of arrays, and numbers.
 */
final class LoopGenerator {
    /** The last arrays' end in loops that count up to zero. */
    static final int END = 40_000;

    /** What elements are. */
    enum Elements {
        INTS,
        FLOATS,
        BOTH
    }

    private final Random random;
    private final Elements elements;
    private int width;
    private int unroll;
    /** Type of elements: i32, i64, f32, f64. */
    private String type;

    private int streams;
    /** By array, where the address comes from: a parameter, or a number. */
    private String[] bases;

    /** By array, whether it is a single element. */
    private boolean[] isSingle;

    /** Whether elements are looked up in a table, too. */
    private boolean hasTable;

    private int mode;
    private boolean offsets;

    LoopGenerator(Random random, Elements elements) {
        this.random = random;
        this.elements = elements;
    }

    /** The type of the elements and of the result of the last function. */
    String type() {
        return type;
    }

    private int pick(int n) {
        return random.nextInt(n);
    }

    private String choose(String... of) {
        return of[pick(of.length)];
    }

    /** A function of this name. */
    String function(String name) {
        width = elements == Elements.FLOATS ? 4 << pick(2) : 1 << pick(4);
        unroll = 1 << (pick(2) == 0 ? 0 : pick(4));
        if (unroll * width > 64) {
            unroll = 1;
        }
        boolean isFloat = elements != Elements.INTS && width >= 4 && (elements == Elements.FLOATS || pick(2) == 0);
        type = (isFloat ? "f" : "i") + (width == 8 ? 64 : 32);
        streams = 1 + pick(3);
        mode = pick(3);
        offsets = random.nextBoolean();
        bases = new String[streams + 2];
        isSingle = new boolean[streams + 2];
        for (int i = 0; i < bases.length; i++) {
            bases[i] = pick(4) == 0
                    ? "(i32.const %d)".formatted(mode == 2 ? END - 4096 * pick(3) : 256 * pick(200))
                    : "(local.get $%s)".formatted(choose("a", "b", "c"));
        }
        boolean singles = pick(3) == 0;
        for (int i = streams > 1 ? 1 : streams; i < isSingle.length && singles; i++) {
            isSingle[i] = pick(3) == 0;
        }
        boolean ints = type.startsWith("i");
        hasTable = singles && ints && pick(3) == 0;
        int stores = pick(3);
        boolean reduces = ints && width >= 4 && (stores == 0 || pick(3) == 0);
        if (stores == 0 && !reduces) {
            stores = 1;
        }
        String combine = choose("add", "add", "sub", "xor", "or", "and", "min", "max");
        String[] expressions = {expression(2), expression(2), expression(1)};
        for (int s = 0; s < 2; s++) {
            if (isSingle[streams + s] && pick(4) > 0) {
                expressions[s] = "(%s.%s {load%d} %s)"
                        .formatted(
                                type, ints ? choose("add", "xor") : choose("add", "mul"), streams + s, expressions[s]);
            }
        }
        StringBuilder body = new StringBuilder();
        boolean valuesFirst = stores == 1 && pick(4) == 0;
        for (int k = 0; k < unroll && valuesFirst; k++) {
            body.append("(local.set $v%d %s)\n".formatted(k, at(expressions[0], k)));
        }
        int[] order = order(pick(5) == 0);
        for (int k : order) {
            for (int s = 0; s < stores; s++) {
                String value = valuesFirst ? "(local.get $v%d)".formatted(k) : at(expressions[s], k);
                body.append(access("store", streams + s, k, value)).append('\n');
            }
            if (reduces) {
                body.append(sum(combine, at(expressions[2], k))).append('\n');
            }
        }
        return frame(name, body.toString());
    }

    private int[] order(boolean shuffled) {
        int[] order = new int[unroll];
        for (int i = 0; i < unroll; i++) {
            order[i] = i;
        }
        for (int i = unroll - 1; i > 0 && shuffled; i--) {
            int k = pick(i + 1);
            int t = order[i];
            order[i] = order[k];
            order[k] = t;
        }
        return order;
    }

    private String sum(String op, String value) {
        if (op.equals("min") || op.equals("max")) {
            String compare = (op.equals("min") ? "lt" : "gt") + (unroll % 2 == 0 ? "_s" : width == 4 ? "_u" : "_s");
            return """
                    (local.set $e %s)
                    (local.set $s (select (local.get $s) (local.get $e)
                      (%s.%s (local.get $s) (local.get $e))))""".formatted(value, type, compare);
        }
        return "(local.set $s (%s.%s (local.get $s) %s))".formatted(type, op, value);
    }

    private String frame(String name, String body) {
        int step = mode == 0 ? unroll * width : unroll;
        StringBuilder f = new StringBuilder();
        f.append("(func (export \"%s\") (param $n i32) (param $a i32) (param $b i32) (param $c i32)\n".formatted(name));
        f.append("  (param $x i32) (param $y f32) (result %s)\n".formatted(type));
        f.append("  (local $i i32) (local $k i32) (local $s %s) (local $e %s)\n".formatted(type, type));
        for (int k = 0; k < unroll; k++) {
            f.append("  (local $v%d %s)\n".formatted(k, type));
        }
        f.append("  (local.set $s %s)\n".formatted(invariant()));
        if (pick(8) > 0) {
            f.append("  (if (i32.eqz (local.get $n)) (then (return (local.get $s))))\n");
        }
        if (mode == 2) {
            // Counts from -n up to zero.
            f.append("  (local.set $i (i32.mul (local.get $n) (i32.const %d)))\n".formatted(-unroll * width));
        }
        int counting = pick(7);
        boolean down = counting >= 5;
        if (down) {
            f.append("  (local.set $k (local.get $n))\n");
        }
        f.append("  (loop $l\n").append(body.indent(4));
        String limit = mode == 2
                ? "(i32.const 0)"
                : "(i32.mul (local.get $n) (i32.const %d))".formatted(mode == 0 ? unroll * width : unroll);
        String test;
        if (mode == 2) {
            test = choose(
                            "(local.tee $i (i32.add (local.get $i) (i32.const %d)))",
                            "(i32.lt_s (local.tee $i (i32.add (local.get $i) (i32.const %d))) (i32.const 0))",
                            "(i32.ne (local.tee $i (i32.add (local.get $i) (i32.const %d))) (i32.const 0))")
                    .formatted(unroll * width);
        } else if (down) {
            int by = 1 + pick(2);
            f.append("    (local.set $i (i32.add (local.get $i) (i32.const %d)))\n".formatted(step));
            test = counting == 5
                    ? "(local.tee $k (i32.sub (local.get $k) (i32.const 1)))"
                    : "(i32.gt_s (local.tee $k (i32.sub (local.get $k) (i32.const %d))) (i32.const %d))"
                            .formatted(by, pick(3) - 1);
        } else {
            String compare = new String[] {"ne", "lt_s", "lt_u", "le_u", "le_s"}[counting];
            boolean old = pick(4) == 0;
            test = old
                    ? "(i32.%s (local.get $i) %s (local.set $i (i32.add (local.get $i) (i32.const %d))))"
                            .formatted(compare, limit, step)
                    : "(i32.%s (local.tee $i (i32.add (local.get $i) (i32.const %d))) %s)"
                            .formatted(compare, step, limit);
        }
        f.append("    (br_if $l %s))\n".formatted(test));
        String rest = "(i32.add (local.get $i) (i32.shl (local.get $k) (i32.const 7)))";
        if (pick(3) > 0) {
            f.append("  (local.get $s))\n");
        } else {
            f.append("  %s)\n".formatted(convert(rest)));
        }
        return f.toString();
    }

    private String convert(String i32) {
        return switch (type) {
            case "i32" -> i32;
            case "i64" -> "(i64.extend_i32_u " + i32 + ")";
            default -> "(" + type + ".convert_i32_s " + i32 + ")";
        };
    }

    /** The value for element {@code k} of a turn. */
    private String at(String expression, int k) {
        String s = expression;
        for (int i = 0; i < bases.length; i++) {
            s = s.replace("{load" + i + "}", access("load", i, k, ""));
        }
        return s.replace("{k}", Integer.toString(k)).replace("{index}", index(k));
    }

    private String index(int k) {
        return "(i32.add (local.get $i) (i32.const %d))".formatted(mode == 1 ? k : k * width);
    }

    private String access(String op, int stream, int k, String value) {
        int offset = isSingle[stream] ? 3 * width : k * width;
        String base = bases[stream];
        String index = mode == 1 && width > 1
                ? "(i32.shl (local.get $i) (i32.const %d))".formatted(Integer.numberOfTrailingZeros(width))
                : "(local.get $i)";
        String address = isSingle[stream] ? base : "(i32.add %s %s)".formatted(base, index);
        String immediate = "";
        if (offsets) {
            immediate = " offset=" + offset;
        } else if (offset > 0) {
            address = "(i32.add %s (i32.const %d))".formatted(address, offset);
        }
        String suffix = width == 8 || width == 4 ? "" : Integer.toString(width * 8);
        if (op.equals("load") && width < 4) {
            suffix += stream % 2 == 0 ? "_s" : "_u";
        }
        return "(%s.%s%s%s %s %s)".formatted(type, op, suffix, immediate, address, value);
    }

    private String invariant() {
        return switch (type) {
            case "i32" -> "(local.get $x)";
            case "i64" -> "(i64.extend_i32_s (local.get $x))";
            case "f32" -> "(local.get $y)";
            default -> "(f64.promote_f32 (local.get $y))";
        };
    }

    /** An element of a table, by an element. */
    private String table() {
        String index = type.equals("i64") ? "(i32.wrap_i64 {load0})" : "{load0}";
        String scaled = "(i32.shl (i32.and %s (i32.const 63)) (i32.const %d))"
                .formatted(index, Integer.numberOfTrailingZeros(width));
        String suffix = width < 4 ? width * 8 + "_u" : "";
        return "(%s.load%s offset=%d %s)".formatted(type, suffix, 1024 * (1 + pick(3)), scaled);
    }

    private String expression(int depth) {
        if (depth == 0 || pick(6) == 0) {
            if (hasTable && pick(3) == 0) {
                return table();
            }
            return switch (pick(8)) {
                case 0 -> invariant();
                case 1 -> "(%s.const %d)".formatted(type, pick(100) - 50);
                case 2 -> type.equals("i32") ? "{index}" : "{load0}";
                case 3 -> "(%s.add {load0} (%s.const {k}))".formatted(type, type);
                default -> "{load" + pick(streams) + "}";
            };
        }
        String x = expression(depth - 1);
        String y = expression(depth - 1);
        boolean ints = type.startsWith("i");
        return switch (pick(ints ? 10 : 8)) {
            case 0, 1 -> "(%s.add %s %s)".formatted(type, x, y);
            case 2 -> "(%s.sub %s %s)".formatted(type, x, y);
            case 3 -> "(%s.mul %s %s)".formatted(type, x, y);
            case 4 ->
                ints
                        ? "(%s.%s %s %s)".formatted(type, choose("and", "or", "xor"), x, y)
                        : "(%s.%s %s %s)".formatted(type, choose("min", "max", "div"), x, y);
            case 5, 6 -> {
                String compare = ints
                        ? choose("eq", "ne", "lt_s", "lt_u", "ge_s", "ge_u", "gt_u", "le_s")
                        : choose("eq", "ne", "lt", "gt", "le", "ge");
                String z = expression(depth - 1);
                yield "(select %s %s (%s.%s %s %s))".formatted(x, y, type, compare, pick(2) == 0 ? x : z, y);
            }
            case 7 ->
                ints
                        ? "(%s.%s %s (%s.const %d))"
                                .formatted(type, choose("shl", "shr_u", "shr_s"), x, type, pick(width * 8))
                        : "(%s.%s %s)".formatted(type, choose("abs", "neg", "sqrt", "floor", "trunc", "nearest"), x);
            case 8 ->
                type.equals("i32") && width == 4
                        ? "(i32.trunc_sat_f32_s (f32.convert_i32_s %s))".formatted(x)
                        : "(%s.xor %s (%s.const -1))".formatted(type, x, type);
            default ->
                type.equals("i32") && width == 4
                        ? "(i32.eq %s %s)".formatted(x, y)
                        : "(%s.or %s %s)".formatted(type, x, y);
        };
    }
}
