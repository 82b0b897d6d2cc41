package kiln.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import kiln.compiler.Target;

/**
 * Runs benchmark programs on Kiln and on other engines, taking turns, and prints each figure as a ratio to the first
 * other engine that is there (Wasmtime where given, else V8): medians over rounds, with the spread from the fastest to
 * the slowest run.
 *
 * <p>Usage:
 * {@code Compare [--rounds N] [--iterations N] [--baseline] [--kiln COMMAND] [--node COMMAND] [--wasmtime PYTHON]
 * [--gcc] [--json FILE] FILE|FOLDER...}; with {@code --baseline} Kiln runs a second time, with {@code --cpu baseline};
 * with {@code --gcc} the programs also run as wasm2c and gcc make executables of them.
 */
public final class Compare {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KILN = "kiln";
    /** Kiln with all that this machine has. */
    private static final String BASELINE = "baseline";

    private static final String GCC = "gcc";

    private final Map<String, List<String>> engines = new LinkedHashMap<>();
    private final List<Path> programs = new ArrayList<>();
    private int rounds = 3;
    private int iterations = 3;
    private Path json;
    private boolean isBaselineWanted;
    private boolean isGccWanted;

    private Compare() {}

    /** What one engine did with one program, over all rounds. */
    private static final class Figures {
        final List<Double> compile = new ArrayList<>();
        final List<Double> exec = new ArrayList<>();
        final List<Double> instantiate = new ArrayList<>();
        long bytes;
        String error;

        void add(JsonNode line) {
            compile.add(line.path("compile_cpu_ms").asDouble());
            line.path("exec_cpu_ms").forEach(v -> exec.add(v.asDouble()));
            JsonNode us = line.path("instantiate_us");
            if (us.isArray()) {
                us.forEach(v -> instantiate.add(v.asDouble()));
            } else if (us.isNumber()) {
                instantiate.add(us.asDouble());
            }
            bytes = line.path("cwasm_bytes").asLong();
        }
    }

