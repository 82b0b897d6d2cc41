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
    void callRefFindsNullByAFault() {
        String ir = Fixtures.translate(module(REF_NULL_TYPE, 0x20, 0, 0x14, 0));
        assertEquals("""
                function wasm_function[0,0] (i64) -> (i32) {
                b0(v0: i64):
                    v1 = vmctx.i64
                    v3 = load.i64 context0 w8 trap=null_reference [v0 + 0] @32
                    v4 = load.i64 context0 w8 guarded [v0 + 8] @32
                    v5 = call_indirect () -> (i32) (v3, v4) @32
                    return v5 @34
                }
                """, ir);
    }

    @Test
    void callRefOfNonNullReferenceDoesNotCheck() {
        assertFalse(Fixtures.translate(module(REF_TYPE, 0x20, 0, 0x14, 0)).contains("trap"));
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
        String ir =
                Fixtures.translate(module(REF_NULL_TYPE, 0x02, 0x40, 0x20, 0, 0xd5, 0, 0x14, 0, 0x0f, 0x0b, 0x41, 9));
        assertTrue(ir.contains("icmp.i64.eq v0"), ir);
        assertFalse(ir.contains("trap_if_zero"), ir);
    }

    @Test
    void branchOnNonNullTakesTheReferenceAlong() {
        // block (result (ref 0)); local.get 0; br_on_non_null 0; i32.const 7; return; end; call_ref 0
        String ir = Fixtures.translate(
                module(REF_NULL_TYPE, 0x02, REF_TYPE, 0, 0x20, 0, 0xd6, 0, 0x41, 7, 0x0f, 0x0b, 0x14, 0));
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
                .section(4, 1, REF_NULL_TYPE, 0, 1, 4, 4)
                .section(7, 1, 1, 't', 1, 0)
                .section(10, 1, 7, 0, 0x41, 2, 0x11, 0, 0, END)
                .decode();
        String ir = Fixtures.translate(new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT));
        assertTrue(ir.contains("trap=indirect_call_to_null"), ir);
        assertFalse(ir.contains("bad_signature"), ir);
        assertFalse(ir.contains("undefined_element"), "the index is constant and in bounds");
    }

    /**
     * Function 0 calls through a table of four slots with something on the stack as index; functions 1 and 2 are () ->
     * i32, function 3 is () -> ().
     */
    private static String sealed(int[] elements, int... index) {
        int[] segment = new int[6 + elements.length];
        segment[0] = 1;
        segment[2] = 0x41;
        segment[4] = END;
        segment[5] = elements.length;
        System.arraycopy(elements, 0, segment, 6, elements.length);
        int[] code = new int[index.length + 17];
        code[0] = 4;
        code[1] = index.length + 5;
        System.arraycopy(index, 0, code, 3, index.length);
        int[] rest = {0x11, 0, 0, END, 4, 0, 0x41, 1, END, 4, 0, 0x41, 2, END};
        System.arraycopy(rest, 0, code, index.length + 3, rest.length);
        int[] all = new int[code.length + 3];
        System.arraycopy(code, 0, all, 0, code.length);
        all[code.length] = 2;
        all[code.length + 2] = END;
        WasmModule wasm = new Bytes()
                .section(1, 3, 0x60, 0, 1, I32, 0x60, 0, 0, 0x60, 1, I32, 1, I32)
                .section(3, 4, 2, 0, 0, 1)
                .section(4, 1, 0x70, 0, 4)
                .section(9, segment)
                .section(10, all)
                .decode();
        ModuleEnvironment env = new ModuleEnvironment(wasm, 0, TranslateOptions.DEFAULT);
        assertFalse(StartupTranslator.isNeeded(env), "nothing is left to copy");
        String ir = Fixtures.translate(env);
        return ir.substring(0, ir.indexOf("function wasm_function[0,1]"));
    }

    @Test
    void callThroughSealedTableOfOneTypeOnlyChecksTheIndex() {
        String ir = sealed(new int[] {1, 2, 1, 2}, 0x20, 0);
        assertTrue(ir.contains("trap_if.i32 undefined_element"), ir);
        assertFalse(ir.contains("bad_signature") || ir.contains("null"), ir);
        assertTrue(ir.contains("call_indirect"), ir);
    }

    @Test
    void callThroughSealedTableOfSeveralTypesComparesTheType() {
        String ir = sealed(new int[] {1, 2, 3, 1}, 0x20, 0);
        assertTrue(ir.contains("trap bad_signature"), ir);
        assertTrue(ir.contains("trap_if.i32 indirect_call_to_null"), ir);
    }

    @Test
    void oneTargetIsCalledDirectly() {
        String ir = sealed(new int[] {1, 3, 1}, 0x20, 0);
        assertTrue(ir.contains("call wasm_function[0,1] () -> (i32)"), ir);
        assertTrue(ir.contains("trap bad_signature"), "slots 1 and 3 are not of the type");
        assertFalse(sealed(new int[] {2, 2, 2, 2}, 0x20, 0).contains("load"), "every slot is the target");
    }

    @Test
    void constantIndexOfSealedTableIsADirectCallWithoutChecks() {
        String ir = sealed(new int[] {1, 3, 2}, 0x41, 2);
        assertTrue(ir.contains("call wasm_function[0,2] () -> (i32)"), ir);
        assertFalse(ir.contains("trap"), ir);
        assertTrue(sealed(new int[] {1, 3, 2}, 0x41, 3).contains("trap"), "slot 3 is null");
    }
}
