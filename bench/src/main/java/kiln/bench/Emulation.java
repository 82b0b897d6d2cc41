package kiln.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import kiln.compiler.Target;

/**
 * Runs code for both instruction sets under emulators, and makes executables of the same programs with other compilers.
 * What is missing on a machine gives NaN. The tools come as system properties from {@code bench/isa}.
 */
final class Emulation {
    private static final int TIMEOUT_SECONDS = 600;
    /** Enough for what the artifacts need, and little for the emulator to translate. */
    private static final List<String> JVM_OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-Xss2m",
            "-Xshare:auto",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED");

    private final Path root = Path.of(System.getProperty("kiln.root", "."));
    private final String jar = root.resolve("cli/target/dist/kiln.jar").toString();

    /** A program compiled by another compiler; {@code textBytes} is the code of the module alone. */
    record Executable(Path file, long textBytes) {}

    private static String tool(String name, Target target) {
        String value = System.getProperty("kiln." + name + (target == null ? "" : "." + target.label()), "");
        return value.isBlank() ? null : value;
    }

    /** Through wasm2c and a C compiler at {@code -O2}; null where that is not possible. */
    Executable compile(Path program, Target target, Path work) throws IOException, InterruptedException {
        String wasm2c = tool("wasm2c", null);
        String compiler = tool("gcc", target);
        if (wasm2c == null || compiler == null) {
            return null;
        }
        Path source = work.resolve("program.c");
        Path object = work.resolve(target.label() + ".o");
        Path executable = work.resolve(target.label() + ".exe");
        Path runtime = Path.of(tool("wasm2c.runtime", null));
        if (run(
                        work,
                        null,
                        List.of(
                                wasm2c,
                                "-n",
                                "program",
                                program.toAbsolutePath().toString(),
                                "-o",
                                source.toString()))
                != 0) {
            System.err.println("    wasm2c cannot translate it");
            return null;
        }
        List<String> flags = List.of(compiler, "-O2", "-w", "-I" + work, "-I" + runtime);
        Matcher m = Pattern.compile("Z_program_instantiate\\(([^)]*)\\)")
                .matcher(Files.readString(work.resolve("program.h")));
        if (!m.find()) {
            return null;
        }
        String arguments = m.group(1)
                .replaceAll("Z_program_instance_t\\*", "&program")
                .replaceAll("struct Z_bench_instance_t\\*", "&bench")
                .replaceAll("struct Z_wasi_snapshot_preview1_instance_t\\*", "&wasi");
        List<String> line = new ArrayList<>(flags);
        line.addAll(List.of("-c", source.toString(), "-o", object.toString()));
        List<String> link = new ArrayList<>(flags);
        link.addAll(List.of(
                "-static",
                "-DINSTANTIATE=Z_program_instantiate(" + arguments + ")",
                root.resolve("bench/native/host.c").toString(),
                runtime.resolve("wasm-rt-impl.c").toString(),
                object.toString(),
                "-lm",
                "-o",
                executable.toString()));
        if (run(work, null, line) != 0 || run(work, null, link) != 0) {
            System.err.println("    " + compiler + " cannot compile or link it");
            return null;
        }
        return new Executable(executable, executableBytes(object));
    }

    /** Bytes of the sections of an ELF file that hold code (System V ABI, "Sections"). */
    private static long executableBytes(Path object) throws IOException {
        MemorySegment elf = MemorySegment.ofArray(Files.readAllBytes(object));
        ValueLayout.OfLong u64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        ValueLayout.OfShort u16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
        long headers = elf.get(u64, 0x28);
        int size = elf.get(u16, 0x3a);
        int count = Short.toUnsignedInt(elf.get(u16, 0x3c));
        long sum = 0;
        for (int i = 0; i < count; i++) {
            long header = headers + (long) i * size;
            boolean isCode = (elf.get(u64, header + 8) & 4) != 0;
            sum += isCode ? elf.get(u64, header + 0x20) : 0;
        }
        return sum;
    }

    /** Instructions executed in the code of {@code artifact}, or NaN. */
    double countArtifact(Path artifact, Target target, Path data, Path work) throws IOException, InterruptedException {
        List<String> line = counting(target, artifact.getFileName().toString(), work);
        String java = tool("java", target);
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
        String emulator = tool("counter", target);
        String plugin = tool("plugin", null);
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
        int status = run(data, work.resolve("output"), line);
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
        String emulator = tool("emulator", Target.AARCH64_LINUX);
        String java = tool("java", Target.AARCH64_LINUX);
        if (emulator == null || java == null) {
            return Double.NaN;
        }
        List<String> line = new ArrayList<>(Arrays.asList(emulator.split(" ")));
        line.add(java);
        line.addAll(bench(artifact, data));
        Path output = artifact.resolveSibling("output");
        if (run(data, output, line) != 0) {
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
        String emulator = tool("emulator", Target.AARCH64_LINUX);
        if (emulator == null) {
            return Double.NaN;
        }
        List<String> line = new ArrayList<>(Arrays.asList(emulator.split(" ")));
        line.add(executable.toString());
        Path output = executable.resolveSibling("output");
        return run(data, output, line) == 0
                ? Double.parseDouble(Files.readString(output).strip()) / 1e6
                : Double.NaN;
    }

    private static int run(Path folder, Path output, List<String> line) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(line)
                .directory(folder.toFile())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .redirectOutput(
                        output == null ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.to(output.toFile()));
        Process process = builder.start();
        if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            return -1;
        }
        return process.exitValue();
    }
}
