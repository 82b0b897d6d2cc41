package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import kiln.artifact.api.TrapCode;
import kiln.runtime.ArrayRef;
import kiln.runtime.ArrayType;
import kiln.runtime.Caller;
import kiln.runtime.CompiledModule;
import kiln.runtime.FieldType;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Global;
import kiln.runtime.I31;
import kiln.runtime.Instance;
import kiln.runtime.Store;
import kiln.runtime.StoreLimits;
import kiln.runtime.StructRef;
import kiln.runtime.StructType;
import kiln.runtime.Table;
import kiln.runtime.TrapException;
import kiln.runtime.V128;
import kiln.runtime.ValType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Objects of WebAssembly's heap between WebAssembly and Java. */
class ObjectsInJavaTest extends RuntimeFixture {
    private static final String MODE = "kiln.gc";

    private static final String SHAPES = """
            (module
              (type $point (sub (struct (field $x (mut i32)) (field $y (mut f64)))))
              (type $named (sub $point (struct (field (mut i32)) (field (mut f64)) (field $name (mut externref)))))
              (type $all (struct (field (mut i8)) (field (mut i16)) (field (mut i64)) (field (mut f32))
                (field (mut v128)) (field (mut anyref)) (field (mut funcref)) (field i32)))
              (type $bytes (array (mut i8)))
              (type $points (array (mut (ref null $point))))
              (type $constants (array i32))
              (table (export "table") 10 (ref null $point))
              (global (export "global") (mut (ref null $point)) (ref.null $point))
              (func $f (export "point") (param i32 f64) (result (ref $point))
                (struct.new $point (local.get 0) (local.get 1)))
              (func (export "named") (param i32 f64 externref) (result (ref $named))
                (struct.new $named (local.get 0) (local.get 1) (local.get 2)))
              (func (export "x") (param (ref null $point)) (result i32) (struct.get $point $x (local.get 0)))
              (func (export "name") (param (ref $named)) (result externref) (struct.get $named $name (local.get 0)))
              (func (export "all") (result (ref $all)) (struct.new $all (i32.const -1) (i32.const -2) (i64.const -3)
                (f32.const 4) (v128.const i64x2 5 6) (ref.i31 (i32.const -7)) (ref.func $f) (i32.const 8)))
              (func (export "bytes") (param i32) (result (ref $bytes)) (array.new_default $bytes (local.get 0)))
              (func (export "sum") (param $a (ref $bytes)) (result i32) (local $i i32) (local $s i32)
                (block $end (loop $l
                  (br_if $end (i32.ge_u (local.get $i) (array.len (local.get $a))))
                  (local.set $s (i32.add (local.get $s) (array.get_u $bytes (local.get $a) (local.get $i))))
                  (local.set $i (i32.add (local.get $i) (i32.const 1)))
                  (br $l)))
                (local.get $s))
              (func (export "points") (param i32) (result (ref $points)) (array.new_default $points (local.get 0)))
              (func (export "constants") (result (ref $constants))
                (array.new_fixed $constants 2 (i32.const 1) (i32.const 2)))
              (func (export "same") (param anyref) (result anyref) (local.get 0))
              (func (export "outside") (param anyref) (result externref) (extern.convert_any (local.get 0)))
              (func (export "inside") (param externref) (result anyref) (any.convert_extern (local.get 0)))
              (func (export "equal") (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
              (func (export "i31") (param i31ref) (result i32) (i31.get_s (local.get 0)))
              (func (export "waste") (param $n i32) (loop $l
                (drop (array.new_default $bytes (i32.const 1000)))
                (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))))
            """;

    @AfterEach
    void clearMode() {
        System.clearProperty(MODE);
    }

    private Instance shapes() {
        return linker.instantiate(store, text(SHAPES));
    }

    @Test
    void fieldsAreReadAndWritten() {
        Instance i = shapes();
        StructRef p = (StructRef) i.func("point").invoke(3, 4.5);
        assertEquals(3, p.get(0));
        assertEquals(4.5, p.get(1));
        p.set(0, 7);
        assertEquals(7, i.func("x").invoke(p));
        assertEquals("struct [mut i32, mut f64]", p.type().toString());
        assertThrows(IllegalArgumentException.class, () -> p.set(0, 7L));
        assertThrows(IndexOutOfBoundsException.class, () -> p.get(2));
        assertThrows(IllegalArgumentException.class, () -> i.func("name").invoke(p));
        assertThrows(IllegalArgumentException.class, () -> i.func("x").invoke("text"));
    }

    @Test
    void everyKindOfFieldIsSeen() {
        StructRef a = (StructRef) shapes().func("all").invoke();
        assertEquals(0xFF, a.get(0));
        assertEquals(0xFFFE, a.get(1));
        assertEquals(-3L, a.get(2));
        assertEquals(4f, a.get(3));
        assertEquals(new V128(5, 6), a.get(4));
        assertEquals(new I31(-7), a.get(5));
        assertTrue(a.get(6) instanceof Func);
        assertEquals(8, a.get(7));
        a.set(0, 0x1234);
        assertEquals(0x34, a.get(0));
        a.set(4, new V128(-1, 1));
        assertEquals(new V128(-1, 1), a.get(4));
        a.set(5, a);
        assertSame(a, a.get(5));
        a.set(5, "text");
        assertSame("text", a.get(5));
        a.set(6, null);
        assertNull(a.get(6));
        assertThrows(IllegalStateException.class, () -> a.set(7, 9));
    }

