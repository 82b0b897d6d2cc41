package kiln.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Benchmark programs as suites lay them out, and the statistics of what was measured. */
final class Programs {
    private Programs() {}

    /** Suites call many programs {@code benchmark.wasm}, each in a folder of its own. */
    static String name(Path program) {
        return program.getFileName().toString().equals("benchmark.wasm")
                ? program.toAbsolutePath().getParent().getFileName().toString()
                : program.getFileName().toString().replace(".wasm", "");
    }

    /** The folder of the program's input, which may lie beside it. */
    static Path data(Path program) {
        Path beside = program.toAbsolutePath().getParent();
        return Files.isDirectory(beside.resolve("data")) ? beside.resolve("data") : beside;
    }

    static double median(List<Double> values) {
        double[] sorted =
                values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
        return sorted.length == 0 ? Double.NaN : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
    }

    static double min(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
    }

    static double max(List<Double> values) {
        return values.stream().mapToDouble(Double::doubleValue).max().orElse(Double.NaN);
    }
}
