package kiln.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.compiler.Target;

/** Runs code for both instruction sets under emulators. What is missing on a machine gives NaN. */
final class Emulation {
    /** Enough for what the artifacts need, and little for the emulator to translate. */
    private static final List<String> JVM_OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-Xss2m",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED");

    private final Path root = Path.of(System.getProperty("kiln.root", "."));
    private final String jar = root.resolve("cli/target/dist/kiln.jar").toString();

    /** Instructions executed in the code of {@code artifact}, which is mapped from a file in memory, or NaN. */
    double countArtifact(Path artifact, Target target, Path data, Path work) throws IOException, InterruptedException {
        List<String> line = counting(target, ".cwasm", work);
        String java = Tools.find("java", target);
        if (line == null || java == null) {
            return Double.NaN;
        }
        line.add(java);
        line.addAll(bench(artifact, data));
        return counted(work, data, line);
    }

    /** Instructions executed in an executable, or NaN. */
    double countExecutable(Path executable, Target target, Path data, Path work)
            throws IOException, InterruptedException {
        List<String> line = counting(target, executable.getFileName().toString(), work);
        if (line == null) {
            return Double.NaN;
        }
        line.add(executable.toString());
        return counted(work, data, line);
    }

    private static List<String> counting(Target target, String match, Path work) {
        String emulator = Tools.find("counter", target);
        String plugin = Tools.find("plugin", null);
        if (emulator == null || plugin == null) {
            return null;
        }
        List<String> line = new ArrayList<>(Arrays.asList(emulator.split(" ")));
        line.addAll(List.of("-plugin", plugin + ",match=" + match + ",out=" + work.resolve("count")));
        return line;
    }

    private static double counted(Path work, Path data, List<String> line) throws IOException, InterruptedException {
        Path count = work.resolve("count");
        Files.deleteIfExists(count);
        int status = Tools.run(data, work.resolve("output"), line);
        if (status != 0) {
            System.err.println("    counting: exit status " + status);
        }
        return status == 0 && Files.exists(count)
                ? Double.parseDouble(Files.readString(count).strip())
                : Double.NaN;
    }

    private List<String> bench(Path artifact, Path data) {
        List<String> line = new ArrayList<>(JVM_OPTIONS);
        line.addAll(List.of(
                "-cp",
                jar,
                "kiln.cli.Main",
                "bench",
                "--iterations",
                "1",
                "--dir",
                data + "::.",
                "--json",
                artifact.toString()));
        return line;
    }

    /** CPU milliseconds of the program in {@code artifact} under emulation, or NaN. */
    double timeArtifact(Path artifact, Path data) throws IOException, InterruptedException {
        String emulator = Tools.find("emulator", Target.AARCH64_LINUX);
        String java = Tools.find("java", Target.AARCH64_LINUX);
        if (emulator == null || java == null) {
            return Double.NaN;
        }
        List<String> line = new ArrayList<>(Arrays.asList(emulator.split(" ")));
        line.add(java);
        line.addAll(bench(artifact, data));
        Path output = artifact.resolveSibling("output");
        if (Tools.run(data, output, line) != 0) {
            return Double.NaN;
        }
        String json = Files.readString(output)
                .lines()
                .filter(l -> l.startsWith("{"))
                .reduce((a, b) -> b)
                .orElse("{}");
        return new ObjectMapper().readTree(json).path("exec_cpu_ms").path(0).asDouble(Double.NaN);
    }

    /** CPU milliseconds of an executable under emulation, or NaN. */
    double timeExecutable(Path executable, Path data) throws IOException, InterruptedException {
        String emulator = Tools.find("emulator", Target.AARCH64_LINUX);
        if (emulator == null) {
            return Double.NaN;
        }
        List<String> line = new ArrayList<>(Arrays.asList(emulator.split(" ")));
        line.add(executable.toString());
        Path output = executable.resolveSibling("output");
        return Tools.run(data, output, line) == 0
                ? Double.parseDouble(Files.readString(output).strip()) / 1e6
                : Double.NaN;
    }
}
