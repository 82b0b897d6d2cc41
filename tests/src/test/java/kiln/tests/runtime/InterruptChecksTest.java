package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.wat.Wat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loops that end by themselves have no check for an interruption; what repeats them for ever must be stopped. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class InterruptChecksTest {
    /**
     * {@code short} is a loop of a thousand turns. The others go on: loops around such a loop, around a call of it, and
     * around as many nested ones as make hours of work, a loop whose counter steps over its end for ever, one that does
     * nothing but call its function, which returns at once, and one around shifts until nothing is left.
     */
    private static final String MODULE = """
            (module
              (memory 1)
              (func $short (export "short") (result i32) (local i32 i32)
                (loop
                  (local.set 1 (i32.add (i32.load8_u (local.get 0)) (local.get 1)))
                  (br_if 0 (i32.ne (i32.const 1000) (local.tee 0 (i32.add (local.get 0) (i32.const 1))))))
                (local.get 1))
              (func (export "around") (param i32) (local i32)
                (loop
                  (local.set 1 (i32.const 0))
                  (loop
                    (i32.store8 (local.get 1) (local.get 0))
                    (br_if 0 (i32.ne (i32.const 1000) (local.tee 1 (i32.add (local.get 1) (i32.const 1))))))
                  (br_if 0 (i32.load8_u (i32.const 5)))))
              (func (export "calls") (param i32)
                (loop (drop (call $short)) (br_if 0 (local.get 0))))
              (func (export "nested") (param i32) (local i32 i32 i32 i32)
                (loop
                  (local.set 2 (i32.const 0))
                  (loop
                    (local.set 3 (i32.const 0))
                    (loop
                      (local.set 4 (i32.const 0))
                      (loop
                        (i32.store8 (local.get 4) (local.get 0))
                        (br_if 0 (i32.lt_u (local.tee 4 (i32.add (local.get 4) (i32.const 1))) (i32.const 1000))))
                      (br_if 0 (i32.lt_u (local.tee 3 (i32.add (local.get 3) (i32.const 1))) (i32.const 10000))))
                    (br_if 0 (i32.lt_u (local.tee 2 (i32.add (local.get 2) (i32.const 1))) (i32.const 10000))))
                  (br_if 0 (i32.lt_u (local.tee 1 (i32.add (local.get 1) (i32.const 1))) (i32.const 1000)))))
              (func $recursive (export "recursive") (param i32)
                (loop
                  (if (i32.eqz (local.get 0)) (then (return)))
                  (call $recursive (i32.sub (local.get 0) (i32.const 1)))
                  (br_if 0 (i32.eqz (i32.load8_u (i32.const 7))))))
              (func (export "digits") (param i32) (local i32)
                (loop
                  (local.set 1 (local.get 0))
                  (loop
                    (i32.store8 (i32.const 2000) (local.get 1))
                    (br_if 0 (local.tee 1 (i32.shr_u (local.get 1) (i32.const 4)))))
                  (br_if 0 (i32.eqz (i32.load8_u (i32.const 7))))))
              (func (export "steps") (param i32) (local i32)
                (loop
                  (i32.store8 (i32.const 2007) (local.get 0))
                  (br_if 0 (i32.ne (i32.const 999) (local.tee 1 (i32.add (local.get 1) (i32.const 2))))))))
            """;

    private Engine engine;
    private Store store;
    private Instance instance;

    @BeforeEach
    void open() {
        engine = new Engine();
        store = new Store(engine);
        byte[] wasm = Wat.encode("loops.wat", MODULE.getBytes(StandardCharsets.UTF_8));
        instance = new Linker(engine).instantiate(store, CompiledModule.load(engine, wasm));
    }

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"around", "calls", "nested", "recursive", "digits", "steps"})
    void whatGoesOnIsStopped(String function) {
        // What Java links at the first call is not to take all of the time.
        assertEquals(0, instance.func("short").call());
        Func func = instance.func(function);
        store.setDeadline(Duration.ofMillis(50));
        TrapException t = assertThrows(TrapException.class, () -> func.call(1));
        assertEquals(TrapCode.INTERRUPTED, t.code());
        store.setDeadline(Duration.ofMinutes(5));
        assertEquals(
                function.equals("around") || function.equals("nested") ? 1000 : 0,
                instance.func("short").call());
    }
}
