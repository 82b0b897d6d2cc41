package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import kiln.artifact.api.TrapCode;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;

/** Java's strings as those of JavaScript: what {@code wasm:js-string} offers, and imported constants. */
class StringsTest extends RuntimeFixture {
    private static final String MODULE = """
            (module
              (import "'" "h\\c3\\a9llo " (global $hello (ref extern)))
              (import "'" "" (global $empty externref))
              (import "wasm:js-string" "test" (func $test (param externref) (result i32)))
              (import "wasm:js-string" "cast" (func $cast (param externref) (result (ref extern))))
              (import "wasm:js-string" "fromCharCode" (func $unit (param i32) (result (ref extern))))
              (import "wasm:js-string" "fromCodePoint" (func $point (param i32) (result (ref extern))))
              (import "wasm:js-string" "charCodeAt" (func $at (param externref i32) (result i32)))
              (import "wasm:js-string" "codePointAt" (func $pointAt (param externref i32) (result i32)))
              (import "wasm:js-string" "length" (func $length (param externref) (result i32)))
              (import "wasm:js-string" "concat" (func $concat (param externref externref) (result (ref extern))))
              (import "wasm:js-string" "substring" (func $sub (param externref i32 i32) (result (ref extern))))
              (import "wasm:js-string" "equals" (func $equals (param externref externref) (result i32)))
              (import "wasm:js-string" "compare" (func $compare (param externref externref) (result i32)))
              (func (export "greet") (param externref) (result externref)
                (call $concat (global.get $hello) (local.get 0)))
              (func (export "empty") (result externref) (global.get $empty))
              (export "test" (func $test)) (export "cast" (func $cast)) (export "unit" (func $unit))
              (export "point" (func $point)) (export "at" (func $at)) (export "pointAt" (func $pointAt))
              (export "length" (func $length)) (export "sub" (func $sub)) (export "equals" (func $equals))
              (export "compare" (func $compare))
              ;; Counts the spaces of a string.
              (func (export "spaces") (param $s externref) (result i32)
                (local $i i32) (local $n i32)
                (block $end
                  (loop $l
                    (br_if $end (i32.ge_u (local.get $i) (call $length (local.get $s))))
                    (local.set $n (i32.add (local.get $n)
                      (i32.eq (call $at (local.get $s) (local.get $i)) (i32.const 32))))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br $l)))
                (local.get $n)))
            """;

    private Instance instance() {
        return linker.strings("'").instantiate(store, text(MODULE));
    }

    private Object call(String function, Object... args) {
        return instance().func(function).invoke(args);
    }

    private void assertTraps(TrapCode code, String function, Object... args) {
        assertEquals(
                code,
                assertThrows(TrapException.class, () -> call(function, args)).code());
    }

    @Test
    void stringsGoInAndOut() {
        assertEquals("héllo wörld", call("greet", "wörld"));
        assertEquals("", call("empty"));
        assertEquals(2, call("spaces", "a b c"));
    }

    @Test
    void whatIsAString() {
        assertEquals(1, call("test", "text"));
        assertEquals(0, call("test", 5));
        assertEquals(0, call("test", new Object[] {null}));
        assertEquals("text", call("cast", "text"));
        assertTraps(TrapCode.CAST_FAILURE, "cast", 5);
        assertTraps(TrapCode.CAST_FAILURE, "length", new Object[] {null});
    }

    @Test
    void codeUnitsAndCodePoints() {
        String smile = "a\uD83D\uDE00";
        assertEquals(3, call("length", smile));
        assertEquals(0xD83D, call("at", smile, 1));
        assertEquals(0x1F600, call("pointAt", smile, 1));
        assertEquals(0xDE00, call("pointAt", smile, 2));
        assertEquals("\uD83D\uDE00", call("point", 0x1F600));
        assertEquals("\uDE00", call("unit", 0x1DE00));
        assertTraps(TrapCode.ARRAY_OUT_OF_BOUNDS, "at", smile, 3);
        assertTraps(TrapCode.ARRAY_OUT_OF_BOUNDS, "at", smile, -1);
        assertTraps(TrapCode.BAD_CONVERSION_TO_INTEGER, "point", 0x110000);
        assertTraps(TrapCode.BAD_CONVERSION_TO_INTEGER, "point", -1);
    }

    @Test
    void partsAndOrder() {
        assertEquals("bc", call("sub", "abcd", 1, 3));
        assertEquals("bcd", call("sub", "abcd", 1, -1));
        assertEquals("", call("sub", "abcd", 3, 1));
        assertEquals("", call("sub", "abcd", -1, -1));
        assertEquals(1, call("equals", "ab", new StringBuilder("ab").toString()));
        assertEquals(0, call("equals", "ab", null));
        assertEquals(1, call("equals", null, null));
        assertEquals(-1, call("compare", "ab", "b"));
        assertEquals(1, call("compare", "b", "ab"));
        assertEquals(0, call("compare", "ab", "ab"));
        assertTraps(TrapCode.CAST_FAILURE, "compare", "ab", null);
    }

    @Test
    void withoutTheSwitchTheyAreUnknown() {
        String message = assertThrows(LinkException.class, () -> linker.instantiate(store, text(MODULE)))
                .getMessage();
        assertTrue(message.contains("wasm:js-string.concat"), message);
    }

    @Test
    void otherNamesAndTypesAreRefused() {
        linker.strings(null);
        for (String type : new String[] {
            "\"concat\" (func (param externref) (result externref))",
            "\"concat\" (func (param externref externref) (result i32))",
            "\"concatenate\" (func (param externref externref) (result externref))",
            "\"equals\" (func (param externref externref) (result i64))"
        }) {
            assertThrows(
                    LinkException.class,
                    () -> linker.instantiate(store, text("(module (import \"wasm:js-string\" " + type + "))")));
        }
        String constant = "(module (import \"'\" \"text\" (global externref)))";
        assertThrows(LinkException.class, () -> linker.instantiate(store, text(constant)));
    }

    /** A function type of a recursion group is another type than the same one alone. */
    @Test
    void typesOfRecursionGroupsFit() {
        Instance i = linker.strings("'").instantiate(store, text("""
                (module
                  (rec (type $f (func (param externref externref) (result (ref extern)))) (type (func)))
                  (import "wasm:js-string" "concat" (func $concat (type $f)))
                  (func (export "twice") (param externref) (result externref)
                    (call $concat (local.get 0) (local.get 0))))
                """));
        assertEquals("abab", i.func("twice").invoke("ab"));
    }
}
