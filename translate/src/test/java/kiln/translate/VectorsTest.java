package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Random;
import kiln.ir.Function;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.ProgramExecution;
import kiln.wasm.Feature;
import kiln.wasm.WasmModule;
import org.junit.jupiter.api.Test;

/** Instructions on vectors, which the assembler of the other fixtures does not know. */
class VectorsTest {
    private static final int V128 = 0x7b;
    private static final int I32 = 0x7f;
    private static final int SIMD = 0xfd;
    private static final int I8X16_ADD = 0x6e;

    private static final TranslateOptions VECTORS = TranslateOptions.DEFAULT.withVectors(true);

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
                new int[] {V128, V128}, new int[] {V128}, 0x20, 0, 0x20, 1, SIMD, I8X16_ADD, 0x20, 1, SIMD, I8X16_ADD);
    }

    @Test
    void sumOfBytes() {
        Random random = new Random(5);
        for (int level = 0; level <= 2; level++) {
            Function f = new FunctionTranslator(new ModuleEnvironment(sum(), 0, VECTORS)).translate(0);
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
                    v5 = load.v128 memory0 w16 trap [v4 + 16] @33
                    v6 = vconst.v128 0x807060504030201 0xff0f0e0d0c0b0a09 @37
                    v7 = vbinary.v128.i8x16.add v5, v6 @55
                    store.v128 memory0 w16 trap [v4 + 32], v7 @57
                    return @61
                }
                """, Fixtures.translate(new ModuleEnvironment(wasm, 0, VECTORS)));
    }

    @Test
    void refusedByNameUnlessAskedFor() {
        var e = assertThrows(
                UnsupportedFeatureException.class, () -> new ModuleEnvironment(sum(), 0, TranslateOptions.DEFAULT));
        assertTrue(e.getMessage().contains(Feature.SIMD.toString().toLowerCase(java.util.Locale.ROOT)), e.getMessage());
        WasmModule within =
                module(new int[0], new int[0], SIMD, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a);
        FunctionTranslator t = new FunctionTranslator(new ModuleEnvironment(within, 0, TranslateOptions.DEFAULT));
        var refused = assertThrows(UnsupportedFeatureException.class, () -> t.translate(0));
        assertTrue(refused.getMessage().contains("v128.const"), refused.getMessage());
    }
}
