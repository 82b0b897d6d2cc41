package kiln.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntUnaryOperator;
import kiln.runtime.Caller;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.ValType;

/**
 * What it costs to cross between Java and WebAssembly, in nanoseconds of the thread's CPU time: the median and the
 * least of several rounds, in which the measurements take turns. The rounds in which the JIT still compiles do not
 * count.
 *
 * <p>Usage: {@code java -cp ... kiln.bench.Calls}
 */
public final class Calls {
    private static final int WARM_UP = 6;
    private static final int ROUNDS = 21;
    private static final int CALLS = 1_000_000;
    private static final int SUM = (int) (CALLS * (CALLS - 1L) / 2);
    private static final int RARE = 10_000;
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final Engine ENGINE = new Engine();
    private static final CompiledModule MODULE = load("calls.wasm");
    private static final CompiledModule PASS = load("pass.wasm");
    private static final Store STORE = new Store(ENGINE);
    private static final Linker TYPED = new Linker(ENGINE).func("env", "host", IntUnaryOperator.class, x -> x + 1);
    private static final Instance INSTANCE = TYPED.instantiate(STORE, MODULE);

    // Constants: only through these does the JIT see what a handle does.
    private static final MethodHandle NOTHING = INSTANCE.func("nothing").handle();
    private static final MethodHandle ADD = INSTANCE.func("add").handle();
    private static final Func ADD_FUNC = INSTANCE.func("add");
    private static final long[] CELLS = new long[2];
    private static final long[] RESULT = new long[1];
    private static final Instance PASSING = new Linker(ENGINE)
            .func(
                    "env",
                    "pass",
                    FuncType.of(ValType.FUNCREF, ValType.FUNCREF),
                    (_, args, results) -> results[0] = args[0])
            .instantiate(STORE, PASS);
    private static final MethodHandle SAME = PASSING.func("same").handle();
    private static final Func SAME_FUNC = PASSING.func("same");
    private static final Func TRAP = INSTANCE.func("trap");

    private Calls() {}

    @FunctionalInterface
    private interface Body {
        void run() throws Throwable;
    }

