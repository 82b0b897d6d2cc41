package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.List;
import java.util.Locale;
import java.util.Set;
import kiln.codegen.CompiledFunction;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Patterns of operations that become one instruction on some machine. */
public abstract class PatternExecution {
    private final Machine.Target target;
    private Machine machine;

    protected PatternExecution(Machine.Target target) {
        this.target = target;
    }

    @BeforeEach
    void start() {
        assumeTrue(target.isHost(), "machine code of another architecture");
        machine = new Machine(target);
    }

    @AfterEach
    void stop() {
        if (machine != null) {
            machine.close();
        }
    }

    private void load(String text) {
        machine.load(text, target.features());
    }

    /** Runs function 0 with an i64 at 0; gives the i64 at 32. */
    private long run(long x) {
        machine.put(0, x);
        machine.put(32, 0x1111);
        assertEquals(null, machine.run());
        return machine.get(32);
    }

    /** Sums of bytes: of registers, from memory at an odd address, and with a constant. */
    @Test
    void addsBytesOfVectors() {
        for (Set<String> features : List.of(Set.<String>of(), target.features())) {
            machine.load("""
                    function wasm_function[0,0] (i64, i64) -> () {
                    b0(v0: i64, v1: i64):
                        v2 = load.v128 stack0 w16 [v1 + 0]
                        v3 = load.v128 stack1 w16 [v1 + 1]
                        v4 = vbinary.v128.i8x16.add v2, v3
                        v5 = vconst.v128 0x0102030405060708 0x1112131415161718
                        v6 = vbinary.v128.i8x16.add v4, v5
                        v7 = vbinary.v128.i8x16.add v6, v6
                        store.v128 stack0 w16 [v1 + 32], v7
                        return
                    }
                    """, features);
            long[] words = {0xff80_7f01_0203_fe55L, 0x0123_4567_89ab_cdefL, 0xfedc_ba98_7654_3210L};
            for (int i = 0; i < words.length; i++) {
                machine.put(8 * i, words[i]);
            }
            assertEquals(null, machine.run());
            long[] constant = {0x0102030405060708L, 0x1112131415161718L};
            for (int i = 0; i < 16; i++) {
                int sum = byteOf(words, i) + byteOf(words, i + 1) + byteOf(constant, i);
                int actual = (int) (machine.get(32 + i / 8 * 8) >>> i % 8 * 8) & 0xff;
                assertEquals(2 * sum & 0xff, actual, "byte " + i + " with " + features);
            }
        }
    }

    private static int byteOf(long[] words, int i) {
        return (int) (words[i / 8] >>> i % 8 * 8) & 0xff;
    }

    @Test
    void readsModifiesAndWritesMemoryInOneInstruction() {
        for (String op : new String[] {"add", "sub", "and", "or", "xor"}) {
            for (int width : new int[] {1, 2, 4, 8}) {
                String type = width == 8 ? "i64" : "i32";
                for (String other : new String[] {"v3", "v4"}) {
                    String text = """
                            function wasm_function[0,0] (i64, i64) -> () {
                            b0(v0: i64, v1: i64):
                                v3 = load.TYPE stack1 wTW [v1 + 0]
                                v4 = iconst.TYPE -3
                                v5 = load.TYPE stack0 wWIDTH [v1 + 32]
                                v6 = OP.TYPE v5, OTHER
                                store.TYPE stack0 wWIDTH [v1 + 32], v6
                                return
                            }
                            """.replace("TYPE", type)
                            .replace("TW", type.equals("i64") ? "8" : "4")
                            .replace("WIDTH", "" + width)
                            .replace("OP", op)
                            .replace("OTHER", other);
                    CompiledFunction f = machine.load(text, target.features()).getFirst();
                    for (long x : new long[] {0, 0x123456789abcdefL, -1}) {
                        for (long y : new long[] {1, 0xff, 0xfedcba9876543210L}) {
                            machine.put(0, y);
                            machine.put(32, x);
                            assertEquals(null, machine.run());
                            long by = other.equals("v3") ? y : -3;
                            long r = switch (op) {
                                case "add" -> x + by;
                                case "sub" -> x - by;
                                case "and" -> x & by;
                                case "or" -> x | by;
                                default -> x ^ by;
                            };
                            long mask = width == 8 ? -1 : (1L << 8 * width) - 1;
                            assertEquals(x & ~mask | r & mask, machine.get(32), op + width + " " + f.code().length);
                        }
                    }
                }
            }
        }
    }

