package kiln.codegen.aarch64;

import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.codegen.CompiledFunction;
import kiln.codegen.testing.Machine;
import kiln.ir.Function;
import kiln.ir.Parser;
import kiln.ir.Signature;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Calls, tail calls, returns and what leaves a function otherwise, run on an AArch64 machine. */
@EnabledIfSystemProperty(named = "os.arch", matches = "aarch64")
class CallTest {
    private static FuncKey key(int i) {
        return FuncKey.wasmFunction(0, i);
    }

    /** No trap is found at an access behind another trap, nor at the start of the next function. */
    @Test
    void trapSitesAreDistinct() {
        for (int stores = 0; stores < 4; stores++) {
            CompiledFunction f = A64.compile(
                    Parser.parse("""
                    function wasm_function[0,0] (i64, i64) -> () {
                    b0(v0: i64, v1: i64):
                        v2 = load.i32 stack0 w4 [v1 + 0]
                        branch v2, b1, b2
                    b1:
                        trap UNREACHABLE
                    b2:
                        v3 = load.i64 memory0 w8 trap [v1 + 8]
                        store.i64 memory0 w8 trap [v1 + 64], v3
                        %s
                        trap_if_zero.i64 INTEGER_DIVIDE_BY_ZERO v3
                        return
                    }
                    """.formatted("store.i64 memory0 w8 trap [v0 + 16], v3\n".repeat(stores))));
            assertEquals(
                    4 + stores,
                    f.traps().stream()
                            .map(CompiledFunction.TrapSite::offset)
                            .distinct()
                            .count());
            assertTrue(f.traps().getLast().offset() % 16 != 0
                    || f.traps().getLast().offset() < f.code().length);
        }
    }

    @Test
    void tailCallsTakeNoStack() {
        // Ten million frames would not fit.
        List<Function> functions = Parser.parseAll("""
                function wasm_function[0,0] (i32, i64) -> (i64) {
                b0(v0: i32, v1: i64):
                    v2 = iconst.i32 0
                    v3 = icmp.i32.eq v0, v2
                    branch v3, b1, b2
                b1:
                    return v1
                b2:
                    v4 = iconst.i32 1
                    v5 = sub.i32 v0, v4
                    v6 = iconst.i64 3
                    v7 = add.i64 v1, v6
                    return_call wasm_function[0,1] (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i32) -> (i64) \
                (v7, v6, v6, v6, v6, v6, v6, v6, v6, v7, v5)
                }
                function wasm_function[0,1] (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i32) -> (i64) {
                b0(v0: i64, v1: i64, v2: i64, v3: i64, v4: i64, v5: i64, v6: i64, v7: i64, v8: i64, v9: i64, v10: i32):
                    return_call wasm_function[0,0] (i32, i64) -> (i64) (v10, v9)
                }
                """);
        List<CompiledFunction> compiled = functions.stream().map(A64::compile).toList();
        Signature s = functions.getFirst().signature();
        try (Machine m = A64.machine(compiled)) {
            assertArrayEquals(
                    new long[] {30_000_000}, m.call(key(0), s, 10_000_000, 0).results());
        }
    }

