package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Collectors;
import java.util.stream.IntStream;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Instance;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;

/** Objects of the collected heap where the specification's scripts do not look. */
class ObjectsTest extends RuntimeFixture {
    private Instance instance(String wat) {
        return linker.instantiate(store, text(wat));
    }

    private static TrapCode trap(Instance i, String func, long... args) {
        return assertThrows(TrapException.class, () -> i.func(func).call(args)).code();
    }

    @Test
    void fieldsBeyondWhatIsNeverMappedAreChecked() {
        String fields = "(field (mut v128))".repeat(4200);
        Instance i = instance("(module (type $t (struct " + fields + " (field (mut i32))))"
                + "(func (export \"get\") (param i32) (result i32) (local $r (ref null $t))"
                + "  (if (local.get 0) (then (local.set $r (struct.new_default $t))"
                + "    (struct.set $t 4200 (local.get $r) (i32.const 7))))"
                + "  (struct.get $t 4200 (local.get $r))))");
        assertEquals(7, i.func("get").call(1));
        assertEquals(TrapCode.NULL_REFERENCE, trap(i, "get", 0));
    }

    /** What only an element segment refers to is freed with it. */
    @Test
    void droppedElementsAreFreed() {
        Instance i = instance("(module (type $a (array i64))"
                + "(global $kept (ref $a) (array.new_default $a (i32.const 10)))"
                + "(elem $e (ref $a) (item (array.new_default $a (i32.const 100000))) (item (global.get $kept)))"
                + "(type $all (array (ref $a)))"
                + "(func (export \"length\") (result i32) (array.len (array.get $all"
                + "  (array.new_elem $all $e (i32.const 0) (i32.const 2)) (i32.const 0))))"
                + "(func (export \"kept\") (result i32) (array.len (global.get $kept)))"
                + "(func (export \"drop\") (elem.drop $e)))");
        store.collectGarbage();
        assertEquals(100_000, i.func("length").call());
        i.func("drop").call();
        i.func("drop").call();
        store.collectGarbage();
        assertTrue(store.heapUse().usedBytes() < 800_000, () -> store.heapUse().toString());
        assertEquals(10, i.func("kept").call());
        assertEquals(TrapCode.TABLE_OUT_OF_BOUNDS, trap(i, "length"));
    }

    @Test
    void castsToDeepTypes() {
        // Eleven types in a chain, each with one field more, so that the last ones are outside of a short display.
        StringBuilder types = new StringBuilder("(type $t0 (sub (struct (field i32))))");
        for (int t = 1; t <= 10; t++) {
            types.append("(type $t" + t + " (sub $t" + (t - 1) + " (struct " + "(field i32)".repeat(t + 1) + ")))");
        }
        StringBuilder code = new StringBuilder();
        for (int t = 0; t <= 10; t++) {
            code.append("(func $make" + t + " (result anyref) (struct.new_default $t" + t + "))");
            code.append("(func $is" + t + " (param anyref) (result i32) (ref.test (ref $t" + t + ") (local.get 0)))");
        }
        String all = IntStream.rangeClosed(0, 10).mapToObj(t -> "$make" + t).collect(Collectors.joining(" "));
        String tests = IntStream.rangeClosed(0, 10).mapToObj(t -> "$is" + t).collect(Collectors.joining(" "));
        Instance i = instance("(module " + types + "(type $make (func (result anyref)))"
                + "(type $is (func (param anyref) (result i32)))" + code
                + "(table $makes funcref (elem " + all + ")) (table $tests funcref (elem " + tests + "))"
                + "(func (export \"test\") (param i32 i32) (result i32)"
                + "  (call_indirect $tests (type $is) (call_indirect $makes (type $make) (local.get 0))"
                + "    (local.get 1))))");
        for (int made = 0; made <= 10; made++) {
            for (int asked = 0; asked <= 10; asked++) {
                assertEquals(made >= asked ? 1 : 0, i.func("test").call(made, asked), made + " as " + asked);
            }
        }
    }

