package kiln.bench;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;
import kiln.artifact.Artifact;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.disasm.Disassembler;
import kiln.disasm.Isa;

/**
 * Compares the code for the two instruction sets with each other, and each with what C compilers make of the same
 * program by way of wasm2c: code size and number of instructions, instructions executed (counted by an emulator), and
 * CPU time under emulation.
 *
 * <p>Usage: {@code Architectures [--rounds N] [--no-times] [--no-runs] FILE|FOLDER...}; {@code bench/isa} finds the
 * tools.
 */
public final class Architectures {
    private final List<Path> programs = new ArrayList<>();
    private final Emulation emulation = new Emulation();
    private int rounds = 3;
    private boolean runs = true;
    private boolean times = true;

    private Architectures() {}

    /** What is known of one program on one instruction set; NaN where it could not be had. */
    private static final class Figures {
        double bytes = Double.NaN;
        double instructions = Double.NaN;
        double executed = Double.NaN;
        double compilerBytes = Double.NaN;
        double compilerExecuted = Double.NaN;
        final List<Double> times = new ArrayList<>();
        final List<Double> compilerTimes = new ArrayList<>();
    }

    /** Entry point of {@code bench/isa}. */
    public static void main(String[] args) throws IOException, InterruptedException {
        Architectures a = new Architectures();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--rounds" -> a.rounds = Integer.parseInt(args[++i]);
                case "--no-times" -> a.times = false;
                case "--no-runs" -> a.runs = false;
                default -> a.addPrograms(Path.of(args[i]));
            }
        }
        if (a.programs.isEmpty()) {
            System.err.println("no programs given: name .wasm files or folders of them");
            System.exit(2);
        }
        a.run();
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
        Map<String, Map<Target, Figures>> all = new LinkedHashMap<>();
        Path work = Files.createTempDirectory("kiln-isa");
        for (Path program : programs) {
            String name = Programs.name(program);
            System.err.println(name);
            try {
                all.put(name, measure(program, Files.createTempDirectory(work, "program")));
            } catch (IOException e) {
                System.err.println("    left out: " + e.getMessage());
            }
        }
        System.out.println("""
                code: text of the .cwasm in KB (1000 bytes) and its instructions, x86-64, AArch64, their ratio; \
                text by wasm2c and gcc -O2 as ratios
                """.strip());
        System.out.printf(
                Locale.ROOT,
                "%-34s %8s %8s %6s %9s %9s %6s %9s %9s%n",
                "program",
                "x64 KB",
                "a64 KB",
                "a/x",
                "x64 insn",
                "a64 insn",
                "a/x",
                "x64/gcc",
                "a64/gcc");
        List<double[]> rows = new ArrayList<>();
        all.forEach((name, f) -> {
            Figures x = f.get(Target.X86_64_LINUX);
            Figures a = f.get(Target.AARCH64_LINUX);
            double[] r = {
                a.bytes / x.bytes, a.instructions / x.instructions, x.bytes / x.compilerBytes, a.bytes / a.compilerBytes
            };
            rows.add(r);
            System.out.printf(
                    Locale.ROOT,
                    "%-34s %8.1f %8.1f %6.2f %9.0f %9.0f %6.2f %9.2f %9.2f%n",
                    name,
                    x.bytes / 1e3,
                    a.bytes / 1e3,
                    r[0],
                    x.instructions,
                    a.instructions,
                    r[1],
                    r[2],
                    r[3]);
        });
        System.out.printf(
                Locale.ROOT,
                "%-34s %8s %8s %6.2f %9s %9s %6.2f %9.2f %9.2f%n%n",
                "geometric mean",
                "",
                "",
                mean(rows, r -> r[0]),
                "",
                "",
                mean(rows, r -> r[1]),
                mean(rows, r -> r[2]),
                mean(rows, r -> r[3]));
        if (runs) {
            printRuns(all);
        }
    }

    private void printRuns(Map<String, Map<Target, Figures>> all) {
        System.out.println(
                "execution: millions of instructions in generated code, and CPU milliseconds on an emulated AArch64, "
                        + "against wasm2c and gcc -O2");
        System.out.printf(
                Locale.ROOT,
                "%-34s %9s %9s %6s %8s %8s %10s %10s %16s%n",
                "program",
                "x64 M",
                "a64 M",
                "a/x",
                "x64/gcc",
                "a64/gcc",
                "kiln ms",
                "gcc ms",
                "kiln/gcc");
        List<double[]> rows = new ArrayList<>();
        all.forEach((name, f) -> {
            Figures x = f.get(Target.X86_64_LINUX);
            Figures a = f.get(Target.AARCH64_LINUX);
            double ms = Programs.median(a.times);
            double gcc = Programs.median(a.compilerTimes);
            double[] r = {
                a.executed / x.executed, x.executed / x.compilerExecuted, a.executed / a.compilerExecuted, ms / gcc
            };
            rows.add(r);
            System.out.printf(
                    Locale.ROOT,
                    "%-34s %9.1f %9.1f %6.2f %8.2f %8.2f %10.1f %10.1f %5.2f (%.2f-%.2f)%n",
                    name,
                    x.executed / 1e6,
                    a.executed / 1e6,
                    r[0],
                    r[1],
                    r[2],
                    ms,
                    gcc,
                    r[3],
                    Programs.min(a.times) / Programs.max(a.compilerTimes),
                    Programs.max(a.times) / Programs.min(a.compilerTimes));
        });
        System.out.printf(
                Locale.ROOT,
                "%-34s %9s %9s %6.2f %8.2f %8.2f %10s %10s %5.2f%n",
                "geometric mean",
                "",
                "",
                mean(rows, r -> r[0]),
                mean(rows, r -> r[1]),
                mean(rows, r -> r[2]),
                "",
                "",
                mean(rows, r -> r[3]));
    }

    /** Geometric mean of what is known. */
    private static double mean(List<double[]> rows, ToDoubleFunction<double[]> column) {
        return Math.exp(rows.stream()
                .mapToDouble(column)
                .filter(Double::isFinite)
                .map(Math::log)
                .average()
                .orElse(Double.NaN));
    }

    private Map<Target, Figures> measure(Path program, Path work) throws IOException, InterruptedException {
        Map<Target, Figures> figures = new EnumMap<>(Target.class);
        Map<Target, Path> artifacts = new EnumMap<>(Target.class);
        Map<Target, Path> compiled = new EnumMap<>(Target.class);
        for (Target target : Target.values()) {
            Figures f = new Figures();
            figures.put(target, f);
            Path artifact = work.resolve(target.label() + ".cwasm");
            artifacts.put(target, artifact);
            Files.write(
                    artifact,
                    Compiler.compile(
                            program.getFileName().toString(),
                            Files.readAllBytes(program),
                            CompilerOptions.defaults().withTarget(target)));
            count(artifact, target, f);
            Wasm2c.Executable gcc = Wasm2c.compile(program, target, work);
            if (gcc != null) {
                f.compilerBytes = gcc.textBytes();
                compiled.put(target, gcc.file());
            }
        }
        if (runs) {
            Path data = Programs.data(program);
            for (Target target : Target.values()) {
                Figures f = figures.get(target);
                f.executed = emulation.countArtifact(artifacts.get(target), target, data, work);
                if (compiled.containsKey(target)) {
                    f.compilerExecuted = emulation.countExecutable(compiled.get(target), target, data, work);
                }
            }
            Figures f = figures.get(Target.AARCH64_LINUX);
            // Taking turns, so that a slow spell of the machine hits both alike.
            for (int round = 0; times && round < rounds; round++) {
                f.times.add(emulation.timeArtifact(artifacts.get(Target.AARCH64_LINUX), data));
                if (compiled.containsKey(Target.AARCH64_LINUX)) {
                    f.compilerTimes.add(emulation.timeExecutable(compiled.get(Target.AARCH64_LINUX), data));
                }
            }
        }
        return figures;
    }

    private static void count(Path file, Target target, Figures f) {
        Isa isa = target == Target.X86_64_LINUX ? Isa.X86_64 : Isa.AARCH64;
        try (Artifact artifact = Artifact.open(file)) {
            f.bytes = artifact.textLength();
            if (!Disassembler.isAvailable()) {
                return;
            }
            long n = 0;
            try (Disassembler d = new Disassembler(isa)) {
                for (int i = 0; i < artifact.index().entries(); i++) {
                    if (artifact.index().length(i) > 0) {
                        byte[] code = artifact.text()
                                .asSlice(
                                        artifact.index().start(i),
                                        artifact.index().length(i))
                                .toArray(ValueLayout.JAVA_BYTE);
                        n += d.disassemble(code, 0).stream()
                                .filter(in -> !in.isData())
                                .count();
                    }
                }
            }
            f.instructions = n;
        }
    }
}
