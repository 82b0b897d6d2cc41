package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Collections;
import java.util.List;
import java.util.Set;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.CodeBuffer;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.testing.Machine;
import kiln.codegen.testing.NativeCode;
import kiln.ir.Parser;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Control flow, calls and memory, run in this process. */
class FunctionExecutionTest {
    private Machine machine;

    @BeforeEach
    void start() {
        assumeTrue(X64.TARGET.isHost(), "machine code of another architecture");
        machine = new Machine(X64.TARGET);
    }

    @AfterEach
    void stop() {
        machine.close();
    }

    private void load(String text) {
        machine.load(text, X64.TARGET.features());
    }

    /** Runs function 0 with an i64 at 0; gives the i64 at 32. */
    private long run(long x) {
        machine.put(0, x);
        machine.put(32, 0x1111);
        assertEquals(null, machine.run());
        return machine.get(32);
    }

    /** Function 0, which calls {@code f(x)} with the i64 at 0 and stores its i64 result at 32. */
    private static String main() {
        return """
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = load.i64 stack0 w8 [v1 + 0]
                    v3 = call wasm_function[0,1] (i64) -> (i64) (v2)
                    store.i64 stack0 w8 [v1 + 32], v3
                    return
                }
                """;
    }

    @Test
    void loopsSumUp() {
        load(main() + """
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = iconst.i64 0
                    jump b1(v0, v1)
                b1(v2: i64, v3: i64):
                    interrupt_check
                    v4 = icmp.i64.eq v2, v1
                    branch v4, b3, b2
                b2:
                    v5 = add.i64 v3, v2
                    v6 = iconst.i64 1
                    v7 = sub.i64 v2, v6
                    jump b1(v7, v5)
                b3:
                    return v3
                }
                """);
        assertEquals(0, run(0));
        assertEquals(5050, run(100));
    }

    @Test
    void recursionOverflowsTheStack() {
        load(main() + """
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = iconst.i64 0
                    v2 = icmp.i64.eq v0, v1
                    branch v2, b1, b2
                b1:
                    return v1
                b2:
                    v3 = iconst.i64 1
                    v4 = sub.i64 v0, v3
                    v5 = call wasm_function[0,1] (i64) -> (i64) (v4)
                    v6 = add.i64 v5, v3
                    return v6
                }
                """);
        assertEquals(1000, run(1000));
        machine.put(0, -1);
        assertEquals(TrapCode.STACK_CHECK, machine.run());
        assertTrue(NativeCode.getLong(machine.store + StoreLayout.BACKTRACE_COUNT) > 1000);
        // And again: nothing was left behind.
        assertEquals(1000, run(1000));
    }

    @Test
    void largeFramesAreCheckedBeforeTheyAreUsed() {
        load(main() + """
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = stack_addr.i64 100000
                    store.i64 stack0 w8 [v1 + 0], v0
                    store.i64 stack0 w8 [v1 + 99992], v0
                    v5 = call wasm_function[0,1] (i64) -> (i64) (v0)
                    return v5
                }
                """);
        assertEquals(TrapCode.STACK_CHECK, machine.run());
    }

    @Test
    void interruptionStopsALoop() {
        load(main() + """
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    jump b1
                b1:
                    interrupt_check
                    jump b1
                }
                """);
        long limit = machine.vmctx + VMContextLayout.STACK_LIMIT;
        Thread interrupter = new Thread(() -> {
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            NativeCode.putLong(limit, -1);
        });
        interrupter.start();
        assertEquals(TrapCode.STACK_CHECK, machine.run());
        NativeCode.putLong(limit, machine.stackLimit());
    }

    /** A function that returns a number for each case. */
    private static String switchOf(int cases) {
        StringBuilder targets = new StringBuilder();
        StringBuilder blocks = new StringBuilder();
        for (int i = 0; i <= cases; i++) {
            targets.append(", b").append(i + 1);
            int value = i == cases ? 999 : 100 + i;
            blocks.append("b")
                    .append(i + 1)
                    .append(":\n    v")
                    .append(10 + i)
                    .append(" = iconst.i64 ")
                    .append(value)
                    .append("\n    return v")
                    .append(10 + i)
                    .append("\n");
        }
        return "function wasm_function[0,1] (i64) -> (i64) {\nb0(v0: i64):\n    v1 = wrap.i32 v0\n    switch v1"
                + targets + "\n" + blocks + "}\n";
    }

