package kiln.tests.faults;

import java.lang.ref.Reference;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import kiln.artifact.TrapCode;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Module;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.tests.Corpus;

/**
 * What Kiln does where memory or stack runs out, in a process of its own with a small heap: {@code Scarcity CASE}. Prints {@code DONE} if it
 * went on as if nothing had happened once there was enough again.
 */
public final class Scarcity {
    private Scarcity() {}

    public static void main(String[] args) throws Exception {
        switch (args[0]) {
            case "watch" -> watch();
            case "load" -> load();
            default -> throw new IllegalArgumentException(args[0]);
        }
        System.out.println("DONE");
        System.exit(0);
    }

    /** The watching thread looks at a store while there is no memory at all, and is needed later. */
    private static void watch() throws Exception {
        try (Engine engine = new Engine(true);
                Module module = Module.load(engine, Storm.wasm());
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
            Module.load(engine, wasm).close();
            for (int left = 2 << 20; left > 1 << 12; left /= 4) {
                Object hoard = fill(left);
                try {
                    Module.load(engine, wasm).close();
                } catch (OutOfMemoryError e) {
                    failures++;
                } finally {
                    Reference.reachabilityFence(hoard);
                    hoard = null;
                }
            }
            Module.load(engine, wasm).close();
        }
        if (failures == 0) {
            throw new AssertionError("there was always enough memory");
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
