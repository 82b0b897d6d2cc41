package kiln.ir.analysis;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Parser;
import kiln.ir.Printer;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RangesTest {
    private static final int ROUNDS = Integer.getInteger("kiln.ir.rounds", 400) * 3;

    /**
     * A loop whose counter is b1's first parameter; {@code test} makes v9 of it (v3) and of the sum with the step (v5).
     */
    private static Range counter(String start, String step, String test) {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32, i32) -> () {
                b0(v0: i32, v1: i32):
                    %s
                    jump b1(v2)
                b1(v3: i32):
                    v4 = iconst.i32 %s
                    v5 = add.i32 v3, v4
                    %s
                    branch v9, b1(v5), b2
                b2:
                    return
                }
                """.formatted(start, step, test));
        Verifier.verify(f);
        return new Ranges(f).of(f.blocks().get(1).params().getFirst());
    }

    @ParameterizedTest
    @CsvSource({
        // Up to a limit, from below 0 and from 0.
        "-4096, 4, ne, 0, -4096, -4",
        "-4096, 4, slt, 0, -4096, -4",
        "0, 8, ult, 100, 0, 96",
        "0, 1, sle, 100, 0, 100",
        // Down.
        "100, -1, ne, 0, 1, 100",
        "100, -10, sge, 0, 0, 100",
        "-1, -1, sgt, -50, -49, -1",
        // The last number before it wraps around is reached, the one behind it is not.
        "0, 1, ne, 2147483647, 0, 2147483646",
        "2147483640, 1, slt, 2147483647, 2147483640, 2147483646",
        "-2147483640, -1, ne, -2147483648, -2147483647, -2147483640",
        // It wraps around, but the test keeps what it excludes from the next turn.
        "2147483640, 2, slt, 2147483647, -2147483648, 2147483646",
        "0, 1, sle, 2147483647, -2147483648, 2147483647",
        "0, 3, ne, 100, -2147483648, 2147483647",
        "100, 4, ne, 0, -2147483648, 2147483647",
        "0, 4, ne, 0, -2147483648, 2147483647",
    })
    void constantsBoundCounters(int start, int step, String cond, int limit, long min, long max) {
        Range r = counter(
                "v2 = iconst.i32 " + start,
                "" + step,
                "v6 = iconst.i32 " + limit + "\n v9 = icmp.i32." + cond + " v5, v6");
        assertEquals(min, r.smin());
        assertEquals(max, r.smax());
    }

    @ParameterizedTest
    @CsvSource({
        // Across 2^31, which is no end for unsigned numbers.
        "2147483632, 16, ne, -2147483632, 2147483632, 2147483648",
        "2147483632, 16, ult, -2147483632, 2147483632, 2147483648",
        "2147483632, 3, ne, -2147483643, 2147483632, 2147483650",
        // Up to the last number.
        "-16, 1, ult, -1, 4294967280, 4294967294",
        "-16, 4, ult, -1, 0, 4294967294",
    })
    void unsignedNumbersEndElsewhere(int start, int step, String cond, int limit, long min, long max) {
        Range r = counter(
                "v2 = iconst.i32 " + start,
                "" + step,
                "v6 = iconst.i32 " + limit + "\n v9 = icmp.i32." + cond + " v5, v6");
        assertEquals(min, r.umin());
        assertEquals(max, r.umax());
    }

    @Test
    void theCounterItselfMayBeAsked() {
        Range r = counter("v2 = iconst.i32 -4096", "4", "v6 = iconst.i32 -4\n v9 = icmp.i32.ne v3, v6");
        assertEquals(-4096, r.smin());
        assertEquals(-4, r.smax());
    }

    @Test
    void aLimitThatIsNoConstantHasARange() {
        String start = "v2 = iconst.i32 0\n v7 = iconst.i32 4095\n v8 = and.i32 v0, v7";
        Range r = counter(start, "1", "v9 = icmp.i32.slt v5, v8");
        assertEquals(0, r.smin());
        assertEquals(4094, r.smax());
        // 0 may be the limit, and then the counter goes all the way round.
        assertTrue(counter(start, "1", "v9 = icmp.i32.ne v5, v8").isAll());
    }

    /** v3 is set to constants, or kept, by each turn of a loop. */
    private static Function states(String other) {
        return Parser.parse("""
                function wasm_function[0,0] (i32, i32) -> () {
                b0(v0: i32, v1: i32):
                    v2 = iconst.i32 0
                    jump b1(v2)
                b1(v3: i32):
                    switch v0, b2, b3, b5
                b2:
                    v4 = iconst.i32 7
                    jump b4(v4)
                b3:
                    v5 = iconst.i32 3
                    jump b4(%s)
                b4(v6: i32):
                    branch v1, b1(v6), b6
                b5:
                    jump b4(v3)
                b6:
                    return
                }
                """.formatted(other));
    }

    @Test
    void whatParametersHandOnToEachOtherComesFromOutside() {
        Function f = states("v5");
        Verifier.verify(f);
        Range state = new Ranges(f).of(f.blocks().get(1).params().getFirst());
        assertEquals(0, state.umin());
        assertEquals(7, state.umax());
        Value join = f.blocks().get(4).params().getFirst();
        assertEquals(7, new Ranges(f).of(join).umax());
        Function other = states("v0");
        assertTrue(
                new Ranges(other).of(other.blocks().get(1).params().getFirst()).isAll());
    }

    /** All that is executed lies in its range, and the optimised function does the same. */
    @Test
    void countersStayInTheirRanges() {
        long[] read = new long[1];
        int bounded = 0;
        for (long seed = 1; seed <= ROUNDS; seed++) {
            Random random = new Random(seed);
            Function f = new LoopGenerator(random).function();
            Verifier.verify(f, "seed " + seed);
            String text = Printer.print(f);
            Ranges ranges = new Ranges(f);
            for (Block b : f.blocks()) {
                for (Value v : b.params()) {
                    bounded += ranges.isCounter(v) && !ranges.of(v).isAll() ? 1 : 0;
                }
            }
            long[] args = {special(random), special(random), special(random)};
            String what = "seed " + seed + ", arguments " + List.of(args[0], args[1], args[2]) + "\n" + text;
            long[] expected = new Checked(ranges, what, read).result(f, args);
            Function g = Parser.parse(text);
            Pipeline.forLevel(2).verified().run(g);
            long[] actual = new Checked(null, what, read).result(g, args);
            if (expected != null && actual != null) {
                assertArrayEquals(expected, actual, () -> what + "\nbecomes\n" + Printer.print(g));
            }
        }
        assertTrue(bounded > ROUNDS / 2, "too few counters with bounds: " + bounded);
        assertTrue(read[0] > ROUNDS * 100L, "too few values: " + read[0]);
    }

    /** A number near those where something wraps around. */
    private static long special(Random random) {
        long[] bases = {0, 0, 1L << 31, 0xffffffffL, 1L << 32, Long.MAX_VALUE, Long.MIN_VALUE, 4096, -4096};
        return bases[random.nextInt(bases.length)] + random.nextInt(80) - 40;
    }

    /** Execution that looks whether operands lie in their ranges. */
    private static final class Checked extends IrExecution {
        private final Ranges ranges;
        private final String what;
        private final long[] read;

        Checked(Ranges ranges, String what, long[] read) {
            super(4000);
            this.ranges = ranges;
            this.what = what;
            this.read = read;
        }

        /** Null if it takes too long. */
        long[] result(Function f, long[] args) {
            try {
                return run(f, args);
            } catch (OutOfSteps _) {
                return null;
            }
        }

        @Override
        protected void reads(Block in, Value v, long x) {
            if (ranges != null) {
                read[0]++;
                assertTrue(ranges.of(v).contains(x), () -> v + " = " + x + " not in " + ranges.of(v) + " in " + what);
                assertTrue(
                        ranges.at(v, in).contains(x),
                        () -> v + " = " + x + " not in " + ranges.at(v, in) + " in " + in + " of " + what);
            }
        }

        @Override
        protected ByteBuffer bytes(Inst inst, long address) {
            throw new AssertionError(inst);
        }

        @Override
        protected long[] call(Inst inst, long[] args) {
            throw new AssertionError(inst);
        }
    }

    /** Makes nests of loops that count with all kinds of starts, steps, tests and limits. */
    private static final class LoopGenerator {
        private static final int[] STEPS = {1, 1, 2, 3, 4, 4, 8, 16, 24, 1 << 30, Integer.MAX_VALUE};

        private final Random random;
        private final Function f;
        private final Builder b;
        /** Of i32 and of i64, those that dominate the present block. */
        private Value narrow;

        private Value wide;
        /** What everything that is computed goes into. */
        private Value sum;

        LoopGenerator(Random random) {
            this.random = random;
            this.f = new Function(
                    FuncKey.wasmFunction(0, 0),
                    new Signature(List.of(Type.I32, Type.I32, Type.I64), List.of(Type.I64)));
            this.b = new Builder(f);
        }

        Function function() {
            Block entry = f.newBlock();
            narrow = entry.addParam(Type.I32);
            entry.addParam(Type.I32);
            wide = entry.addParam(Type.I64);
            b.setBlock(entry);
            sum = b.i64(0);
            for (int i = 0, n = 1 + random.nextInt(2); i < n; i++) {
                loop(0);
            }
            b.ret(sum);
            return f;
        }

        private Value any(Type t) {
            return t == Type.I32 ? narrow : wide;
        }

        private Value raw(Opcode op, Value x, Value y) {
            return b.append(op, x.type(), null, x, y).result();
        }

        private Value bound(Type t) {
            Value v = any(t);
            return switch (random.nextInt(7)) {
                case 0 -> v;
                case 1 -> raw(Opcode.AND, v, b.iconst(t, 0xff));
                case 2 -> raw(Opcode.AND, v, b.iconst(t, -8));
                case 3 -> raw(Opcode.ADD, raw(Opcode.AND, v, b.iconst(t, 0xf8)), b.iconst(t, special(random)));
                default -> b.iconst(t, special(random));
            };
        }

        private void loop(int depth) {
            Type t = random.nextInt(4) == 0 ? Type.I64 : Type.I32;
            Value start = bound(t);
            long step = STEPS[random.nextInt(STEPS.length)] * (random.nextInt(3) == 0 ? -1L : 1L);
            // Mostly a limit that is reached soon.
            Value limit = random.nextInt(4) > 0
                    ? b.binary(Opcode.ADD, start, b.iconst(t, step * random.nextInt(12) + random.nextInt(8) / 6))
                    : bound(t);
            // Sometimes the step is only known to lie between two constants.
            Value by = b.iconst(t, step);
            if (random.nextInt(4) == 0) {
                by = raw(Opcode.ADD, raw(Opcode.AND, any(t), b.iconst(t, 3)), by);
            }
            IntCond cond = IntCond.values()[random.nextInt(IntCond.values().length)];
            Block header = f.newBlock();
            Block exit = f.newBlock();
            if (random.nextInt(3) == 0) {
                // A guard in front of the loop.
                Block inside = f.newBlock();
                Value out = sum;
                b.branch(b.icmp(cond, start, limit), new Edge(inside), new Edge(exit, out));
                b.setBlock(inside);
            }
            long otherStep = STEPS[random.nextInt(STEPS.length)];
            b.jump(header, start, bound(Type.I32), sum);
            b.setBlock(header);
            Value counter = header.addParam(t);
            Value other = header.addParam(Type.I32);
            sum = header.addParam(Type.I64);
            Value outerNarrow = narrow;
            Value outerWide = wide;
            narrow = t == Type.I32 && random.nextBoolean() ? counter : other;
            wide = t == Type.I64 ? counter : wide;
            boolean top = random.nextInt(3) == 0;
            boolean swapped = random.nextInt(3) == 0;
            Value next = null;
            if (top) {
                Block body = f.newBlock();
                b.branch(compare(cond, counter, limit, swapped), new Edge(body), new Edge(exit, sum));
                b.setBlock(body);
            } else {
                next = random.nextBoolean() ? raw(Opcode.ADD, counter, by) : raw(Opcode.ADD, by, counter);
            }
            use();
            if (depth < 2 && random.nextInt(4) == 0) {
                loop(depth + 1);
            }
            use();
            Value nextOther = raw(Opcode.ADD, other, b.iconst(Type.I32, otherStep));
            if (top) {
                next = random.nextBoolean() ? raw(Opcode.ADD, counter, by) : raw(Opcode.ADD, by, counter);
                b.jump(header, next, nextOther, sum);
            } else {
                Value asked = random.nextBoolean() ? next : counter;
                b.branch(
                        compare(cond, asked, limit, swapped),
                        new Edge(header, next, nextOther, sum),
                        new Edge(exit, sum));
            }
            narrow = outerNarrow;
            wide = outerWide;
            b.setBlock(exit);
            sum = exit.addParam(Type.I64);
        }

        private Value compare(IntCond cond, Value x, Value y, boolean swapped) {
            return swapped
                    ? b.append(Opcode.ICMP, x.type(), cond.swap(), y, x).result()
                    : b.append(Opcode.ICMP, x.type(), cond, x, y).result();
        }

        /** What addresses and checks are made of. */
        private void use() {
            Value x = raw(Opcode.ADD, narrow, b.iconst(Type.I32, special(random)));
            x = random.nextBoolean() ? x : raw(Opcode.ADD, shifted(narrow), b.iconst(Type.I32, special(random)));
            if (random.nextInt(3) == 0) {
                x = raw(
                        random.nextBoolean() ? Opcode.SUB : Opcode.XOR,
                        x,
                        random.nextBoolean() ? narrow : b.iconst(Type.I32, special(random)));
            }
            Value y = b.append(random.nextInt(3) == 0 ? Opcode.SEXT : Opcode.ZEXT, Type.I64, null, x)
                    .result();
            Value z = raw(random.nextBoolean() ? Opcode.ADD : Opcode.SUB, wide, b.i64(special(random)));
            IntCond cond = IntCond.values()[random.nextInt(IntCond.values().length)];
            Value c = b.append(Opcode.ICMP, Type.I32, cond, narrow, b.i32((int) special(random)))
                    .result();
            Value d = b.append(Opcode.ICMP, Type.I64, cond, random.nextBoolean() ? y : z, b.i64(special(random)))
                    .result();
            Value s = b.append(Opcode.SELECT, Type.I64, null, c, y, z).result();
            Value e = b.append(Opcode.ZEXT, Type.I64, null, d).result();
            sum = raw(Opcode.ADD, raw(Opcode.MUL, sum, b.i64(31)), raw(Opcode.XOR, s, e));
        }

        private Value shifted(Value v) {
            Opcode op = random.nextInt(3) > 0 ? Opcode.SHL : random.nextBoolean() ? Opcode.LSHR : Opcode.ASHR;
            return raw(op, v, b.iconst(v.type(), random.nextInt(6)));
        }
    }
}
