package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.function.IntConsumer;
import kiln.artifact.api.TrapCode;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is thrown comes to the handler that is meant, with everything as it was. */
@Timeout(900)
class ExceptionsTest extends RuntimeFixture {
    private Instance instance;
    private IntConsumer host = _ -> {};

    @BeforeEach
    void instantiate() {
        linker.func("env", "host", IntConsumer.class, x -> host.accept(x));
        instance = linker.instantiate(store, module("exceptions"));
    }

    private long call(String func, long... args) {
        return instance.func(func).call(args);
    }

    @Test
    void tailCallsLeaveHandlers() {
        assertEquals(2, call("tail"));
    }

    @Test
    void handlersEndWithTheirBlock() {
        assertEquals(10, call("left", 0));
        assertEquals(20, call("left", 1));
    }

    @Test
    void unreachableHandlersAreNoMistake() {
        TrapException trap = assertThrows(TrapException.class, () -> call("afterUnreachable"));
        assertEquals(TrapCode.UNREACHABLE, trap.code());
    }

    @Test
    void argumentsAndResultsOnTheStack() {
        // 0.5 and the odd arguments, each three times its index, twice; 7.
        assertEquals(601 + 7, call("many", 0));
        // The first and the last argument; what the locals had been.
        assertEquals(57 + 1000 + 1, call("many", 1));
    }

    @Test
    void payloadOfAllKinds() {
        Object results = instance.func("payload").invoke("x");
        assertArrayEquals(new Object[] {"x", 3L + 4}, (Object[]) results);
    }

    @Test
    void trapsPass() {
        assertEquals(1, call("trap", 1));
        assertEquals(
                TrapCode.INTEGER_DIVIDE_BY_ZERO,
                assertThrows(TrapException.class, () -> call("trap", 0)).code());
        for (int i = 0; i < 3; i++) {
            assertEquals(
                    TrapCode.STACK_CHECK,
                    assertThrows(TrapException.class, () -> call("overflow", 1)).code());
            assertEquals(77, call("deep", 5000));
        }
    }

    @Test
    void fromAnyDepth() {
        for (int depth : new int[] {0, 1, 2, 3, 10, 100, 5000}) {
            assertEquals(77, call("deep", depth));
            ThrownException thrown = assertThrows(ThrownException.class, () -> call("uncaught", depth));
            assertSame(instance.export("t"), thrown.tag());
        }
    }

    @Test
    void throughHostFunctions() {
        ThrownException[] seen = new ThrownException[1];
        host = x -> {
            try {
                call("throw", x);
            } catch (ThrownException e) {
                seen[0] = e;
                throw e;
            }
        };
        assertEquals(31, call("throughHost", 31));
        assertEquals(1, call("allOfHost"));
        // What Java throws is not caught.
        host = _ -> {
            throw new IllegalStateException("java");
        };
        assertThrows(IllegalStateException.class, () -> call("allOfHost"));
        host = x -> {
            if (x > 0) {
                assertEquals(x - 1, call("throughHost", x - 1));
            }
            call("throw", x);
        };
        assertEquals(20, call("throughHost", 20));
        assertThrows(TrapException.class, () -> call("trap", 0));
    }

    @Test
    void referencesOutliveHandlers() {
        call("keep", 11);
        assertEquals(3_000_000L * 3_000_001 / 2 & 0xffff_ffffL, call("churn", 3_000_000) & 0xffff_ffffL);
        assertEquals(11, call("throwKept"));
        assertEquals(11, call("throwKept"));
    }

    @Test
    void caughtInTheSameFunction() {
        assertEquals(1, call("local", 3));
        assertEquals(4, call("local", 4));
    }

