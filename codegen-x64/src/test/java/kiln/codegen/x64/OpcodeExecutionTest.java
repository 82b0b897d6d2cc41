package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;
import kiln.artifact.TrapCode;
import kiln.ir.FloatCond;
import kiln.ir.IntCond;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every operation on registers, constants and memory against Java, with values at the edges. */
class OpcodeExecutionTest {
    enum Cpu {
        BASELINE(Runner.BASELINE),
        ALL(Runner.ALL);

        final Set<String> features;

        Cpu(Set<String> features) {
            this.features = features;
        }
    }

    /** What the reference says instead of a result. */
    private static final class Trap extends RuntimeException {
        private static final long serialVersionUID = 1;

        final TrapCode code;

        Trap(TrapCode code) {
            super(code.name(), null, false, false);
            this.code = code;
        }
    }

    private static final long[] INTS = {
        0,
        1,
        2,
        3,
        5,
        7,
        8,
        31,
        32,
        33,
        63,
        64,
        65,
        127,
        128,
        255,
        256,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x7fffffffL,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        0x123456789abcdefL,
        -1,
        -2,
        -8,
        -127,
        -128,
        -129,
        -32768,
        -32769,
        -2147483648L,
        -2147483649L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        0x5555555555555555L,
        0x8000000080000000L,
    };

    private static final double[] FLOATS = {
        0,
        -0.0,
        1,
        -1,
        0.5,
        -0.5,
        1.5,
        2.5,
        -1.5,
        -2.5,
        3.7,
        -3.7,
        0.9999999,
        -0.9999999,
        -0.99999999999999,
        1e10,
        -1e10,
        Float.MIN_VALUE,
        Float.MIN_NORMAL,
        Float.MAX_VALUE,
        Double.MIN_VALUE,
        Double.MAX_VALUE,
        -Double.MAX_VALUE,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN,
        0x1p31,
        0x1p31 - 1,
        0x1p31 - 0.5,
        -0x1p31,
        -0x1p31 - 0.5,
        -0x1p31 - 1,
        -0x1p31 - 2,
        0x1p32,
        0x1p32 - 1,
        0x1p32 - 0.5,
        0x1p63,
        0x1.fffffffffffffp62,
        -0x1p63,
        -0x1.0000000000001p63,
        0x1p64,
        0x1.fffffffffffffp63,
        0x1p52 + 0.5,
        0x1p24 + 1,
        0x1.fffffep30,
        0x1.fffffep31,
        0x1.fffffep62,
        0x1.fffffep63,
        -0x1.000002p31,
        -0x1.000002p63,
    };

    private Runner runner;

    @BeforeEach
    void start() {
        assumeTrue(System.getProperty("os.arch").equals("amd64"));
        runner = new Runner();
    }

    @AfterEach
    void stop() {
        runner.close();
    }

    // Text of functions: operands at 0 and 16, result at 32, widened to eight bytes.

    private static String header() {
        return "function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n";
    }

    private static String load(String value, String type, int offset) {
        return "    " + value + " = load." + type + " stack0 w" + bytes(type) + " [v1 + " + offset + "]\n";
    }

    /** Keeps loads before it from being folded into what follows. */
    private static String barrier() {
        return "    store.i64 stack0 w8 [v1 + 64], v0\n";
    }

    private static int bytes(String type) {
        return type.endsWith("32") ? 4 : 8;
    }

    private static String finish(String value, String type) {
        String text = type.equals("i32") ? "    v99 = zext.i64 " + value + "\n" : "";
        String stored = type.equals("i32") ? "v99" : value;
        String storedType = type.equals("i32") ? "i64" : type;
        return text + "    store." + storedType + " stack0 w" + bytes(storedType) + " [v1 + 32], " + stored
                + "\n    return\n}\n";
    }

    private static String constant(String value, String type, long bits) {
        return "    " + value + " = " + (type.startsWith("f") ? "fconst." : "iconst.") + type + " " + bits + "\n";
    }

    /** A constant in the form that the IR wants. */
    private static long normal(String type, long bits) {
        return switch (type) {
            case "i32" -> (int) bits;
            case "f32" -> bits & 0xffffffffL;
            default -> bits;
        };
    }

    private static long resultOf(String type, long bits) {
        return bytes(type) == 4 ? bits & 0xffffffffL : bits;
    }

