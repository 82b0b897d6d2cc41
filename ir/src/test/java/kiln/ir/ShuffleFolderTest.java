package kiln.ir;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import kiln.artifact.FuncKey;
import org.junit.jupiter.api.Test;

class ShuffleFolderTest {
    private static final String SWAP_HALVES = "8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7";
    private static final String ZIP_LOW = "0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23";

    private final Builder b = builder();
    private final Value x = b.block().addParam(Type.V128);
    private final Value y = b.block().addParam(Type.V128);
    private final Value scalar = b.block().addParam(Type.I32);

    private static Builder builder() {
        Builder b = new Builder(new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(), List.of())));
        b.setBlock(b.function().newBlock());
        return b;
    }

    private static V128 indices(String text) {
        String[] words = text.split(" ");
        return V128.of(Lanes.I8X16, i -> Long.parseLong(words[i]));
    }

    private Value shuffle(String text, Value left, Value right) {
        return b.shuffle(indices(text), left, right);
    }

    private static void assertShuffle(String text, Value left, Value right, Value actual) {
        assertEquals(Opcode.VSHUFFLE, actual.inst().opcode(), actual.inst().toString());
        assertEquals(indices(text), actual.inst().vector());
        assertSame(left, actual.inst().arg(0));
        assertSame(right, actual.inst().arg(1));
    }

    @Test
    void whatMovesNothingIsItsOperand() {
        String identity = "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15";
        assertSame(x, shuffle(identity, x, y));
        assertSame(y, shuffle("16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31", x, y));
        assertSame(x, shuffle("16 1 18 3 20 5 22 7 24 9 26 11 28 13 30 15", x, x));
        Value splat = b.vector(VectorOp.SPLAT.on(Lanes.I16X8), scalar);
        assertSame(splat, shuffle("2 3 0 1 4 5 6 7 14 15 14 15 12 13 0 1", splat, y));
    }

    @Test
    void operandsAreInOneOrder() {
        assertShuffle(SWAP_HALVES, y, y, shuffle("24 25 26 27 28 29 30 31 16 17 18 19 20 21 22 23", x, y));
        assertShuffle(SWAP_HALVES, x, x, shuffle(SWAP_HALVES, x, y));
        assertShuffle(ZIP_LOW, y, x, shuffle("16 0 17 1 18 2 19 3 20 4 21 5 22 6 23 7", x, y));
        Value c = b.vconst(new V128(0x0807060504030201L, 0));
        assertShuffle("16 0 17 1 18 2 19 3 20 4 21 5 22 6 23 7", x, c, shuffle(ZIP_LOW, c, x));
    }

    @Test
    void constantsAreShuffledAtOnce() {
        Value c = b.vconst(new V128(1, 2));
        assertEquals(new V128(2, 1), shuffle(SWAP_HALVES, c, x).inst().vector());
        assertEquals(
                new V128(0x0100L, 0),
                shuffle(ZIP_LOW, b.vconst(V128.ZERO), c).inst().vector());
    }

    @Test
    void shufflesOfOneValueAreOneShuffle() {
        Value zip = shuffle(ZIP_LOW, x, y);
        Value swapped = shuffle(SWAP_HALVES, x, x);
        assertSame(x, shuffle(SWAP_HALVES, swapped, y));
        // As BLAKE3 rotates words by 16 bits.
        Value high = shuffle("0 1 2 3 4 5 6 7 10 11 8 9 14 15 12 13", x, x);
        assertShuffle(
                "2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13",
                x,
                x,
                shuffle("2 3 0 1 6 7 4 5 8 9 10 11 12 13 14 15", high, high));
        // Bytes of x only.
        assertShuffle("1 0 1 0 1 0 1 0 1 0 1 0 1 0 1 0", x, x, shuffle("2 0 2 0 2 0 2 0 2 0 2 0 2 0 2 0", zip, y));
        // Two values after two steps stay two shuffles.
        assertShuffle(SWAP_HALVES, zip, zip, shuffle(SWAP_HALVES, zip, zip));
    }

    @Test
    void whatIsUsedInItsPlaceIsTakenFromThere() {
        Value blend = shuffle("0 1 2 3 20 21 22 23 8 9 10 11 28 29 30 31", x, y);
        Value z = b.block().addParam(Type.V128);
        assertShuffle(
                "0 16 1 17 2 18 3 19 8 24 9 25 10 26 11 27",
                x,
                z,
                shuffle("0 16 1 17 2 18 3 19 8 24 9 25 10 26 11 27", blend, z));
        Value inserted = b.vectorOfLane(VectorOp.REPLACE_LANE.on(Lanes.I32X4), 3, x, scalar);
        assertShuffle(ZIP_LOW, x, y, shuffle(ZIP_LOW, inserted, y));
    }

    @Test
    void zerosBehindLanesAreAnExtension() {
        Value zero = b.vconst(V128.ZERO);
        Value low = shuffle(ZIP_LOW, x, zero);
        assertSame(VectorOp.EXTEND_LOW_U.on(Lanes.I16X8), low.inst().lanes());
        Value high = shuffle("24 25 26 27 0 0 0 0 28 29 30 31 0 1 2 3", zero, x);
        assertSame(VectorOp.EXTEND_HIGH_U.on(Lanes.I64X2), high.inst().lanes());
        assertSame(x, high.inst().arg(0));
    }

    @Test
    void aLaneThatWasInsertedIsASplat() {
        Value inserted = b.vectorOfLane(VectorOp.REPLACE_LANE.on(Lanes.I32X4), 0, b.vconst(V128.ZERO), scalar);
        Value splat = shuffle("0 1 2 3 0 1 2 3 0 1 2 3 0 1 2 3", inserted, inserted);
        assertSame(VectorOp.SPLAT.on(Lanes.I32X4), splat.inst().lanes());
        assertSame(scalar, splat.inst().arg(0));
    }

    @Test
    void swizzlesByConstantsAreShuffles() {
        Value mask = b.vconst(indices("8 9 10 11 12 13 14 15 0 1 2 3 4 5 6 7"));
        Value wide = b.vconst(new V128(0x1000_0000_0000_0000L, 0));
        Value negative = b.vconst(new V128(0x8000_0000_0000_0000L, 0));
        LaneOp plain = VectorOp.SWIZZLE.on(Lanes.I8X16);
        LaneOp relaxed = VectorOp.RELAXED_SWIZZLE.on(Lanes.I8X16);
        assertShuffle(SWAP_HALVES, x, x, b.vector(plain, x, mask));
        assertShuffle(SWAP_HALVES, x, x, b.vector(relaxed, x, mask));
        Value zero = b.vector(plain, x, wide);
        assertShuffle("0 0 0 0 0 0 0 16 0 0 0 0 0 0 0 0", x, zero.inst().arg(1), zero);
        assertEquals(V128.ZERO, zero.inst().arg(1).inst().vector());
        // The machine may take byte 0.
        assertEquals(Opcode.VBINARY, b.vector(relaxed, x, wide).inst().opcode());
        assertEquals(Opcode.VSHUFFLE, b.vector(relaxed, x, negative).inst().opcode());
    }

    private Value shift(VectorOp op, Lanes lanes, int n) {
        return b.vector(op.on(lanes), x, b.i32(n));
    }

    @Test
    void rotationsByWholeBytesAreShuffles() {
        LaneOp or = VectorOp.OR.on(Lanes.V128);
        LaneOp xor = VectorOp.XOR.on(Lanes.V128);
        String by16 = "2 3 0 1 6 7 4 5 10 11 8 9 14 15 12 13";
        assertShuffle(
                by16, x, x, b.vector(or, shift(VectorOp.SHL, Lanes.I32X4, 16), shift(VectorOp.SHR_U, Lanes.I32X4, 16)));
        // By 8 to the left, written the other way round, with a count that is taken modulo 32.
        assertShuffle(
                "3 0 1 2 7 4 5 6 11 8 9 10 15 12 13 14",
                x,
                x,
                b.vector(xor, shift(VectorOp.SHR_U, Lanes.I32X4, 24), shift(VectorOp.SHL, Lanes.I32X4, 40)));
        for (int[] n : new int[][] {{7, 25}, {8, 16}, {0, 0}, {0, 32}}) {
            Value v = b.vector(or, shift(VectorOp.SHL, Lanes.I32X4, n[0]), shift(VectorOp.SHR_U, Lanes.I32X4, n[1]));
            assertTrue(v == x || v.is(Opcode.VBINARY), n[0] + " and " + n[1]);
        }
    }

    @Test
    void lanesAreTakenFromWhereTheyCameFrom() {
        LaneOp extract = VectorOp.EXTRACT_LANE.on(Lanes.I32X4);
        Value v = b.vectorOfLane(extract, 1, shuffle("0 1 2 3 28 29 30 31 0 1 2 3 0 1 2 3", x, y));
        assertSame(y, v.inst().arg(0));
        assertEquals(3, v.inst().imm());
        Value torn = shuffle("0 1 2 3 27 28 29 30 0 1 2 3 0 1 2 3", x, y);
        assertSame(torn, b.vectorOfLane(extract, 1, torn).inst().arg(0));
        Value inserted = b.vectorOfLane(VectorOp.REPLACE_LANE.on(Lanes.I16X8), 2, x, scalar);
        assertSame(x, b.vectorOfLane(extract, 2, inserted).inst().arg(0));
        assertSame(inserted, b.vectorOfLane(extract, 1, inserted).inst().arg(0));
        LaneOp bytes = VectorOp.EXTRACT_LANE_S.on(Lanes.I8X16);
        assertSame(x, b.vectorOfLane(bytes, 3, inserted).inst().arg(0));
        assertSame(inserted, b.vectorOfLane(bytes, 5, inserted).inst().arg(0));
    }

    // Whatever is built means what was asked for.

    /** Values of what has no operands, when the code runs. */
    private final Map<Value, V128> leaves = new HashMap<>();

    private V128 evaluate(Value value) {
        Value v = value.resolve();
        Inst i = v.inst();
        if (leaves.containsKey(v)) {
            return leaves.get(v);
        }
        V128[] args = new V128[i.argCount()];
        for (int k = 0; k < args.length; k++) {
            args[k] = evaluate(i.arg(k));
        }
        return switch (i.opcode()) {
            case ICONST -> new V128(i.imm(), 0);
            case VCONST -> i.vector();
            case VSHUFFLE -> VectorValues.shuffle(i.vector(), args[0], args[1]);
            default -> VectorValues.apply(i.lanes(), (int) i.imm(), args);
        };
    }

    @Test
    void whateverIsBuiltMeansTheSame() {
        Random random = new Random(5);
        leaves.put(x, new V128(0x0706050403020100L, 0x0f0e0d0c0b0a0908L));
        leaves.put(y, new V128(0x1716151413121110L, 0x1f1e1d1c1b1a1918L));
        leaves.put(scalar, new V128(0x7c7d7e7f, 0));
        List<Value> values = new ArrayList<>();
        List<V128> expected = new ArrayList<>();
        for (int k = 0; k < 40_000; k++) {
            if (k % 200 == 0) {
                values.clear();
                expected.clear();
                for (Value v : List.of(x, y, b.vconst(V128.ZERO), b.vconst(new V128(-1, 0x80)))) {
                    values.add(v);
                    expected.add(evaluate(v));
                }
            }
            int i = random.nextInt(values.size());
            int j = random.nextInt(values.size());
            Lanes lanes = Lanes.values()[random.nextInt(3)];
            int lane = random.nextInt(lanes.count());
            V128 result;
            Value v;
            switch (random.nextInt(12)) {
                case 0 -> {
                    LaneOp op = VectorOp.SPLAT.on(lanes);
                    v = b.vector(op, scalar);
                    result = VectorValues.apply(op, 0, leaves.get(scalar));
                }
                case 1, 2 -> {
                    LaneOp op = VectorOp.REPLACE_LANE.on(lanes);
                    v = b.vectorOfLane(op, lane, values.get(i), scalar);
                    result = VectorValues.apply(op, lane, expected.get(i), leaves.get(scalar));
                }
                case 3 -> {
                    LaneOp op = (lanes == Lanes.I32X4 ? VectorOp.EXTRACT_LANE : VectorOp.EXTRACT_LANE_U).on(lanes);
                    Value extracted = b.vectorOfLane(op, lane, values.get(i));
                    result = VectorValues.apply(op, lane, expected.get(i));
                    assertEquals(result, evaluate(extracted));
                    continue;
                }
                default -> {
                    V128 indices = randomIndices(random);
                    v = b.shuffle(indices, values.get(i), values.get(j));
                    result = VectorValues.shuffle(indices, expected.get(i), expected.get(j));
                    if (v.is(Opcode.VSHUFFLE)) {
                        assertNull(b.fold(v.inst()), "not folded at once: " + v.inst());
                    }
                }
            }
            assertEquals(result, evaluate(v));
            values.add(v);
            expected.add(result);
        }
    }

    /** Any bytes, any words, or one operand with some bytes of the other. */
    private static V128 randomIndices(Random random) {
        int one = random.nextInt(32);
        int way = random.nextInt(4);
        int[] words = random.ints(4, 0, 8).toArray();
        return V128.of(Lanes.I8X16, i -> switch (way) {
            case 0 -> random.nextInt(32);
            case 1 -> words[i / 4] * 4 + i % 4;
            case 2 -> one & 16 | random.nextInt(16);
            default -> random.nextInt(4) == 0 ? random.nextInt(32) : one & 16 | i;
        });
    }
}
