package kiln.tests.linking;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.LinkedContexts;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Opcode;
import kiln.translate.FunctionTranslator;
import kiln.translate.Linkage;
import kiln.translate.ModuleEnvironment;
import kiln.translate.TranslateOptions;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wat.Wat;
import org.junit.jupiter.api.Test;

/** Calls of what cannot throw are plain calls, also where something would catch it. */
class CannotThrowTest {
    private static final String MODULE = """
            (module
              (import "env" "open" (func $open))
              (import "lib" "quiet" (func $libQuiet))
              (import "lib" "throws" (func $libThrows))
              (type $f (func))
              (tag $t)
              (table $table 2 2 funcref)
              (global $g (mut i32) (i32.const 0))
              (memory 1)
              (elem (table $table) (i32.const 0) func $leaf $calls)
              (export "table" (table $table))
              (func $leaf (global.set $g (i32.add (global.get $g) (i32.const 1))))
              (func $traps (drop (i32.div_s (i32.const 1) (global.get $g))) (drop (memory.grow (i32.const 1))))
              (func $calls (call $leaf) (call $traps))
              ;; A ring of calls, none of which throws.
              (func $ring (if (global.get $g) (then (call $ring2))))
              (func $ring2 (call $leaf) (return_call $ring))
              (func $throws (throw $t))
              (func $throwsLater (call $leaf) (call $throws))
              (func $throwsByTail (return_call $throwsLater))
              (func $rethrows (param exnref) (throw_ref (local.get 0)))
              (func $indirect (call_indirect $table (type $f) (global.get $g)))
              (func $indirectTail (return_call_indirect $table (type $f) (global.get $g)))
              (func $byRef (param (ref $f)) (call_ref $f (local.get 0)))
              (func $opens (call $open))
              (func $usesQuiet (call $libQuiet))
              (func $usesThrows (call $libThrows))
              ;; Caught, but nobody looks at that.
              (func $catches (block $h (try_table (catch_all $h) (call $throws))))
              (func (export "main") (param exnref (ref $f))
                (block $h
                  (try_table (catch_all $h) %s))))
            """;

    private static final String LIB = """
            (module
              (tag $t)
              (func $leaf (export "quiet"))
              (func (export "throws") (throw $t)))
            """;

    private static ModuleEnvironment environment(String wat, int index, Linkage linkage) {
        byte[] wasm = Wat.encode("test.wat", wat.getBytes(StandardCharsets.UTF_8));
        return new ModuleEnvironment(
                ModuleDecoder.decode(wasm, "test.wasm", Features.ALL), index, TranslateOptions.DEFAULT, linkage);
    }

    /** Whether a call in a try block of the main function has a landing pad. */
    private static boolean isCaught(String call, boolean linked) {
        ModuleEnvironment lib = environment(LIB, 0, new Linkage("lib", List.of(), LinkedContexts.NONE));
        List<Linkage.Import> imports = linked
                ? new ArrayList<>(Arrays.asList(null, new Linkage.Export(lib, 0), new Linkage.Export(lib, 1)))
                : List.of();
        ModuleEnvironment env = linked
                ? environment(MODULE.formatted(call), 1, new Linkage("app", imports, lib.contexts()))
                : environment(MODULE.formatted(call), 0, Linkage.NONE);
        Function main = new FunctionTranslator(env).translate(env.wasm().funcCount() - 1);
        int invokes = 0;
        int calls = 0;
        for (Block b : main.blocks()) {
            for (var i = b.first(); i != null; i = i.next()) {
                invokes += i.opcode().isInvoke() ? 1 : 0;
                boolean isDirect = i.opcode() == Opcode.CALL && i.call().key().kind() == FuncKey.Kind.WASM_FUNCTION;
                calls += isDirect || i.opcode() == Opcode.CALL_INDIRECT ? 1 : 0;
            }
        }
        assertEquals(1, invokes + calls, call);
        return invokes == 1;
    }

    @Test
    void whatCannotThrowHasNoLandingPad() {
        for (String quiet : List.of("leaf", "traps", "calls", "ring", "ring2")) {
            assertFalse(isCaught("(call $" + quiet + ")", false), quiet);
        }
    }

    @Test
    void whatMightThrowHas() {
        for (String loud : List.of(
                "throws", "throwsLater", "throwsByTail", "indirect", "indirectTail", "opens", "usesQuiet", "catches")) {
            assertTrue(isCaught("(call $" + loud + ")", false), loud);
        }
        assertTrue(isCaught("(call $open)", false));
        assertTrue(isCaught("(call $rethrows (local.get 0))", false));
        assertTrue(isCaught("(call $byRef (local.get 1))", false));
        assertTrue(isCaught("(call_indirect $table (type $f) (i32.const 0))", false));
        assertTrue(isCaught("(call_ref $f (local.get 1))", false));
    }

    @Test
    void otherModulesOfTheFileAreLookedAt() {
        assertFalse(isCaught("(call $libQuiet)", true));
        assertFalse(isCaught("(call $usesQuiet)", true));
        assertTrue(isCaught("(call $libThrows)", true));
        assertTrue(isCaught("(call $usesThrows)", true));
        assertTrue(isCaught("(call $open)", true));
    }
}
