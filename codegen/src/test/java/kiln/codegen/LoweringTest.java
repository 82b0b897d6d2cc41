package kiln.codegen;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import kiln.codegen.regalloc.FakeMachine;
import kiln.codegen.testing.Machine;
import kiln.ir.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The driver of lowering: what is emitted, what is folded, in which order. */
final class LoweringTest {
    /** Machine code with variables numbered in order of appearance. */
    private static String lower(String ir) {
        return lower(ir, false);
    }

    private static FunctionCompiler compiler(String ir) {
        return new FunctionCompiler(new FakeLowering(Machine.prepared(Parser.parse(ir))), FakeMachine.FILE, _ -> {});
    }

    private static String lower(String ir, boolean keepsConstants) {
        FakeLowering lowering = new FakeLowering(Machine.prepared(Parser.parse(ir)));
        lowering.keepsConstants = keepsConstants;
        String s = MachPrinter.print(new FunctionCompiler(lowering, FakeMachine.FILE, _ -> {}).lower());
        Map<String, String> names = new HashMap<>();
        return Pattern.compile("%\\d+")
                .matcher(s)
                .replaceAll(m -> names.computeIfAbsent(m.group(), _ -> "%" + names.size()));
    }

    @Test
    void foldsLoadUsedOnce() {
        assertEquals("""
                b0:
                    entry (%0:i0, %1:i1)
                    addm %1 %0 reuse:%2
                    return %2
                """, lower("""
                function wasm_function[0,0] (i64, i64) -> (i64) {
                b0(v0: i64, v1: i64):
                    v2 = load.i64 memory0 w8 trap [v0 + 0]
                    v3 = add.i64 v1, v2
                    return v3
                }
                """));
    }

    @Test
    void keepsLoadBehindStore() {
        String s = lower("""
                function wasm_function[0,0] (i64, i64) -> (i64) {
                b0(v0: i64, v1: i64):
                    v2 = load.i64 memory0 w8 trap [v0 + 0]
                    store.i64 memory0 w8 trap [v1 + 0], v1
                    v3 = add.i64 v1, v2
                    return v3
                }
                """);
        assertTrue(s.contains("    load %") && s.indexOf("load") < s.indexOf("store"), s);
    }

    @Test
    void foldsLoadFromOtherRegionAcrossStore() {
        String s = lower("""
                function wasm_function[0,0] (i64, i64) -> (i64) {
                b0(v0: i64, v1: i64):
                    v2 = load.i64 global3 w8 [v0 + 0]
                    store.i64 memory0 w8 trap [v1 + 0], v1
                    v3 = add.i64 v1, v2
                    return v3
                }
                """);
        assertTrue(s.contains("addm") && s.indexOf("store") < s.indexOf("addm"), s);
    }

    @Test
    void keepsLoadUsedTwice() {
        String s = lower("""
                function wasm_function[0,0] (i64, i64) -> (i64) {
                b0(v0: i64, v1: i64):
                    v2 = load.i64 memory0 w8 trap [v0 + 0]
                    v3 = add.i64 v1, v2
                    v4 = add.i64 v3, v2
                    return v4
                }
                """);
        assertTrue(s.contains("    load ") && !s.contains("addm"), s);
    }

    /** A load that only a repeated instruction reads must not be repeated with it. */
    @Test
    void keepsLoadBelowAddressComputedTwice() {
        String s = lower("""
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = load.i64 memory0 w8 trap [v0 + 0]
                    v2 = iconst.i64 8
                    v3 = add.i64 v1, v2
                    v4 = load.i64 memory0 w8 trap [v3 + 0]
                    v5 = load.i64 memory0 w8 trap [v3 + 16]
                    v6 = mul.i64 v4, v5
                    return v6
                }
                """);
        assertEquals(2, s.split("load\\+8").length - 1, s);
        assertEquals(3, s.split("    load").length - 1, s);
        assertTrue(!s.contains("add"), s);
    }

