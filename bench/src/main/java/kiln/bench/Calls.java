package kiln.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.function.IntUnaryOperator;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Module;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;

/**
 * What it costs to cross between Java and WebAssembly, in nanoseconds of the thread's CPU time: the best of several rounds, since
 * whatever else the machine does only adds.
 *
 * <p>Usage: {@code java -cp ... kiln.bench.Calls}
 */
public final class Calls {
    private static final int ROUNDS = 12;
    private static final int CALLS = 2_000_000;
    private static final int SUM = (int) (CALLS * (CALLS - 1L) / 2);
    private static final int RARE = 10_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final Engine ENGINE = new Engine();
    private static final Module MODULE = load();
    private static final Store STORE = new Store(ENGINE);
    private static final Linker TYPED = new Linker(ENGINE).func("env", "host", IntUnaryOperator.class, x -> x + 1);
    private static final Linker RAW = new Linker(ENGINE)
            .func("env", "host", FuncType.of(ValType.I32, ValType.I32), (_, args, results) -> results[0] = args[0] + 1);
    private static final Instance INSTANCE = TYPED.instantiate(STORE, MODULE);

    // Constants: only through these does the JIT see what a handle does.
    private static final MethodHandle NOTHING = INSTANCE.func("nothing").handle();
    private static final MethodHandle ADD = INSTANCE.func("add").handle();
    private static final Func ADD_FUNC = INSTANCE.func("add");

    private Calls() {}

    @FunctionalInterface
    private interface Body {
        void run() throws Throwable;
    }

    private static Module load() {
        try (InputStream in = Calls.class.getResourceAsStream("calls.wasm")) {
            return Module.load(ENGINE, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints one line a figure. */
    public static void main(String[] args) throws Throwable {
        measure("in: handle () -> ()", CALLS, () -> {
            for (int i = 0; i < CALLS; i++) {
                NOTHING.invokeExact();
            }
        });
        measure("in: handle (i32 i32) -> i32", CALLS, () -> {
            int sum = 0;
            for (int i = 0; i < CALLS; i++) {
                sum = (int) ADD.invokeExact(sum, i);
            }
            check(sum, SUM);
        });
        measure("in: Func.call", CALLS, () -> {
            long sum = 0;
            for (int i = 0; i < CALLS; i++) {
                sum = ADD_FUNC.call(sum, i);
            }
            check((int) sum, SUM);
        });
        Func typed = INSTANCE.func("out");
        measure("out: lambda of a functional interface", CALLS, () -> typed.call(CALLS));
        Func raw = RAW.instantiate(STORE, MODULE).func("out");
        measure("out: raw host function", CALLS, () -> raw.call(CALLS));
        Func trap = INSTANCE.func("trap");
        measure("trap, with its exception", RARE, () -> {
            for (int i = 0; i < RARE; i++) {
                try {
                    trap.call();
                } catch (TrapException _) {
                    continue;
                }
                throw new IllegalStateException("no trap");
            }
        });
        measure("store and instance with a memory of 64 KiB, and closing both", RARE, () -> {
            for (int i = 0; i < RARE; i++) {
                try (Store store = new Store(ENGINE)) {
                    TYPED.instantiate(store, MODULE);
                }
            }
        });
    }

    private static void check(int actual, int expected) {
        if (actual != expected) {
            throw new IllegalStateException(actual + " instead of " + expected);
        }
    }

    private static void measure(String name, int count, Body body) throws Throwable {
        double best = Double.MAX_VALUE;
        for (int r = 0; r < ROUNDS; r++) {
            long start = THREADS.getCurrentThreadCpuTime();
            body.run();
            best = Math.min(best, (THREADS.getCurrentThreadCpuTime() - start) / (double) count);
        }
        System.out.printf("%8.1f ns  %s%n", best, name);
    }
}
