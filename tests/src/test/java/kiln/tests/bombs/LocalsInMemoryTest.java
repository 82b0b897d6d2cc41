package kiln.tests.bombs;

import static kiln.tests.bombs.ModuleWriter.*;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.tests.bombs.ModuleWriter.Bytes;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Functions whose locals are cells of the frame, because their SSA form would be out of proportion, compute the same;
 * with a collection at every allocation, since some of the locals are references.
 */
class LocalsInMemoryTest {
    private static final int LOCALS = 600;
    private static final int FIRST = 2;

    private static final int IF = 0x04;
    private static final int ELSE = 0x05;
    private static final int LOOP = 0x03;
    private static final int REF_IS_NULL = 0xd1;

    @BeforeEach
    void collectAlways() {
        System.setProperty("kiln.gc", "verify,protect,zeal");
    }

    @AfterEach
    void clear() {
        System.clearProperty("kiln.gc");
    }

    /** Stands for a reference to a structure of one i64, type 1. */
    private static final int REF = 0x63;

    private static final int STRUCT = 1;

    /** Of local {@code i}: all types by turns, references in between. */
    private static int type(int i) {
        return i % 2 == 0 ? REF : new int[] {I32, I64, F32, F64, V128}[i / 2 % 5];
    }

    private static Bytes declarations() {
        Bytes locals = new Bytes().u(LOCALS);
        for (int i = 0; i < LOCALS; i++) {
            locals.u(1).op(type(i));
            if (type(i) == REF) {
                locals.u(STRUCT);
            }
        }
        return locals;
    }

    /** What is in the structure that local {@code i} refers to, or 0 for null. */
    private static Bytes field(int i) {
        Bytes code = new Bytes().get(FIRST + i).op(REF_IS_NULL, IF, I64, 0x42, 0, ELSE);
        return code.get(FIRST + i).op(0xfb, 2).u(STRUCT).u(0).end();
    }

    /** Adds {@code i} to local {@code i}, or lets it refer to a new structure with the sum. */
    private static Bytes bump(int i) {
        if (type(i) == REF) {
            return field(i).op(0x42).s(i).op(0x7c, 0xfb, 0).u(STRUCT).set(FIRST + i);
        }
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
            code.all(type(i) == REF ? field(i) : new Bytes().get(FIRST + i));
            switch (type(i)) {
                case I32 -> code.op(0xac);
                case I64, REF -> {}
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
        w.add(TYPE, new Bytes().op(0x5f, 1, I64, 0));
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
            assertTrue(
                    store.heapUse().collections() >= LOCALS / 2, store.heapUse().toString());
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
