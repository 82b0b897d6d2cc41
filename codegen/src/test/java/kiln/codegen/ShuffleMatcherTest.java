package kiln.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import kiln.artifact.FuncKey;
import kiln.ir.Builder;
import kiln.ir.Lanes;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.V128;
import kiln.ir.Value;
import kiln.ir.VectorOp;
import kiln.ir.VectorValues;
import org.junit.jupiter.api.Test;

/** Whatever is matched does what the shuffle means, and every form is found where it is. */
class ShuffleMatcherTest {
    private static final Map<Class<? extends Shuffle>, Function<ShuffleMatcher, Shuffle>> FORMS = new LinkedHashMap<>();

    static {
        FORMS.put(Shuffle.Identity.class, ShuffleMatcher::identity);
        FORMS.put(Shuffle.Splat.class, ShuffleMatcher::splat);
        FORMS.put(Shuffle.Zip.class, ShuffleMatcher::zip);
        FORMS.put(Shuffle.Unzip.class, ShuffleMatcher::unzip);
        FORMS.put(Shuffle.Transpose.class, ShuffleMatcher::transpose);
        FORMS.put(Shuffle.Align.class, ShuffleMatcher::align);
        FORMS.put(Shuffle.Reverse.class, ShuffleMatcher::reverse);
        FORMS.put(Shuffle.Blend.class, ShuffleMatcher::blend);
        FORMS.put(Shuffle.Insert.class, ShuffleMatcher::insert);
        FORMS.put(Shuffle.Permute.class, ShuffleMatcher::permute);
        FORMS.put(Shuffle.Select.class, ShuffleMatcher::select);
        FORMS.put(Shuffle.Extend.class, ShuffleMatcher::extend);
        FORMS.put(Shuffle.Shift.class, ShuffleMatcher::shift);
        FORMS.put(Shuffle.Clear.class, ShuffleMatcher::clear);
        FORMS.put(Shuffle.Table.class, ShuffleMatcher::table);
        FORMS.put(Shuffle.TableOr.class, ShuffleMatcher::tableOr);
        FORMS.put(Shuffle.Table2.class, ShuffleMatcher::table2);
    }

    private final Random random = new Random(11);
    private final Builder b = builder();

    /** A value and what it holds when the code runs. */
    private record Operand(Value value, V128 bits) {}

