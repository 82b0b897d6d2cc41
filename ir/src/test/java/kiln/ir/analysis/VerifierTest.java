package kiln.ir.analysis;

import static org.junit.jupiter.api.Assertions.*;

import kiln.ir.Function;
import kiln.ir.Parser;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifierTest {
    /**
     * Bodies over {@code (i32, i64) -> (i32)} in b0(v0, v1), and a part of the expected message. INVOKE defines v2, an
     * i32.
     */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            v2 = add.i32 v0, v1 ; return v2                             | operand v1 is i64, not i32
            v2 = add.i32 v0 ; return v2                                 | 2 operands expected, not 1
            return v1                                                   | operand v1 is i64, not i32
            return                                                      | 1 operands expected, not 0
            v2 = iconst.i32 4294967295 ; return v2                      | not sign-extended
            v2 = sext32.i32 v0 ; return v2                              | not for type i32
            v2 = add.i32 v3, v0 ; v3 = add.i32 v0, v0 ; return v2       | v3 is not available
            branch v0, b1, b2 ; b1: ; v2 = add.i32 v0, v0 ; jump b2 ; b2: ; return v2 | v2 is not available
            jump b1 ; b1(v2: i32): ; return v2                          | 1 parameters, the edge 0 arguments
            jump b1(v1) ; b1(v2: i32): ; return v2                      | argument v1 is i64
            jump b0(v0, v1)                                             | jumps to the entry
            store.i32 memory0 w8 [v1 + 0], v0 ; return v0               | width 8 with i32
            v2 = load.i32 memory0 w4 [v0 + 0] ; return v2               | operand v0 is i32, not i64
            v2 = load.i32 memory0 w4 [v1 + 4294967296] ; return v2      | displacement out of range
            v2 = call wasm_function[0,1] (i64) -> (i32) (v0) ; return v2 | operand v0 is i32, not i64
            return_call wasm_function[0,1] () -> () ()                  | results differ
            v2 = select.i64 v1, v1, v1 ; return v0                      | operand v1 is i64, not i32
            branch v1, b1, b1 ; b1: ; return v0                         | operand v1 is i64, not i32
            v2 = bitcast.f64 v0 ; return v0                             | operand v0 is i32, not i64
            v2 = from_sint.f32 v0 ; v3 = from_sint.f32 v2 ; return v0   | operand v2 is f32, not i32 or i64
            v2 = iconst.ref 1 ; return v0                               | reference that is not null
            v2 = iconst.ref 0 ; v3 = icmp.ref.slt v2, v2 ; return v3    | references have no order
            v2 = vbinary.v128.i8x16.add v1, v1 ; return v0              | operand v1 is i64, not v128
            store.i32 memory0 w4 readonly [v1 + 0], v0 ; return v0      | store to read-only memory
            v2 = stack_addr.i64 0 ; return v0                           | size out of range
            v2 = stack_addr.i64 references 12 ; return v0               | size of no number of references
            jump b1 ; b1: ; v2 = stack_addr.i64 references 8 ; return v0 | second place for references, or not at entry
            jump b1, b1 ; b1: ; return v0                               | 1 targets expected, not 2
            v2 = call_native (i64) -> (i64) (v1) ; return v0            | 2 operands expected, not 1
            INVOKE b1, b2 ; b1: ; return v2 ; b2: ; v3 = caught.ref ; return v2 | v2 is not available
            INVOKE b1, b2 ; b1: ; return v2 ; b2: ; return v0 | b2 is no landing pad
            INVOKE b1, b2 ; b1: ; jump b2 ; b2: ; v3 = caught.ref ; return v0 | b2 is a landing pad
            INVOKE b1(v2), b2 ; b1(v4: i32): ; return v2 ; b2: ; v3 = caught.ref ; jump b1(v0) | v2 is not available
            jump b1 ; b1: ; v2 = iconst.i32 1 ; v3 = caught.ref ; return v2 | is not the first in its block
            throw v1                                                    | operand v1 is i64, not ref
            """)
    void rejects(String body, String message) {
        String text = "function wasm_function[0,0] (i32, i64) -> (i32) {\nb0(v0: i32, v1: i64):\n"
                + body.replace("INVOKE", "v2 = invoke wasm_function[0,1] () -> (i32) (),")
                        .replace(" ; ", "\n") + "\n}";
        Function f = Parser.parse(text);
        var e = assertThrows(Verifier.VerifyException.class, () -> Verifier.verify(f));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }
}
