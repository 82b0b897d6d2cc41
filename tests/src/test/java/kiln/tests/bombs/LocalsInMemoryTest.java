package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;
import static org.junit.jupiter.api.Assertions.assertEquals;

import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.tests.bombs.ModuleWriter.Bytes;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Functions whose locals are cells of the frame, because their SSA form would be out of proportion, compute the same.
 */
class LocalsInMemoryTest {
    private static final int LOCALS = 600;
    private static final int FIRST = 2;

    private static final int IF = 0x04;
    private static final int LOOP = 0x03;

    /** Of local {@code i}: all types by turns. */
    private static int type(int i) {
        return new int[] {I32, I64, F32, F64, V128}[i % 5];
    }

    private static Bytes declarations() {
        Bytes locals = new Bytes().u(LOCALS);
        for (int i = 0; i < LOCALS; i++) {
            locals.u(1).op(type(i));
        }
        return locals;
    }

    /** Adds {@code i} to local {@code i}. */
    private static Bytes bump(int i) {
        Bytes code = new Bytes().get(FIRST + i).i32(i);
        switch (type(i)) {
            case I32 -> code.op(0x6a);
            case I64 -> code.op(0xac, 0x7c);
            case F32 -> code.op(0xb2, 0x92);
            // i32x4.splat, i32x4.add
            case V128 -> code.op(0xfd, 0x11, 0xfd, 0xae, 1);
            default -> code.op(0xb7, 0xa0);
        }
        return code.set(FIRST + i);
    }

    /** The sum of all locals and the second parameter. */
    private static Bytes sum() {
        Bytes code = new Bytes().get(1);
        for (int i = 0; i < LOCALS; i++) {
            code.get(FIRST + i);
            switch (type(i)) {
                case I32 -> code.op(0xac);
                case I64 -> {}
                case F32 -> code.op(0xae);
                // The last lane: i32x4.extract_lane 3, i64.extend_i32_s.
                case V128 -> code.op(0xfd, 0x1b, 3, 0xac);
                default -> code.op(0xb0);
            }
            code.op(0x7c);
        }
        return code;
    }

    /** Runs a function of an i32 and an i64 for an i64. */
    private static void check(int level, Bytes code, long[][] argumentsAndResults) {
        ModuleWriter w = new ModuleWriter();
        w.export("f", 0, w.function(w.type(new int[] {I32, I64}, I64), declarations(), code));
        byte[] file = CrossCompiler.compile(
                "bomb.wasm",
                w.toBytes(),
                CompilerOptions.defaults().withOptLevel(level).withCheck(true));
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, file);
                Store store = new Store(engine)) {
            Instance instance = new Linker(engine).instantiate(store, module);
            Func f = instance.func("f");
            for (long[] row : argumentsAndResults) {
                assertEquals(row[2], f.call(row[0], row[1]), () -> "f(" + row[0] + ", " + row[1] + ")");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void nestedIfs(int level) {
        Bytes code = new Bytes();
        for (int i = 0; i < LOCALS; i++) {
            // One level less runs for each one that the argument is smaller.
            code.get(0).i32(i).op(0x4a, IF, VOID).all(bump(i));
        }
        for (int i = 0; i < LOCALS; i++) {
            code.end();
        }
        long all = (long) LOCALS * (LOCALS - 1) / 2;
        check(level, code.all(sum()), new long[][] {{LOCALS, 5, all + 5}, {0, -7, -7}, {10, 0, 45}});
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void nestedLoopsWithCountersInParameters(int level) {
        Bytes code = new Bytes();
        for (int i = 0; i < LOCALS; i++) {
            code.op(LOOP, VOID).all(bump(i));
        }
        for (int i = 0; i < LOCALS; i++) {
            // Only the innermost loop runs again, as often as the argument says.
            code.get(0).i32(1).op(0x6b, 0x22).u(0).i32(0).op(0x4a).brIf(0).end();
        }
        long all = (long) LOCALS * (LOCALS - 1) / 2;
        long last = LOCALS - 1;
        check(level, code.all(sum()), new long[][] {{1, 0, all}, {4, 1, all + 3 * last + 1}, {-3, 2, all + 2}});
    }
}
