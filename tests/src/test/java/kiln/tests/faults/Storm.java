package kiln.tests.faults;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;
import kiln.wat.Wat;

/**
 * Traps and exceptions of all kinds in several threads while the JVM is busy with what it uses the same signals for:
 * null pointers and divisions by zero in compiled code, stack overflows, garbage collections, compilation and
 * deoptimisation. Also a program of its own, for other JVM options: {@code Storm ROUNDS} prints what it counted.
 */
public final class Storm {
    private static final int THREADS = 4;

    private static final String THROWING = """
            (module
              (import "env" "host" (func $host (param i32) (result i32)))
              (tag $t (export "t") (param i32 i64))
              (table $kept 8 exnref)
              (func $down (param $n i32) (result i32)
                (if (result i32) (local.get $n)
                  (then (i32.add (i32.const 1) (call $down (i32.sub (local.get $n) (i32.const 1)))))
                  (else (throw $t (i32.const 7) (i64.const 9)))))
              (func (export "caught") (param $n i32) (result i32) (local $e exnref)
                (block $h (result i32 i64 exnref)
                  (try_table (catch_ref $t $h) (drop (call $down (local.get $n))))
                  (unreachable))
                (local.set $e)
                (table.set $kept (i32.and (local.get $n) (i32.const 7)) (local.get $e))
                (drop))
              (func (export "uncaught") (param $n i32) (result i32) (call $down (local.get $n)))
              ;; What Java throws passes.
              (func (export "through") (param $n i32) (result i32)
                (block $h (try_table (catch_all $h) (return (call $host (local.get $n)))))
                (i32.const -1)))
            """;

    private final Engine engine = new Engine(true);
    private final CompiledModule module;
    private final CompiledModule throwing;
    private final AtomicBoolean stop = new AtomicBoolean();
    private final AtomicLong background = new AtomicLong();
    private final List<Throwable> failures = new ArrayList<>();

    private Storm() throws IOException {
        module = CompiledModule.load(engine, wasm());
        throwing = CompiledModule.load(engine, Wat.encode("throwing.wat", THROWING.getBytes(StandardCharsets.UTF_8)));
    }

    static byte[] wasm() throws IOException {
        try (InputStream in = Storm.class.getResourceAsStream("storm.wasm")) {
            return in.readAllBytes();
        }
    }

    public static void main(String[] args) throws Exception {
        System.out.println("STORM " + run(Integer.parseInt(args[0])) + " traps");
        System.exit(0);
    }