    @Test
    void severalThreadsAndStores() throws InterruptedException {
        Throwable[] failed = new Throwable[1];
        Thread[] threads = new Thread[3];
        for (int i = 0; i < threads.length; i++) {
            threads[i] = new Thread(() -> {
                try (Store own = new Store(engine)) {
                    Linker l = new Linker(engine);
                    l.func("env", "host", IntConsumer.class, _ -> {});
                    Instance mine = l.instantiate(own, instance.module());
                    for (int n = 0; n < 300; n++) {
                        assertEquals(77, mine.func("deep").call(n));
                        assertThrows(
                                ThrownException.class,
                                () -> mine.func("uncaught").call(3));
                        assertThrows(
                                TrapException.class, () -> mine.func("trap").call(0));
                    }
                } catch (Throwable t) {
                    failed[0] = t;
                }
            });
            threads[i].start();
        }
        for (Thread t : threads) {
            t.join();
        }
        assertNull(failed[0]);
    }

    /** References that a call takes along and drops before it throws are still the caller's. */
    @Test
    void referencesDroppedBeforeAThrow() {
        Instance own = new Linker(engine).instantiate(store, text("""
                (module
                  (tag $t (param externref))
                  (func $drop (param externref externref externref)
                    (drop (local.get 0))
                    (throw $t (local.get 2)))
                  (func (export "held") (param externref externref) (result externref externref)
                    (block $h (result externref)
                      (try_table (catch $t $h) (call $drop (local.get 1) (local.get 0) (local.get 1)))
                      (unreachable))
                    (local.get 0)))
                """));
        Object first = new Object();
        Object second = new Object();
        for (int n = 0; n < 100; n++) {
            Object[] held = (Object[]) own.func("held").invoke(first, second);
            assertSame(second, held[0]);
            assertSame(first, held[1]);
        }
    }

    /** Of two that have been caught, one within the other's handler, the outer one is thrown again. */
    @Test
    void legacyHandlersThrowAgainAndDelegate() {
        Instance own = new Linker(engine).instantiate(store, text("""
                (module
                  (tag $a (export "a") (param i32))
                  (tag $b (param i32))
                  (func $throwA (throw $a (i32.const 5)))
                  (func $throwB (throw $b (i32.const 7)))
                  (func (export "nested") (result i32)
                    try (result i32)
                      try (result i32)
                        call $throwA
                        i32.const 0
                      catch $a
                        try (result i32)
                          call $throwB
                          i32.const 0
                        catch $b
                          rethrow 1
                        end
                        i32.add
                      end
                    catch $a
                      i32.const 100
                      i32.add
                    catch $b
                      i32.const 200
                      i32.add
                    end)
                  ;; Past the handler around, out of the function.
                  (func $leaves (export "leaves") (result i32)
                    try (result i32)
                      try (result i32)
                        call $throwA
                        i32.const 0
                      delegate 1
                    catch_all
                      i32.const 1
                    end)
                  (func (export "left") (result i32)
                    try (result i32)
                      call $leaves
                    catch $a
                      i32.const 1000
                      i32.add
                    end))
                """));
        assertEquals(105, own.func("nested").call());
        assertEquals(1005, own.func("left").call());
        ThrownException thrown =
                assertThrows(ThrownException.class, () -> own.func("leaves").call());
        assertSame(own.export("a"), thrown.tag());
    }

    /** A counter is added to on the way back, and on the way out: behind what a landing pad begins with. */
    @Test
    void aLoopThatAnExceptionEndsHasItsCounterBehindIt() {
        byte[] wasm = encode("""
                (module
                  (tag $end)
                  (global $calls (mut i32) (i32.const 0))
                  (func $call
                    (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                    (if (i32.eq (global.get $calls) (i32.const 5)) (then (throw $end))))
                  (func (export "turns") (result i32) (local $i i32) (local $last i32)
                    (block $out
                      (loop $again
                        (local.set $last (local.get $i))
                        (local.set $i (i32.add (local.get $i) (i32.const 1)))
                        (try_table (catch_all $out) (call $call))
                        (br $again)))
                    (i32.mul (local.get $i) (local.get $last))))
                """);
        CompilerOptions options = CompilerOptions.defaults()
                .withInlining(false)
                .withInterruptible(true)
                .withCheck(true);
        CompiledModule module = CompiledModule.load(engine, Compiler.compile("turns.wasm", wasm, options));
        assertEquals(5 * 4, linker.instantiate(store, module).func("turns").call());
    }
}
