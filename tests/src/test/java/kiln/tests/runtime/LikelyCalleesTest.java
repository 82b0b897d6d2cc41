package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.StructRef;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls of what a field or a global probably refers to, and of what it refers to after all. */
class LikelyCalleesTest extends RuntimeFixture {
    private static final String TYPES = """
            (rec
              (type $method (func (param (ref null $object) i32) (result i32 i64)))
              (type $table (sub (struct (field (ref null $method)))))
              (type $object (sub (struct (field (ref $table)) (field (mut i32))))))
            (rec
              (type $only (sub final $table (struct (field (ref null $method)) (field i64))))
              (type $box (sub final $object (struct (field (ref $only)) (field (mut i32))))))
            (tag $odd (param i32))
            """;

    /** One class with one virtual table, so its method is what every call here reaches. */
    private static final String USER = "(module" + TYPES + """
              (type $init (func))
              (global $only (ref $only) (struct.new $only (ref.func $add) (i64.const 1)))
              (global $init (mut (ref null $init)) (ref.func $initialise))
              (global $made (export "made") (mut i32) (i32.const 0))
              (elem declare func $nothing)
              (func $nothing)
              (func $initialise
                (global.set $init (ref.func $nothing))
                (global.set $made (i32.add (global.get $made) (i32.const 1000))))
              (func $add (type $method)
                (if (i32.eq (local.get 1) (i32.const 13)) (then (throw $odd (local.get 1))))
                (i32.add (local.get 1) (struct.get $object 1 (local.get 0))) (i64.const 7))
              (func $new (export "new") (param i32) (result (ref $box))
                (call_ref $init (global.get $init))
                (global.set $made (i32.add (global.get $made) (i32.const 1)))
                (struct.new $box (global.get $only) (local.get 0)))
              (func $call (export "call") (param $o (ref null $box)) (param i32) (result i32 i64)
                (call_ref $method (local.get $o) (local.get 1)
                  (struct.get $only 0 (struct.get $box 0 (local.get $o)))))
              (func (export "tail") (param $o (ref null $box)) (param i32) (result i32 i64)
                (return_call_ref $method (local.get $o) (local.get 1)
                  (struct.get $only 0 (struct.get $box 0 (local.get $o)))))
              (func (export "near") (param i32) (result i32 i64)
                (call $call (call $new (i32.const 100)) (local.get 0)))
              (func (export "caught") (param $o (ref null $box)) (param i32) (result i32)
                (drop (block $odd (result i32)
                  (try_table (catch $odd $odd)
                    (call_ref $method (local.get $o) (local.get 1)
                      (struct.get $only 0 (struct.get $box 0 (local.get $o))))
                    (drop)
                    (return))
                  (unreachable)))
                (i32.const -1)))
            """;

    /** The same types with another function; and with none. */
    private static final String OTHER = "(module" + TYPES + """
              (global $only (ref $only) (struct.new $only (ref.func $subtract) (i64.const 2)))
              (global $none (ref $only) (struct.new $only (ref.null $method) (i64.const 3)))
              (func $subtract (type $method)
                (if (i32.eq (local.get 1) (i32.const 13)) (then (throw $odd (local.get 1))))
                (i32.sub (struct.get $object 1 (local.get 0)) (local.get 1)) (i64.const 8))
              (func (export "method") (result (ref $method)) (ref.func $subtract))
              (func (export "new") (param i32) (result (ref $box)) (struct.new $box (global.get $only) (local.get 0)))
              (func (export "empty") (result (ref $box)) (struct.new $box (global.get $none) (i32.const 0))))
            """;

    @ParameterizedTest
    @ValueSource(ints = {0, 2})
    void theLikelyFunctionOrAnotherIsCalled(int level) {
        try (Engine engine = Engine.builder().level(level).build();
                Store store = new Store(engine)) {
            Linker linker = new Linker(engine);
            Instance user = linker.instantiate(store, CompiledModule.load(engine, encode(USER)));
            Instance other = linker.instantiate(store, CompiledModule.load(engine, encode(OTHER)));
            Object mine = user.func("new").invoke(30);
            Object theirs = other.func("new").invoke(30);
            for (String call : new String[] {"call", "tail"}) {
                assertArrayEquals(
                        new Object[] {34, 7L}, (Object[]) user.func(call).invoke(mine, 4), call);
                assertArrayEquals(
                        new Object[] {26, 8L}, (Object[]) user.func(call).invoke(theirs, 4), call);
            }
            assertEquals(32, user.func("caught").invoke(mine, 2));
            assertEquals(28, user.func("caught").invoke(theirs, 2));
            // Each module has a tag of its own.
            assertEquals(-1, user.func("caught").invoke(mine, 13));
            assertThrows(RuntimeException.class, () -> user.func("caught").invoke(theirs, 13));
            assertArrayEquals(
                    new Object[] {105, 7L}, (Object[]) user.func("near").invoke(5));
            assertEquals(1002, user.global("made").get());
        }
    }

    @Test
    void objectsOfJavasHaveOtherFunctions() {
        Instance user = linker.instantiate(store, text(USER));
        Instance other = linker.instantiate(store, text(OTHER));
        StructRef mine = (StructRef) user.func("new").invoke(1);
        StructRef table = (StructRef) mine.get(0);
        Func method = (Func) other.func("method").invoke();
        StructRef forged = StructRef.of(store, mine.type(), StructRef.of(store, table.type(), method, 5L), 50);
        assertArrayEquals(new Object[] {48, 8L}, (Object[]) user.func("call").invoke(forged, 2));
    }

    @Test
    void nullsTrap() {
        Instance user = linker.instantiate(store, text(USER));
        Instance other = linker.instantiate(store, text(OTHER));
        Object empty = other.func("empty").invoke();
        for (String call : new String[] {"call", "tail", "caught"}) {
            Func func = user.func(call);
            assertEquals(
                    TrapCode.NULL_REFERENCE,
                    assertThrows(TrapException.class, () -> func.invoke(empty, 1))
                            .code());
            assertEquals(
                    TrapCode.NULL_REFERENCE,
                    assertThrows(TrapException.class, () -> func.invoke(null, 1))
                            .code());
        }
    }
}