    @Test
    void loadsAndStoresOfEveryWidth() {
        for (String type : new String[] {"i32", "i64"}) {
            for (int width : new int[] {1, 2, 4, 8}) {
                if (width == 8 && type.equals("i32")) {
                    continue;
                }
                for (boolean signed : new boolean[] {false, true}) {
                    String widen = type.equals("i32") ? "    v3 = zext.i64 v2\n" : "";
                    load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n    v2 = load." + type
                            + " stack0 w" + width + (signed ? " signed" : "") + " [v1 + 0]\n" + widen
                            + "    store.i64 stack0 w8 [v1 + 32], " + (widen.isEmpty() ? "v2" : "v3") + "\n    store."
                            + type
                            + " stack0 w" + width + " [v1 + 40], v2\n    return\n}\n");
                    for (long x : new long[] {0x8182838485868788L, 0x1122334455667718L, 0x11223344a5b67718L}) {
                        machine.put(40, 0);
                        long mask = width == 8 ? -1 : (1L << 8 * width) - 1;
                        int shift = 64 - 8 * width;
                        long expected = signed ? x << shift >> shift : x & mask;
                        if (type.equals("i32")) {
                            expected &= 0xffffffffL;
                        }
                        assertEquals(Long.toHexString(expected), Long.toHexString(run(x)), type + width + signed);
                        assertEquals(x & mask, machine.get(40));
                    }
                }
            }
        }
    }

    @Test
    void addressesOfEveryShape() {
        // base at v1, index from memory; also displacements that no instruction can hold.
        String[] addresses = {
            "v4 = add.i64 v1, v2",
            "v4 = add.i64 v2, v1",
            "v3 = shl.i64 v2, v5\n v4 = add.i64 v1, v3",
            "v3 = shl.i64 v2, v5\n v4 = add.i64 v3, v1",
            "v3 = add.i64 v2, v5\n v4 = add.i64 v1, v3",
            "v3 = shl.i64 v2, v5\n v7 = add.i64 v3, v5\n v4 = add.i64 v7, v1",
        };
        for (int at = 64; at < 1024; at += 8) {
            machine.put(at, 0x0101010101010101L * (at / 8));
        }
        for (int k = 0; k < addresses.length; k++) {
            for (long disp : new long[] {0, 64, 1000, 0x80000000L, 0xfffffff8L}) {
                load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v8: i64):\n    v6 = iconst.i64 "
                        + disp
                        + "\n    v1 = sub.i64 v8, v6\n    v2 = load.i64 stack1 w8 [v8 + 0]\n    v5 = iconst.i64 3\n    "
                        + addresses[k] + "\n    v9 = load.i64 stack0 w8 [v4 + " + disp
                        + "]\n    store.i64 stack1 w8 [v8 + 32], v9\n    return\n}\n");
                for (long index : new long[] {64, 72, 96}) {
                    int at = (int)
                            switch (k) {
                                case 0, 1 -> index;
                                case 2, 3 -> index << 3;
                                case 4 -> index + 3;
                                default -> (index << 3) + 3;
                            };
                    assertEquals(machine.get(at), run(index), addresses[k] + " + " + disp);
                }
            }
        }
    }

    @Test
    void selectsOnEveryConditionAndType() {
        String[] conditions = {
            "v9 = fcmp.f64.eq v2, v3",
            "v9 = fcmp.f64.ne v2, v3",
            "v9 = fcmp.f64.lt v2, v3",
            "v9 = fcmp.f64.le v2, v3",
            "v9 = fcmp.f64.gt v2, v3",
            "v9 = fcmp.f64.ge v2, v3",
        };
        double[] values = {0, -0.0, 1, Double.NaN, Double.POSITIVE_INFINITY};
        for (String condition : conditions) {
            for (boolean negated : new boolean[] {false, true}) {
                for (String type : new String[] {"i64", "f64"}) {
                    String c = condition + (negated ? "\n    v8 = iconst.i32 0\n    v10 = icmp.i32.eq v9, v8" : "");
                    String flag = negated ? "v10" : "v9";
                    load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n"
                            + "    v2 = load.f64 stack0 w8 [v1 + 0]\n"
                            + "    v3 = load.f64 stack0 w8 [v1 + 8]\n    v4 = load."
                            + type
                            + " stack0 w8 [v1 + 16]\n    v5 = load." + type + " stack0 w8 [v1 + 24]\n    " + c
                            + "\n    v6 = select." + type + " " + flag + ", v4, v5\n    store." + type
                            + " stack1 w8 [v1 + 32], v6\n    branch " + flag + ", b1, b2\nb1:\n    v20 = iconst.i64 1\n"
                            + "    store.i64 stack1 w8 [v1 + 40], v20\n    return\nb2:\n    v21 = iconst.i64 2\n"
                            + "    store.i64 stack1 w8 [v1 + 40], v21\n    return\n}\n");
                    machine.put(16, 111);
                    machine.put(24, 222);
                    for (double x : values) {
                        for (double y : values) {
                            machine.put(0, Double.doubleToRawLongBits(x));
                            machine.put(8, Double.doubleToRawLongBits(y));
                            boolean holds = FloatCond.valueOf(
                                            condition.substring(14, 16).toUpperCase(Locale.ROOT))
                                    .test(x, y);
                            assertEquals(null, machine.run());
                            String what = condition + negated + type + " " + x + " " + y;
                            assertEquals(holds != negated ? 111 : 222, machine.get(32), what);
                            assertEquals(holds != negated ? 1 : 2, machine.get(40), what);
                        }
                    }
                }
            }
        }
    }

    @Test
    void bitTestsAndOtherComparisonsOfAnd() {
        String[] bodies = {
            "v5 = iconst.i64 1\n v6 = shl.i64 v5, v3\n v7 = and.i64 v2, v6\n v8 = icmp.i64.ne v7, v4",
            "v5 = iconst.i64 1\n v6 = lshr.i64 v2, v3\n v7 = and.i64 v6, v5\n v8 = icmp.i64.ne v7, v4",
            "v5 = iconst.i64 0x10000000000\n v7 = and.i64 v2, v5\n v8 = icmp.i64.ne v7, v4",
            "v5 = iconst.i64 64\n v7 = and.i64 v2, v5\n v8 = icmp.i64.ne v7, v4",
            "v5 = iconst.i64 -256\n v7 = and.i64 v2, v5\n v8 = icmp.i64.slt v7, v4",
            "v7 = and.i64 v2, v3\n v8 = icmp.i64.sgt v7, v4",
        };
        for (int k = 0; k < bodies.length; k++) {
            load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n"
                    + "    v2 = load.i64 stack0 w8 [v1 + 0]\n"
                    + "    v3 = load.i64 stack0 w8 [v1 + 8]\n    v4 = iconst.i64 0\n" + bodies[k]
                    + "\n    v9 = zext.i64 v8\n    store.i64 stack0 w8 [v1 + 32], v9\n    return\n}\n");
            for (long x : new long[] {0, 1, 64, -1, 0x10000000000L, Long.MIN_VALUE, 0x5555555555555555L}) {
                for (long y : new long[] {0, 1, 6, 40, 63, 64, 65, -1}) {
                    machine.put(8, y);
                    boolean expected = switch (k) {
                        case 0, 1 -> (x >>> y & 1) != 0;
                        case 2 -> (x & 0x10000000000L) != 0;
                        case 3 -> (x & 64) != 0;
                        case 4 -> (x & -256) < 0;
                        default -> (x & y) > 0;
                    };
                    assertEquals(expected ? 1 : 0, run(x), k + " " + x + " " + y);
                }
            }
        }
    }

    /** The result of an operation compared with zero, where the operation's own flags may serve. */
    @Test
    void comparisonsOfResultsWithZero() {
        String[] ops = {"add", "sub", "and", "or", "xor", "shl", "lshr", "ashr", "rotl"};
        long[] values = {0, 1, -1, 2, 63, Long.MIN_VALUE, Long.MAX_VALUE, 0x80000000L, 0x7fffffffL, -0x80000000L};
        for (String op : ops) {
            for (IntCond cond : IntCond.values()) {
                load("""
                        function wasm_function[0,0] (i64, i64) -> () {
                        b0(v0: i64, v1: i64):
                            v2 = load.i64 stack0 w8 [v1 + 0]
                            v3 = load.i64 stack0 w8 [v1 + 8]
                            v4 = OP.i64 v2, v3
                            v5 = iconst.i64 0
                            v6 = icmp.i64.COND v4, v5
                            store.i64 stack0 w8 [v1 + 32], v4
                            v7 = select.i64 v6, v1, v5
                            store.i64 stack0 w8 [v1 + 40], v7
                            branch v6, b1(v4), b2
                        b1(v8: i64):
                            store.i64 stack0 w8 [v1 + 48], v8
                            return
                        b2:
                            v10 = iconst.i64 3
                            v11 = OP.i64 v2, v10
                            v12 = icmp.i64.COND v11, v5
                            branch v12, b3, b4
                        b3:
                            store.i64 stack0 w8 [v1 + 48], v1
                            return
                        b4:
                            store.i64 stack0 w8 [v1 + 48], v5
                            return
                        }
                        """.replace("OP", op).replace("COND", cond.name().toLowerCase(Locale.ROOT)));
                for (long x : values) {
                    for (long y : values) {
                        machine.put(8, y);
                        long r = apply(op, x, y);
                        assertEquals(r, run(x));
                        boolean holds = cond.test(r, 0);
                        String what = op + " " + cond + " " + x + " " + y;
                        assertEquals(holds ? machine.args : 0, machine.get(40), what);
                        long last = holds ? r : cond.test(apply(op, x, 3), 0) ? machine.args : 0;
                        assertEquals(last, machine.get(48), what);
                    }
                }
            }
        }
    }

    private static long apply(String op, long x, long y) {
        return switch (op) {
            case "add" -> x + y;
            case "sub" -> x - y;
            case "and" -> x & y;
            case "or" -> x | y;
            case "xor" -> x ^ y;
            case "shl" -> x << y;
            case "lshr" -> x >>> y;
            case "ashr" -> x >> y;
            default -> Long.rotateLeft(x, (int) y);
        };
    }

    /** The select compares again, with the load in a register; then the comparison itself must not fold the load. */
    @Test
    void loadOfARepeatedComparisonIsDone() {
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = load.i32 stack0 w4 [v1 + 0]
                    v3 = iconst.i32 7
                    v4 = icmp.i32.ult v2, v3
                    v5 = select.i64 v4, v0, v1
                    store.i32 stack0 w4 [v1 + 40], v4
                    store.i64 stack0 w8 [v1 + 32], v5
                    return
                }
                """);
        for (int i = 0; i < 20; i++) {
            assertEquals(i < 7 ? 0 : machine.args, run(i));
            assertEquals(i < 7 ? 1 : 0, (int) machine.get(40));
        }
    }

    @Test
    void comparisonsAreAddedAndSubtracted() {
        long[] values = {0, 1, 2, 7, 255, -1, -2, 0x7fffffffL, 0x80000000L, 0xffffffffL, Long.MIN_VALUE, Long.MAX_VALUE
        };
        String[] rights = {"v3", "0", "1", "7", "-1", "2147483646", "2147483647"};
        for (String type : new String[] {"i32", "i64"}) {
            for (String op : new String[] {"add", "sub"}) {
                for (IntCond cond : IntCond.values()) {
                    for (String right : rights) {
                        String y = right.equals("v3") ? "v3" : "v4";
                        String widen = type.equals("i64") ? "    v6 = zext.i64 v5\n" : "";
                        String narrow = type.equals("i32") ? "    v9 = zext.i64 v7\n" : "";
                        int w = type.equals("i32") ? 4 : 8;
                        load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n    v2 = load."
                                + type
                                + " stack0 w" + w + " [v1 + 0]\n    v3 = load." + type + " stack0 w" + w
                                + " [v1 + 8]\n    v8 = load." + type + " stack0 w" + w + " [v1 + 16]\n    v4 = iconst."
                                + type
                                + " " + (y.equals("v3") ? "0" : right) + "\n    v5 = icmp." + type + "."
                                + cond.name().toLowerCase(Locale.ROOT) + " v2, " + y + "\n" + widen + "    v7 = " + op
                                + "." + type
                                + " v8, " + (widen.isEmpty() ? "v5" : "v6") + "\n" + narrow
                                + "    store.i64 stack0 w8 [v1 + 32], " + (narrow.isEmpty() ? "v7" : "v9")
                                + "\n    return\n}\n");
                        for (long x : values) {
                            for (long z : values) {
                                machine.put(8, z);
                                machine.put(16, z ^ x);
                                long a = w == 4 ? (int) x : x;
                                long b = y.equals("v4") ? Long.parseLong(right) : w == 4 ? (int) z : z;
                                long c = cond.test(a, b) ? 1 : 0;
                                long r = op.equals("add") ? (z ^ x) + c : (z ^ x) - c;
                                assertEquals(
                                        w == 4 ? r & 0xffffffffL : r,
                                        run(x),
                                        type + op + cond + right + " " + x + " " + z);
                                if (y.equals("v4")) {
                                    break;
                                }
                            }
                        }
                    }
                }
            }
        }
    }

    @Test
    void selectionsOfTheSmallerOrLargerFloat() {
        double[] values = {0, -0.0, 1, -1, Double.NaN, Double.NEGATIVE_INFINITY};
        for (FloatCond cond : FloatCond.values()) {
            for (boolean swapped : new boolean[] {false, true}) {
                String text = """
                        function wasm_function[0,0] (i64, i64) -> () {
                        b0(v0: i64, v1: i64):
                            v2 = load.f64 stack0 w8 [v1 + 0]
                            v3 = load.f64 stack0 w8 [v1 + 8]
                            v4 = fcmp.f64.COND v2, v3
                            v5 = select.f64 v4, ARGS
                            store.f64 stack0 w8 [v1 + 32], v5
                            return
                        }
                        """.replace("COND", cond.name().toLowerCase(Locale.ROOT))
                        .replace("ARGS", swapped ? "v3, v2" : "v2, v3");
                for (Set<String> features : target.featureSets()) {
                    machine.load(text, features);
                    for (double x : values) {
                        for (double y : values) {
                            machine.put(8, Double.doubleToRawLongBits(y));
                            double expected = cond.test(x, y) != swapped ? x : y;
                            long bits = Double.doubleToRawLongBits(expected);
                            assertEquals(
                                    bits, run(Double.doubleToRawLongBits(x)), cond + " " + x + " " + y + " " + swapped);
                        }
                    }
                }
            }
        }
    }
}
