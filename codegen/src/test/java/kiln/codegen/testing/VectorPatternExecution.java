package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.ir.Function;
import kiln.ir.Lanes;
import kiln.ir.Parser;
import kiln.ir.V128;
import kiln.ir.VectorOp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Several operations on vectors that become one instruction on some machine, or a condition, compared with the meaning
 * of the IR. Every function has two vectors and the address of 64 bytes, {@code v0} to {@code v2}, and gives
 * {@code v9}.
 */
public abstract class VectorPatternExecution {
    /** Lanes that are equal and that differ, in their highest bits or others, with zeros, ones, floats and NaNs. */
    private static final List<V128> VECTORS = List.of(
            V128.ZERO,
            new V128(-1, -1),
            new V128(0x8000_8000_8000_8000L, 0x8000_8000_8000_8000L),
            new V128(0x0080_0080_0080_0080L, 0x0080_0080_0080_0080L),
            new V128(0x0001_0000_0000_0000L, 0),
            new V128(0x0102_0304_0506_0708L, 0x090a_0b0c_0d0e_0f10L),
            new V128(0x0102_0304_0506_0708L, 0x890a_8b0c_8d0e_8f10L),
            new V128(0xffff_ffff_0506_0708L, 0x090a_0b0c_ffff_ffffL),
            new V128(0x3f80_0000_7fc0_0000L, 0x8000_0000_bf80_0000L),
            new V128(0x3ff0_0000_0000_0000L, 0x7ff8_0000_0000_0001L),
            new V128(0x3ff0_0000_0000_0000L, 0xc000_0000_0000_0000L),
            new V128(-1, 0));

    private static final List<V128[]> PAIRS = VectorInputs.sample(
            VECTORS.stream()
                    .flatMap(x -> VECTORS.stream().map(y -> new V128[] {x, y}))
                    .toList(),
            10);

    /** What the third operand of every function points to, from an odd address on. */
    private static final long[] DATA = {0x8182_8384_8586_8788L, 0x1112_1314_1516_1718L, 0xc00a_1234_3f8e_4567L, -2};

    private static final int AREA = 1001;

    private final Machine.Target target;
    private Machine machine;

    protected VectorPatternExecution(Machine.Target target) {
        this.target = target;
    }

    @BeforeEach
    void start() {
        assumeTrue(target.isHost(), "machine code of another architecture");
        machine = new Machine(target);
        for (int i = 0; i < DATA.length; i++) {
            machine.put(AREA + 8 * i, DATA[i]);
        }
    }

    @AfterEach
    void stop() {
        if (machine != null) {
            machine.close();
        }
    }

    private void check(String type, List<String> bodies) {
        List<Function> functions = new ArrayList<>();
        for (String body : bodies) {
            functions.add(Parser.parse("function wasm_function[0," + functions.size() + "] (v128, v128, i64) -> ("
                    + type + ") {\nb0(v0: v128, v1: v128, v2: i64):\n" + body + "\n}\n"));
        }
        long address = machine.args + AREA;
        for (Set<String> features : target.vectorFeatureSets()) {
            machine.load(functions, Machine.options(features));
            for (Function f : functions) {
                for (V128[] pair : PAIRS) {
                    V128 x = pair[0];
                    V128 y = pair[1];
                    long[] args = {x.low(), x.high(), y.low(), y.high(), address};
                    assertEquals(
                            Machine.expected(f, args).toString(),
                            machine.call(f.key(), f.signature(), args).toString(),
                            () -> x + " and " + y + " with " + features + ": "
                                    + bodies.get(f.key().index()));
                }
            }
        }
    }

    // Conditions.

    /** The i32 {@code v8} as value, and as condition of a branch, a selection and, negated, a selection of vectors. */
    private static List<String> asked(String body) {
        return List.of(
                body + "v9 = zext.i64 v8\n v10 = wrap.i32 v9\n return v10",
                body + "branch v8, b1, b2\nb1:\n v9 = iconst.i32 3\n return v9\nb2:\n v10 = iconst.i32 4\n return v10",
                body + "v10 = iconst.i32 5\n v11 = iconst.i32 6\n v9 = select.i32 v8, v10, v11\n return v9",
                body + "v10 = iconst.i32 0\n v11 = icmp.i32.eq v8, v10\n v12 = select.v128 v11, v0, v1\n"
                        + "v9 = vextract.i32.i32x4.extract_lane 1 v12\n return v9");
    }

    private static void addTests(List<String> bodies, String vector) {
        bodies.addAll(asked(vector + "v8 = vreduce.i32.v128.any_true v7\n"));
        for (Lanes lanes : Lanes.INTS) {
            bodies.addAll(asked(vector + "v8 = vreduce.i32." + lanes + ".all_true v7\n"));
        }
    }

