package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kiln.ir.Function;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Printer;
import kiln.ir.V128;
import kiln.ir.VectorValues;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.ProgramExecution;
import kiln.wasm.Feature;
import kiln.wasm.Op;
import kiln.wasm.WasmModule;
import org.junit.jupiter.api.Test;

/** Instructions on vectors, which the assembler of the other fixtures does not know. */
class VectorsTest {
    private static final int V128_TYPE = 0x7b;
    private static final int I32 = 0x7f;
    private static final int SIMD = 0xfd;
    private static final int I8X16_ADD = 0x6e;

    /** One function with these parameters and results, and a memory of a page. */
    private static WasmModule module(int[] params, int[] results, int... code) {
        int[] type = new int[params.length + results.length + 3];
        type[0] = 0x60;
        type[1] = params.length;
        System.arraycopy(params, 0, type, 2, params.length);
        type[2 + params.length] = results.length;
        System.arraycopy(results, 0, type, 3 + params.length, results.length);
        int[] typeSection = new int[type.length + 1];
        typeSection[0] = 1;
        System.arraycopy(type, 0, typeSection, 1, type.length);
        int[] body = new int[code.length + 4];
        body[0] = 1;
        body[1] = code.length + 2;
        System.arraycopy(code, 0, body, 3, code.length);
        body[code.length + 3] = 0x0b;
        return new Bytes()
                .section(1, typeSection)
                .section(3, 1, 0)
                .section(5, 1, 0, 1)
                .section(10, body)
                .decode();
    }

    private static WasmModule sum() {
        return module(
                new int[] {V128_TYPE, V128_TYPE},
                new int[] {V128_TYPE},
                0x20,
                0,
                0x20,
                1,
                SIMD,
                I8X16_ADD,
                0x20,
                1,
                SIMD,
                I8X16_ADD);
    }

    @Test
    void sumOfBytes() {
        Random random = new Random(5);
        for (int level = 0; level <= 2; level++) {
            Function f = new FunctionTranslator(new ModuleEnvironment(sum(), 0, TranslateOptions.DEFAULT)).translate(0);
            Pipeline.forLevel(level).verified().run(f);
            for (int i = 0; i < 100; i++) {
                byte[] x = new byte[16];
                byte[] y = new byte[16];
                byte[] expected = new byte[16];
                random.nextBytes(x);
                random.nextBytes(y);
                for (int k = 0; k < 16; k++) {
                    expected[k] = (byte) (x[k] + y[k] + y[k]);
                }
                long[] actual = new ProgramExecution(List.of(f)).run(f, word(x, 0), word(x, 8), word(y, 0), word(y, 8));
                assertArrayEquals(new long[] {word(expected, 0), word(expected, 8)}, actual);
            }
        }
    }

    private static long word(byte[] bytes, int from) {
        long word = 0;
        for (int i = 7; i >= 0; i--) {
            word = word << 8 | bytes[from + i] & 0xff;
        }
        return word;
    }

    @Test
    void constantsLoadsAndStores() {
        WasmModule wasm = module(
                new int[] {I32},
                new int[0],
                0x20,
                0,
                0x20,
                0,
                SIMD,
                0,
                4,
                16, // v128.load offset=16
                SIMD,
                12,
                1,
                2,
                3,
                4,
                5,
                6,
                7,
                8,
                9,
                10,
                11,
                12,
                13,
                14,
                15,
                255, // v128.const
                SIMD,
                I8X16_ADD,
                SIMD,
                11,
                0,
                32); // v128.store offset=32
        assertEquals("""
                function wasm_function[0,0] (i32) -> () {
                b0(v0: i32):
                    v1 = vmctx.i64
                    v2 = zext.i64 v0 @33
                    v3 = load.i64 context0 w8 readonly [v1 + 48] @33
                    v4 = add.i64 v3, v2 @33
                    v5 = load.v128 small memory0 w16 trap [v4 + 16] @33
                    v6 = vconst.v128 0x807060504030201 0xff0f0e0d0c0b0a09 @37
                    v7 = vbinary.v128.i8x16.add v5, v6 @55
                    store.v128 small memory0 w16 trap [v4 + 32], v7 @57
                    return @61
                }
                """, Fixtures.translate(new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT)));
    }

    /** In the deterministic profile each relaxed instruction is made of others, which have its value. */
    @Test
    void deterministicFormsOfRelaxedInstructions() {
        Random random = new Random(11);
        int instructions = 0;
        for (Op op : Op.values()) {
            if (op.feature() != Feature.RELAXED_SIMD) {
                continue;
            }
            instructions++;
            LaneOp lanes = LaneOp.named(op.text());
            int n = lanes.op().opcode().types().operands().size();
            int[] code = new int[2 * n + 3];
            int[] params = new int[n];
            for (int i = 0; i < n; i++) {
                params[i] = V128_TYPE;
                code[2 * i] = 0x20;
                code[2 * i + 1] = i;
            }
            code[2 * n] = SIMD;
            code[2 * n + 1] = op.code() & 0x7f | 0x80;
            code[2 * n + 2] = (op.code() & 0xfff) >> 7;
            WasmModule wasm = module(params, new int[] {V128_TYPE}, code);
            ModuleEnvironment env = new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT.withDeterministic(true));
            Function f = new FunctionTranslator(env).translate(0);
            assertFalse(Printer.print(f).contains("relaxed"), Printer.print(f));
            for (int i = 0; i < 300; i++) {
                V128[] args = new V128[n];
                long[] words = new long[2 * n];
                for (int a = 0; a < n; a++) {
                    args[a] = V128.of(lanes.operandLanes(), _ -> lane(random, lanes.operandLanes()));
                    words[2 * a] = args[a].low();
                    words[2 * a + 1] = args[a].high();
                }
                V128 expected = VectorValues.apply(lanes, 0, args);
                long[] actual = new ProgramExecution(List.of(f)).run(f, words);
                assertEquals(expected, new V128(actual[0], actual[1]), () -> op.text() + Arrays.toString(args));
            }
        }
        assertEquals(20, instructions);
    }

    private static long lane(Random random, Lanes lanes) {
        long[] edges = {0, -1, Long.MIN_VALUE >> 64 - lanes.bits(), Long.MAX_VALUE >>> 64 - lanes.bits()};
        long bits = switch (random.nextInt(4)) {
            case 0 -> edges[random.nextInt(edges.length)];
            case 1 -> random.nextInt(40);
            default -> random.nextLong();
        };
        return lanes == Lanes.F32X4 && random.nextBoolean()
                ? Float.floatToRawIntBits(random.nextFloat())
                : lanes == Lanes.F64X2 && random.nextBoolean() ? Double.doubleToRawLongBits(random.nextDouble()) : bits;
    }
}