    @Test
    void javaMakesObjects() {
        Instance i = shapes();
        StructType named = ((StructRef) i.func("named").invoke(0, 0.0, null)).type();
        StructRef n = StructRef.of(store, named, 5, 2.5, "a name");
        assertEquals(5, i.func("x").invoke(n));
        assertEquals("a name", i.func("name").invoke(n));
        assertThrows(IllegalArgumentException.class, () -> StructRef.of(store, named, 5, 2.5));
        assertThrows(IllegalArgumentException.class, () -> StructRef.of(store, named, 5, "text", null));
        ArrayType bytes = ((ArrayRef) i.func("bytes").invoke(0)).type();
        ArrayType wider = new ArrayType(bytes.typeId(), new FieldType(ValType.I64, 0, true));
        assertThrows(IllegalArgumentException.class, () -> ArrayRef.of(store, wider, 1L));
        ArrayType noArray = new ArrayType(named.typeId(), bytes.element());
        assertThrows(IllegalArgumentException.class, () -> ArrayRef.ofLength(store, noArray, 1));
        assertThrows(
                IllegalArgumentException.class, () -> ArrayRef.ofLength(store, new ArrayType(-1, bytes.element()), 1));
        ArrayRef b = ArrayRef.of(store, bytes, 1, 2, 255);
        assertEquals(258, i.func("sum").invoke(b));
        ArrayRef c = ArrayRef.ofLength(store, bytes, 1000);
        c.setBytes(10, new byte[] {9, 1, 2, 3}, 1, 3);
        assertEquals(6, i.func("sum").invoke(c));
        byte[] out = new byte[4];
        c.getBytes(9, out, 0, 4);
        assertArrayEquals(new byte[] {0, 1, 2, 3}, out);
        assertThrows(IndexOutOfBoundsException.class, () -> c.getBytes(998, out, 0, 4));
        assertThrows(IndexOutOfBoundsException.class, () -> c.get(1000));
        ArrayRef constants = (ArrayRef) i.func("constants").invoke();
        assertEquals(2, constants.get(1));
        assertThrows(IllegalStateException.class, () -> constants.set(1, 3));
        ArrayType points = ((ArrayRef) i.func("points").invoke(0)).type();
        ArrayRef p = ArrayRef.of(store, points, n, null);
        assertSame(n, p.get(0));
        assertThrows(IllegalArgumentException.class, () -> p.set(1, b));
        assertThrows(IllegalStateException.class, () -> p.getBytes(0, out, 0, 4));
    }

    @Test
    void identityIsKeptBothWays() {
        Instance i = shapes();
        Object p = i.func("point").invoke(1, 1.0);
        assertSame(p, i.func("same").invoke(p));
        assertSame(p, i.func("outside").invoke(p));
        assertSame(p, i.func("inside").invoke(p));
        assertNotSame(p, i.func("point").invoke(1, 1.0));
        Object o = new Object();
        assertSame(o, i.func("inside").invoke(o));
        assertSame(o, i.func("same").invoke(o));
        assertEquals(new I31(-5), i.func("outside").invoke(new I31(-5)));
        assertEquals(-(1 << 30), i.func("i31").invoke(new I31(-(1 << 30))));
        assertEquals(1, i.func("equal").invoke(p, p));
        assertEquals(0, i.func("equal").invoke(p, new I31(3)));
        assertThrows(IllegalArgumentException.class, () -> i.func("equal").invoke(p, o));
        assertThrows(IllegalArgumentException.class, () -> new I31(1 << 30));
    }

