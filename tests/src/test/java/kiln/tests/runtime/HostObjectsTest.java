package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Table;
import kiln.runtime.ValType;
import org.junit.jupiter.api.Test;

/** Java's objects that WebAssembly holds: they stay as long as it does, and no longer. */
class HostObjectsTest extends RuntimeFixture {
    private static final int MANY = Boolean.getBoolean("kiln.whole") ? 10_000_000 : 300_000;

    private static final String KEEPER = """
            (module
              (import "e" "make" (func $make (param i32) (result externref)))
              (import "e" "is" (func $is (param externref i32) (result i32)))
              (table (export "table") 100 externref)
              (global $g (export "global") (mut externref) (ref.null extern))
              (func (export "same") (param externref) (result externref) local.get 0)
              (func (export "keep") (param externref) local.get 0 global.set $g)
              (func (export "kept") (result externref) global.get $g)
              ;; Holds an object in its frame while it makes n others.
              (func (export "hold") (param $n i32) (result i32)
                (local $first externref) (local $i i32)
                (local.set $first (call $make (i32.const -1)))
                (loop $l
                  (table.set (i32.rem_u (local.get $i) (i32.const 100)) (call $make (local.get $i)))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br_if $l (i32.lt_u (local.get $i) (local.get $n))))
                (call $is (local.get $first) (i32.const -1))))
            """;

    /** Something that is not shared with anybody. */
    private record Numbered(int number) {}

    static Object make(int number) {
        return new Numbered(number);
    }

    static int is(Object o, int number) {
        return ((Numbered) o).number() == number ? 1 : 0;
    }

    private Instance keeper() throws ReflectiveOperationException {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        linker.func(
                "e",
                "make",
                lookup.findStatic(HostObjectsTest.class, "make", MethodType.methodType(Object.class, int.class)));
        linker.func(
                "e",
                "is",
                lookup.findStatic(
                        HostObjectsTest.class, "is", MethodType.methodType(int.class, Object.class, int.class)));
        return linker.instantiate(store, text(KEEPER));
    }

    @Test
    void whatWebAssemblyHoldsStays() throws Throwable {
        Instance i = keeper();
        assertEquals(1, i.func("hold").call(MANY));
        Table table = i.table("table");
        for (int k = 0; k < 100; k++) {
            assertEquals(new Numbered(MANY - 100 + k), table.get(k));
        }
        assertTrue(store.heapUse().hostObjects() < 1 << 18, store.heapUse().toString());
        store.collectGarbage();
        assertEquals(100, store.heapUse().hostObjects());
    }

    @Test
    void whatPassesThroughIsForgotten() throws Throwable {
        Instance i = keeper();
        Func same = i.func("same");
        Object kept = new Object();
        i.func("keep").invoke(kept);
        for (int k = 0; k < MANY; k++) {
            Object o = new Object();
            assertSame(o, same.invoke(o));
        }
        assertTrue(store.heapUse().hostObjects() < 1 << 18, store.heapUse().toString());
        assertSame(kept, i.func("kept").invoke());
        assertSame(kept, i.global("global").get());
        i.global("global").set(null);
        store.collectGarbage();
        assertEquals(0, store.heapUse().hostObjects());
    }

    @Test
    void objectsThatTablesHoldAreReplaced() throws Throwable {
        Table table = keeper().table("table");
        for (int k = 0; k < MANY; k++) {
            table.set(k % 100, new Numbered(k));
        }
        for (int k = 0; k < 100; k++) {
            assertEquals(new Numbered(MANY - 100 + k), table.get(k));
        }
        assertTrue(store.heapUse().hostObjects() < 1 << 18, store.heapUse().toString());
    }

    /** A number in Java cannot be followed: what it stands for must stay. */
    @Test
    void whatJavaHasTheNumberOfStays() throws Throwable {
        Instance i = keeper();
        Object o = new Object();
        long cell = i.func("same").call(store.toCell(ValType.EXTERNREF, o));
        store.collectGarbage();
        assertSame(o, store.fromCell(ValType.EXTERNREF, cell));
        assertEquals(cell, i.func("same").call(cell));
        assertEquals(1, store.heapUse().hostObjects());
    }
}
