package kiln.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.wat.Wat;

/**
 * What many instances cost that live at once, each in a store of its own with a memory of 64 KiB of which a page is
 * written: bytes of the process and of Java's heap for each, mappings, instances made in a second, and how calls by
 * several threads into stores of one module scale.
 *
 * <p>Usage: {@code java -Xmx2g -cp ... kiln.bench.Density [COUNT [THREADS [--guarded]]]}
 */
public final class Density {
    private static final String GUEST = """
            (memory (export "memory") 1)
            (func (export "touch") (param i32) (result i32)
              (i32.store (i32.const 1024) (local.get 0))
              (i32.load (i32.const 1024)))
            (func (export "loop") (param i32) (result i32)
              (local $sum i32)
              (loop $next
                (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get 0) (local.get 0))))
                (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
              (local.get $sum))
            """;

    private static final int CALLS = 3_000_000;

    private Density() {}

    public static void main(String[] args) throws Exception {
        int count = args.length > 0 ? Integer.parseInt(args[0]) : 100_000;
        int threads = args.length > 1 ? Integer.parseInt(args[1]) : 2;
        boolean guarded = args.length > 2;
        byte[] wasm = Wat.encode("guest.wat", GUEST.getBytes(StandardCharsets.UTF_8));
        CompilerOptions options = CompilerOptions.defaults().withExplicitBounds(!guarded);
        byte[] file = Compiler.compile("guest", wasm, options);
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, file)) {
            live(module, 1000, 1);
            for (int t = 1; t <= threads; t++) {
                scale(module, t);
            }
            System.gc();
            long residentBefore = status("VmRSS:");
            long heapBefore = heap();
            long start = System.nanoTime();
            List<Instance> all = live(module, count, threads);
            double seconds = (System.nanoTime() - start) / 1e9;
            System.gc();
            System.out.printf(
                    "%d instances in %.1f s by %d threads: %.0f a second%n", count, seconds, threads, count / seconds);
            System.out.printf(
                    "each: %.1f KiB resident, of which %.1f KiB are Java's heap; %d mappings%n",
                    (status("VmRSS:") - residentBefore) / (double) count,
                    (heap() - heapBefore) / 1024.0 / count,
                    Files.readAllLines(Path.of("/proc/self/maps")).size());
            for (int i = 0; i < count; i += 997) {
                if (all.get(i).memory().readInt(1024)
                        != (int) all.get(i).func("touch").call(i + 1) - 1) {
                    throw new IllegalStateException("instance " + i);
                }
            }
        }
    }

    private static List<Instance> live(CompiledModule module, int count, int threads) throws Exception {
        List<Instance> all = new ArrayList<>(count);
        try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
            List<Future<List<Instance>>> parts = new ArrayList<>();
            int share = (count + threads - 1) / threads;
            for (int t = 0; t < threads; t++) {
                int from = t * share;
                int to = Math.min(count, from + share);
                parts.add(pool.submit(() -> {
                    List<Instance> made = new ArrayList<>();
                    for (int i = from; i < to; i++) {
                        Instance one = Instance.create(module);
                        one.func("touch").call(i);
                        one.store().release();
                        made.add(one);
                    }
                    return made;
                }));
            }
            for (Future<List<Instance>> f : parts) {
                all.addAll(f.get());
            }
        }
        return all;
    }

    private static void scale(CompiledModule module, int threads) throws InterruptedException, ExecutionException {
        for (String export : new String[] {"touch", "loop"}) {
            try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
                double best = 0;
                for (int round = 0; round < 4; round++) {
                    int calls = export.equals("loop") ? CALLS / 1000 : CALLS;
                    List<Future<?>> running = new ArrayList<>();
                    long start = System.nanoTime();
                    for (int t = 0; t < threads; t++) {
                        running.add(pool.submit(() -> {
                            try (Instance one = Instance.create(module)) {
                                var f = one.func(export);
                                for (int i = 1; i <= calls; i++) {
                                    f.call(export.equals("loop") ? 10_000 : i);
                                }
                            }
                        }));
                    }
                    for (Future<?> f : running) {
                        f.get();
                    }
                    best = Math.max(best, threads * (double) calls / ((System.nanoTime() - start) / 1e9));
                }
                System.out.printf("%s: %.0f calls a second by %d threads%n", export, best, threads);
            }
        }
    }

    private static long heap() {
        return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
    }

    /** KiB. */
    private static long status(String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(field)) {
                return Long.parseLong(line.replaceAll("[^0-9]", ""));
            }
        }
        throw new IOException(field);
    }
}