    @Test
    void cellsStandForObjectsThatMove() {
        Instance i = shapes();
        long cell = i.func("point").call(11, Double.doubleToRawLongBits(1));
        for (int k = 0; k < 3; k++) {
            i.func("waste").call(20_000);
            store.collectGarbage();
            assertEquals(11, i.func("x").call(cell));
        }
        assertThrows(IllegalArgumentException.class, () -> i.func("x").call(cell + 8));
        assertThrows(IllegalArgumentException.class, () -> i.func("x").call(cell + 4));
        assertThrows(IllegalArgumentException.class, () -> i.func("name").call(cell));
        assertEquals(cell, i.func("same").call(cell));
        try (Store other = new Store(engine)) {
            Instance foreign = linker.instantiate(other, text(SHAPES));
            assertThrows(IllegalArgumentException.class, () -> foreign.func("x").call(cell));
            Object mine =
                    store.fromCell((ValType.Ref) i.func("x").type().params().getFirst(), cell);
            assertThrows(IllegalArgumentException.class, () -> foreign.func("x").invoke(mine));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify", "verify,protect,zeal", "verify,protect,space=30000"})
    void whatJavaHoldsMovesWithTheHeap(String mode) {
        System.setProperty(MODE, mode);
        Instance i = shapes();
        Table table = i.table("table");
        Global global = i.global("global");
        Random random = new Random(5);
        List<StructRef> held = new ArrayList<>();
        for (int k = 0; k < 500; k++) {
            StructRef p = (StructRef) i.func("point").invoke(k, (double) k);
            held.add(p);
            table.set(k % 10, p);
            global.set(held.get(random.nextInt(held.size())));
            i.func("waste").call(5);
            StructRef other = held.get(random.nextInt(held.size()));
            assertEquals(held.indexOf(other), i.func("x").invoke(other));
            assertSame(p, table.get(k % 10));
            assertTrue(held.contains(global.get()));
        }
        store.collectGarbage();
        for (int k = 0; k < 500; k++) {
            assertEquals(k, held.get(k).get(0));
            assertEquals((double) k, held.get(k).get(1));
        }
        assertTrue(store.heapUse().collections() > 0);
    }

    /** Objects that only Java's references and host functions' arguments hold, while WebAssembly collects. */
    @ParameterizedTest
    @ValueSource(strings = {"verify", "verify,protect,zeal"})
    void hostFunctionsSeeObjects(String mode) throws ReflectiveOperationException {
        System.setProperty(MODE, mode);
        AtomicReference<Instance> self = new AtomicReference<>();
        MethodHandle visit = MethodHandles.lookup()
                .findVirtual(
                        ObjectsInJavaTest.class,
                        "visit",
                        MethodType.methodType(
                                Object.class, AtomicReference.class, Caller.class, Object.class, int.class))
                .bindTo(this)
                .bindTo(self);
        CompiledModule m = text("""
                (module
                  (type $node (struct (field $n i32) (field $next (ref null $node))))
                  (import "e" "visit" (func $visit (param anyref i32) (result anyref)))
                  (func $build (export "build") (param $n i32) (result (ref null $node))
                    (local $l (ref null $node))
                    (block $end (loop $a
                      (br_if $end (i32.eqz (local.get $n)))
                      (local.set $l (struct.new $node (local.get $n) (local.get $l)))
                      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                      (br $a)))
                    (local.get $l))
                  (func $sum (export "sum") (param $l (ref null $node)) (result i32)
                    (if (result i32) (ref.is_null (local.get $l)) (then (i32.const 0))
                      (else (i32.add
                        (struct.get $node $n (local.get $l))
                        (call $sum (struct.get $node $next (local.get $l)))))))
                  (func (export "run") (param $depth i32) (result i32)
                    (local $l (ref null $node)) (local $m (ref null $node))
                    (local.set $l (call $build (i32.const 20)))
                    (local.set $m (ref.cast (ref null $node) (call $visit (local.get $l) (local.get $depth))))
                    (i32.add (call $sum (local.get $l)) (call $sum (local.get $m)))))
                """);
        linker.func("e", "visit", (FuncType) m.imports().getFirst().type(), visit);
        Instance i = linker.instantiate(store, m);
        self.set(i);
        // Each level has 1 + ... + 20 twice, and a list of 3 made within.
        assertEquals(210 + 210, i.func("run").invoke(5));
    }

    Object visit(AtomicReference<Instance> self, Caller caller, Object list, int depth) {
        StructRef node = (StructRef) list;
        Instance i = self.get();
        if (depth > 0) {
            assertEquals(420, i.func("run").invoke(depth - 1));
        }
        StructRef copy = null;
        List<Integer> numbers = new ArrayList<>();
        for (StructRef n = node; n != null; n = (StructRef) n.get(1)) {
            numbers.add((Integer) n.get(0));
        }
        for (int number : numbers.reversed()) {
            copy = StructRef.of(caller.store(), node.type(), number, copy);
        }
        assertEquals(210, i.func("sum").invoke(node));
        return copy;
    }

    @Test
    void aFullHeapTraps() {
        Store small = new Store(engine, StoreLimits.DEFAULT.withHeapBytes(1 << 20));
        try (small) {
            Instance i = linker.instantiate(small, text(SHAPES));
            i.func("waste").call(10_000);
            assertEquals(
                    TrapCode.ALLOCATION_TOO_LARGE,
                    assertThrows(TrapException.class, () -> i.func("bytes").invoke(1 << 20))
                            .code());
            assertThrows(TrapException.class, () -> i.func("bytes").invoke(-1));
            List<Object> held = new ArrayList<>();
            TrapException full = assertThrows(TrapException.class, () -> {
                while (true) {
                    held.add(i.func("bytes").invoke(1000));
                }
            });
            assertTrue(full.getMessage().contains("1048576"), full.getMessage());
            assertEquals((1 << 20) / 1008, held.size());
            // The store goes on when there is room again.
            ((ArrayRef) held.getFirst()).set(999, 5);
            assertEquals(5, i.func("sum").invoke(held.getFirst()));
        }
    }
}