    @Test
    void dropsWhatNobodyAsksFor() {
        assertEquals("""
                b0:
                    entry (%0:i0)
                    load %0 def:%1
                    return %0
                """, lower("""
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = mul.i64 v0, v0
                    v2 = load.i64 memory0 w8 trap [v0 + 0]
                    v3 = load.i64 global0 w8 [v0 + 0]
                    return v0
                }
                """));
    }

    @Test
    void comparesAgainAtEveryBranch() {
        String s = lower("""
                function wasm_function[0,0] (i64, i64) -> (i64) {
                b0(v0: i64, v1: i64):
                    v2 = icmp.i64.slt v0, v1
                    branch v2, b1, b2
                b1:
                    branch v2, b3, b2
                b2:
                    return v0
                b3:
                    return v1
                }
                """);
        assertEquals(2, s.split("cmp.SLT %0 %1").length - 1, s);
        assertTrue(!s.contains("icmp"), s);
    }

    @Test
    void splitsCriticalEdgeAndMakesConstantsThere() {
        assertEquals("""
                b0:
                    entry (%0:i0)
                    branch b1 b2 %0
                b1:
                    const7 def:%1
                    jump b3
                    -> b3(%1)
                b2:
                    const9 def:%2
                    jump b3
                    -> b3(%2)
                b3(%3):
                    return %3
                """, lower("""
                function wasm_function[0,0] (i32) -> (i64) {
                b0(v0: i32):
                    v1 = iconst.i64 7
                    branch v0, b2(v1), b1
                b1:
                    v2 = iconst.i64 9
                    jump b2(v2)
                b2(v3: i64):
                    return v3
                }
                """));
    }

    /** An expensive constant is made once in front of the outermost loop, a cheap one at its use. */
    @Test
    void hoistsExpensiveConstants() {
        String s = lower("""
                function wasm_function[0,0] (i64, f64) -> (f64) {
                b0(v0: i64, v1: f64):
                    jump b1(v0, v1)
                b1(v2: i64, v3: f64):
                    v4 = fconst.f64 4609434218613702656
                    v5 = fmul.f64 v3, v4
                    v6 = iconst.i64 100
                    v7 = mul.i64 v2, v6
                    v8 = icmp.i64.ne v7, v0
                    branch v8, b1(v7, v5), b2
                b2:
                    return v5
                }
                """);
        int loop = s.indexOf("frequency 8");
        assertTrue(s.indexOf("const4609434218613702656") < loop && s.indexOf("const100") > loop, s);
    }

    /** In front of the loop they would occupy a register all the time. */
    @Test
    void makesConstantsOfColdBlocksThere() {
        String s = lower("""
                function wasm_function[0,0] (i64, f64) -> (f64) {
                b0(v0: i64, v1: f64):
                    jump b1(v0, v1)
                b1(v2: i64, v3: f64):
                    v8 = wrap.i32 v2
                    branch v8, b2, b3(v3)
                b2 cold:
                    v4 = fconst.f64 4609434218613702656
                    v5 = fmul.f64 v3, v4
                    jump b3(v5)
                b3(v6: f64):
                    branch v8, b1(v2, v6), b4
                b4:
                    return v6
                }
                """);
        assertTrue(s.indexOf("const4609434218613702656") > s.indexOf("branch"), s);
    }

    /**
     * In a loop that calls nothing even cheap constants stay in registers, if the back end wants it; arguments of edges
     * do not.
     */
    @Test
    void keepsConstantsInLoopsWithoutCalls() {
        String loop = """
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    jump b1(v0)
                b1(v1: i64):
                    v2 = iconst.i64 100
                    v3 = mul.i64 v1, v2
                    %s
                    v4 = iconst.i64 7
                    v5 = icmp.i64.ne v3, v0
                    branch v5, b1(v4), b2
                b2:
                    return v3
                }
                """;
        String s = lower(loop.formatted(""), true);
        assertTrue(
                s.indexOf("const100") < s.indexOf("frequency 8") && s.indexOf("const7") > s.indexOf("frequency 8"), s);
        s = lower(loop.formatted("call wasm_function[0,1] () -> () ()"), true);
        assertTrue(s.indexOf("const100") > s.indexOf("frequency 8"), s);
    }

