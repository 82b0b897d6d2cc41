package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import kiln.artifact.api.TrapCode;
import kiln.runtime.ExnRef;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.Tag;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.api.Test;

/** Exceptions between WebAssembly and Java, in both directions. */
class ExceptionsInJavaTest extends RuntimeFixture {
    /** Throws, calls the host, catches. */
    private static final String MODULE = """
            (module $m
              (import "env" "host" (func $host (param i32)))
              (import "env" "tag" (tag $given (param i32)))
              (tag $own (export "own") (param i32 i64 f64))
              (table $kept (export "kept") 10 exnref)
              (func $throw (export "throw") (param i32)
                (throw $own (local.get 0) (i64.const 7) (f64.const 1.5)))
              (func (export "throw-given") (param i32) (throw $given (local.get 0)))
              (func (export "through") (param i32) (call $host (local.get 0)))
              (func (export "catch-given") (param i32) (result i32)
                (block $h (result i32)
                  (try_table (catch $given $h) (call $host (local.get 0)))
                  (i32.const -1)))
              (func (export "catch-all") (param i32) (result i32)
                (block $h
                  (try_table (catch_all $h) (call $host (local.get 0)))
                  (return (i32.const 0)))
                (i32.const 1))
              (func (export "catch-keep-rethrow") (param i32)
                (local $e exnref)
                (block $h (result exnref)
                  (try_table (catch_all_ref $h) (call $host (local.get 0)))
                  (return))
                (local.set $e)
                (table.set $kept (i32.const 0) (local.get $e))
                (throw_ref (local.get $e)))
              (func (export "rethrow") (param exnref) (throw_ref (local.get 0)))
              (func (export "catch-trap") (result i32)
                (block $h
                  (try_table (catch_all $h) (unreachable)))
                (i32.const 1))
              (func $deep (export "deep") (param i32)
                (if (i32.eqz (local.get 0)) (then (call $throw (i32.const 1))))
                (call $deep (i32.sub (local.get 0) (i32.const 1)))
                (drop (i32.const 0)))
              (func $for-ever (export "for-ever") (call $for-ever) (drop (i32.const 0)))
              (func (export "deep-caught") (param i32) (result i32)
                (block $h
                  (try_table (catch_all $h) (call $deep (local.get 0))))
                (i32.const 42))
              ;; Keeps every tenth exception for a while, at the bottom of a deep stack.
              (func $churn (export "churn") (param $depth i32) (param $times i32) (result i64)
                (local $i i32) (local $sum i64) (local $mine exnref)
                (local.set $mine
                  (block $h (result exnref)
                    (try_table (catch_all_ref $h) (call $throw (i32.add (local.get $depth) (i32.const 1000))))
                    (unreachable)))
                (if (local.get $depth)
                  (then (return
                    (i64.add
                      (call $churn (i32.sub (local.get $depth) (i32.const 1)) (local.get $times))
                      (call $value (local.get $mine))))))
                (loop $l
                  (table.set $kept (i32.rem_u (local.get $i) (i32.const 10))
                    (block $h (result exnref)
                      (try_table (catch_all_ref $h) (call $throw (local.get $i)))
                      (unreachable)))
                  (local.set $sum (i64.add (local.get $sum)
                    (call $value (table.get $kept (i32.const 0)))))
                  (br_if $l (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $times))))
                (i64.add (local.get $sum) (call $value (local.get $mine))))
              (func $value (param exnref) (result i64)
                (local $a i32) (local $b i64) (local $c f64)
                (block $h (result i32 i64 f64)
                  (try_table (catch $own $h) (throw_ref (local.get 0)))
                  (unreachable))
                (local.set $c) (local.set $b) (local.set $a)
                (if (i32.or (i64.ne (local.get $b) (i64.const 7)) (f64.ne (local.get $c) (f64.const 1.5)))
                  (then (unreachable)))
                (i64.extend_i32_u (local.get $a))))
            """;

    private interface Host {
        void call(Tag given, int argument) throws Exception;
    }

    private Tag given;

    private Instance instance(Host host) {
        return instance(store, host);
    }

    private Instance instance(Store in, Host host) {
        Linker l = new Linker(engine);
        Tag tag = Tag.of(in, FuncType.ofVoid(ValType.I32));
        if (in == store) {
            given = tag;
        }
        l.define("env", "tag", tag);
        l.func("env", "host", FuncType.ofVoid(ValType.I32), (_, args, _) -> host.call(tag, (int) args[0]));
        return l.instantiate(in, text(MODULE));
    }

