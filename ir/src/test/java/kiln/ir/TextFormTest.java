package kiln.ir;

import static org.junit.jupiter.api.Assertions.*;

import kiln.ir.analysis.Verifier;
import org.junit.jupiter.api.Test;

class TextFormTest {
    private static final String EVERYTHING = """
            function wasm_function[1,3] (i32, i64, ref, f32) -> (i32, f64) {
            b0(v0: i32, v1: i64, v2: ref, v3: f32):
                v4 = iconst.i32 -5 @17
                v5 = iconst.ref 0
                v6 = fconst.f32 0x3fc00000 ; 1.5
                v7 = fconst.f64 0x8000000000000000 ; -0.0
                v8 = vconst.v128 0x1 0xffffffffffffffff
                v9 = vmctx.i64
                v10 = stack_addr.i64 32
                v23 = stack_addr.i64 references 16
                v11 = icmp.i32.slt v0, v4
                v12 = fcmp.f32.ge v3, v6
                v13 = select.i64 v11, v1, v9
                v14 = load.i32 memory0 w1 signed trap [v1 + 16]
                v15 = load.i64 context0 w8 readonly [v9 + 8]
                store.i32 global* w4 [v15 + 0], v14 @300
                v16, v17 = call wasm_function[1,4] (i32) -> (i32, f64) (v14)
                call_indirect (i32) -> () (v15, v9, v14)
                v18 = call_native (i64) -> (i64) (v15, v1)
                trap_if.i32 integer_divide_by_zero v11
                trap_if_zero.i64 null_reference v1
                interrupt_check
                v19 = zext.i64 v12
                v22 = vbinary.v128.i8x16.add v8, v8
                branch v11, b1, b2(v16, v17)
            b1:
                switch v0, b3, b2(v16, v7), b4
            b2(v20: i32, v21: f64) cold:
                return v20, v21
            b3:
                return_call wasm_function[1,4] (i32) -> (i32, f64) (v14)
            b4:
                return_call_indirect (i32) -> (i32, f64) (v15, v9, v14)
            b5:
                trap unreachable
            b7:
                unwind
            }
            """;

    @Test
    void roundTripKeepsEverything() {
        Function f = Parser.parse(EVERYTHING);
        Verifier.verify(f);
        assertEquals(EVERYTHING, Printer.print(f));
        assertEquals(EVERYTHING, Printer.print(Parser.parse("; a comment\n" + Printer.print(f))));
    }

    @Test
    void parserReportsTheLine() {
        var e = assertThrows(
                Parser.ParseException.class,
                () -> Parser.parse(
                        "function wasm_function[0,0] () -> () {\nb0:\n    v1 = frobnicate.i32\n    return\n}"));
        assertTrue(e.getMessage().startsWith("line 3: no such operation: frobnicate"), e.getMessage());
    }

    @Test
    void parserRejectsUnknownVectorOperations() {
        for (String name : new String[] {"i8x16.nought", "i8x17.add", "f32x4.and", "i8x16.abs", "add", "i8x16"}) {
            String text = "function wasm_function[0,0] (v128) -> () {\nb0(v0: v128):\n    v1 = vbinary.v128." + name
                    + " v0, v0\n    return\n}";
            var e = assertThrows(Parser.ParseException.class, () -> Parser.parse(text));
            assertTrue(e.getMessage().startsWith("line 3: no such"), e.getMessage());
        }
    }

    @Test
    void parserRejectsUndefinedNames() {
        assertThrows(
                Parser.ParseException.class,
                () -> Parser.parse("function wasm_function[0,0] () -> () {\nb0:\n    jump b1\n}"));
        assertThrows(
                Parser.ParseException.class,
                () -> Parser.parse("function wasm_function[0,0] () -> (i32) {\nb0:\n    return v0\n}"));
    }
}
