package kiln.translate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.wasm.WasmModule;
import org.junit.jupiter.api.Test;

/** Typed function references, which the assembler of the other fixtures does not know. */
class ReferencesTest {
    private static final int REF_NULL_TYPE = 0x63;
    private static final int REF_TYPE = 0x64;
    private static final int I32 = 0x7f;
    private static final int END = 0x0b;

    /** Type 0: () -> i32; type 1: (one parameter of the given reference to type 0) -> i32. */
    private static ModuleEnvironment module(int reference, int... code) {
        int[] body = new int[code.length + 4];
        body[0] = 1;
        body[1] = code.length + 2;
        System.arraycopy(code, 0, body, 3, code.length);
        body[code.length + 3] = END;
        WasmModule wasm = new Bytes()
                .section(1, 2, 0x60, 0, 1, I32, 0x60, 1, reference, 0, 1, I32)
                .section(3, 1, 1)
                .section(10, body)
                .decode();
        return new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT);
    }

    @Test
    void callRefChecksForNull() {
        String ir = Fixtures.translate(module(REF_NULL_TYPE, 0x20, 0, 0x14, 0));
        assertEquals(
                """
                function wasm_function[0,0] (i64) -> (i32) {
                b0(v0: i64):
                    v1 = vmctx.i64
                    trap_if_zero.i64 null_reference v0 @32
                    v3 = load.i64 context0 w8 trap [v0 + 0] @32
                    v4 = load.i64 context0 w8 trap [v0 + 8] @32
                    v5 = call_indirect () -> (i32) (v3, v4) @32
                    return v5 @34
                }
                """,
                ir);
    }

    @Test
    void callRefOfNonNullReferenceDoesNotCheck() {
        assertFalse(Fixtures.translate(module(REF_TYPE, 0x20, 0, 0x14, 0)).contains("trap_if_zero"));
    }

    @Test
    void returnCallRefEndsTheFunctionAndMayLeaveTheInstance() {
        ModuleEnvironment env = module(REF_TYPE, 0x20, 0, 0x15, 0);
        assertTrue(env.mayLeaveInstanceByTailCall());
        assertTrue(Fixtures.translate(env).contains("return_call_indirect () -> (i32) (v3, v4)"));
    }

    @Test
    void asNonNullTraps() {
        String ir = Fixtures.translate(module(REF_NULL_TYPE, 0x20, 0, 0xd4, 0x14, 0));
        assertEquals(1, ir.split("trap_if_zero", -1).length - 1, ir);
    }

    @Test
    void branchOnNullLeavesTheReferenceBehind() {
        // block; local.get 0; br_on_null 0; call_ref 0; return; end; i32.const 9
        String ir = Fixtures.translate(module(
                REF_NULL_TYPE, 0x02, 0x40, 0x20, 0, 0xd5, 0, 0x14, 0, 0x0f, 0x0b, 0x41, 9));
        assertTrue(ir.contains("icmp.i64.eq v0"), ir);
        assertFalse(ir.contains("trap_if_zero"), ir);
    }

    @Test
    void branchOnNonNullTakesTheReferenceAlong() {
        // block (result (ref 0)); local.get 0; br_on_non_null 0; i32.const 7; return; end; call_ref 0
        String ir = Fixtures.translate(module(
                REF_NULL_TYPE, 0x02, REF_TYPE, 0, 0x20, 0, 0xd6, 0, 0x41, 7, 0x0f, 0x0b, 0x14, 0));
        assertTrue(ir.contains("icmp.i64.ne v0"), ir);
        assertTrue(ir.contains("(v0)") || ir.contains("[v0 + 0]"), ir);
        assertFalse(ir.contains("trap_if_zero"), ir);
    }

    /** A function that calls through a table of (ref null 0), whose elements need no look at their type. */
    @Test
    void callThroughTypedTableDoesNotCompareTypes() {
        WasmModule wasm = new Bytes()
                .section(1, 1, 0x60, 0, 1, I32)
                .section(3, 1, 0)
                .section(4, 1, REF_NULL_TYPE, 0, 0, 4)
                .section(10, 1, 7, 0, 0x41, 2, 0x11, 0, 0, END)
                .decode();
        String ir = Fixtures.translate(new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT));
        assertTrue(ir.contains("trap_if_zero.i64 indirect_call_to_null"), ir);
        assertFalse(ir.contains("bad_signature"), ir);
        assertFalse(ir.contains("undefined_element"), "the index is constant and in bounds");
    }
}