    @Test
    void sharesRegistersOfWraps() {
        assertEquals("""
                b0:
                    entry (%0:i0)
                    clz %0 def:%1
                    return %1
                """, lower("""
                function wasm_function[0,0] (i64) -> (i32) {
                b0(v0: i64):
                    v1 = wrap.i32 v0
                    v2 = clz.i32 v1
                    return v2
                }
                """));
    }

    @Test
    void copiesReservedRegisterIntoParameter() {
        String s = lower("""
                function wasm_function[0,0] (i32) -> (i64) {
                b0(v0: i32):
                    v1 = vmctx.i64
                    branch v0, b2, b1
                b1:
                    jump b3(v1)
                b2:
                    v2 = iconst.i64 5
                    jump b3(v2)
                b3(v3: i64):
                    return v3
                }
                """);
        assertTrue(s.contains("move i7 def:%"), s);
    }

    /** What passes have to see to before. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            b0(v0: i32): ; jump b0(v0)                                      | entry block has predecessors
            b0(v0: i32): ; branch v0, b1, b2 ; b1: ; jump b2 ; b2: ; return | critical edge from b0 to b2
            b0(v0: i32): ; return ; b1: ; return                            | b1 cannot be reached
            """)
    void refusesWhatPassesHaveNotSeen(String body, String message) {
        String text = "function wasm_function[0,0] (i32) -> () {\n" + body.replace(" ; ", "\n") + "\n}";
        var e = assertThrows(IllegalArgumentException.class, () -> new FakeLowering(Parser.parse(text)));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    /**
     * The old counter is read after the new one is there, so that a copy is needed; it stands in front of the branch.
     */
    @Test
    void closesLoopsWithTheConditionalBranch() {
        FunctionCompiler c = compiler("""
                function wasm_function[0,0] (i64) -> (i64) {
                b0(v0: i64):
                    v1 = iconst.i64 1
                    v2 = iconst.i64 0
                    jump b1(v2)
                b1(v3: i64):
                    v4 = add.i64 v3, v1
                    v5 = icmp.i64.ne v3, v0
                    branch v5, b1(v4), b2
                b2:
                    return v4
                }
                """);
        c.lower();
        String s = MachPrinter.print(c.allocate());
        assertTrue(s.matches("(?s).*cmp\\S* \\S+ \\S+\n    move [^\n]*\n    branch .*"), s);
    }

    /** From IR to bytes; the checker runs on the way. */
    @Test
    void compilesLoopWithCalls() {
        FunctionCompiler c = compiler("""
                function wasm_function[0,0] (i64, i64) -> (i64) {
                b0(v0: i64, v1: i64):
                    jump b1(v0)
                b1(v2: i64):
                    v3 = call wasm_function[0,1] (i64) -> (i64) (v2)
                    v4 = add.i64 v3, v1
                    v5 = icmp.i64.slt v4, v0
                    branch v5, b1(v4), b2
                b2:
                    return v4
                }
                """);
        CompiledFunction f = c.compile();
        assertTrue(f.code().length > 8);
        assertEquals(32, f.alignment());
    }

    /** Blocks that only jump are not emitted, even in a ring. */
    @Test
    void emitsEndlessLoopOfEmptyBlocks() {
        FunctionCompiler c = compiler("""
                function wasm_function[0,0] () -> () {
                b0:
                    jump b1
                b1:
                    jump b2
                b2:
                    jump b1
                }
                """);
        assertTrue(c.compile().code().length > 0);
    }
}