    @Test
    void nothingIsReadBeforeWhatSaysThatItIsThere() {
        Instance i = instance("(module (memory 1) (type $t (struct (field $f (mut i32))))"
                + "(func (export \"loop\") (param $n i32) (param $null i32) (result i32)"
                + "  (local $r anyref) (local $sum i32)"
                + "  (local.set $r (if (result anyref) (local.get $null) (then (ref.i31 (i32.const 5)))"
                + "    (else (struct.new $t (i32.const 3)))))"
                + "  (loop $l"
                + "    (i32.store (local.get $n) (i32.add (i32.load (local.get $n)) (i32.const 1)))"
                + "    (local.set $sum (i32.add (local.get $sum)"
                + "      (struct.get $t $f (ref.cast (ref null $t) (local.get $r)))))"
                + "    (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))"
                + "  (local.get $sum))"
                + "(func (export \"byte\") (param i32) (result i32) (i32.load8_u (local.get 0))))");
        assertEquals(30, i.func("loop").call(10, 0));
        assertEquals(TrapCode.CAST_FAILURE, trap(i, "loop", 20, 1));
        // The store in front of the cast has happened.
        assertEquals(1, i.func("byte").call(20));
        assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, trap(i, "loop", 0x10000, 1));
    }

    @Test
    void objectsThatNobodySeesAreValues() {
        Instance i = instance("(module (type $p (struct (field $x i32) (field $y (mut i32))))"
                + "(func $swap (param (ref $p)) (result (ref $p))"
                + "  (struct.new $p (struct.get $p $y (local.get 0)) (struct.get $p $x (local.get 0))))"
                + "(func (export \"f\") (param i32 i32) (result i32) (local $p (ref $p))"
                + "  (local.set $p (call $swap (struct.new $p (local.get 0) (local.get 1))))"
                + "  (struct.set $p $y (local.get $p) (i32.mul (struct.get $p $y (local.get $p)) (i32.const 100)))"
                + "  (i32.add (struct.get $p $x (local.get $p)) (struct.get $p $y (local.get $p)))))");
        assertEquals(700 + 5, i.func("f").call(7, 5));
    }

    @Test
    void anElementIsOneObjectHoweverOftenItIsRead() {
        Instance i = instance("(module (type $s (struct (field (mut i32)))) (type $a (array (mut (ref null $s))))"
                + "(elem $e (ref null $s) (item (struct.new $s (i32.const 1))))"
                + "(func (export \"same\") (result i32)"
                + "  (ref.eq (array.get $a (array.new_elem $a $e (i32.const 0) (i32.const 1)) (i32.const 0))"
                + "          (array.get $a (array.new_elem $a $e (i32.const 0) (i32.const 1)) (i32.const 0)))))");
        assertEquals(1, i.func("same").call());
    }

    @Test
    void tablesOfElementsOfATypeOfTheirOwn() {
        Instance i = instance("(module (type $a (sub (func (result i32)))) (type $b (sub $a (func (result i32))))"
                + "(func $f (type $a) (i32.const 1)) (func $g (type $b) (i32.const 2))"
                + "(table $t (ref null $a) (elem $f $g))"
                + "(func (export \"a\") (param i32) (result i32) (call_indirect $t (type $a) (local.get 0)))"
                + "(func (export \"b\") (param i32) (result i32) (call_indirect $t (type $b) (local.get 0))))");
        assertEquals(1, i.func("a").call(0));
        assertEquals(2, i.func("a").call(1));
        assertEquals(2, i.func("b").call(1));
        assertEquals(TrapCode.BAD_SIGNATURE, trap(i, "b", 0));
    }

    /** So many locals in so many blocks that they are cells of the frame. */
    @Test
    void referencesLiveInMemory() {
        int n = 300;
        StringBuilder code = new StringBuilder(
                "(module (func (export \"f\") (param i32 externref externref)" + " (result externref)");
        code.append(" (local externref)".repeat(n - 2));
        code.append("(loop ".repeat(n));
        for (int l = 1; l <= n; l++) {
            code.append("(local.set " + l + " (local.get " + (l % n + 1) + "))");
        }
        for (int l = 0; l < n; l++) {
            code.append("(br_if 0 (local.get 0)))");
        }
        Instance i = instance(code + "(local.get " + n + ")))");
        assertEquals("x", i.func("f").invoke(0, null, "x"));
        assertNull(i.func("f").invoke(0, "x", null));
    }

    /** Lengths whose size in bytes is beyond 32 bits, or comes out small when it is cut to them. */
    @Test
    void arraysTooLargeForAnyHeap() {
        String[] news = {
            "(array.new_default $l (local.get 0))",
            "(array.new_default $b (local.get 0))",
            "(array.new_default $v (local.get 0))",
            "(array.new_default $r (local.get 0))",
            "(array.new $l (i64.const 1) (local.get 0))",
            "(array.new_data $l $d (i32.const 0) (local.get 0))",
            "(array.new_elem $r $e (i32.const 0) (local.get 0))"
        };
        // What nobody sees would not be made.
        Instance i = instance("(module (type $l (array (mut i64))) (type $b (array (mut i8)))"
                + "(type $v (array (mut v128))) (type $r (array (mut (ref null $b))))"
                + "(data $d \"12345678\") (elem $e (ref null $b)) (global $kept (mut arrayref) (ref.null array))"
                + IntStream.range(0, news.length)
                        .mapToObj(f -> "(func (export \"new" + f + "\") (param i32) (result i32)"
                                + "  (global.set $kept " + news[f] + ") (array.len (global.get $kept)))")
                        .collect(Collectors.joining())
                + ")");
        for (long length : new long[] {-1, -2, 1L << 31, 0x1000_0000, 0x1000_0001, 0x2000_0000, 0x2000_0001, -16}) {
            for (String f : new String[] {"new0", "new2", "new4"}) {
                assertEquals(TrapCode.ALLOCATION_TOO_LARGE, trap(i, f, (int) length), f + " " + length);
            }
            assertEquals(TrapCode.MEMORY_OUT_OF_BOUNDS, trap(i, "new5", (int) length));
            assertEquals(TrapCode.TABLE_OUT_OF_BOUNDS, trap(i, "new6", (int) length));
        }
        for (long length : new long[] {-1, -8, -9, 1L << 31}) {
            assertEquals(TrapCode.ALLOCATION_TOO_LARGE, trap(i, "new1", (int) length));
            assertEquals(TrapCode.ALLOCATION_TOO_LARGE, trap(i, "new3", (int) length));
        }
        assertEquals(1000, i.func("new0").call(1000));
        assertEquals(1, i.func("new5").call(1));
    }
}
