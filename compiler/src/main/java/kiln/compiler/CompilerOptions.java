package kiln.compiler;

import java.util.Set;
import java.util.TreeSet;
import kiln.wasm.Features;

/**
 * How to compile. Two compilations of one input with equal options give equal bytes, except that {@code jobs} and
 * {@code check} never matter. Each {@code with} method gives the same options but for one, and refuses as the
 * constructor does.
 *
 * @param target machine to compile for
 * @param cpu names of CPU features that may be used beyond the baseline
 * @param optLevel 0 compiles fast, 2 runs fast
 * @param jobs threads to compile with
 * @param interruptible whether running code can be stopped by a deadline or by interrupting its thread
 * @param explicitBounds whether every memory access is checked by an instruction instead of by guard pages
 * @param canonicalNans whether floating-point instructions give only the canonical NaN
 * @param relaxedSimd which results relaxed vector operations have
 * @param keepAll whether functions that can never run are compiled, too
 * @param inlining whether level 2 replaces calls by copies of what they call
 * @param eagerTables whether tables are filled at instantiation instead of slot by slot on first use
 * @param strip what to leave out of the file
 * @param debugInfo whether source lines out of the module's DWARF are kept, and positions of all instructions
 * @param check whether the IR and the register allocation are verified on the way (slow; for tests)
 * @param features names of the WebAssembly proposals accepted, as their repositories spell them ({@code simd},
 *     {@code tail-call}, ...)
 */
public record CompilerOptions(
        Target target,
        Set<String> cpu,
        int optLevel,
        int jobs,
        boolean interruptible,
        boolean explicitBounds,
        boolean canonicalNans,
        RelaxedSimd relaxedSimd,
        boolean keepAll,
        boolean inlining,
        boolean eagerTables,
        Strip strip,
        boolean debugInfo,
        boolean check,
        Set<String> features) {

    /** Results of vector operations that WebAssembly leaves to the machine for some operands. */
    public enum RelaxedSimd {
        /** What takes the machine the fewest instructions. */
        HOST,
        /** Those of WebAssembly's deterministic profile, the same on every machine. */
        DETERMINISTIC
    }

    /** Parts of a file that running does not need. */
    public enum Strip {
        /** All parts stay. */
        NOTHING,
        /** Names of functions, which backtraces show. */
        NAMES,
        /** Where in the module instructions come from. */
        OFFSETS,
        /** Both. */
        ALL
    }

    public CompilerOptions {
        cpu = Set.copyOf(cpu);
        features = Features.named(features).names();
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
                RelaxedSimd.HOST,
                false,
                true,
                false,
                Strip.NOTHING,
                false,
                false,
                Features.ALL.names());
    }

    public CompilerOptions withTarget(Target target) {
        Draft draft = new Draft(this);
        draft.target = target;
        return draft.options();
    }

    public CompilerOptions withCpu(Set<String> cpu) {
        Draft draft = new Draft(this);
        draft.cpu = cpu;
        return draft.options();
    }

    public CompilerOptions withOptLevel(int optLevel) {
        Draft draft = new Draft(this);
        draft.optLevel = optLevel;
        return draft.options();
    }

    public CompilerOptions withJobs(int jobs) {
        Draft draft = new Draft(this);
        draft.jobs = jobs;
        return draft.options();
    }

    public CompilerOptions withInterruptible(boolean interruptible) {
        Draft draft = new Draft(this);
        draft.interruptible = interruptible;
        return draft.options();
    }

    public CompilerOptions withExplicitBounds(boolean explicitBounds) {
        Draft draft = new Draft(this);
        draft.explicitBounds = explicitBounds;
        return draft.options();
    }

    public CompilerOptions withCanonicalNans(boolean canonicalNans) {
        Draft draft = new Draft(this);
        draft.canonicalNans = canonicalNans;
        return draft.options();
    }

    public CompilerOptions withRelaxedSimd(RelaxedSimd relaxedSimd) {
        Draft draft = new Draft(this);
        draft.relaxedSimd = relaxedSimd;
        return draft.options();
    }

    public CompilerOptions withKeepAll(boolean keepAll) {
        Draft draft = new Draft(this);
        draft.keepAll = keepAll;
        return draft.options();
    }

    public CompilerOptions withInlining(boolean inlining) {
        Draft draft = new Draft(this);
        draft.inlining = inlining;
        return draft.options();
    }

    public CompilerOptions withEagerTables(boolean eagerTables) {
        Draft draft = new Draft(this);
        draft.eagerTables = eagerTables;
        return draft.options();
    }

    public CompilerOptions withStrip(Strip strip) {
        Draft draft = new Draft(this);
        draft.strip = strip;
        return draft.options();
    }

    public CompilerOptions withDebugInfo(boolean debugInfo) {
        Draft draft = new Draft(this);
        draft.debugInfo = debugInfo;
        return draft.options();
    }

    public CompilerOptions withCheck(boolean check) {
        Draft draft = new Draft(this);
        draft.check = check;
        return draft.options();
    }

    /** @throws IllegalArgumentException if one is unknown */
    public CompilerOptions withFeatures(Set<String> features) {
        Draft draft = new Draft(this);
        draft.features = features;
        return draft.options();
    }

    /** Everything that decides about the bytes of the result, in one line; also recorded in the file. */
    public String describe() {
        return "target=" + target.label()
                + " cpu=" + String.join("+", new TreeSet<>(cpu))
                + " O" + optLevel
                + (interruptible ? " interruptible" : "")
                + (explicitBounds ? " explicit-bounds" : "")
                + (canonicalNans ? " canonical-nans" : "")
                + (relaxedSimd == RelaxedSimd.DETERMINISTIC ? " relaxed-simd=deterministic" : "")
                + (keepAll ? " keep-all" : "")
                + (inlining ? "" : " no-inlining")
                + (eagerTables ? " eager-tables" : "")
                + (debugInfo ? " debug-info" : "")
                + (strip == Strip.NOTHING ? "" : " strip=" + strip.name().toLowerCase(java.util.Locale.ROOT));
    }

    /** Options that are being changed. */
    private static final class Draft {
        private Target target;
        private Set<String> cpu;
        private int optLevel;
        private int jobs;
        private boolean interruptible;
        private boolean explicitBounds;
        private boolean canonicalNans;
        private RelaxedSimd relaxedSimd;
        private boolean keepAll;
        private boolean inlining;
        private boolean eagerTables;
        private Strip strip;
        private boolean debugInfo;
        private boolean check;
        private Set<String> features;

        Draft(CompilerOptions from) {
            target = from.target;
            cpu = from.cpu;
            optLevel = from.optLevel;
            jobs = from.jobs;
            interruptible = from.interruptible;
            explicitBounds = from.explicitBounds;
            canonicalNans = from.canonicalNans;
            relaxedSimd = from.relaxedSimd;
            keepAll = from.keepAll;
            inlining = from.inlining;
            eagerTables = from.eagerTables;
            strip = from.strip;
            debugInfo = from.debugInfo;
            check = from.check;
            features = from.features;
        }

        CompilerOptions options() {
            return new CompilerOptions(
                    target,
                    cpu,
                    optLevel,
                    jobs,
                    interruptible,
                    explicitBounds,
                    canonicalNans,
                    relaxedSimd,
                    keepAll,
                    inlining,
                    eagerTables,
                    strip,
                    debugInfo,
                    check,
                    features);
        }
    }
}