    private static ThrownException thrown(Instance i, String function, Object... args) {
        return assertThrows(ThrownException.class, () -> i.func(function).invoke(args));
    }

    @Test
    void whatNothingCatchesComesOut() {
        Instance i = instance((_, _) -> {});
        ThrownException e = thrown(i, "throw", 5);
        assertSame(i.export("own"), e.tag());
        assertEquals(List.of(5, 7L, 1.5), e.payload());
        assertEquals("m.throw", e.frames().getFirst().toString().split("@")[0]);
        assertTrue(e.getStackTrace()[0].toString().contains("throw"), e.getStackTrace()[0].toString());
        assertSame(given, thrown(i, "throw-given", 6).tag());
    }

    @Test
    void twoThrowsAreTwoExceptions() {
        Instance i = instance((_, _) -> {});
        assertNotSame(thrown(i, "throw", 5).exception(), thrown(i, "throw", 5).exception());
    }

    @Test
    void hostFunctionsThrowTags() {
        Instance i = instance((tag, n) -> {
            throw new ThrownException(tag, n + 1);
        });
        assertEquals(8, i.func("catch-given").invoke(7));
        assertEquals(1, i.func("catch-all").invoke(7));
        ThrownException e = thrown(i, "through", 9);
        assertEquals(List.of(10), e.payload());
    }

    @Test
    void anExceptionIsTheSameOnItsWayThroughBothWorlds() {
        Instance[] inner = new Instance[1];
        ThrownException[] seen = new ThrownException[1];
        Instance i = instance((_, n) -> {
            try {
                inner[0].func("throw").call(n);
            } catch (ThrownException e) {
                seen[0] = e;
                throw e;
            }
        });
        inner[0] = i;
        ThrownException e = thrown(i, "catch-keep-rethrow", 3);
        assertSame(seen[0], e);
        assertSame(e.exception(), i.table("kept").get(0));
        assertSame(e, thrown(i, "rethrow", e.exception()));
        assertEquals(TrapCode.NULL_REFERENCE, trap(() -> i.func("rethrow").invoke((Object) null)));
    }

    @Test
    void exceptionsOfJavaPassUnseen() {
        IllegalStateException own = new IllegalStateException("own");
        Instance i = instance((_, _) -> {
            throw own;
        });
        assertSame(
                own,
                assertThrows(
                        IllegalStateException.class, () -> i.func("catch-all").invoke(1)));
        // With the tag of Java's exceptions they are seen, and are the same when they leave again.
        Instance catcher = new Linker(engine)
                .javaTag("java", "exception")
                .func("env", "fail", FuncType.ofVoid(), (_, _, _) -> {
                    throw own;
                })
                .instantiate(store, text("""
                        (module
                          (import "java" "exception" (tag $java (param externref)))
                          (import "env" "fail" (func $fail))
                          (func (export "caught") (result externref)
                            (block $h (result externref)
                              (try_table (catch $java $h) (call $fail))
                              (ref.null extern)))
                          (func (export "thrown") (param externref) (throw $java (local.get 0)))
                          (func (export "through") (call $fail)))
                        """));
        assertSame(own, catcher.func("caught").invoke());
        assertEquals(1, i.func("catch-all").invoke(1));
        assertSame(
                own,
                assertThrows(
                        IllegalStateException.class,
                        () -> catcher.func("through").invoke()));
        assertSame(
                own,
                assertThrows(
                        IllegalStateException.class,
                        () -> catcher.func("thrown").invoke(own)));
        assertEquals(List.of("text"), thrown(catcher, "thrown", "text").payload());
    }

    @Test
    void trapsAndErrorsAreNotCaught() {
        Tag.java(store);
        Instance[] self = new Instance[1];
        Instance i = instance((_, n) -> {
            switch (n) {
                case 0 -> self[0].func("catch-trap").invoke();
                case 1 -> throw new OutOfMemoryError("test");
                default -> throw new TrapException(TrapCode.UNREACHABLE, "test");
            }
        });
        self[0] = i;
        assertEquals(TrapCode.UNREACHABLE, trap(() -> i.func("catch-trap").invoke()));
        assertEquals(TrapCode.UNREACHABLE, trap(() -> i.func("catch-all").invoke(0)));
        assertThrows(OutOfMemoryError.class, () -> i.func("catch-all").invoke(1));
        assertEquals(TrapCode.UNREACHABLE, trap(() -> i.func("catch-all").invoke(2)));
        assertEquals(TrapCode.STACK_CHECK, trap(() -> i.func("for-ever").invoke()));
    }