    /** Entry point of {@code bench/run}. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Compare compare = new Compare();
        Path root = Path.of(System.getProperty("kiln.root", "."));
        compare.engines.put(KILN, List.of(root.resolve("kiln").toString()));
        List<String> node = List.of("node");
        List<String> wasmtime = null;
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--rounds" -> compare.rounds = Integer.parseInt(args[++i]);
                case "--iterations" -> compare.iterations = Integer.parseInt(args[++i]);
                case "--kiln" -> compare.engines.put(KILN, List.of(args[++i].split(" ")));
                case "--node" -> node = List.of(args[++i].split(" "));
                case "--wasmtime" ->
                    wasmtime = List.of(
                            args[++i], root.resolve("bench/engines/wasmtime.py").toString());
                case "--gcc" -> compare.isGccWanted = true;
                case "--baseline" -> compare.isBaselineWanted = true;
                case "--json" -> compare.json = Path.of(args[++i]);
                default -> compare.addPrograms(Path.of(args[i]));
            }
        }
        if (compare.programs.isEmpty()) {
            System.err.println("no benchmark programs given: name .wasm files or folders of them");
            System.exit(2);
        }
        if (compare.isBaselineWanted) {
            compare.engines.put(BASELINE, compare.engines.get(KILN));
        }
        if (wasmtime != null) {
            compare.engines.put("wasmtime", wasmtime);
        }
        List<String> v8 = new ArrayList<>(node);
        v8.addAll(List.of(
                "--no-liftoff",
                "--no-wasm-tier-up",
                "--no-wasm-lazy-compilation",
                root.resolve("bench/engines/v8.mjs").toString()));
        compare.engines.put("v8", v8);
        if (compare.isGccWanted) {
            // Its command is the executable, which each program has one of.
            compare.engines.put(GCC, List.of());
        }
        compare.run();
    }

    private void addPrograms(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            try (Stream<Path> files = Files.walk(path)) {
                files.filter(p -> p.toString().endsWith(".wasm")).sorted().forEach(programs::add);
            }
        } else {
            programs.add(path);
        }
    }

    private void run() throws IOException, InterruptedException {
        String base =
                engines.keySet().stream().filter(e -> !isKiln(e)).findFirst().orElseThrow();
        System.out.printf(Locale.ROOT, "%-34s %9s", "program", KILN + " ms");
        for (String engine : engines.keySet()) {
            if (!engine.equals(KILN)) {
                boolean isBaseline = engine.equals(BASELINE);
                System.out.printf(
                        " %12s %16s", engine + " ms", isBaseline ? BASELINE + "/" + base : KILN + "/" + engine);
            }
        }
        System.out.printf(" %10s %8s %8s%n", "compile ms", "/" + base, "size/" + base);
        Map<String, Double> logSums = new LinkedHashMap<>();
        Map<String, Integer> counts = new LinkedHashMap<>();
        for (Path program : programs) {
            Map<String, Figures> figures = measure(program);
            printRow(program, figures, base);
            for (String kiln : engines.keySet()) {
                for (String other : engines.keySet()) {
                    Figures k = figures.get(kiln);
                    Figures o = figures.get(other);
                    if (isKiln(kiln) && !isKiln(other) && k.error == null && o.error == null) {
                        double ratio = Programs.median(k.exec) / Programs.median(o.exec);
                        logSums.merge(kiln + "/" + other, Math.log(ratio), Double::sum);
                        counts.merge(kiln + "/" + other, 1, Integer::sum);
                    }
                }
            }
        }
        logSums.forEach((ratio, sum) -> System.out.printf(
                Locale.ROOT,
                "geometric mean of %s over %d programs: %.3f%n",
                ratio,
                counts.get(ratio),
                Math.exp(sum / counts.get(ratio))));
    }

    private static boolean isKiln(String engine) {
        return engine.equals(KILN) || engine.equals(BASELINE);
    }

    /** All engines in turn, round after round, so that a slow spell of the machine hits them alike. */
    private Map<String, Figures> measure(Path program) throws IOException, InterruptedException {
        Map<String, Figures> figures = new LinkedHashMap<>();
        engines.keySet().forEach(e -> figures.put(e, new Figures()));
        Path work = Files.createTempDirectory("kiln-bench");
        try {
            Wasm2c.Executable gcc = isGccWanted ? Wasm2c.compile(program, Target.host(), work) : null;
            Path output = work.resolve("output");
            for (int round = 0; round < rounds; round++) {
                for (Map.Entry<String, List<String>> e : engines.entrySet()) {
                    Figures f = figures.get(e.getKey());
                    if (f.error == null) {
                        JsonNode line = e.getKey().equals(GCC)
                                ? run(gcc, program, output, f)
                                : run(e.getKey(), e.getValue(), program, output, f);
                        if (line != null) {
                            f.add(line);
                            keep(e.getKey(), line);
                        }
                    }
                }
            }
        } finally {
            delete(work);
        }
        return figures;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder);
    }

    private void keep(String engine, JsonNode line) throws IOException {
        if (json != null) {
            Files.writeString(json, engine + " " + line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        }
    }

    /** An executable's iterations, each of which is a process; what they print, in the form of other engines' line. */
    private JsonNode run(Wasm2c.Executable executable, Path program, Path output, Figures figures)
            throws IOException, InterruptedException {
        if (executable == null) {
            figures.error = "not compiled";
            return null;
        }
        ObjectNode line = JSON.createObjectNode().put("engine", GCC).put("file", program.toString());
        ArrayNode times = line.putArray("exec_cpu_ms");
        for (int i = 0; i < iterations; i++) {
            int status = Tools.run(
                    Programs.data(program), output, List.of(executable.file().toString()));
            if (status != 0) {
                figures.error = "exit " + status;
                return null;
            }
            times.add(Double.parseDouble(Files.readString(output).strip()) / 1e6);
        }
        return line;
    }

    /** One run of an engine's command; the last line of its output that is an object, or null with the error noted. */
    private JsonNode run(String engine, List<String> command, Path program, Path output, Figures figures)
            throws IOException, InterruptedException {
        String folder = Programs.data(program).toString();
        List<String> line = new ArrayList<>(command);
        if (isKiln(engine)) {
            line.addAll(List.of("bench", "--iterations", "" + iterations, "--dir", folder + "::.", "--json"));
            if (engine.equals(BASELINE)) {
                line.addAll(List.of("--cpu", "baseline"));
            }
            line.add(program.toString());
        } else {
            line.addAll(List.of("" + iterations, program.toString(), folder));
        }
        Process process = new ProcessBuilder(line)
                .redirectOutput(output.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (!process.waitFor(300, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            figures.error = "too slow";
            return null;
        }
        if (process.exitValue() != 0) {
            figures.error = "exit " + process.exitValue();
            return null;
        }
        return JSON.readTree(Files.readString(output)
                .lines()
                .filter(l -> l.startsWith("{"))
                .reduce((a, b) -> b)
                .orElse("{}"));
    }

    private static void printRow(Path program, Map<String, Figures> figures, String base) {
        Figures kiln = figures.get(KILN);
        System.out.printf(
                Locale.ROOT,
                "%-34s %9s",
                Programs.name(program),
                kiln.error != null ? kiln.error : String.format(Locale.ROOT, "%.2f", Programs.median(kiln.exec)));
        Figures b = figures.get(base);
        figures.forEach((engine, f) -> {
            if (engine.equals(KILN)) {
                return;
            }
            Figures above = engine.equals(BASELINE) ? f : kiln;
            Figures below = engine.equals(BASELINE) ? b : f;
            if (above.error != null || below.error != null) {
                System.out.printf(" %12s %16s", f.error != null ? f.error : "", "-");
            } else {
                System.out.printf(
                        Locale.ROOT,
                        " %12.2f %5.2f (%.2f-%.2f)",
                        Programs.median(f.exec),
                        Programs.median(above.exec) / Programs.median(below.exec),
                        Programs.min(above.exec) / Programs.max(below.exec),
                        Programs.max(above.exec) / Programs.min(below.exec));
            }
        });
        if (kiln.error == null && b.error == null) {
            System.out.printf(
                    Locale.ROOT,
                    " %10.1f %8.2f %8s",
                    Programs.median(kiln.compile),
                    Programs.median(kiln.compile) / Programs.median(b.compile),
                    b.bytes > 0 ? String.format(Locale.ROOT, "%.2f", (double) kiln.bytes / b.bytes) : "-");
        }
        System.out.println();
    }
}
