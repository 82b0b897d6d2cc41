package kiln.cli;

import java.util.Set;
import java.util.TreeSet;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import picocli.CommandLine.Option;

/** Options that say how to compile, common to the commands that do. */
final class CompileOptions {
    @Option(names = "--target", paramLabel = "TARGET", defaultValue = "native",
            description = "Machine to compile for: x86_64-linux, aarch64-linux or native (default).")
    String target;

    @Option(names = "--cpu", paramLabel = "CPU", defaultValue = "baseline",
            description = "CPU features to use: baseline (default; x86-64-v2, ARMv8.0), native, or names joined by commas.")
    String cpu;

    @Option(names = "-O", paramLabel = "LEVEL", defaultValue = "2", description = "Optimisation level: 0 compiles fast, 2 (default) runs fast.")
    int level;

    @Option(names = "--jobs", paramLabel = "N", description = "Threads to compile with (default: one for each processor).")
    Integer jobs;

    @Option(names = "--interruptible", description = "Compile checks that let a deadline or an interruption stop the program.")
    boolean interruptible;

    @Option(names = "--explicit-bounds", description = "Check every memory access by an instruction instead of by guard pages.")
    boolean explicitBounds;

    @Option(names = "--keep-all", description = "Compile functions that can never run, too.")
    boolean keepAll;

    @Option(names = "--no-inlining", description = "Do not copy functions to where they are called.")
    boolean noInlining;

    CompilerOptions toOptions() {
        Target t = Target.of(target);
        CompilerOptions options = CompilerOptions.defaults()
                .withTarget(t)
                .withCpu(cpuFeatures(t))
                .withOptLevel(level)
                .withInterruptible(interruptible)
                .withExplicitBounds(explicitBounds)
                .withKeepAll(keepAll)
                .withInlining(!noInlining);
        return jobs == null ? options : options.withJobs(jobs);
    }

    private Set<String> cpuFeatures(Target t) {
        if (cpu.equals("baseline")) {
            return Set.of();
        }
        if (cpu.equals("native")) {
            if (t != Target.host()) {
                throw new UserError("--cpu native is for this machine, but the target is " + t.label());
            }
            return t.usableFeatures(HostCpu.current().features());
        }
        Set<String> names = new TreeSet<>(Set.of(cpu.split("[,+]")));
        for (String name : names) {
            if (!t.knownFeatures().contains(name)) {
                throw new UserError("unknown CPU feature " + name + " for " + t.label() + " (known: "
                        + String.join(", ", new TreeSet<>(t.knownFeatures())) + ")");
            }
        }
        return names;
    }
}