    private static Builder builder() {
        Builder b = new Builder(
                new kiln.ir.Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.V128), List.of())));
        b.setBlock(b.function().newBlock());
        return b;
    }

    private V128 bits() {
        return new V128(random.nextLong(), random.nextLong());
    }

    private Operand variable() {
        return new Operand(b.block().addParam(Type.V128), bits());
    }

    private Operand constant(V128 bits) {
        return new Operand(b.vconst(bits), bits);
    }

    private Operand splat(Lanes lanes) {
        long x = random.nextLong();
        Value scalar = b.block().addParam(lanes.type());
        return new Operand(b.vector(VectorOp.SPLAT.on(lanes), scalar), V128.of(lanes, _ -> x));
    }

    /** Each form with all of its numbers; where they are too many, some. */
    private List<Shuffle> all() {
        List<Shuffle> all = new ArrayList<>();
        for (int operand = 0; operand < 2; operand++) {
            int other = 1 - operand;
            all.add(new Shuffle.Identity(operand));
            for (int n = 1; n < 16; n++) {
                all.add(new Shuffle.Shift(true, n, operand));
                all.add(new Shuffle.Shift(false, n, operand));
                all.add(new Shuffle.Align(n, operand, operand));
                all.add(new Shuffle.Align(n, operand, other));
                all.add(new Shuffle.Clear(operand, n));
            }
            for (int size = 1; size <= 8; size *= 2) {
                int lanes = 16 / size;
                for (int lane = 0; lane < lanes; lane++) {
                    all.add(new Shuffle.Splat(size, operand, lane));
                    for (int from = 0; from < lanes; from++) {
                        all.add(new Shuffle.Insert(size, operand, lane, other, from));
                        all.add(new Shuffle.Insert(size, operand, lane, operand, from));
                    }
                }
                for (int second = 0; second < 2; second++) {
                    for (boolean upper : new boolean[] {false, true}) {
                        all.add(new Shuffle.Zip(size, upper, operand, second));
                        all.add(new Shuffle.Unzip(size, upper, operand, second));
                        all.add(new Shuffle.Transpose(size, upper, operand, second));
                    }
                }
                for (int container = size * 2; container <= 16; container *= 2) {
                    all.add(new Shuffle.Reverse(container, size, operand));
                }
                for (int to = size * 2; to <= 8; to *= 2) {
                    all.add(new Shuffle.Extend(size, to, operand));
                }
                for (int k = 0; k < Math.min(1 << lanes, 256); k++) {
                    all.add(new Shuffle.Blend(size, lanes <= 8 ? k : random.nextInt(1 << lanes)));
                }
            }
            for (int k = 0; k < 256; k++) {
                long lanes = (k & 3) | (k & 12) << 2 | (k & 48) << 4 | (long) (k & 192) << 6;
                all.add(new Shuffle.Permute(4, operand, lanes));
                all.add(new Shuffle.Select(operand, other, lanes));
                all.add(new Shuffle.Permute(2, operand, random.nextInt() & 0x77777777));
                all.add(new Shuffle.Table(operand, new V128(random.nextLong() & NIBBLES, random.nextLong() & NIBBLES)));
            }
        }
        return all;
    }

    private static final long NIBBLES = 0x0f0f0f0f0f0f0f0fL;

    /** The shuffle's indices, with any byte of {@code zero} (an operand, -1 if there is none) for zeros; or null. */
    private V128 indices(Shuffle s, int zero) {
        for (int i = 0; i < 16; i++) {
            if (s.source(i) == Shuffle.ZERO && zero < 0) {
                return null;
            }
        }
        return V128.of(Lanes.I8X16, i -> s.source(i) == Shuffle.ZERO ? zero * 16 + random.nextInt(16) : s.source(i));
    }

    private static int byteAt(Operand x, Operand y, int source) {
        return source == Shuffle.ZERO ? 0 : (source < 16 ? x.bits : y.bits).byteAt(source & 15);
    }

    /** Whatever form the shuffle is found to be of, that makes its bytes. */
    private static void check(V128 indices, Operand x, Operand y) {
        ShuffleMatcher m = ShuffleMatcher.of(indices, x.value, y.value);
        V128 expected = VectorValues.shuffle(indices, x.bits, y.bits);
        FORMS.forEach((form, match) -> {
            Shuffle s = match.apply(m);
            if (s != null) {
                assertEquals(
                        expected, V128.of(Lanes.I8X16, i -> byteAt(x, y, s.source(i))), () -> s + " for " + indices);
            }
        });
        Shuffle.TableOr or = m.tableOr();
        if (or != null) {
            V128 variable = or.operand() == 0 ? x.bits : y.bits;
            V128 table = VectorValues.apply(VectorOp.SWIZZLE.on(Lanes.I8X16), 0, variable, or.table());
            V128 result = VectorValues.apply(VectorOp.OR.on(Lanes.V128), 0, table, or.constants());
            assertEquals(expected, result, () -> or + " for " + indices);
        }
        V128 low = VectorValues.apply(
                VectorOp.SWIZZLE.on(Lanes.I8X16), 0, x.bits, m.table2().into(0));
        V128 high = VectorValues.apply(
                VectorOp.SWIZZLE.on(Lanes.I8X16), 0, y.bits, m.table2().into(1));
        assertEquals(expected, VectorValues.apply(VectorOp.OR.on(Lanes.V128), 0, low, high));
    }

    /** The operands that a shuffle may have, apart from constants of zeros. */
    private List<Operand[]> pairs() {
        Operand x = variable();
        Operand y = variable();
        List<Operand[]> pairs = new ArrayList<>(List.of(
                new Operand[] {x, y},
                new Operand[] {x, x},
                new Operand[] {x, constant(bits())},
                new Operand[] {constant(bits()), y},
                new Operand[] {constant(new V128(0x0102030400000000L, 0)), y}));
        for (Lanes lanes : Lanes.NUMBERS) {
            pairs.add(new Operand[] {splat(lanes), y});
            pairs.add(new Operand[] {x, splat(lanes)});
        }
        return pairs;
    }

    /** A shuffle that changes nothing may have no other form. */
    private static void assertFound(Shuffle s, ShuffleMatcher m) {
        assertTrue(FORMS.get(s.getClass()).apply(m) != null || m.identity() != null, s::toString);
    }

    @Test
    void formsAreFound() {
        List<Operand[]> pairs = pairs();
        for (Shuffle s : all()) {
            V128 indices = indices(s, -1);
            if (indices == null) {
                continue;
            }
            for (Operand[] p : pairs) {
                assertFound(s, ShuffleMatcher.of(indices, p[0].value, p[1].value));
                check(indices, p[0], p[1]);
            }
        }
    }

    @Test
    void formsWithZerosAreFound() {
        Operand x = variable();
        Operand zero = constant(V128.ZERO);
        int found = 0;
        for (Shuffle s : all()) {
            for (int operand = 0; operand < 2; operand++) {
                Operand[] p = operand == 0 ? new Operand[] {zero, x} : new Operand[] {x, zero};
                V128 indices = indices(s, operand);
                assertFound(s, ShuffleMatcher.of(indices, p[0].value, p[1].value));
                found++;
                check(indices, p[0], p[1]);
            }
        }
        assertTrue(found > 1000, "only " + found);
    }

    @Test
    void anyIndicesAreRight() {
        List<Operand[]> pairs = pairs();
        pairs.add(new Operand[] {variable(), constant(V128.ZERO)});
        pairs.add(new Operand[] {constant(V128.ZERO), variable()});
        for (int k = 0; k < 20_000; k++) {
            // Near a form as well: one index of it is another.
            V128 any = V128.of(Lanes.I8X16, _ -> random.nextInt(32));
            Operand[] p = pairs.get(k % pairs.size());
            check(any, p[0], p[1]);
        }
        for (Shuffle s : all()) {
            V128 indices = indices(s, -1);
            if (indices != null) {
                Operand[] p = pairs.get(random.nextInt(pairs.size()));
                check(indices.with(Lanes.I8X16, random.nextInt(16), random.nextInt(32)), p[0], p[1]);
            }
        }
    }

    /** Where it matters which of several answers is given. */
    @Test
    void theWidestLanesAreChosen() {
        Operand x = variable();
        Operand y = variable();
        assertEquals(
                new Shuffle.Zip(8, false, 0, 1),
                of(x, y, "0 1 2 3 4 5 6 7 16 17 18 19 20 21 22 23").zip());
        assertEquals(
                new Shuffle.Splat(4, 0, 2),
                of(x, y, "8 9 10 11 8 9 10 11 8 9 10 11 8 9 10 11").splat());
        assertEquals(
                new Shuffle.Blend(8, 2),
                of(x, y, "0 1 2 3 4 5 6 7 24 25 26 27 28 29 30 31").blend());
        assertEquals(
                new Shuffle.Blend(2, 2),
                of(x, y, "0 1 18 19 4 5 6 7 8 9 10 11 12 13 14 15").blend());
        assertEquals(
                new Shuffle.Permute(8, 1, 1),
                of(x, y, "24 25 26 27 28 29 30 31 16 17 18 19 20 21 22 23").permute());
        assertEquals(
                new Shuffle.Reverse(4, 2, 0),
                of(x, y, "2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13").reverse());
        assertEquals(
                new Shuffle.Insert(4, 1, 3, 0, 0),
                of(x, y, "16 17 18 19 20 21 22 23 24 25 26 27 0 1 2 3").insert());
        // Of operands that are the same value, the first.
        assertEquals(
                new Shuffle.Zip(1, true, 0, 0),
                of(x, x, "8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31").zip());
        assertEquals(
                new Shuffle.Identity(0),
                of(x, x, "16 1 18 3 20 5 22 7 24 9 26 11 28 13 30 15").identity());
        assertNull(of(x, y, "16 1 18 3 20 5 22 7 24 9 26 11 28 13 30 15").identity());
        assertNull(of(x, y, "16 1 18 3 20 5 22 7 24 9 26 11 28 13 30 15").table());
    }

    private static ShuffleMatcher of(Operand x, Operand y, String indices) {
        String[] words = indices.split(" ");
        return ShuffleMatcher.of(V128.of(Lanes.I8X16, i -> Long.parseLong(words[i])), x.value, y.value);
    }
}
