package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** References in every place that code can keep them in while the collector moves what they refer to. */
class CollectorStressTest {
    private static final String MODULE = """
            (module
              (type $box (struct (field $n (mut i32))))
              (type $boxes (array (mut (ref null $box))))
              (type $f (func (param i32) (result (ref $box))))
              (tag $t (param (ref $box) i64 (ref null $boxes)))
              (table $exns 8 exnref)
              (table $refs 8 anyref)
              (table $funcs funcref (elem $box $deep))
              (global $g (mut (ref null $box)) (ref.null $box))
              (func $box (type $f) (struct.new $box (local.get 0)))
              (func $n (param (ref null $box)) (result i32) (struct.get $box $n (local.get 0)))
              ;; A box that lives in the frame of each level.
              (func $deep (type $f) (local $b (ref null $box))
                (local.set $b (call $box (local.get 0)))
                (if (i32.eqz (local.get 0)) (then (return (call $box (i32.const 0)))))
                (struct.set $box $n (local.get $b)
                  (i32.add (call $n (local.get $b))
                    (call $n (call_indirect $funcs (type $f) (i32.sub (local.get 0) (i32.const 1)) (i32.const 1)))))
                (ref.as_non_null (local.get $b)))
              (func (export "deep") (param i32) (result i32) (call $n (call $deep (local.get 0))))
              ;; Twelve references, of which some are arguments and results on the stack.
              (func $many (param (ref $box) (ref $box) (ref $box) (ref $box) (ref $box) (ref $box)
                  (ref $box) (ref $box) (ref $box) (ref $box) (ref $box) (ref $box))
                (result (ref $box) (ref $box) (ref $box) (ref $box) (ref $box) (ref $box)
                  (ref $box) (ref $box) (ref $box) (ref $box) (ref $box) (ref $box))
                (drop (call $box (i32.const 99)))
                (local.get 11) (local.get 10) (local.get 9) (local.get 8) (local.get 7) (local.get 6)
                (local.get 5) (local.get 4) (local.get 3) (local.get 2) (local.get 1)
                (struct.new $box (i32.mul (i32.const 1) (call $n (local.get 0)))))
              (func (export "many") (result i32)
                (call $many (call $box (i32.const 1)) (call $box (i32.const 2)) (call $box (i32.const 4))
                  (call $box (i32.const 8)) (call $box (i32.const 16)) (call $box (i32.const 32))
                  (call $box (i32.const 64)) (call $box (i32.const 128)) (call $box (i32.const 256))
                  (call $box (i32.const 512)) (call $box (i32.const 1024)) (call $box (i32.const 2048)))
                (drop (call $box (i32.const 5)))
                (call $n) (global.set $g (struct.new $box)) (call $n)
                (i32.mul (i32.const 3)) (i32.add (call $n (global.get $g)))
                (global.set $g (struct.new $box))
                (call $n) (i32.mul (i32.const 5)) (global.set $g (struct.new $box
                  (i32.add (call $n (global.get $g)))))
                (drop) (drop) (drop) (drop) (drop) (drop) (drop) (drop)
                (call $n) (i32.add (call $n (global.get $g))))
              (func $throws (param $n i32) (local $a (ref null $boxes))
                (local.set $a (array.new $boxes (call $box (local.get $n)) (i32.const 3)))
                (array.set $boxes (local.get $a) (i32.const 1) (call $box (i32.const 1000)))
                (throw $t (call $box (local.get $n)) (i64.extend_i32_u (local.get $n)) (local.get $a)))
              ;; Payloads that nothing else holds, in frames, in a table and caught late.
              (func (export "throws") (param $n i32) (result i32)
                (local $i i32) (local $s i32) (local $a (ref null $boxes)) (local $e exnref)
                (loop $l
                  (block $h (result exnref)
                    (try_table (catch_all_ref $h) (call $throws (local.get $i)))
                    (unreachable))
                  (local.set $e)
                  (table.set $exns (i32.and (local.get $i) (i32.const 7)) (local.get $e))
                  (drop (call $box (i32.const 7)))
                  (block $c (result (ref $box) i64 (ref null $boxes))
                    (try_table (catch $t $c)
                      (throw_ref (table.get $exns (i32.and (local.get $i) (i32.const 3)))))
                    (unreachable))
                  (local.set $a)
                  (drop)
                  (local.set $s (i32.add (call $n) (local.get $s)))
                  (local.set $s (i32.add (local.get $s)
                    (call $n (array.get $boxes (local.get $a) (i32.const 1)))))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
                (local.get $s))
              ;; A table of references, overwritten and moved.
              (func (export "tables") (param $n i32) (result i32) (local $i i32) (local $s i32)
                (loop $l
                  (table.set $refs (i32.and (local.get $i) (i32.const 7)) (call $box (local.get $i)))
                  (table.copy $refs $refs (i32.const 1) (i32.const 0) (i32.const 7))
                  (table.fill $refs (i32.const 0) (ref.i31 (local.get $i)) (i32.const 1))
                  (if (ref.test (ref $box) (table.get $refs (i32.const 5)))
                    (then (local.set $s (i32.add (local.get $s)
                      (call $n (ref.cast (ref $box) (table.get $refs (i32.const 5))))))))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
                (local.get $s)))
            """;

    private static final String MODE = "kiln.gc";

    @AfterEach
    void clearMode() {
        System.clearProperty(MODE);
    }

    private static CompiledModule load(Engine engine) {
        return CompiledModule.load(engine, RuntimeFixture.encode(MODULE));
    }

    private static List<Object> results(Store store, CompiledModule m, int n) {
        Instance i = new Linker(store.engine()).instantiate(store, m);
        List<Object> results = new ArrayList<>();
        results.add(i.func("deep").invoke(n));
        results.add(i.func("many").invoke());
        results.add(i.func("throws").invoke(n));
        results.add(i.func("tables").invoke(n));
        return results;
    }

    /** What it computes does not depend on when the collector runs, nor on the level of optimisation. */
    @ParameterizedTest
    @CsvSource({
        "0, 'verify,protect,zeal'",
        "2, 'verify,protect,zeal'",
        "2, 'verify,space=4096'",
        "0, 'verify,space=4096'"
    })
    void collectingChangesNothing(int level, String mode) {
        List<Object> expected;
        try (Engine engine = new Engine();
                Store store = new Store(engine)) {
            expected = results(store, load(engine), 300);
            assertEquals(0, store.heapUse().collections());
        }
        assertEquals(300 * 301 / 2, expected.getFirst());
        System.setProperty(MODE, mode);
        try (Engine engine = Engine.builder().level(level).build();
                Store store = new Store(engine)) {
            assertEquals(expected, results(store, load(engine), 300));
            assertTrue(store.heapUse().collections() > 1, store.heapUse().toString());
        }
    }

    @Test
    void storesOnSeveralThreadsDoNotDisturbEachOther() throws Exception {
        System.setProperty(MODE, "verify,space=4096");
        try (Engine engine = new Engine();
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            CompiledModule m = load(engine);
            List<Future<List<Object>>> all = new ArrayList<>();
            for (int t = 0; t < 12; t++) {
                all.add(threads.submit(() -> {
                    try (Store store = new Store(engine)) {
                        return results(store, m, 500);
                    }
                }));
            }
            for (Future<List<Object>> f : all) {
                assertEquals(all.getFirst().get(), f.get());
            }
        }
    }
}