    private void check(String what, String type, LongUnaryOperator reference, long x, boolean isFloat) {
        TrapCode expectedTrap = null;
        long expected = 0;
        try {
            expected = resultOf(type, reference.applyAsLong(x));
        } catch (Trap t) {
            expectedTrap = t.code;
        }
        runner.put(32, 0);
        TrapCode trap = runner.run();
        assertEquals(expectedTrap, trap, what);
        if (trap == null) {
            long actual = runner.get(32);
            if (isFloat && isNan(type, expected) && isNan(type, actual)) {
                return;
            }
            if (expected != actual) {
                assertEquals(Long.toHexString(expected), Long.toHexString(actual), what);
            }
        }
    }

    private static boolean isNan(String type, long bits) {
        return type.equals("f32")
                ? Float.isNaN(Float.intBitsToFloat((int) bits))
                : Double.isNaN(Double.longBitsToDouble(bits));
    }

    private static long[] values(String type) {
        return switch (type) {
            case "f32" -> {
                List<Long> v = new ArrayList<>();
                for (double d : FLOATS) {
                    v.add(Float.floatToRawIntBits((float) d) & 0xffffffffL);
                }
                v.add(0x7fa00000L);
                v.add(0xffc12345L);
                yield v.stream().distinct().mapToLong(Long::longValue).toArray();
            }
            case "f64" -> {
                List<Long> v = new ArrayList<>();
                for (double d : FLOATS) {
                    v.add(Double.doubleToRawLongBits(d));
                }
                v.add(0x7ff4000000000000L);
                v.add(0xfff8123456789abcL);
                yield v.stream().distinct().mapToLong(Long::longValue).toArray();
            }
            case "i32" -> Arrays.stream(INTS).map(x -> (int) x).distinct().toArray();
            default -> INTS;
        };
    }

    private void unary(Cpu cpu, String op, String from, String to, LongUnaryOperator f) {
        boolean exact = op.startsWith("fneg") || op.startsWith("fabs") || op.startsWith("bitcast");
        for (boolean folded : new boolean[] {false, true}) {
            String text = header() + load("v2", from, 0) + (folded ? "" : barrier()) + "    v3 = " + op + " v2\n"
                    + finish("v3", to);
            runner.load(text, cpu.features);
            for (long x : values(from)) {
                runner.put(0, x);
                check(op + " " + from + " 0x" + Long.toHexString(x), to, f, x, to.startsWith("f") && !exact);
            }
        }
    }

    private void binary(Cpu cpu, String op, String type, String result, LongBinaryOperator f) {
        long[] values = values(type);
        boolean isFloat = result.startsWith("f") && !op.startsWith("fcopysign");
        // Both in registers; left in memory; right in memory.
        for (int form = 0; form < 3; form++) {
            String text = header()
                    + switch (form) {
                        case 0 -> load("v2", type, 0) + load("v3", type, 16) + barrier();
                        case 1 -> load("v3", type, 16) + barrier() + load("v2", type, 0);
                        default -> load("v2", type, 0) + barrier() + load("v3", type, 16);
                    }
                    + "    v4 = " + op + " v2, v3\n" + finish("v4", result);
            runner.load(text, cpu.features);
            for (long x : values) {
                runner.put(0, x);
                for (long y : values) {
                    runner.put(16, y);
                    String what = op + " 0x" + Long.toHexString(x) + ", 0x" + Long.toHexString(y) + " form " + form;
                    check(what, result, v -> f.applyAsLong(v, y), x, isFloat);
                }
            }
        }
        for (long c : values) {
            for (boolean left : new boolean[] {false, true}) {
                String text = header() + load("v2", type, 0) + barrier() + constant("v3", type, normal(type, c))
                        + "    v4 = " + op + (left ? " v3, v2\n" : " v2, v3\n") + finish("v4", result);
                runner.load(text, cpu.features);
                for (long x : values) {
                    runner.put(0, x);
                    String what = op + (left ? " const " : " ") + "0x" + Long.toHexString(left ? c : x) + ", 0x"
                            + Long.toHexString(left ? x : c);
                    check(what, result, v -> left ? f.applyAsLong(c, v) : f.applyAsLong(v, c), x, isFloat);
                }
            }
        }
    }

