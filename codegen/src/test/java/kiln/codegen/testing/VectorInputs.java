package kiln.codegen.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import kiln.ir.Lanes;
import kiln.ir.Type;
import kiln.ir.V128;

/** Operands for operations on vectors: every lane at every edge, and every pair of edges in lanes of both halves. */
final class VectorInputs {
    private static final long[] I8 = {
        0, 1, 2, 3, 7, 8, 0xf, 0x10, 0x1f, 0x20, 0x3f, 0x40, 0x55, 0x70, 0x7e, 0x7f, 0x80, 0x81, 0x8f, 0x90, 0xaa, 0xc0,
        0xf0, 0xfe, 0xff
    };
    private static final long[] I16 = {
        0, 1, 2, 8, 0x7e, 0x7f, 0x80, 0x81, 0xfe, 0xff, 0x100, 0x101, 0x3fff, 0x4000, 0x4001, 0x5a82, 0x7f00, 0x7ffe,
        0x7fff, 0x8000, 0x8001, 0x80ff, 0xff00, 0xff7e, 0xff7f, 0xff80, 0xff81, 0xfffe, 0xffff
    };
    private static final long[] I32 = {
        0,
        1,
        2,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x10001,
        0x7f80,
        0xffffff,
        0x1000000,
        0x1000001,
        0x1000003,
        0x7fff8000,
        0x7fffff80,
        0x7fffffc0,
        0x7ffffffe,
        0x7fffffff,
        0x80000000L,
        0x80000001L,
        0x80000080L,
        0xff000000L,
        0xfeffffffL,
        0xffff0000L,
        0xffff7fffL,
        0xffff8000L,
        0xffffff7fL,
        0xffffff80L,
        0xfffffffeL,
        0xffffffffL
    };
    private static final long[] I64 = {
        0,
        1,
        2,
        0x7fffffffL,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        0x100000001L,
        0x1ffffffffL,
        0x7fffffff00000000L,
        0x7fffffff80000000L,
        Long.MAX_VALUE - 1,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MIN_VALUE + 1,
        0x80000000ffffffffL,
        0x123456789abcdefL,
        0xfedcba9876543210L,
        0xffffffff00000000L,
        0xffffffff7fffffffL,
        0xffffffff80000000L,
        0xfffffffeffffffffL,
        -2,
        -1
    };
    private static final float[] F32 = {
        0,
        1,
        0.5f,
        1.5f,
        2.5f,
        0.49999997f,
        0.99999994f,
        3.7f,
        Float.MIN_VALUE,
        0x1p-127f,
        Float.MIN_NORMAL,
        Float.MAX_VALUE,
        Float.POSITIVE_INFINITY,
        0x1.000002p0f,
        0x1p22f + 0.5f,
        0x1p23f,
        0x1p24f,
        0x1p64f,
        0x1p100f,
        0x1.fffffep30f,
        0x1p31f,
        0x1.000002p31f,
        0x1.fffffep31f,
        0x1p32f,
        0x1.000002p32f
    };
    private static final double[] F64 = {
        0,
        1,
        0.5,
        1.5,
        2.5,
        0.49999999999999994,
        0.9999999999999999,
        3.7,
        Double.MIN_VALUE,
        0x1p-1023,
        Double.MIN_NORMAL,
        Double.MAX_VALUE,
        Double.POSITIVE_INFINITY,
        0x1.0000000000001p0,
        0x1p51 + 0.5,
        0x1p52,
        0x1p53,
        0x1p600,
        0x1p31 - 1,
        0x1p31 - 0.5,
        0x1p31,
        0x1p31 + 0.5,
        0x1p31 + 1,
        0x1p32 - 1,
        0x1p32 - 0.5,
        0x1p32,
        0x1p32 + 0.5,
        // Where rounding to f32 changes: overflow, halfway between neighbours, denormals, zero.
        0x1.fffffep127,
        0x1.fffffefffffffp127,
        0x1.ffffffp127,
        0x1.000001p0,
        0x1.000003p0,
        0x1p-149,
        0x1p-150,
        0x1.0000000000001p-150
    };
    /** Canonical, quiet with a payload, signalling; with both signs. */
    private static final long[] F32_NANS = {0x7fc00000L, 0x7fd23456L, 0x7f800001L, 0x7fa00000L};

