package kiln.compiler;

import java.util.Set;
import java.util.TreeSet;
import kiln.wasm.Features;

/**
 * How to compile. Two compilations of one input with equal options give equal bytes, except that {@code jobs} and {@code check} never matter.
 *
 * @param target machine to compile for
 * @param cpu names of CPU features that may be used beyond the baseline
 * @param optLevel 0 compiles fast, 2 runs fast
 * @param jobs threads to compile with
 * @param interruptible whether running code can be stopped by a deadline or by interrupting its thread
 * @param explicitBounds whether every memory access is checked by an instruction instead of by guard pages
 * @param canonicalNans whether floating-point instructions give only the canonical NaN
 * @param keepAll whether functions that can never run are compiled, too
 * @param inlining whether level 2 replaces calls by copies of what they call
 * @param eagerTables whether tables are filled at instantiation instead of slot by slot on first use
 * @param strip what to leave out of the file
 * @param check whether the IR and the register allocation are verified on the way (slow; for tests)
 * @param features WebAssembly proposals accepted
 */
public record CompilerOptions(
        Target target,
        Set<String> cpu,
        int optLevel,
        int jobs,
        boolean interruptible,
        boolean explicitBounds,
        boolean canonicalNans,
        boolean keepAll,
        boolean inlining,
        boolean eagerTables,
        Strip strip,
        boolean check,
        Features features) {

    /** Parts of a file that running does not need. */
    public enum Strip {
        NOTHING,
        NAMES,
        OFFSETS,
        ALL
    }

    public CompilerOptions {
        cpu = Set.copyOf(cpu);
        if (optLevel < 0 || optLevel > 2) {
            throw new CompileException("optimisation level " + optLevel + " (known: 0, 1, 2)");
        }
        if (jobs < 1) {
            throw new CompileException("at least one job is needed");
        }
    }

    /** Level 2 for this machine's architecture, baseline features, all processors. */
    public static CompilerOptions defaults() {
        return new CompilerOptions(
                Target.host(),
                Set.of(),
                2,
                Runtime.getRuntime().availableProcessors(),
                false,
                false,
                false,
                false,
                true,
                false,
                Strip.NOTHING,
                false,
                Features.ALL);
    }

    public CompilerOptions withTarget(Target t) {
        return new CompilerOptions(
                t,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withCpu(Set<String> c) {
        return new CompilerOptions(
                target,
                c,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withOptLevel(int level) {
        return new CompilerOptions(
                target,
                cpu,
                level,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withJobs(int n) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                n,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withInterruptible(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                b,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withExplicitBounds(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                b,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withCanonicalNans(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                b,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withKeepAll(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                b,
                inlining,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withInlining(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                b,
                eagerTables,
                strip,
                check,
                features);
    }

    public CompilerOptions withEagerTables(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                b,
                strip,
                check,
                features);
    }

    public CompilerOptions withStrip(Strip s) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                s,
                check,
                features);
    }

    public CompilerOptions withCheck(boolean b) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                b,
                features);
    }

    public CompilerOptions withFeatures(Features f) {
        return new CompilerOptions(
                target,
                cpu,
                optLevel,
                jobs,
                interruptible,
                explicitBounds,
                canonicalNans,
                keepAll,
                inlining,
                eagerTables,
                strip,
                check,
                f);
    }

    /** Everything that decides about the bytes of the result, in one line; also recorded in the file. */
    public String describe() {
        return "target=" + target.label()
                + " cpu=" + String.join("+", new TreeSet<>(cpu))
                + " O" + optLevel
                + (interruptible ? " interruptible" : "")
                + (explicitBounds ? " explicit-bounds" : "")
                + (canonicalNans ? " canonical-nans" : "")
                + (keepAll ? " keep-all" : "")
                + (inlining ? "" : " no-inlining")
                + (eagerTables ? " eager-tables" : "")
                + (strip == Strip.NOTHING ? "" : " strip=" + strip.name().toLowerCase(java.util.Locale.ROOT));
    }
}
