package kiln.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Func;
import kiln.runtime.Linker;
import kiln.runtime.Store;

/**
 * Loops that do one thing many times, beside other engines that take turns with Kiln: exports of modules without
 * imports whose first argument is the number of rounds. Nanoseconds of CPU time for each round; the least over all
 * calls, since nothing makes a loop faster than it is.
 *
 * <p>Usage: {@code Micro [--rounds N] [--repetitions N] [--node COMMAND] [--wasmtime PYTHON]
 * FILE:EXPORT:COUNT[:ARGUMENT]...}
 */
public final class Micro {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private final Path root = Path.of(System.getProperty("kiln.root", "."));
    private int rounds = 5;
    private int repetitions = 15;
    private List<String> node = List.of("node");
    private String wasmtime;

    private Micro() {}

    /** An export and its arguments, of which the first is the number of rounds. */
    private record Loop(Path file, String export, List<Long> arguments) {
        static Loop parse(String text) {
            String[] parts = text.split(":");
            if (parts.length < 3) {
                throw new IllegalArgumentException("not FILE:EXPORT:COUNT[:ARGUMENT]: " + text);
            }
            List<Long> arguments = new ArrayList<>();
            for (String argument : Arrays.asList(parts).subList(2, parts.length)) {
                arguments.add(Long.valueOf(argument));
            }
            return new Loop(Path.of(parts[0]), parts[1], arguments);
        }

        String label() {
            List<Long> others = arguments.subList(1, arguments.size());
            String name = file.getFileName().toString().replace(".wasm", "") + " " + export;
            return others.isEmpty() ? name : name + " " + others;
        }
    }

    /** Entry point of {@code bench/run micro}. */
    public static void main(String[] args) throws Exception {
        Micro micro = new Micro();
        List<Loop> loops = new ArrayList<>();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--rounds" -> micro.rounds = Integer.parseInt(args[++i]);
                case "--repetitions" -> micro.repetitions = Integer.parseInt(args[++i]);
                case "--node" -> micro.node = List.of(args[++i].split(" "));
                case "--wasmtime" -> micro.wasmtime = args[++i];
                default -> loops.add(Loop.parse(args[i]));
            }
        }
        System.out.printf("%-20s %-10s %12s %10s%n", "loop", "engine", "ns", "kiln/...");
        for (Loop loop : loops) {
            micro.measure(loop);
        }
    }

    private void measure(Loop loop) throws Exception {
        Map<String, Double> least = new LinkedHashMap<>();
        for (int round = 0; round < rounds; round++) {
            least.merge("kiln", kiln(loop), Math::min);
            if (wasmtime != null) {
                least.merge("wasmtime", other(loop, List.of(wasmtime, script("micro.py"))), Math::min);
            }
            List<String> v8 = new ArrayList<>(node);
            v8.addAll(List.of("--no-liftoff", "--no-wasm-tier-up", "--no-wasm-lazy-compilation", script("micro.mjs")));
            least.merge("v8", other(loop, v8), Math::min);
        }
        double count = loop.arguments.getFirst();
        least.forEach((engine, ns) -> System.out.printf(
                Locale.ROOT,
                "%-20s %-10s %12.3f %10s%n",
                loop.label(),
                engine,
                ns / count,
                engine.equals("kiln") ? "" : String.format(Locale.ROOT, "%.2f", least.get("kiln") / ns)));
    }

    private String script(String name) {
        return root.resolve("bench/engines").resolve(name).toString();
    }

    /** The least time of a call, in nanoseconds. */
    private double kiln(Loop loop) throws IOException {
        byte[] wasm = Files.readAllBytes(loop.file);
        byte[] compiled = Compiler.compile(loop.file.toString(), wasm, CompilerOptions.defaults());
        try (Engine engine = new Engine();
                CompiledModule module = CompiledModule.load(engine, compiled);
                Store store = new Store(engine)) {
            Func run = new Linker(engine).instantiate(store, module).func(loop.export);
            long[] arguments =
                    loop.arguments.stream().mapToLong(Long::longValue).toArray();
            long least = Long.MAX_VALUE;
            for (int i = 0; i < repetitions; i++) {
                long start = THREADS.getCurrentThreadCpuTime();
                run.call(arguments);
                least = Math.min(least, THREADS.getCurrentThreadCpuTime() - start);
            }
            return least;
        }
    }

    /** As {@link #kiln}; not a number if the engine fails. */
    private double other(Loop loop, List<String> engine) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(engine);
        command.addAll(List.of("" + repetitions, loop.file.toString(), loop.export));
        loop.arguments.forEach(a -> command.add(a.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        byte[] line = process.getInputStream().readAllBytes();
        // An engine that lacks a proposal fails.
        return process.waitFor() == 0 ? JSON.readTree(line).path("ns").asDouble() : Double.NaN;
    }
}