    @Test
    void endlessRecursionTraps() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = iconst.i64 1
                    v2 = add.i64 v0, v1
                    v3 = call wasm_function[0,0] (i64) -> (i64) (v2)
                    v4 = add.i64 v3, v0
                    return v4
                }
                """);
        Machine.Outcome o = A64.run(f, 0);
        assertEquals(TrapCode.STACK_CHECK, o.trap());
        assertTrue(o.backtraceCount() > 10_000);
        // A frame of many pages at once must not jump over the limit either.
        Function big = Parser.parse("""
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = stack_addr.i64 300000
                    store.i64 stack0 w8 [v1 + 299992], v0
                    v3 = call wasm_function[0,0] (i64) -> (i64) (v0)
                    v4 = load.i64 stack0 w8 [v1 + 299992]
                    return v4
                }
                """);
        Machine.Outcome b = A64.run(big, 0);
        assertEquals(TrapCode.STACK_CHECK, b.trap());
        assertTrue(b.backtraceCount() < 100);
    }

    @Test
    void largeFramesKeepTheirBytes() {
        for (int size : new int[] {16, 4080, 8192, 40_000, 1_000_000}) {
            Function f = Parser.parse("""
                    function wasm_function[0,0] (i64, i64) -> (i64) {
                    b0(v0: i64, v1: i64):
                        v2 = stack_addr.i64 %1$d
                        v3 = stack_addr.i64 16
                        store.i64 stack0 w8 [v2 + 0], v0
                        store.i64 stack0 w8 [v2 + %2$d], v1
                        v9 = iconst.i64 -1
                        store.i64 stack0 w8 [v3 + 0], v9
                        store.i64 stack0 w8 [v3 + 8], v9
                        v4 = load.i64 stack0 w8 [v2 + 0]
                        v5 = load.i64 stack0 w8 [v2 + %2$d]
                        v6 = sub.i64 v4, v5
                        return v6
                    }
                    """.formatted(size, size - 8));
            assertArrayEquals(new long[] {77 - 1234}, A64.run(f, 77, 1234).results());
        }
    }

    @Test
    void interruptionStopsLoops() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    jump b1(v0)
                b1(v1: i64):
                    interrupt_check
                    v2 = iconst.i64 1
                    v3 = add.i64 v1, v2
                    jump b1(v3)
                }
                """);
        try (Machine m = A64.machine(List.of(A64.compile(f)))) {
            m.interrupt();
            assertEquals(TrapCode.STACK_CHECK, m.call(key(0), f.signature(), 5).trap());
        }
    }

    @Test
    void unwindLeavesAllFrames() {
        List<Function> functions = Parser.parseAll("""
                function wasm_function[0,0] () -> () {
                b0:
                    call wasm_function[0,1] () -> () ()
                    trap unreachable
                }
                function wasm_function[0,1] () -> () {
                b0:
                    unwind
                }
                """);
        Signature s = functions.getFirst().signature();
        try (Machine m = A64.machine(functions.stream().map(A64::compile).toList())) {
            assertTrue(m.unwinds(key(0), s));
        }
    }

    @Test
    void otherTraps() {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i32, i64) -> () {
                b0(v0: i32, v1: i64):
                    trap_if_zero.i32 undefined_element v0
                    trap_if_zero.i64 null_reference v1
                    trap unreachable
                }
                """);
        assertEquals(TrapCode.UNDEFINED_ELEMENT, A64.run(f, 0, 1).trap());
        assertEquals(TrapCode.NULL_REFERENCE, A64.run(f, 1, 0).trap());
        assertEquals(TrapCode.UNREACHABLE, A64.run(f, 1, 1).trap());
        // Only the low half of an i32 counts, all of an i64 does.
        assertEquals(TrapCode.UNREACHABLE, A64.run(f, 1, 1L << 40).trap());
    }

    static int mix(int a, long b, float c, double d, int e) {
        return (int) (a + b + c + d + e);
    }

    @Test
    void nativeCalls() throws ReflectiveOperationException {
        Function f = Parser.parse("""
                function wasm_function[0,0] (i64, i32, i64, f32, f64, i32) -> (i64) {
                b0(v0: i64, v1: i32, v2: i64, v3: f32, v4: f64, v5: i32):
                    v6 = call_native (i32, i64, f32, f64, i32) -> (i32) (v0, v1, v2, v3, v4, v5)
                    v7 = zext.i64 v6
                    v8 = add.i64 v7, v2
                    return v8
                }
                """);
        try (Arena arena = Arena.ofConfined()) {
            MethodType type =
                    MethodType.methodType(int.class, int.class, long.class, float.class, double.class, int.class);
            long target = Linker.nativeLinker()
                    .upcallStub(
                            MethodHandles.lookup().findStatic(CallTest.class, "mix", type),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    JAVA_LONG,
                                    ValueLayout.JAVA_FLOAT,
                                    ValueLayout.JAVA_DOUBLE,
                                    ValueLayout.JAVA_INT),
                            arena)
                    .address();
            long[] r = A64.run(f, target, -100, 7, Float.floatToRawIntBits(2.5f), Double.doubleToRawLongBits(4.5), 6)
                    .results();
            assertArrayEquals(new long[] {(-80 & 0xffff_ffffL) + 7}, r);
        }
    }
}
