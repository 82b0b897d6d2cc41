package kiln.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Extern;
import kiln.runtime.Func;
import kiln.runtime.Instance;
import kiln.runtime.Store;

/**
 * 65,536 calls through a table of as many slots ({@link TableModules}): what an instance, a first and a second pass
 * cost, for lazy and for eager tables, beside other engines that take turns with Kiln. Microseconds of wall-clock time,
 * medians of repetitions in one process, then the median of the rounds; the cost of a call with nothing to do is
 * subtracted. Then the size of the compiled files.
 *
 * <p>Usage: {@code Tables [--rounds N] [--repetitions N] [--node COMMAND] [--wasmtime PYTHON]}
 */
public final class Tables {
    private static final ObjectMapper JSON = new ObjectMapper();
    /** So often is everything done before it is measured, so that the JVM has compiled its part. */
    private static final int WARM_UP = 400;

    private final Path root = Path.of(System.getProperty("kiln.root", "."));
    private final Path work = Files.createTempDirectory("kiln-tables");
    private int rounds = 3;
    private int repetitions = 41;
    private List<String> node = List.of("node");
    private String wasmtime;

    private Tables() throws IOException {}

    private record Figures(double instantiate, double first, double second, long bytes) {}

    /** Entry point of {@code bench/run tables}. */
    public static void main(String[] args) throws Exception {
        Tables tables = new Tables();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--rounds" -> tables.rounds = Integer.parseInt(args[++i]);
                case "--repetitions" -> tables.repetitions = Integer.parseInt(args[++i]);
                case "--node" -> tables.node = List.of(args[++i].split(" "));
                case "--wasmtime" -> tables.wasmtime = args[++i];
                default -> throw new IllegalArgumentException("unknown option " + args[i]);
            }
        }
        try {
            tables.run();
        } finally {
            try (Stream<Path> files = Files.list(tables.work)) {
                for (Path p : files.toList()) {
                    Files.delete(p);
                }
            }
            Files.delete(tables.work);
        }
    }

    private void run() throws Exception {
        System.out.printf(
                "%-14s %-8s %-14s %12s %12s %12s %10s%n",
                "slots", "table", "engine", "instance us", "first us", "second us", "bytes");
        for (TableModules.Content content : TableModules.Content.values()) {
            for (TableModules.Owner owner : TableModules.Owner.values()) {
                measure(content, owner);
            }
        }
    }

    private void measure(TableModules.Content content, TableModules.Owner owner) throws Exception {
        List<Path> files = new ArrayList<>();
        for (byte[] wasm : TableModules.modules(content, owner)) {
            Path file = work.resolve(content + "-" + owner + files.size() + ".wasm");
            Files.write(file, wasm);
            files.add(file);
        }
        int mask = content == TableModules.Content.SAME ? 0 : TableModules.SLOTS - 1;
        List<String> names = new ArrayList<>(List.of("kiln", "kiln eager"));
        if (wasmtime != null) {
            names.add("wasmtime");
        }
        names.add("v8");
        List<List<Figures>> figures = new ArrayList<>();
        names.forEach(_ -> figures.add(new ArrayList<>()));
        List<Path> lazy = compile(files, List.of());
        List<Path> eager = compile(files, List.of("--eager-tables"));
        for (int round = 0; round < rounds; round++) {
            for (int e = 0; e < names.size(); e++) {
                figures.get(e)
                        .add(
                                switch (names.get(e)) {
                                    case "kiln" -> kiln(lazy, mask);
                                    case "kiln eager" -> kiln(eager, mask);
                                    case "wasmtime" ->
                                        other(
                                                List.of(
                                                        wasmtime,
                                                        root.resolve("bench/engines/tables.py")
                                                                .toString()),
                                                mask,
                                                files);
                                    default -> other(v8(), mask, files);
                                });
            }
        }
        for (int e = 0; e < names.size(); e++) {
            List<Figures> f = figures.get(e);
            System.out.printf(
                    Locale.ROOT,
                    "%-14s %-8s %-14s %12.2f %12.1f %12.1f %10d%n",
                    content.label,
                    owner.name().toLowerCase(Locale.ROOT),
                    names.get(e),
                    median(f.stream().mapToDouble(Figures::instantiate).toArray()),
                    median(f.stream().mapToDouble(Figures::first).toArray()),
                    median(f.stream().mapToDouble(Figures::second).toArray()),
                    f.getFirst().bytes);
        }
    }

    private List<String> v8() {
        List<String> command = new ArrayList<>(node);
        command.addAll(List.of(
                "--no-liftoff",
                "--no-wasm-tier-up",
                "--no-wasm-lazy-compilation",
                root.resolve("bench/engines/tables.mjs").toString()));
        return command;
    }

    private List<Path> compile(List<Path> files, List<String> options) throws IOException, InterruptedException {
        List<Path> result = new ArrayList<>();
        for (Path file : files) {
            Path out = Path.of(file.toString().replace(".wasm", options.isEmpty() ? ".cwasm" : ".eager.cwasm"));
            List<String> command =
                    new ArrayList<>(List.of(root.resolve("kiln").toString(), "compile", "--strip", "names"));
            command.addAll(options);
            command.addAll(List.of(file.toString(), "-o", out.toString()));
            if (new ProcessBuilder(command).inheritIO().start().waitFor() != 0) {
                throw new IOException("cannot compile " + file);
            }
            result.add(out);
        }
        return result;
    }

    private Figures kiln(List<Path> files, int mask) throws IOException {
        long bytes = 0;
        try (Engine engine = new Engine()) {
            List<CompiledModule> modules = new ArrayList<>();
            for (Path file : files) {
                modules.add(CompiledModule.load(engine, file));
                bytes += Files.size(file);
            }
            double[] instantiate = new double[repetitions];
            double[] first = new double[repetitions];
            double[] second = new double[repetitions];
            for (int r = -WARM_UP; r < repetitions; r++) {
                int at = Math.max(r, 0);
                try (Store store = new Store(engine)) {
                    long start = System.nanoTime();
                    List<Extern> imports = List.of();
                    Instance instance = null;
                    for (CompiledModule m : modules) {
                        instance = Instance.create(store, m, imports);
                        imports = m == modules.getLast() ? imports : List.of(instance.table("table"));
                    }
                    instantiate[at] = (System.nanoTime() - start) / 1e3;
                    Func run = instance.func("run");
                    call(run, 0, mask);
                    double empty = call(run, 0, mask);
                    first[at] = call(run, TableModules.SLOTS, mask) - empty;
                    second[at] = call(run, TableModules.SLOTS, mask) - empty;
                }
            }
            modules.forEach(CompiledModule::close);
            return new Figures(median(instantiate), median(first), median(second), bytes);
        }
    }

    private static double call(Func run, int count, int mask) {
        long start = System.nanoTime();
        run.call(count, mask);
        return (System.nanoTime() - start) / 1e3;
    }

    private Figures other(List<String> engine, int mask, List<Path> files) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(engine);
        command.addAll(List.of("" + repetitions, "" + TableModules.SLOTS, "" + mask));
        files.forEach(f -> command.add(f.toString()));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        JsonNode line = JSON.readTree(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("failed: " + command);
        }
        return new Figures(
                line.path("instantiate_us").asDouble(),
                line.path("first_us").asDouble(),
                line.path("second_us").asDouble(),
                line.path("bytes").asLong());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }
}