    @Test
    void switches() {
        for (int cases : new int[] {1, 2, 3, 4, 5, 100}) {
            load(main() + switchOf(cases));
            for (int i = 0; i < cases; i++) {
                assertEquals(100 + i, run(0xabc00000000L + i), cases + " " + i);
            }
            for (long i : new long[] {cases, cases + 1, 0x7fffffff, 0x80000000L, 0xffffffffL}) {
                assertEquals(999, run(i), cases + " " + i);
            }
        }
    }

    @Test
    void argumentsAndResultsBeyondRegisters() {
        StringBuilder params = new StringBuilder();
        StringBuilder entry = new StringBuilder();
        StringBuilder args = new StringBuilder();
        StringBuilder make = new StringBuilder();
        StringBuilder results = new StringBuilder();
        StringBuilder stores = new StringBuilder();
        String[] types = {"i32", "i64", "f32", "f64"};
        int n = 48;
        long[] expected = new long[n];
        for (int i = 0; i < n; i++) {
            String t = types[i % 4];
            String comma = i == 0 ? "" : ", ";
            params.append(comma).append(t);
            entry.append(comma).append("v").append(i).append(": ").append(t);
            args.append(comma).append("v").append(100 + i);
            results.append(comma).append("v").append(200 + i);
            int at = 64 + 8 * i;
            int w = t.endsWith("32") ? 4 : 8;
            make.append("    v")
                    .append(100 + i)
                    .append(" = load.")
                    .append(t)
                    .append(" stack0 w")
                    .append(w)
                    .append(" [v1 + ")
                    .append(at)
                    .append("]\n");
            stores.append("    store.")
                    .append(t)
                    .append(" stack0 w")
                    .append(w)
                    .append(" [v1 + ")
                    .append(1024 + 8 * i)
                    .append("], v")
                    .append(200 + i)
                    .append("\n");
            expected[i] = w == 4 ? 0x80000000L + i : 0x123400000000L + i;
        }
        // Function 1 returns its arguments in reverse order of positions, which have the same types in steps of four.
        StringBuilder reversed = new StringBuilder();
        for (int i = 0; i < n; i++) {
            int from = (n / 4 - 1 - i / 4) * 4 + i % 4;
            reversed.append(i == 0 ? "" : ", ").append("v").append(from);
        }
        load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n" + make + "    " + results
                + " = call wasm_function[0,1] (" + params + ") -> (" + params + ") (" + args + ")\n" + stores
                + "    return\n}\nfunction wasm_function[0,1] (" + params + ") -> (" + params + ") {\nb0(" + entry
                + "):\n"
                + "    return " + reversed + "\n}\n");
        for (int i = 0; i < n; i++) {
            machine.put(64 + 8 * i, expected[i]);
            machine.put(1024 + 8 * i, 0);
        }
        assertEquals(null, machine.run());
        for (int i = 0; i < n; i++) {
            int from = (n / 4 - 1 - i / 4) * 4 + i % 4;
            assertEquals(Long.toHexString(expected[from]), Long.toHexString(machine.get(1024 + 8 * i)), "result " + i);
        }
    }

    private static String typeList(String type, int n) {
        return String.join(", ", Collections.nCopies(n, type));
    }

    private static String values(int from, int n) {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < n; i++) {
            s.append(i == 0 ? "" : ", ").append("v").append(from + i);
        }
        return s.toString();
    }

    private static String declare(int n) {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < n; i++) {
            s.append(i == 0 ? "" : ", ").append("v").append(i).append(": i64");
        }
        return s.toString();
    }

    /**
     * A function that tail-calls another one with some of its arguments rotated by one, after counting down the first.
     */
    private static String rotating(int self, int params, int target, int targetParams, boolean indirect) {
        StringBuilder s = new StringBuilder("function wasm_function[0," + self + "] (" + typeList("i64", params)
                + ") -> (i64) {\nb0(" + declare(params)
                + "):\n    v100 = iconst.i64 0\n    v101 = icmp.i64.eq v0, v100\n"
                + "    branch v101, b1, b2\nb1:\n");
        // A number in which the order of the arguments shows.
        String sum = "v1";
        for (int i = 2; i < params; i++) {
            s.append("    v")
                    .append(200 + 2 * i)
                    .append(" = mul.i64 ")
                    .append(sum)
                    .append(", v300")
                    .append("\n    v")
                    .append(201 + 2 * i)
                    .append(" = add.i64 v")
                    .append(200 + 2 * i)
                    .append(", v")
                    .append(i)
                    .append("\n");
            sum = "v" + (201 + 2 * i);
        }
        s.insert(s.indexOf("b1:\n") + 4, "    v300 = iconst.i64 31\n");
        s.append("    return ").append(sum).append("\nb2:\n    v102 = iconst.i64 1\n    v103 = sub.i64 v0, v102\n");
        StringBuilder args = new StringBuilder("v103");
        for (int i = 1; i < targetParams; i++) {
            int from = i % (params - 1) + 1;
            args.append(", v").append(from);
        }
        if (indirect) {
            s.append("    v104 = vmctx.i64\n    v105 = load.i64 context0 w8 [v104 + ")
                    .append(Machine.CONTEXT_DATA + 8 * target)
                    .append("]\n    v106 = load.i64 context0 w8 [v104 + ")
                    .append(Machine.CONTEXT_DATA)
                    .append("]\n")
                    .append("    return_call_indirect (")
                    .append(typeList("i64", targetParams))
                    .append(") -> (i64) (v105, v106, ")
                    .append(args)
                    .append(")\n}\n");
        } else {
            s.append("    return_call wasm_function[0,")
                    .append(target)
                    .append("] (")
                    .append(typeList("i64", targetParams))
                    .append(") -> (i64) (")
                    .append(args)
                    .append(")\n}\n");
        }
        return s.toString();
    }

    private static long rotated(long count, int[] params, int which, long[] args) {
        if (args[0] == 0) {
            long sum = args[1];
            for (int i = 2; i < args.length; i++) {
                sum = sum * 31 + args[i];
            }
            return sum;
        }
        int next = 1 - which;
        long[] a = new long[params[next]];
        a[0] = args[0] - 1;
        for (int i = 1; i < a.length; i++) {
            a[i] = args[i % (params[which] - 1) + 1];
        }
        return rotated(count, params, next, a);
    }

    @Test
    void tailCallsWithMoreAndFewerArguments() {
        for (boolean indirect : new boolean[] {false, true}) {
            for (int[] params : new int[][] {{3, 4}, {4, 12}, {12, 4}, {11, 13}, {20, 20}, {9, 30}, {30, 9}}) {
                int n = params[0];
                StringBuilder loads = new StringBuilder();
                for (int i = 0; i < n; i++) {
                    loads.append("    v")
                            .append(10 + i)
                            .append(" = load.i64 stack0 w8 [v1 + ")
                            .append(64 + 8 * i)
                            .append("]\n");
                }
                load("function wasm_function[0,0] (i64, i64) -> () {\nb0(v0: i64, v1: i64):\n" + loads
                        + "    v3 = call wasm_function[0,1] (" + typeList("i64", n) + ") -> (i64) (" + values(10, n)
                        + ")\n    store.i64 stack0 w8 [v1 + 32], v3\n    return\n}\n"
                        + rotating(1, params[0], 2, params[1], indirect)
                        + rotating(2, params[1], 1, params[0], indirect));
                NativeCode.putLong(machine.vmctx + Machine.CONTEXT_DATA, machine.vmctx);
                NativeCode.putLong(machine.vmctx + Machine.CONTEXT_DATA + 8, machine.address(1));
                NativeCode.putLong(machine.vmctx + Machine.CONTEXT_DATA + 16, machine.address(2));
                for (int count : new int[] {0, 1, 2, 7}) {
                    long[] args = new long[n];
                    for (int i = 0; i < n; i++) {
                        args[i] = i == 0 ? count : 1000 + 17 * i;
                        machine.put(64 + 8 * i, args[i]);
                    }
                    assertEquals(null, machine.run());
                    assertEquals(
                            rotated(count, params, 0, args),
                            machine.get(32),
                            params[0] + " " + params[1] + " " + count);
                }
                // A million calls need no stack.
                machine.put(64, 1_000_000);
                assertEquals(null, machine.run());
            }
        }
    }

    @Test
    void indirectCallsSwitchTheContextAndBack() {
        String text = """
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = vmctx.i64
                    v3 = load.i64 context0 w8 [v2 + 64]
                    v4 = load.i64 context0 w8 [v2 + 72]
                    v5 = load.i64 stack0 w8 [v1 + 0]
                    v6 = call_indirect (i64) -> (i64) (v3, v4, v5)
                    v7 = load.i64 context0 w8 [v2 + 80]
                    v8 = add.i64 v6, v7
                    store.i64 stack0 w8 [v1 + 32], v8
                    return
                }
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = vmctx.i64
                    v2 = load.i64 context0 w8 [v1 + 80]
                    v3 = mul.i64 v0, v2
                    return v3
                }
                """;
        load(text);
        long other = machine.newContext(machine.store);
        NativeCode.putLong(machine.vmctx + 64, machine.address(1));
        NativeCode.putLong(machine.vmctx + 72, other);
        NativeCode.putLong(machine.vmctx + 80, 7);
        NativeCode.putLong(other + 80, 1000);
        assertEquals(5007, run(5));
    }

    @Test
    void directCallsRestoreTheContextWhereTailCallsMayChangeIt() {
        String text = main().replace("v3 = call", "v9 = vmctx.i64\n    v3 = call")
                        .replace(
                                "return",
                                "v10 = load.i64 context0 w8 [v9 + 80]\n    "
                                        + "store.i64 stack0 w8 [v1 + 40], v10\n    return")
                + """
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    v2 = vmctx.i64
                    v3 = load.i64 context0 w8 [v2 + 64]
                    v4 = load.i64 context0 w8 [v2 + 72]
                    return_call_indirect (i64) -> (i64) (v3, v4, v0)
                }
                function wasm_function[0,2] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = vmctx.i64
                    v2 = load.i64 context0 w8 [v1 + 80]
                    return v2
                }
                """;
        machine.load(text, new CodegenOptions(2, Set.of(), true, true));
        long other = machine.newContext(machine.store);
        NativeCode.putLong(machine.vmctx + 64, machine.address(2));
        NativeCode.putLong(machine.vmctx + 72, other);
        NativeCode.putLong(machine.vmctx + 80, 7);
        NativeCode.putLong(other + 80, 1000);
        assertEquals(1000, run(5));
        assertEquals(7, machine.get(40));
    }

    @Test
    void nativeCallsFollowTheCConvention() {
        // C code that adds up its integers and its floats, and leaves rubbish above its int.
        String text = """
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = vmctx.i64
                    v3 = load.i64 context0 w8 [v2 + 64]
                    v4 = load.i64 stack0 w8 [v1 + 0]
                    v5 = load.f64 stack0 w8 [v1 + 8]
                    v6 = iconst.i32 3
                    v7 = call_native (i64, f64, i32, i64) -> (i32) (v3, v4, v5, v6, v2)
                    v8 = zext.i64 v7
                    v9 = add.i64 v8, v4
                    store.i64 stack0 w8 [v1 + 32], v9
                    v10 = load.i64 context0 w8 [v2 + 72]
                    v11 = call_native (f64) -> (f64) (v10, v5)
                    store.f64 stack0 w8 [v1 + 40], v11
                    return
                }
                """;
        load(text);
        CodeBuffer b = new CodeBuffer();
        Assembler a = new Assembler(b);
        a.op(Op.CVTTSD2SI, 8, Registers.RAX, Registers.XMM.get(0));
        a.op(Op.ADD, 8, Registers.RAX, Registers.RDI);
        a.op(Op.ADD, 8, Registers.RAX, Registers.RSI);
        a.movImm(Registers.RCX, 0xffff00000000L);
        a.op(Op.ADD, 8, Registers.RAX, Registers.RCX);
        a.ret();
        int second = b.size();
        a.op(Op.ADDSD, Registers.XMM.get(0), Registers.XMM.get(0));
        a.ret();
        try (NativeCode c = new NativeCode(b.toByteArray())) {
            NativeCode.putLong(machine.vmctx + 64, c.address());
            NativeCode.putLong(machine.vmctx + 72, c.address() + second);
            machine.put(8, Double.doubleToRawLongBits(20.5));
            assertEquals(20 + 100 + 3 + 100, run(100));
            assertEquals(41.0, Double.longBitsToDouble(machine.get(40)));
        }
    }

    @Test
    void unwindsAndTraps() {
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    unwind
                }
                """);
        assertThrows(IllegalStateException.class, machine::run);
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    trap UNREACHABLE
                }
                """);
        assertEquals(TrapCode.UNREACHABLE, machine.run());
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = load.i64 stack0 w8 [v1 + 0]
                    v3 = load.i32 stack0 w4 [v1 + 8]
                    v4 = iconst.i64 10
                    v5 = icmp.i64.ugt v2, v4
                    trap_if.i32 TABLE_OUT_OF_BOUNDS v5
                    trap_if_zero.i64 NULL_REFERENCE v2
                    trap_if_zero.i32 BAD_SIGNATURE v3
                    return
                }
                """);
        machine.put(0, 11);
        assertEquals(TrapCode.TABLE_OUT_OF_BOUNDS, machine.run());
        machine.put(0, 0);
        assertEquals(TrapCode.NULL_REFERENCE, machine.run());
        machine.put(0, 10);
        machine.put(8, 1L << 32);
        assertEquals(TrapCode.BAD_SIGNATURE, machine.run());
        machine.put(8, 1);
        assertEquals(null, machine.run());
    }

    @Test
    void trapSitesAreDistinct() {
        CompiledFunction f = machine.load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = load.i32 stack0 w4 [v1 + 0]
                    branch v2, b1, b2
                b1:
                    trap UNREACHABLE
                b2:
                    v3 = load.i64 memory0 w8 trap [v1 + 8]
                    store.i64 memory0 w8 trap [v1 + 16], v3
                    trap BAD_SIGNATURE
                }
                """, Set.of()).getFirst();
        assertEquals(
                4,
                f.traps().stream()
                        .map(CompiledFunction.TrapSite::offset)
                        .distinct()
                        .count());
        assertTrue(f.traps().getLast().offset() < f.code().length);
    }

    @Test
    void vectorsAreMovedAndPassed() {
        String many = typeList("v128", 10);
        StringBuilder params = new StringBuilder();
        for (int i = 0; i < 10; i++) {
            params.append(i == 0 ? "" : ", ").append("v").append(i).append(": v128");
        }
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = load.v128 stack0 w16 [v1 + 0]
                    v3 = load.v128 stack0 w16 [v1 + 16]
                    v4, v5, v6, v7, v8, v9, v10, v11, v12, v13 = call wasm_function[0,1] (MANY) -> (MANY) \
                    (v2, v3, v2, v3, v2, v2, v2, v2, v2, v3)
                    store.v128 stack0 w16 [v1 + 32], v4
                    store.v128 stack0 w16 [v1 + 48], v13
                    store.v128 stack0 w16 [v1 + 64], v3
                    return
                }
                function wasm_function[0,1] (MANY) -> (MANY) {
                b0(PARAMS):
                    return v9, v0, v0, v0, v0, v0, v0, v0, v0, v0
                }
                """.replace("MANY", many).replace("PARAMS", params));
        for (int i = 0; i < 4; i++) {
            machine.put(8 * i, 100 + i);
        }
        assertEquals(null, machine.run());
        long[] expected = {102, 103, 100, 101, 102, 103};
        for (int i = 0; i < 6; i++) {
            assertEquals(expected[i], machine.get(32 + 8 * i));
        }
    }

    @Test
    void vectorConstantsReachMemory() {
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = vconst.v128 1 2
                    store.v128 stack0 w16 [v1 + 0], v2
                    return
                }
                """);
        assertEquals(null, machine.run());
        assertEquals(List.of(1L, 2L), List.of(machine.get(0), machine.get(8)));
    }

    @Test
    void framePointerLeadsToTheReturnAddress() {
        load(main() + """
                function wasm_function[0,1] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = frame_pointer.i64
                    v2 = load.i64 stack0 w8 [v1 + 8]
                    return v2
                }
                """);
        long pc = run(0);
        assertTrue(pc > machine.address(0) && pc < machine.address(0) + 100);
    }

    @Test
    void stackAreasAreDistinctAndAligned() {
        load("""
                function wasm_function[0,0] (i64, i64) -> () {
                b0(v0: i64, v1: i64):
                    v2 = stack_addr.i64 24
                    v3 = stack_addr.i64 16
                    store.i64 stack0 w8 [v1 + 0], v2
                    store.i64 stack0 w8 [v1 + 8], v3
                    store.i64 stack0 w8 [v2 + 16], v1
                    store.i64 stack0 w8 [v3 + 0], v0
                    v4 = load.i64 stack0 w8 [v2 + 16]
                    store.i64 stack0 w8 [v1 + 16], v4
                    return
                }
                """);
        assertEquals(null, machine.run());
        assertEquals(0, machine.get(0) % 16);
        assertEquals(0, machine.get(8) % 16);
        assertTrue(Math.abs(machine.get(0) - machine.get(8)) >= 16);
        assertEquals(machine.args, machine.get(16));
    }

    @Test
    void compileErrorsDoNotHideInFeatures() {
        assertThrows(
                IllegalArgumentException.class,
                () -> new X64Backend()
                        .compile(Parser.parse(main()), new CodegenOptions(2, Set.of("avx9"), false, true)));
        assertNotEquals(null, CpuFeatures.of(Set.of("bmi1")));
    }
}
