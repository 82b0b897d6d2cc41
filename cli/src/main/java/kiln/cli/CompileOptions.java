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
    private final OptionSpec target = Options.value(
            String.class,
            "--target",
            "TARGET",
            "Machine to compile for: x86_64-linux, aarch64-linux or native (default).",
            "native");
    private final OptionSpec cpu = Options.value(
            String.class,
            "--cpu",
            "CPU",
            "CPU features to use: baseline (default; x86-64-v2, ARMv8.0), "
                    + "native (what this machine has), or names joined by commas"
                    + " (x86_64: avx, avx2, avx512_bitalg, avx512vbmi, avx512vl, bmi1, bmi2, fma, lzcnt; "
                    + "aarch64: crc32, dotprod, fp16, lse).",
            "baseline");
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
    private final OptionSpec relaxedSimd = Options.value(
            String.class,
            "--relaxed-simd",
            "host|deterministic",
            "Results of relaxed SIMD operations: what is fast on the machine (host, default), "
                    + "or the same on all machines.",
            "host");
    private final OptionSpec keepAll = Options.flag("--keep-all", "Compile functions that can never run, too.");
    private final OptionSpec noInlining =
            Options.flag("--no-inlining", "Do not copy functions to where they are called.");
    private final OptionSpec eagerTables = Options.flag(
            "--eager-tables", "Fill tables of functions when an instance is made, not slot by slot on first use.");

    void addTo(CommandSpec command) {
        for (OptionSpec option : new OptionSpec[] {
            target, cpu, level, jobs, interruptible, explicitBounds, nan, relaxedSimd, keepAll, noInlining, eagerTables
        }) {
            command.addOption(option);
        }
    }

    CompilerOptions toOptions() {
        Target t = Target.of(target.getValue());
        CompilerOptions options = CompilerOptions.defaults()
                .withTarget(t)
                .withCpu(cpuFeatures(t))
                .withOptLevel(level.getValue())
                .withInterruptible(interruptible.getValue())
                .withExplicitBounds(explicitBounds.getValue())
                .withCanonicalNans(isChosen("--nan", nan.getValue(), "any", "canonical"))
                .withRelaxedSimd(
                        isChosen("--relaxed-simd", relaxedSimd.getValue(), "host", "deterministic")
                                ? CompilerOptions.RelaxedSimd.DETERMINISTIC
                                : CompilerOptions.RelaxedSimd.HOST)
                .withKeepAll(keepAll.getValue())
                .withInlining(!noInlining.<Boolean>getValue())
                .withEagerTables(eagerTables.getValue());
        Integer threads = jobs.getValue();
        return threads == null ? options : options.withJobs(threads);
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
        CompilerOptions options = toOptions();
        if (options.target() != Target.host()) {
            throw new UserError("--target " + options.target().label() + ": this machine is "
                    + Target.host().label() + "; kiln compile makes files for others");
        }
        return options;
    }

    private Set<String> cpuFeatures(Target t) {
        String cpu = this.cpu.getValue();
        if (cpu.equals("baseline")) {
            return Set.of();
        }
        if (cpu.equals("native")) {
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