    private static long divide(long x, long y, boolean overflows, LongBinaryOperator f) {
        if (y == 0) {
            throw new Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO);
        }
        if (overflows) {
            throw new Trap(TrapCode.INTEGER_OVERFLOW);
        }
        return f.applyAsLong(x, y);
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void integerArithmetic(Cpu cpu) {
        Map<String, LongBinaryOperator> i32 = new TreeMap<>();
        Map<String, LongBinaryOperator> i64 = new TreeMap<>();
        i32.put("add", (x, y) -> x + y);
        i32.put("sub", (x, y) -> x - y);
        i32.put("mul", (x, y) -> x * y);
        i32.put("and", (x, y) -> x & y);
        i32.put("or", (x, y) -> x | y);
        i32.put("xor", (x, y) -> x ^ y);
        i64.putAll(i32);
        i32.put("umulh", (x, y) -> (x & 0xffffffffL) * (y & 0xffffffffL) >>> 32);
        i32.put("smulh", (x, y) -> x * y >> 32);
        i64.put("umulh", Math::unsignedMultiplyHigh);
        i64.put("smulh", Math::multiplyHigh);
        i32.put("shl", (x, y) -> (int) x << y);
        i32.put("lshr", (x, y) -> (int) x >>> y);
        i32.put("ashr", (x, y) -> (int) x >> y);
        i32.put("rotl", (x, y) -> Integer.rotateLeft((int) x, (int) y));
        i32.put("rotr", (x, y) -> Integer.rotateRight((int) x, (int) y));
        i64.put("shl", (x, y) -> x << y);
        i64.put("lshr", (x, y) -> x >>> y);
        i64.put("ashr", (x, y) -> x >> y);
        i64.put("rotl", (x, y) -> Long.rotateLeft(x, (int) y));
        i64.put("rotr", (x, y) -> Long.rotateRight(x, (int) y));
        i32.forEach((op, f) -> binary(cpu, op + ".i32", "i32", "i32", f));
        i64.forEach((op, f) -> binary(cpu, op + ".i64", "i64", "i64", f));
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void division(Cpu cpu) {
        binary(
                cpu,
                "udiv.i32",
                "i32",
                "i32",
                (x, y) -> divide(x, y, false, (a, b) -> Integer.divideUnsigned((int) a, (int) b)));
        binary(
                cpu,
                "urem.i32",
                "i32",
                "i32",
                (x, y) -> divide(x, y, false, (a, b) -> Integer.remainderUnsigned((int) a, (int) b)));
        binary(
                cpu,
                "sdiv.i32",
                "i32",
                "i32",
                (x, y) -> divide(x, y, x == Integer.MIN_VALUE && y == -1, (a, b) -> a / b));
        binary(cpu, "srem.i32", "i32", "i32", (x, y) -> divide(x, y, false, (a, b) -> a % b));
        binary(cpu, "udiv.i64", "i64", "i64", (x, y) -> divide(x, y, false, Long::divideUnsigned));
        binary(cpu, "urem.i64", "i64", "i64", (x, y) -> divide(x, y, false, Long::remainderUnsigned));
        binary(cpu, "sdiv.i64", "i64", "i64", (x, y) -> divide(x, y, x == Long.MIN_VALUE && y == -1, (a, b) -> a / b));
        binary(cpu, "srem.i64", "i64", "i64", (x, y) -> divide(x, y, false, (a, b) -> a % b));
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void integerComparisons(Cpu cpu) {
        for (IntCond c : IntCond.values()) {
            String name = c.name().toLowerCase(Locale.ROOT);
            binary(cpu, "icmp.i32." + name, "i32", "i32", (x, y) -> c.test(x, y) ? 1 : 0);
            binary(cpu, "icmp.i64." + name, "i64", "i32", (x, y) -> c.test(x, y) ? 1 : 0);
        }
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void countsAndExtensions(Cpu cpu) {
        unary(cpu, "clz.i32", "i32", "i32", x -> Integer.numberOfLeadingZeros((int) x));
        unary(cpu, "ctz.i32", "i32", "i32", x -> Integer.numberOfTrailingZeros((int) x));
        unary(cpu, "popcnt.i32", "i32", "i32", x -> Integer.bitCount((int) x));
        unary(cpu, "clz.i64", "i64", "i64", Long::numberOfLeadingZeros);
        unary(cpu, "ctz.i64", "i64", "i64", Long::numberOfTrailingZeros);
        unary(cpu, "popcnt.i64", "i64", "i64", Long::bitCount);
        unary(cpu, "sext8.i32", "i32", "i32", x -> (byte) x);
        unary(cpu, "sext16.i32", "i32", "i32", x -> (short) x);
        unary(cpu, "sext8.i64", "i64", "i64", x -> (byte) x);
        unary(cpu, "sext16.i64", "i64", "i64", x -> (short) x);
        unary(cpu, "sext32.i64", "i64", "i64", x -> (int) x);
        unary(cpu, "wrap.i32", "i64", "i32", x -> x);
        unary(cpu, "sext.i64", "i32", "i64", x -> (int) x);
        unary(cpu, "zext.i64", "i32", "i64", x -> x & 0xffffffffL);
    }

    private static float f(long bits) {
        return Float.intBitsToFloat((int) bits);
    }

    private static double d(long bits) {
        return Double.longBitsToDouble(bits);
    }

    private static long bits(float v) {
        return Float.floatToRawIntBits(v) & 0xffffffffL;
    }

    private static long bits(double v) {
        return Double.doubleToRawLongBits(v);
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void floatArithmetic(Cpu cpu) {
        binary(cpu, "fadd.f32", "f32", "f32", (x, y) -> bits(f(x) + f(y)));
        binary(cpu, "fsub.f32", "f32", "f32", (x, y) -> bits(f(x) - f(y)));
        binary(cpu, "fmul.f32", "f32", "f32", (x, y) -> bits(f(x) * f(y)));
        binary(cpu, "fdiv.f32", "f32", "f32", (x, y) -> bits(f(x) / f(y)));
        binary(cpu, "fmin.f32", "f32", "f32", (x, y) -> bits(Math.min(f(x), f(y))));
        binary(cpu, "fmax.f32", "f32", "f32", (x, y) -> bits(Math.max(f(x), f(y))));
        binary(cpu, "fcopysign.f32", "f32", "f32", (x, y) -> x & 0x7fffffffL | y & 0x80000000L);
        binary(cpu, "fadd.f64", "f64", "f64", (x, y) -> bits(d(x) + d(y)));
        binary(cpu, "fsub.f64", "f64", "f64", (x, y) -> bits(d(x) - d(y)));
        binary(cpu, "fmul.f64", "f64", "f64", (x, y) -> bits(d(x) * d(y)));
        binary(cpu, "fdiv.f64", "f64", "f64", (x, y) -> bits(d(x) / d(y)));
        binary(cpu, "fmin.f64", "f64", "f64", (x, y) -> bits(Math.min(d(x), d(y))));
        binary(cpu, "fmax.f64", "f64", "f64", (x, y) -> bits(Math.max(d(x), d(y))));
        binary(cpu, "fcopysign.f64", "f64", "f64", (x, y) -> x & Long.MAX_VALUE | y & Long.MIN_VALUE);
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void floatComparisons(Cpu cpu) {
        for (FloatCond c : FloatCond.values()) {
            String name = c.name().toLowerCase(Locale.ROOT);
            binary(cpu, "fcmp.f32." + name, "f32", "i32", (x, y) -> c.test(f(x), f(y)) ? 1 : 0);
            binary(cpu, "fcmp.f64." + name, "f64", "i32", (x, y) -> c.test(d(x), d(y)) ? 1 : 0);
        }
    }

    private static double trunc(double v) {
        return v < 0 ? Math.ceil(v) : Math.floor(v);
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void floatUnary(Cpu cpu) {
        unary(cpu, "fneg.f32", "f32", "f32", x -> x ^ 0x80000000L);
        unary(cpu, "fabs.f32", "f32", "f32", x -> x & 0x7fffffffL);
        unary(cpu, "fsqrt.f32", "f32", "f32", x -> bits((float) Math.sqrt(f(x))));
        unary(cpu, "fceil.f32", "f32", "f32", x -> bits((float) Math.ceil(f(x))));
        unary(cpu, "ffloor.f32", "f32", "f32", x -> bits((float) Math.floor(f(x))));
        unary(cpu, "ftrunc.f32", "f32", "f32", x -> bits((float) trunc(f(x))));
        unary(cpu, "fnearest.f32", "f32", "f32", x -> bits((float) Math.rint(f(x))));
        unary(cpu, "fneg.f64", "f64", "f64", x -> x ^ Long.MIN_VALUE);
        unary(cpu, "fabs.f64", "f64", "f64", x -> x & Long.MAX_VALUE);
        unary(cpu, "fsqrt.f64", "f64", "f64", x -> bits(Math.sqrt(d(x))));
        unary(cpu, "fceil.f64", "f64", "f64", x -> bits(Math.ceil(d(x))));
        unary(cpu, "ffloor.f64", "f64", "f64", x -> bits(Math.floor(d(x))));
        unary(cpu, "ftrunc.f64", "f64", "f64", x -> bits(trunc(d(x))));
        unary(cpu, "fnearest.f64", "f64", "f64", x -> bits(Math.rint(d(x))));
        unary(cpu, "fpromote.f64", "f32", "f64", x -> bits((double) f(x)));
        unary(cpu, "fdemote.f32", "f64", "f32", x -> bits((float) d(x)));
        unary(cpu, "bitcast.i32", "f32", "i32", x -> x);
        unary(cpu, "bitcast.f32", "i32", "f32", x -> x);
        unary(cpu, "bitcast.i64", "f64", "i64", x -> x);
        unary(cpu, "bitcast.f64", "i64", "f64", x -> x);
    }

    private static BigDecimal unsigned(long x) {
        return new BigDecimal(Long.toUnsignedString(x));
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void intToFloat(Cpu cpu) {
        unary(cpu, "from_sint.f32", "i32", "f32", x -> bits((float) (int) x));
        unary(cpu, "from_sint.f64", "i32", "f64", x -> bits((double) (int) x));
        unary(cpu, "from_sint.f32", "i64", "f32", x -> bits((float) x));
        unary(cpu, "from_sint.f64", "i64", "f64", x -> bits((double) x));
        unary(cpu, "from_uint.f32", "i32", "f32", x -> bits((float) (x & 0xffffffffL)));
        unary(cpu, "from_uint.f64", "i32", "f64", x -> bits((double) (x & 0xffffffffL)));
        unary(cpu, "from_uint.f32", "i64", "f32", x -> bits(unsigned(x).floatValue()));
        unary(cpu, "from_uint.f64", "i64", "f64", x -> bits(unsigned(x).doubleValue()));
    }

    /** Truncation into {@code [min, max]}; out of it traps or saturates. */
    private static long truncate(double v, BigInteger min, BigInteger max, boolean saturating) {
        if (Double.isNaN(v)) {
            if (saturating) {
                return 0;
            }
            throw new Trap(TrapCode.BAD_CONVERSION_TO_INTEGER);
        }
        boolean low =
                Double.isInfinite(v) ? v < 0 : new BigDecimal(v).toBigInteger().compareTo(min) < 0;
        boolean high =
                Double.isInfinite(v) ? v > 0 : new BigDecimal(v).toBigInteger().compareTo(max) > 0;
        if (low || high) {
            if (saturating) {
                return (low ? min : max).longValue();
            }
            throw new Trap(TrapCode.INTEGER_OVERFLOW);
        }
        return new BigDecimal(v).toBigInteger().longValue();
    }

    @ParameterizedTest
    @EnumSource(Cpu.class)
    void floatToInt(Cpu cpu) {
        for (int bits : new int[] {32, 64}) {
            for (boolean signed : new boolean[] {true, false}) {
                for (boolean sat : new boolean[] {true, false}) {
                    BigInteger one = BigInteger.ONE;
                    BigInteger min = signed ? one.shiftLeft(bits - 1).negate() : BigInteger.ZERO;
                    BigInteger max = one.shiftLeft(signed ? bits - 1 : bits).subtract(one);
                    String op = (signed ? "to_sint" : "to_uint") + (sat ? "_sat" : "") + ".i" + bits;
                    unary(cpu, op, "f32", "i" + bits, x -> truncate(f(x), min, max, sat));
                    unary(cpu, op, "f64", "i" + bits, x -> truncate(d(x), min, max, sat));
                }
            }
        }
    }
}