    @Test
    void bitsOfTwoVectorsDecide() {
        List<String> bodies = new ArrayList<>();
        for (String op : new String[] {"and", "andnot", "or", "xor"}) {
            addTests(bodies, "v7 = vbinary.v128.v128." + op + " v0, v1\n");
            addTests(bodies, "v6 = load.v128 stack0 w16 [v2 + 3]\n v7 = vbinary.v128.v128." + op + " v6, v0\n");
            addTests(bodies, "v6 = vconst.v128 0x8000000000000001 0x0\n v7 = vbinary.v128.v128." + op + " v0, v6\n");
        }
        addTests(bodies, "v7 = vunary.v128.v128.not v0\n");
        check("i32", bodies);
    }

    @Test
    void comparisonsOfLanesDecide() {
        for (VectorOp op :
                new VectorOp[] {VectorOp.EQ, VectorOp.NE, VectorOp.GT, VectorOp.GE, VectorOp.GT_S, VectorOp.GE_U}) {
            List<String> bodies = new ArrayList<>();
            for (Lanes lanes : op.shapes()) {
                String compare = "vbinary.v128." + op.on(lanes) + " ";
                addTests(bodies, "v7 = " + compare + "v0, v1\n");
                addTests(bodies, "v6 = " + compare + "v0, v1\n v7 = vunary.v128.v128.not v6\n");
                addTests(
                        bodies,
                        "v5 = " + compare + "v0, v1\n v6 = vbinary.v128.i16x8.eq v1, v0\n"
                                + "v7 = vbinary.v128.v128.and v5, v6\n");
            }
            check("i32", bodies);
        }
    }

    @Test
    void highestBitsDecide() {
        List<String> bodies = new ArrayList<>();
        for (Lanes lanes : Lanes.INTS) {
            for (String vector :
                    new String[] {"v7 = vbinary.v128.i32x4.eq v0, v1\n", "v7 = vbinary.v128.v128.or v0, v1\n"}) {
                for (int k : new int[] {0, 1, 3, 15, 255, 0xffff}) {
                    for (String cond : new String[] {"eq", "ne", "ult"}) {
                        bodies.addAll(asked(vector + "v6 = vreduce.i32." + lanes + ".bitmask v7\n v5 = iconst.i32 " + k
                                + "\n v8 = icmp.i32." + cond + " v6, v5\n"));
                    }
                }
            }
        }
        check("i32", bodies);
    }

    // Lanes.

    @Test
    void lanesGoFromVectorToVector() {
        List<String> bodies = new ArrayList<>();
        for (Lanes lanes : Lanes.NUMBERS) {
            String signed = lanes.bytes() < 4 ? "_s" : "";
            for (int from = 0; from < lanes.count(); from++) {
                for (int to = 0; to < lanes.count(); to += lanes.count() == 16 ? 5 : 1) {
                    for (String source : new String[] {"v0", "v1"}) {
                        bodies.add("v8 = vextract." + lanes.type() + "." + lanes + ".extract_lane" + signed + " " + from
                                + " " + source + "\n v9 = vinsert.v128." + lanes + ".replace_lane " + to
                                + " v0, v8\n return v9");
                    }
                }
            }
        }
        check("v128", bodies);
    }

    /** A scalar that is loaded, or in a register, alone among zeros or in every lane, then read as lower half. */
    @Test
    void scalarsBecomeVectors() {
        List<String> bodies = new ArrayList<>();
        for (Lanes lanes : Lanes.NUMBERS) {
            int width = lanes.bytes();
            String load = "load." + lanes.type() + " stack0 w" + width + (width < 4 ? " signed" : "") + " [v2 + 3]";
            String signed = width < 4 ? "_u" : "";
            String lane = "vextract." + lanes.type() + "." + lanes + ".extract_lane" + signed + " 1 v1";
            for (String scalar : new String[] {load, lane}) {
                String both = "v4 = vconst.v128 0x0 0x0\n v5 = " + scalar + "\n";
                for (String vector : new String[] {
                    "vsplat.v128." + lanes + ".splat v5",
                    "vinsert.v128." + lanes + ".replace_lane 0 v4, v5",
                    "vinsert.v128." + lanes + ".replace_lane 0 v0, v5",
                    "vinsert.v128." + lanes + ".replace_lane 1 v4, v5"
                }) {
                    String body = both + "v6 = " + vector + "\n";
                    bodies.add(body + "return v6");
                    for (String low : new String[] {
                        "i16x8.extend_low_i8x16_s",
                        "i32x4.extend_low_i16x8_u",
                        "i64x2.extend_low_i32x4_s",
                        "f64x2.convert_low_i32x4_s",
                        "f64x2.convert_low_i32x4_u"
                    }) {
                        bodies.add(body + "v9 = vunary.v128." + low + " v6\n return v9");
                    }
                }
            }
        }
        check("v128", bodies);
    }
}