    private static final long[] F64_NANS = {
        0x7ff8000000000000L, 0x7ffa3456789abcdeL, 0x7ff0000000000001L, 0x7ff4000000000000L
    };

    /** On an emulated machine there is less of everything, unless {@code -Dkiln.whole=true} is given. */
    private static final boolean SAMPLED = Boolean.getBoolean("kiln.emulated") && !Boolean.getBoolean("kiln.whole");

    private VectorInputs() {}

    /** All of a list, or some from anywhere in it. */
    static <T> List<T> sample(List<T> all, int most) {
        if (!SAMPLED || all.size() <= most) {
            return all;
        }
        return IntStream.range(0, most)
                .mapToObj(i -> all.get((int) ((long) i * all.size() / most)))
                .toList();
    }

    /** What a lane may be, as bits. */
    static long[] edges(Lanes lanes) {
        return switch (lanes) {
            case I8X16 -> I8;
            case I16X8 -> I16;
            case I32X4 -> I32;
            case I64X2, V128 -> I64;
            case F32X4 ->
                signs(
                        0x80000000L,
                        LongStream.concat(
                                IntStream.range(0, F32.length)
                                        .mapToLong(i -> Float.floatToRawIntBits(F32[i]) & 0xffffffffL),
                                LongStream.of(F32_NANS)));
            case F64X2 ->
                signs(
                        Long.MIN_VALUE,
                        LongStream.concat(
                                IntStream.range(0, F64.length).mapToLong(i -> Double.doubleToRawLongBits(F64[i])),
                                LongStream.of(F64_NANS)));
        };
    }

    private static long[] signs(long sign, LongStream values) {
        return values.flatMap(v -> LongStream.of(v, v | sign)).toArray();
    }

    /** Lanes from these on in the list, which is a ring. */
    private static V128 vector(Lanes lanes, long[] edges, int from) {
        Lanes numbers = lanes == Lanes.V128 ? Lanes.I64X2 : lanes;
        return V128.of(numbers, i -> edges[(from + i) % edges.length]);
    }

    private static V128 random(Random random) {
        return new V128(random.nextLong(), random.nextLong());
    }

    /** Any bits, or lanes that each are an edge. */
    private static V128 randomLanes(Random random, Lanes lanes) {
        long[] edges = edges(lanes);
        Lanes numbers = lanes == Lanes.V128 ? Lanes.I64X2 : lanes;
        return random.nextInt(4) == 0 ? random(random) : V128.of(numbers, _ -> edges[random.nextInt(edges.length)]);
    }

    /** Values for one operand, few enough for a function each: constants. */
    static List<V128> constants(VectorCase c, int operand) {
        return sample(allConstants(c, operand), 3);
    }

    private static List<V128> allConstants(VectorCase c, int operand) {
        Lanes lanes = c.lanes(operand);
        List<V128> all = new ArrayList<>();
        if (c.isCount(operand)) {
            counts(lanes).forEach(n -> all.add(new V128(n, 0)));
            return all;
        }
        Random random = new Random(5);
        long[] edges = edges(lanes);
        if (c.operands().get(operand) != Type.V128) {
            int step = Math.max(1, edges.length / 8);
            for (int i = 0; i < edges.length; i += step) {
                all.add(scalar(c, operand, edges[i]));
            }
            return all;
        }
        all.add(V128.ZERO);
        if (c.op() == null) {
            all.add(random(random));
            return all;
        }
        all.add(new V128(-1, -1));
        Lanes numbers = lanes == Lanes.V128 ? Lanes.I8X16 : lanes;
        all.add(V128.of(numbers, _ -> 1));
        all.add(V128.of(numbers, _ -> 1L << numbers.bits() - 1));
        all.add(V128.of(numbers, i -> i == 0 ? 0 : -1));
        for (int i = 0; i < 4; i++) {
            long edge = edges[random.nextInt(edges.length)];
            all.add(V128.of(numbers, _ -> edge));
            all.add(randomLanes(random, lanes));
        }
        return all;
    }

    /** Counts of shifts: every one up to twice the lane's bits, and those whose low bits only are within. */
    private static List<Long> counts(Lanes lanes) {
        List<Long> all = new ArrayList<>();
        for (long n = 0; n <= 2L * lanes.bits() + 1; n++) {
            all.add(n);
        }
        for (int n : new int[] {127, 128, 129, 255, 256, 257, 0x10000, -1, -7, -8, -64, Integer.MAX_VALUE}) {
            all.add((long) n);
        }
        all.add((long) Integer.MIN_VALUE);
        return all;
    }