    private static CompiledModule load(String name) {
        try (InputStream in = Calls.class.getResourceAsStream(name)) {
            return CompiledModule.load(ENGINE, in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Prints one line a figure. */
    public static void main(String[] args) throws Throwable {
        Map<String, Body> bodies = new LinkedHashMap<>();
        addCallsIn(bodies);
        addCallsOut(bodies);
        addReferencesOut(bodies);
        bodies.put("trap, with its exception", () -> {
            for (int i = 0; i < RARE; i++) {
                trap();
            }
        });
        bodies.put("store and instance with a memory of 64 KiB, and closing both", () -> {
            for (int i = 0; i < RARE; i++) {
                try (Store store = new Store(ENGINE)) {
                    TYPED.instantiate(store, MODULE);
                }
            }
        });
        Map<String, List<Double>> times = new LinkedHashMap<>();
        for (int r = 0; r < WARM_UP + ROUNDS; r++) {
            for (Map.Entry<String, Body> b : bodies.entrySet()) {
                double time = measure(b.getValue());
                if (r >= WARM_UP) {
                    times.computeIfAbsent(b.getKey(), _ -> new ArrayList<>()).add(time);
                }
            }
        }
        System.out.println("  median    least");
        times.forEach((name, all) -> {
            Collections.sort(all);
            int calls = name.contains(":") ? CALLS : RARE;
            System.out.printf("%8.1f %8.1f ns  %s%n", all.get(all.size() / 2) / calls, all.getFirst() / calls, name);
        });
    }

    private static void addCallsIn(Map<String, Body> bodies) {
        bodies.put("in: handle () -> ()", () -> {
            for (int i = 0; i < CALLS; i++) {
                NOTHING.invokeExact();
            }
        });
        bodies.put("in: handle (i32 i32) -> i32", () -> {
            int sum = 0;
            for (int i = 0; i < CALLS; i++) {
                sum = (int) ADD.invokeExact(sum, i);
            }
            check(sum, SUM);
        });
        bodies.put("in: Func.call", () -> {
            long sum = 0;
            for (int i = 0; i < CALLS; i++) {
                sum = ADD_FUNC.call(sum, i);
            }
            check((int) sum, SUM);
        });
        bodies.put("in: Func.callRaw", () -> {
            for (int i = 0; i < CALLS; i++) {
                CELLS[0] = RESULT[0];
                CELLS[1] = i;
                ADD_FUNC.callRaw(CELLS, RESULT);
            }
            check((int) RESULT[0], SUM);
            RESULT[0] = 0;
        });
        bodies.put("in: handle (funcref) -> funcref", () -> {
            Func f = SAME_FUNC;
            for (int i = 0; i < CALLS; i++) {
                f = (Func) SAME.invokeExact(f);
            }
        });
        bodies.put("in: Func.call (funcref) -> funcref", () -> {
            long cell = STORE.toCell(ValType.FUNCREF, SAME_FUNC);
            for (int i = 0; i < CALLS; i++) {
                cell = SAME_FUNC.call(cell);
            }
        });
    }

    /** Several of each kind, so that no call is one that the JIT has seen only one target of. */
    private static void addCallsOut(Map<String, Body> bodies) throws ReflectiveOperationException {
        bodies.put("out: a Java method that C calls, the JVM's own price", floor());
        FuncType type = FuncType.of(ValType.I32, ValType.I32);
        addCallOut(bodies, "out: lambda of a functional interface", TYPED);
        addCallOut(
                bodies,
                "out: another lambda",
                new Linker(ENGINE).func("env", "host", IntUnaryOperator.class, x -> 2 * x));
        addCallOut(
                bodies,
                "out: lambda that takes the caller",
                new Linker(ENGINE).func("env", "host", WithCaller.class, (_, x) -> x + 2));
        addCallOut(
                bodies,
                "out: raw host function",
                new Linker(ENGINE).func("env", "host", type, (_, args, results) -> results[0] = args[0] + 1));
        addCallOut(
                bodies,
                "out: another raw host function",
                new Linker(ENGINE).func("env", "host", type, (_, args, results) -> results[0] = 2 * args[0]));
    }

    private static void addReferencesOut(Map<String, Body> bodies) {
        Func out = PASSING.func("out");
        bodies.put("out: raw host function (funcref) -> funcref", () -> out.invoke(CALLS, out));
    }

    private interface WithCaller {
        @SuppressWarnings("unused") // found as the only abstract method
        int apply(Caller caller, int x);
    }

    private static void addCallOut(Map<String, Body> bodies, String name, Linker linker) {
        Func out = linker.instantiate(STORE, MODULE).func("out");
        bodies.put(name, () -> out.call(CALLS));
    }

    /** A linear search of the C library through elements without size, which asks a Java method about each. */
    private static Body floor() throws ReflectiveOperationException {
        java.lang.foreign.Linker linker = java.lang.foreign.Linker.nativeLinker();
        MemorySegment different = linker.upcallStub(
                MethodHandles.lookup()
                        .findStatic(Calls.class, "different", MethodType.methodType(int.class, long.class, long.class)),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG),
                Arena.global());
        MethodHandle find = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("lfind"),
                FunctionDescriptor.of(
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.ADDRESS));
        MemorySegment count = Arena.global().allocateFrom(ValueLayout.JAVA_LONG, CALLS);
        return () -> {
            MemorySegment _ = (MemorySegment) find.invokeExact(count, count, count, 0L, different);
        };
    }

    @SuppressWarnings("unused") // found by its name
    private static int different(long key, long element) {
        return 1;
    }

    private static void trap() {
        try {
            TRAP.call();
        } catch (TrapException _) {
            return;
        }
        throw new IllegalStateException("no trap");
    }

    private static void check(int actual, int expected) {
        if (actual != expected) {
            throw new IllegalStateException(actual + " instead of " + expected);
        }
    }

    private static double measure(Body body) throws Throwable {
        long start = THREADS.getCurrentThreadCpuTime();
        body.run();
        return THREADS.getCurrentThreadCpuTime() - start;
    }
}