    private static TrapCode trap(org.junit.jupiter.api.function.Executable call) {
        return assertThrows(TrapException.class, call).code();
    }

    @Test
    void anExceptionOfAnotherStoreIsOneOfJava() {
        try (Store other = new Store(engine)) {
            Instance thrower = instance(other, (_, _) -> {});
            Instance i = instance((_, n) -> thrower.func("throw").call(n));
            ThrownException e = thrown(i, "catch-all", 4);
            assertEquals(List.of(4, 7L, 1.5), e.payload());
            assertThrows(IllegalArgumentException.class, () -> i.func("rethrow").invoke(e.exception()));
        }
    }

    @Test
    void tagsOfOneTypeAreDifferent() {
        Instance a = instance((_, _) -> {});
        Tag first = given;
        Instance b = instance((_, n) -> a.func("throw-given").call(n));
        // Both instances have a tag of the type; only its own is what catch-given catches.
        assertNotSame(first, given);
        assertSame(first, thrown(b, "catch-given", 1).tag());
    }

    @Test
    void deepStacksAreLeftAtOnce() {
        Instance i = instance((_, _) -> {});
        for (int depth : new int[] {0, 1, 10, 1000, 5000}) {
            assertEquals(42, i.func("deep-caught").invoke(depth));
            thrown(i, "deep", depth);
        }
        // And work as before after the stack was exhausted.
        assertEquals(TrapCode.STACK_CHECK, trap(() -> i.func("deep-caught").invoke(100_000_000)));
        assertEquals(42, i.func("deep-caught").invoke(3));
    }

    @Test
    void startFunctionsMayThrow() {
        ThrownException e = assertThrows(ThrownException.class, () -> linker.instantiate(store, text("""
                        (module (tag $t (param i32)) (func $f (throw $t (i32.const 3))) (start $f))
                        """)));
        assertEquals(List.of(3), e.payload());
    }

    /** Exceptions on the stack, in a table and dropped ones, in a heap that is collected all the time. */
    @Test
    void whatIsInUseIsNotCollected() {
        try (Store small = new Store(engine, StoreLimits.DEFAULT.withExceptionBytes(1 << 20))) {
            Instance i = instance(small, (_, _) -> {});
            int depth = 100;
            int times = 100_000;
            long frames = 0;
            for (int d = 0; d <= depth; d++) {
                frames += 1000 + d;
            }
            // Slot 0 holds the last multiple of ten.
            long kept = 0;
            for (int k = 0; k < times; k++) {
                kept += k / 10 * 10;
            }
            assertEquals(frames + kept, i.func("churn").invoke(depth, times));
        }
    }

    @Test
    void exceptionsInUseHaveALimit() {
        try (Store small = new Store(engine, StoreLimits.DEFAULT.withExceptionBytes(1 << 16))) {
            Instance i = new Linker(engine).instantiate(small, text("""
                    (module
                      (tag $t (param i64))
                      (table $all 0 exnref)
                      (func $throw (throw $t (i64.const 1)))
                      (func (export "f")
                        (loop $l
                          (block $h (result exnref)
                            (try_table (catch_all_ref $h) (call $throw))
                            (unreachable))
                          (drop (table.grow $all (i32.const 1)))
                          (br $l))))
                    """));
            assertEquals(TrapCode.ALLOCATION_TOO_LARGE, trap(() -> i.func("f").invoke()));
        }
    }

    @Test
    void cellsAndObjectsOfExceptions() {
        Instance i = new Linker(engine).instantiate(store, text("""
                (module
                  (global $g (export "g") (mut exnref) (ref.null exn))
                  (func (export "same") (param exnref) (result exnref)
                    (global.set $g (local.get 0))
                    (global.get $g)))
                """));
        Tag tag = Tag.of(store, FuncType.ofVoid(ValType.I64));
        ExnRef e = ExnRef.of(tag, 9L);
        assertSame(e, i.func("same").invoke(e));
        assertSame(e, i.global("g").get());
        long cell = store.toCell(ValType.EXNREF, e);
        assertEquals(cell, i.func("same").call(cell));
        assertNull(i.func("same").invoke((Object) null));
        assertThrows(IllegalArgumentException.class, () -> i.func("same").call(cell + 1));
        assertThrows(IllegalArgumentException.class, () -> i.func("same").invoke("no exception"));
    }
}