    private static V128 scalar(VectorCase c, int operand, long bits) {
        return new V128(c.operands().get(operand).normalize(bits), 0);
    }

    /** Any value of a type. */
    static V128 any(Type type, Random random) {
        Lanes[] shapes = Lanes.values();
        if (type == Type.V128) {
            return randomLanes(random, shapes[random.nextInt(shapes.length)]);
        }
        for (Lanes lanes : shapes) {
            if (lanes.bytes() >= 4 && lanes.type() == type) {
                long[] edges = edges(lanes);
                return new V128(type.normalize(edges[random.nextInt(edges.length)]), 0);
            }
        }
        throw new IllegalArgumentException(type.toString());
    }

    /** Operands to compute with, each a list of as many as the operation has. */
    static List<V128[]> of(VectorCase c) {
        List<V128[]> all = new ArrayList<>();
        Random random = new Random(7);
        int n = c.operands().size();
        if (n == 1 && c.operands().getFirst() != Type.V128) {
            for (long edge : edges(c.lanes(0))) {
                all.add(new V128[] {scalar(c, 0, edge)});
            }
        } else if (n == 1) {
            unary(c.lanes(0), all, random);
        } else if (c.operands().get(1) != Type.V128) {
            List<V128> scalars = new ArrayList<>();
            if (c.isCount(1)) {
                counts(c.lanes(1)).forEach(k -> scalars.add(new V128(k, 0)));
            } else {
                LongStream.of(edges(c.lanes(1))).forEach(x -> scalars.add(scalar(c, 1, x)));
            }
            for (V128 s : scalars) {
                for (int i = 0; i < 8; i++) {
                    all.add(new V128[] {randomLanes(random, c.lanes(0)), s});
                }
            }
        } else if (c.op() == null) {
            all.add(new V128[] {
                new V128(0x0706050403020100L, 0x0f0e0d0c0b0a0908L), new V128(0x1716151413121110L, 0x1f1e1d1c1b1a1918L)
            });
            for (int i = 0; i < 4; i++) {
                all.add(new V128[] {random(random), random(random)});
            }
        } else if (n == 2) {
            binary(c, all);
            for (int i = 0; i < 200; i++) {
                all.add(new V128[] {randomLanes(random, c.lanes(0)), randomLanes(random, c.lanes(1))});
            }
        } else {
            for (int i = 0; i < 2500; i++) {
                all.add(new V128[] {
                    randomLanes(random, c.lanes(0)), randomLanes(random, c.lanes(1)), randomLanes(random, c.lanes(2))
                });
            }
        }
        return sample(all, 150);
    }

    private static void unary(Lanes lanes, List<V128[]> all, Random random) {
        all.add(new V128[] {V128.ZERO});
        all.add(new V128[] {new V128(-1, -1)});
        for (int bit = 0; bit < 64; bit++) {
            long one = 1L << bit;
            all.add(new V128[] {new V128(one, 0)});
            all.add(new V128[] {new V128(0, one)});
            all.add(new V128[] {new V128(~one, -1)});
            all.add(new V128[] {new V128(-1, ~one)});
        }
        if (lanes != Lanes.V128) {
            for (int i = 0; i < lanes.count(); i++) {
                int at = i;
                all.add(new V128[] {V128.of(lanes, k -> k == at ? 0 : -1)});
            }
        }
        long[] edges = edges(lanes);
        for (int i = 0; i < edges.length; i++) {
            all.add(new V128[] {vector(lanes, edges, i)});
        }
        for (int i = 0; i < 200; i++) {
            all.add(new V128[] {randomLanes(random, lanes)});
        }
    }

    /** Every pair of edges, in lanes of the lower and of the upper half. */
    private static void binary(VectorCase c, List<V128[]> all) {
        long[] x = edges(c.lanes(0));
        long[] y = edges(c.lanes(1));
        int half = c.lanes(0) == Lanes.V128 ? 1 : c.lanes(0).count() / 2;
        for (int from = 0; from < x.length; from += half) {
            for (int shift = 0; shift < y.length; shift++) {
                all.add(new V128[] {vector(c.lanes(0), x, from), vector(c.lanes(1), y, from + shift)});
            }
        }
    }
}
