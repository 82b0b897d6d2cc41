package kiln.compiler;

import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import kiln.artifact.Printable;
import kiln.codegen.Backend;
import kiln.codegen.aarch64.A64Backend;
import kiln.codegen.x64.X64Backend;

/** What machine code is made for. */
public enum Target {
    X86_64_LINUX(
            "x86_64-linux",
            new X64Backend(),
            kiln.codegen.x64.CpuFeatures.NAMES,
            kiln.codegen.x64.CpuFeatures::ofRelaxed),
    AARCH64_LINUX(
            "aarch64-linux",
            new A64Backend(),
            kiln.codegen.aarch64.CpuFeatures.NAMES,
            kiln.codegen.aarch64.CpuFeatures::ofRelaxed);

    private final String label;
    private final Backend backend;
    private final Set<String> knownFeatures;
    private final UnaryOperator<Set<String>> relaxedFeatures;

    Target(String label, Backend backend, Set<String> knownFeatures, UnaryOperator<Set<String>> relaxedFeatures) {
        this.label = label;
        this.backend = backend;
        this.knownFeatures = knownFeatures;
        this.relaxedFeatures = relaxedFeatures;
    }

    /** The machine that this JVM runs on. */
    public static Target host() {
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        return switch (arch) {
            case "amd64", "x86_64" -> X86_64_LINUX;
            case "aarch64", "arm64" -> AARCH64_LINUX;
            default ->
                throw new CompileException(
                        "there is no code generator for this machine (" + Printable.name(arch) + ")");
        };
    }

    /** From the name on the command line; {@code native} is {@link #host()}. */
    public static Target of(String name) {
        if (name.equals("native")) {
            return host();
        }
        for (Target t : values()) {
            if (t.label.equals(name)) {
                return t;
            }
        }
        throw new CompileException("unknown target " + Printable.name(name) + " (known: native, "
                + Arrays.stream(values()).map(Target::label).collect(Collectors.joining(", ")) + ")");
    }

    /** The name on the command line: {@code x86_64-linux} or {@code aarch64-linux}. */
    public String label() {
        return label;
    }

    /** The architecture as compiled files record it: {@code x86_64} or {@code aarch64}. */
    public String architecture() {
        return backend.name();
    }

    Backend backend() {
        return backend;
    }

    /** Names of the CPU features beyond the baseline that code can be made to use. */
    public Set<String> knownFeatures() {
        return knownFeatures;
    }

    /** Which results relaxed vector operations have, as files record it ({@code Compat.RELAXED_SIMD}). */
    String relaxedSimd(CompilerOptions options) {
        if (options.relaxedSimd() == CompilerOptions.RelaxedSimd.DETERMINISTIC) {
            return "deterministic";
        }
        Set<String> relevant = new TreeSet<>(relaxedFeatures.apply(options.cpu()));
        return relevant.isEmpty() ? "host" : "host+" + String.join("+", relevant);
    }

    /** Those of a machine's features that code can be made to use. */
    public Set<String> usableFeatures(Set<String> ofMachine) {
        Set<String> usable = new TreeSet<>(knownFeatures);
        usable.retainAll(ofMachine);
        return usable;
    }
}
