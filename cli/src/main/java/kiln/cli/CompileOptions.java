package kiln.cli;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import kiln.artifact.Printable;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Options that say how to compile, common to the commands that do. */
final class CompileOptions {
    private static final String BASELINE = "baseline";
    private static final String NATIVE = "native";

    static final String CPU_DESCRIPTION = "CPU features to use: baseline (x86-64-v2, ARMv8.0), "
            + "native (what this machine has), or names joined by commas"
            + " (x86_64: avx, avx2, avx512_bitalg, avx512vbmi, avx512vl, bmi1, bmi2, fma, lzcnt; "
            + "aarch64: crc32, dotprod, fp16, lse). Default: ";
    static final String RELAXED_SIMD_DESCRIPTION =
            "Results of relaxed SIMD operations: what is fast on the machine (host, default), "
                    + "or the same on all machines.";

    private final OptionSpec target = Options.value(
            String.class,
            "--target",
            "TARGET",
            "Machine to compile for: x86_64-linux, aarch64-linux or native (default).",
            "native");
    private final OptionSpec cpu;
    private final OptionSpec level = Options.value(
            int.class, "-O", "LEVEL", "Optimisation level: 0 compiles fast, 1 is between, 2 (default) runs fast.", "2");
    private final OptionSpec jobs =
            Options.value(Integer.class, "--jobs", "N", "Threads to compile with (default: one for each processor).");
    private final OptionSpec interruptible =
            Options.flag("--interruptible", "Compile checks that let a deadline or an interruption stop the program.");
    private final OptionSpec explicitBounds =
            Options.flag("--explicit-bounds", "Check every memory access by an instruction instead of by guard pages.");
    private final OptionSpec nan = Options.value(
            String.class,
            "--nan",
            "any|canonical",
            "NaNs that arithmetic makes: those of the machine (any, default), or only the canonical one.",
            "any");
    private final OptionSpec relaxedSimd =
            Options.value(String.class, "--relaxed-simd", "host|deterministic", RELAXED_SIMD_DESCRIPTION, "host");
    private final OptionSpec keepAll = Options.flag("--keep-all", "Compile functions that can never run, too.");
    private final OptionSpec noInlining =
            Options.flag("--no-inlining", "Do not copy functions to where they are called.");
    private final OptionSpec eagerTables = Options.flag(
            "--eager-tables", "Fill tables of functions when an instance is made, not slot by slot on first use.");

    private final OptionSpec debugInfo = Options.flag(
            "--debug-info",
            "Keep where each instruction comes from, with source lines if the module has DWARF: for backtraces, "
                    + "objdump and profilers.");

    private CompileOptions(String defaultCpu) {
        cpu = Options.value(String.class, "--cpu", "CPU", CPU_DESCRIPTION + defaultCpu + ".", defaultCpu);
    }

    /** For files, which other machines are to run, too: the baseline unless more is asked for. */
    static CompileOptions forFiles() {
        return new CompileOptions(BASELINE);
    }

    /** For code that does not leave this machine: what its processor has, unless less is asked for. */
    static CompileOptions forThisMachine() {
        return new CompileOptions(NATIVE);
    }

    void addTo(CommandSpec command) {
        Options.add(
                command,
                target,
                cpu,
                level,
                jobs,
                interruptible,
                explicitBounds,
                nan,
                relaxedSimd,
                keepAll,
                noInlining,
                eagerTables,
                debugInfo);
    }

    CompilerOptions toOptions() {
        Target t = Target.of(target.getValue());
        CompilerOptions options = CompilerOptions.defaults()
                .withTarget(t)
                .withCpu(cpuFeatures(t, cpu.getValue()))
                .withOptLevel(level.getValue())
                .withInterruptible(interruptible.getValue())
                .withExplicitBounds(explicitBounds.getValue())
                .withCanonicalNans(isChosen("--nan", nan.getValue(), "any", "canonical"))
                .withRelaxedSimd(relaxedSimd(relaxedSimd.getValue()))
                .withKeepAll(keepAll.getValue())
                .withInlining(!noInlining.<Boolean>getValue())
                .withEagerTables(eagerTables.getValue())
                .withDebugInfo(debugInfo.getValue());
        Integer threads = jobs.getValue();
        return threads == null ? options : options.withJobs(threads);
    }

    /** The choice that a value of --relaxed-simd names. */
    static CompilerOptions.RelaxedSimd relaxedSimd(String value) {
        return isChosen("--relaxed-simd", value, "host", "deterministic")
                ? CompilerOptions.RelaxedSimd.DETERMINISTIC
                : CompilerOptions.RelaxedSimd.HOST;
    }

    /** Whether an option has the second of its two values instead of the first. */
    private static boolean isChosen(String option, String value, String first, String second) {
        if (value.equals(first) || value.equals(second)) {
            return value.equals(second);
        }
        throw new UserError(option + "=" + Printable.name(value) + ": known are " + first + ", " + second);
    }

    /** For code that is to run here and now. */
    CompilerOptions toHostOptions() {
        Target t = Target.of(target.getValue());
        if (t != Target.host()) {
            throw new UserError("--target " + t.label() + ": this machine is "
                    + Target.host().label() + "; kiln compile makes files for others");
        }
        return toOptions();
    }

    /** The features of {@code t} that a value of --cpu names. */
    static Set<String> cpuFeatures(Target t, String cpu) {
        if (cpu.equals(BASELINE)) {
            return Set.of();
        }
        if (cpu.equals(NATIVE)) {
            if (t != Target.host()) {
                throw new UserError("--cpu native is for this machine, but the target is " + t.label());
            }
            return t.usableFeatures(HostCpu.current().features());
        }
        Set<String> names = new TreeSet<>(List.of(cpu.split("[,+]")));
        for (String name : names) {
            if (!t.knownFeatures().contains(name)) {
                throw new UserError("unknown CPU feature " + Printable.name(name) + " for " + t.label() + " (known: "
                        + String.join(", ", new TreeSet<>(t.knownFeatures())) + ")");
            }
        }
        return names;
    }
}
