package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import kiln.artifact.api.TrapCode;
import kiln.runtime.Caller;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.HostFunction;
import kiln.runtime.Instance;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;
import org.junit.jupiter.api.Test;

/**
 * Host functions in their raw form, which are called in another way once there were many calls: whatever is asked of
 * them is asked before and after.
 */
class CallsOutTest extends RuntimeFixture {
    /** More than it takes. */
    private static final int MANY = 25_000;

    private HostFunction count = (_, _, _) -> {};
    private Instance instance;

    private void instantiate() {
        linker.func(
                "env",
                "mix",
                FuncType.of(ValType.F64, ValType.I32, ValType.I64, ValType.F32, ValType.F64, ValType.EXTERNREF),
                (caller, args, results) -> {
                    Integer object = (Integer) caller.store().fromCell(ValType.EXTERNREF, args[4]);
                    results[0] = Double.doubleToRawLongBits((double) args[0]
                            + args[1]
                            + Float.intBitsToFloat((int) args[2])
                            + Double.longBitsToDouble(args[3])
                            + object);
                });
        linker.func(
                "env",
                "two",
                new FuncType(List.of(ValType.I64, ValType.I32), List.of(ValType.I32, ValType.I64)),
                (_, args, results) -> {
                    results[0] = -args[1];
                    results[1] = args[0];
                });
        linker.func(
                "env",
                "count",
                FuncType.ofVoid(ValType.I32),
                (caller, args, results) -> count.call(caller, args, results));
        instance = linker.instantiate(store, module("calls-out"));
    }

    private void beforeAndAfterManyCalls(Runnable body) {
        instantiate();
        body.run();
        count = (_, _, _) -> {};
        instance.func("repeat").call(MANY);
        body.run();
    }

    @Test
    void valuesOfEveryType() {
        instantiate();
        Func mix = instance.func("mix");
        Func two = instance.func("two");
        for (int i = 0; i < MANY; i++) {
            double d = (double) mix.invoke(-i, (long) i << 33, 0.5f, i * 0.25, 33);
            assertEquals(-i + (double) ((long) i << 33) + 0.5 + i * 0.25 + 33, d);
            assertArrayEquals(new Object[] {-i, (long) i << 40}, (Object[]) two.invoke((long) i << 40, i));
        }
    }

    @Test
    void whatIsThrownComesOutTheSame() {
        beforeAndAfterManyCalls(() -> {
            for (Throwable t : List.of(new IOException(), new OutOfMemoryError(), new IllegalStateException())) {
                count = (_, args, _) -> {
                    if (args[0] == 7) {
                        throw t;
                    }
                };
                assertSame(
                        t,
                        assertThrows(
                                Throwable.class, () -> instance.func("repeat").call(100)));
            }
        });
    }

    @Test
    void trapsAreLocated() {
        beforeAndAfterManyCalls(() -> {
            count = (_, _, _) -> {
                throw new TrapException(TrapCode.UNREACHABLE, "mine");
            };
            TrapException t = assertThrows(
                    TrapException.class, () -> instance.func("repeat").call(1));
            List<String> classes = Arrays.stream(t.getStackTrace())
                    .map(StackTraceElement::getClassName)
                    .toList();
            assertTrue(classes.contains("calls_out"), classes::toString);
            assertTrue(classes.stream().noneMatch(c -> c.startsWith("kiln.runtime.Host")), classes::toString);
        });
    }

    @Test
    void arraysBelongToTheFunction() {
        List<long[]> kept = new ArrayList<>();
        beforeAndAfterManyCalls(() -> {
            kept.clear();
            count = (_, args, results) -> {
                kept.add(args);
                assertEquals(0, results.length);
            };
            instance.func("repeat").call(3);
            assertArrayEquals(new long[] {3}, kept.get(0));
            assertArrayEquals(new long[] {1}, kept.get(2));
        });
    }

    @Test
    void theCallerIsTheInstance() {
        List<Caller> callers = new ArrayList<>();
        beforeAndAfterManyCalls(() -> {
            count = (caller, _, _) -> callers.add(caller);
            instance.func("repeat").call(1);
            assertSame(instance, callers.getLast().instance());
            assertSame(instance.memory("memory"), callers.getLast().memory());
        });
    }

    @Test
    void oneLinkerServesManyThreads() throws Exception {
        instantiate();
        List<Callable<Long>> tasks = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tasks.add(() -> {
                try (Store own = new Store(engine)) {
                    Instance other = linker.instantiate(own, instance.module());
                    return other.func("repeat").call(MANY);
                }
            });
        }
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (Future<Long> f : threads.invokeAll(tasks)) {
                assertEquals(MANY, f.get());
            }
        }
    }
}