    /** Lets every thread go through all traps {@code rounds} times; returns how many there were. */
    static long run(int rounds) throws Exception {
        Storm storm = new Storm();
        // What is needed once is slow enough without the storm.
        storm.trap(1);
        List<Thread> busy = List.of(
                storm.busy("null pointers", Storm::nullPointers),
                storm.busy("divisions", Storm::divisions),
                storm.busy("stack overflows", Storm::stackOverflows),
                storm.busy("garbage", Storm::garbage),
                storm.busy("deoptimisation", Storm::deoptimisation));
        AtomicLong traps = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            threads.add(storm.start("traps " + i, () -> traps.addAndGet(storm.trap(rounds))));
        }
        for (Thread t : threads) {
            t.join();
        }
        storm.stop.set(true);
        for (Thread t : busy) {
            t.join();
        }
        storm.module.close();
        storm.throwing.close();
        storm.engine.close();
        if (!storm.failures.isEmpty()) {
            throw new AssertionError(storm.failures.size() + " failures", storm.failures.getFirst());
        }
        if (storm.background.get() < busy.size()) {
            throw new AssertionError("the JVM was not busy");
        }
        return traps.get();
    }

    private Thread start(String name, Runnable r) {
        return Thread.ofPlatform().name(name).stackSize(2 << 20).start(() -> {
            try {
                r.run();
            } catch (Throwable t) {
                synchronized (failures) {
                    failures.add(t);
                }
            }
        });
    }

    private Thread busy(String name, Runnable r) {
        return start(name, () -> {
            do {
                long before = System.nanoTime();
                r.run();
                background.incrementAndGet();
                if (Corpus.EMULATED) {
                    // Garbage collections and exceptions are so slow there that nothing else would come to run.
                    pause(System.nanoTime() - before);
                }
            } while (!stop.get());
        });
    }

    private static void pause(long nanos) {
        try {
            Thread.sleep(Duration.ofNanos(nanos));
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    // WebAssembly

    private long trap(int rounds) {
        IntUnaryOperator[] host = {x -> x};
        long traps = 0;
        for (int round = 0; round < rounds; round++) {
            try (Store store = new Store(engine)) {
                Linker linker =
                        new Linker(engine).func("env", "host", IntUnaryOperator.class, x -> host[0].applyAsInt(x));
                Instance i = linker.instantiate(store, module);
                Instance throwing = linker.instantiate(store, this.throwing);
                for (int k = 0; k < 20; k++) {
                    expect(TrapCode.MEMORY_OUT_OF_BOUNDS, i.func("outOfBounds"), k);
                    expect(TrapCode.MEMORY_OUT_OF_BOUNDS, i.func("storeOutOfBounds"), k + 9);
                    expect(TrapCode.MEMORY_OUT_OF_BOUNDS, i.func("fill"), k + 2);
                    expect(TrapCode.INTEGER_DIVIDE_BY_ZERO, i.func("divide"), k, 0);
                    expect(TrapCode.INTEGER_OVERFLOW, i.func("divide"), Integer.MIN_VALUE, -1);
                    expect(TrapCode.UNREACHABLE, i.func("unreachable"));
                    expect(
                            TrapCode.BAD_CONVERSION_TO_INTEGER,
                            i.func("convert"),
                            Double.doubleToRawLongBits(Double.NaN));
                    expect(TrapCode.INDIRECT_CALL_TO_NULL, i.func("null"));
                    traps += 8;
                    exceptions(throwing, k, host);
                    if (i.func("divide").call(7 * k, 7) != k) {
                        throw new AssertionError("wrong after a trap");
                    }
                }
                expect(TrapCode.STACK_CHECK, i.func("forever"), 0);
                host[0] = x -> nullPointer(null) + x;
                thrown(NullPointerException.class, i.func("through"), 1);
                host[0] = x -> x / (x - x);
                thrown(ArithmeticException.class, i.func("deep"), 100);
                host[0] = Storm::recurse;
                thrown(StackOverflowError.class, i.func("through"), 1);
                traps += 4;
            }
        }
        return traps;
    }

    /** Caught, uncaught, through a host function, and one of Java's that no handler sees. */
    private static void exceptions(Instance i, int depth, IntUnaryOperator[] host) {
        require(i.func("caught").call(depth) == 7);
        try {
            i.func("uncaught").call(depth);
            throw new AssertionError("nothing thrown");
        } catch (ThrownException e) {
            require(e.tag() == i.export("t") && e.payload().equals(List.of(7, 9L)));
        }
        host[0] = x -> (int) i.func("uncaught").call(x);
        require(i.func("through").call(depth) == -1);
        host[0] = _ -> {
            throw new IllegalStateException();
        };
        thrown(IllegalStateException.class, i.func("through"), depth);
    }

    private static void expect(TrapCode code, Func f, long... args) {
        try {
            f.call(args);
        } catch (TrapException e) {
            if (e.code() == code) {
                return;
            }
            throw new AssertionError("expected " + code, e);
        }
        throw new AssertionError("no trap, expected " + code);
    }

    private static void thrown(Class<? extends Throwable> type, Func f, long... args) {
        try {
            f.call(args);
        } catch (Throwable t) {
            if (type.isInstance(t)) {
                return;
            }
            throw new AssertionError("expected " + type, t);
        }
        throw new AssertionError("nothing thrown, expected " + type);
    }

    // Java

    private static int nullPointer(int[] array) {
        return array[0];
    }

    private static void nullPointers() {
        int caught = 0;
        for (int i = 0; i < 20_000; i++) {
            try {
                caught -= nullPointer(i % 10 == 0 ? null : new int[] {1});
            } catch (NullPointerException e) {
                caught += 9;
            }
        }
        require(caught == 0);
    }

    private static void divisions() {
        int caught = 0;
        for (int i = 0; i < 20_000; i++) {
            try {
                caught -= 1 + 0 * (i / (i % 10));
            } catch (ArithmeticException e) {
                caught += 9;
            }
        }
        require(caught == 0);
    }

    static int recurse(int n) {
        return recurse(n + 1) + 1;
    }

    private static void stackOverflows() {
        try {
            recurse(0);
        } catch (StackOverflowError e) {
            return;
        }
        require(false);
    }

    private static void garbage() {
        List<byte[]> some = new ArrayList<>();
        for (int i = 0; i < 400; i++) {
            some.add(new byte[i * 37]);
        }
        require(some.size() == 400);
        System.gc();
    }

    private sealed interface Shape {
        record Square(int side) implements Shape {}

        record Circle(int radius) implements Shape {}

        record Line() implements Shape {}
    }

    /** Compiled for one class of objects, then given others. */
    private static void deoptimisation() {
        IntUnaryOperator fresh = new Object() {
            int sum;

            int area(Shape s) {
                return switch (s) {
                    case Shape.Square q -> q.side * q.side;
                    case Shape.Circle c -> 3 * c.radius * c.radius;
                    case Shape.Line _ -> 0;
                };
            }

            IntUnaryOperator operator() {
                return n -> {
                    for (int i = 0; i < 15_000; i++) {
                        sum += area(
                                i < 14_000 ? new Shape.Square(i) : i < 14_900 ? new Shape.Circle(i) : new Shape.Line());
                    }
                    return sum + n;
                };
            }
        }.operator();
        require(fresh.applyAsInt(1) - fresh.applyAsInt(1) != 12345);
    }

    private static void require(boolean holds) {
        if (!holds) {
            throw new AssertionError("Java went wrong");
        }
    }
}
