package kiln.tests.faults;

import java.lang.ref.Reference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import kiln.artifact.api.TrapCode;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;
import kiln.wasi.Wasi;

/**
 * What Kiln does where memory or stack runs out, in a process of its own with a small heap:
 * {@code Scarcity CASE [FILE]}. Prints {@code DONE} if it went on as if nothing had happened once there was enough
 * again.
 */
public final class Scarcity {
    private Scarcity() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "watch" -> watch();
            case "load" -> load();
            case "stack" -> stack(Storm.wasm());
            case "compiled" -> stack(Files.readAllBytes(Path.of(args[1])));
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("DONE");
        System.exit(0);
    }

    /** The watching thread looks at a store while there is no memory at all, and is needed later. */
    private static void watch() throws Exception {
        try (Engine engine = new Engine(true);
                CompiledModule module = CompiledModule.load(engine, Storm.wasm());
                Store watched = new Store(engine);
                Store store = new Store(engine)) {
            watched.setThreadInterruptible(true);
            exhaust(Duration.ofSeconds(1));
            Instance i = new Linker(engine)
                    .unknownImports(Linker.UnknownImports.TRAP)
                    .instantiate(store, module);
            store.setDeadline(Duration.ofMillis(10));
            try {
                i.func("loop").call();
            } catch (TrapException e) {
                if (e.code() == TrapCode.INTERRUPTED) {
                    return;
                }
                throw e;
            }
            throw new AssertionError("the loop has ended");
        }
    }

    /** Compiles with less and less memory left, and then with enough. */
    private static void load() throws Exception {
        byte[] wasm = Files.readAllBytes(Corpus.root().resolve("examples/raytrace.wasm"));
        int failures = 0;
        try (Engine engine = new Engine()) {
            CompiledModule.load(engine, wasm).close();
            for (int left = 2 << 20; left > 1 << 12; left /= 4) {
                Object hoard = fill(left);
                try {
                    CompiledModule.load(engine, wasm).close();
                } catch (OutOfMemoryError e) {
                    failures++;
                } finally {
                    Reference.reachabilityFence(hoard);
                    hoard = null;
                }
            }
            CompiledModule.load(engine, wasm).close();
        }
        if (failures == 0) {
            throw new AssertionError("there was always enough memory");
        }
    }

    /** Does everything with more and more stack, from the first time on, and then with enough. */
    private static void stack(byte[] wasm) throws Exception {
        int failures = 0;
        for (int calls = 0, successes = 0; successes < 3; calls += 8 + calls / 32) {
            if (withStack(calls, () -> everything(wasm))) {
                successes++;
            } else {
                failures++;
            }
        }
        if (failures == 0) {
            throw new AssertionError("there was always enough stack");
        }
        everything(wasm);
    }

    private static void everything(byte[] wasm) throws Exception {
        try (Engine engine = new Engine(true);
                CompiledModule module = CompiledModule.load(engine, wasm);
                Store store = new Store(engine);
                Wasi wasi = Wasi.builder().env("a", "b").args("c").build()) {
            Linker linker = new Linker(engine).func("env", "host", IntUnaryOperator.class, x -> x + 1);
            wasi.addTo(linker);
            Instance i = linker.instantiate(store, module);
            store.setDeadline(Duration.ofHours(1));
            if (i.func("through").call(1) != 2) {
                throw new AssertionError("wrong result");
            }
            try {
                i.func("divide").call(1, 0);
                throw new AssertionError("no trap");
            } catch (TrapException e) {
                if (e.code() != TrapCode.INTEGER_DIVIDE_BY_ZERO) {
                    throw e;
                }
            }
        }
    }

    /** Something that may run out of stack. */
    private interface Task {
        void run() throws Exception;
    }

    /** Runs a task on a thread where stack for about so many simple calls is left; false if that is not enough. */
    private static boolean withStack(int calls, Task task) throws Exception {
        Throwable[] thrown = new Throwable[1];
        Thread t = Thread.ofPlatform().stackSize(1 << 20).start(() -> {
            int depth = depth(0);
            try {
                descend(depth - calls, task);
            } catch (Throwable e) {
                thrown[0] = e;
            }
        });
        t.join();
        return switch (thrown[0]) {
            case null -> true;
            case StackOverflowError _ -> false;
            // The stack ended in WebAssembly.
            case TrapException e when e.code() == TrapCode.STACK_CHECK -> false;
            case Throwable e -> throw new AssertionError(calls + " calls", e);
        };
    }

    private static int depth(int n) {
        try {
            return depth(n + 1);
        } catch (StackOverflowError e) {
            return n;
        }
    }

    private static void descend(int n, Task task) throws Exception {
        if (n > 0) {
            descend(n - 1, task);
        } else {
            task.run();
        }
    }

    /** Takes all memory but about {@code left} bytes. */
    private static Object fill(int left) {
        byte[] kept = new byte[left];
        List<Object> hoard = new ArrayList<>(1 << 16);
        for (int size = 1 << 20; size > 1 << 9; size /= 16) {
            hoard(hoard, size);
        }
        Reference.reachabilityFence(kept);
        return hoard;
    }

    /** Fills the heap to the last few bytes, and keeps it filled against whatever frees some. */
    private static void exhaust(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        List<Object> hoard = new ArrayList<>(1 << 16);
        while (System.nanoTime() < end) {
            for (int size = 1 << 20; size > 8; size /= 2) {
                hoard(hoard, size);
            }
        }
    }

    private static void hoard(List<Object> hoard, int size) {
        try {
            while (hoard.size() < 1 << 16) {
                hoard.add(new byte[size]);
            }
        } catch (OutOfMemoryError e) {
            // That is what it is for.
        }
    }
}
