package kiln.tests.faults;

import java.io.IOException;
import java.io.PrintStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import kiln.compiler.CompileException;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.loader.HostCpu;
import kiln.runtime.Engine;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import kiln.translate.UnsupportedFeatureException;

/**
 * A process that compiles and runs mutants of WebAssembly modules, because they might kill it; see
 * {@link ChildBatches}.
 */
public final class FuzzWorker {
    private static final Duration TIME = Duration.ofMillis(Corpus.EMULATED ? 400 : 40);

    private final ModuleMutator mutator;
    private final Map<String, Integer> counts = new TreeMap<>();
    private final List<String> failures = new ArrayList<>();

    private FuzzWorker(List<byte[]> originals) {
        mutator = new ModuleMutator(originals);
    }

    public static void main(String[] args) throws IOException {
        FuzzWorker worker = new FuzzWorker(Originals.read(Path.of(args[0]), Path.of(args[1])));
        if (args[2].equals("--show")) {
            worker.show(Long.parseLong(args[3]), Path.of(args[4]));
            return;
        }
        try (RandomAccessFile progress = new RandomAccessFile(args[2], "rw")) {
            for (long seed = Long.parseLong(args[3]); seed < Long.parseLong(args[4]); seed++) {
                progress.seek(0);
                progress.writeLong(seed);
                worker.one(seed);
            }
        }
        PrintStream out = System.out;
        worker.failures.forEach(out::println);
        worker.counts.forEach((name, count) -> out.println("COUNT " + name + " " + count));
        out.println("DONE");
        System.exit(0);
    }

    private void count(String what, int n) {
        counts.merge(what, n, Integer::sum);
    }

    private CompilerOptions options(long seed, int level) {
        CompilerOptions options = CompilerOptions.defaults()
                .withJobs(1)
                .withOptLevel(level)
                .withCheck(true)
                .withInterruptible(true)
                .withCanonicalNans(true)
                .withExplicitBounds((seed & 7) == 3)
                .withKeepAll((seed & 3) == 1);
        Set<String> cpu = (seed & 1) == 0
                ? Set.of()
                : Target.host().usableFeatures(HostCpu.current().features());
        return options.withCpu(cpu);
    }

    private void one(long seed) {
        byte[] wasm = mutator.mutant(seed);
        try {
            check(seed, wasm);
        } catch (CompileException e) {
            count(e.getCause() instanceof UnsupportedFeatureException ? "not executed yet" : "refused", 1);
        } catch (Throwable t) {
            fail(seed, t);
        }
    }

    private void check(long seed, byte[] wasm) {
        byte[] fast = CrossCompiler.compile("mutant", wasm, options(seed, 2));
        byte[] plain = CrossCompiler.compile("mutant", wasm, options(seed, 0));
        count("compiled", 1);
        if ((seed & 3) == 2) {
            Target other = Target.host() == Target.X86_64_LINUX ? Target.AARCH64_LINUX : Target.X86_64_LINUX;
            CrossCompiler.compile(
                    "mutant",
                    wasm,
                    options(seed, 2).withTarget(other).withCpu((seed & 4) == 0 ? Set.of() : other.knownFeatures()));
        }
        Subject.Report a;
        Subject.Report b;
        try (Engine engine = new Engine()) {
            a = Subject.run(engine, fast, seed, TIME);
            b = Subject.run(engine, plain, seed, TIME);
        }
        if (a.end() == Subject.End.NOT_LINKED) {
            count("not linked", 1);
            if (b.end() != Subject.End.NOT_LINKED) {
                throw new AssertionError("only -O2 cannot be linked");
            }
            return;
        }
        count("executed", 1);
        count("calls", a.calls());
        count("traps", a.traps());
        int comparable = a.events().size();
        if (a.end() == Subject.End.CUT_SHORT || b.end() == Subject.End.CUT_SHORT) {
            count("cut short", 1);
            // The last event of the one that was cut short is the trap itself; the other may have gone on.
            comparable = Math.min(
                    a.end() == Subject.End.CUT_SHORT ? a.events().size() - 1 : Integer.MAX_VALUE,
                    b.end() == Subject.End.CUT_SHORT ? b.events().size() - 1 : Integer.MAX_VALUE);
        } else if (a.events().size() != b.events().size()) {
            throw new AssertionError("another number of events: " + a.events().size() + " and "
                    + b.events().size());
        }
        for (int i = 0; i < comparable; i++) {
            if (!a.events().get(i).equals(b.events().get(i))) {
                throw new AssertionError(
                        "-O2: " + a.events().get(i) + "; -O0: " + b.events().get(i));
            }
        }
    }

    private void fail(long seed, Throwable t) {
        count("failures", 1);
        StringBuilder text = new StringBuilder("FAILURE seed " + seed + ": "
                + String.valueOf(t).lines().findFirst().orElse(""));
        for (int i = 0; i < Math.min(4, t.getStackTrace().length); i++) {
            text.append(" < ").append(t.getStackTrace()[i]);
        }
        failures.add(text.toString());
        System.out.println(text);
    }

    /** For looking into a failure: writes the mutant to a file and prints what it does. */
    private void show(long seed, Path file) throws IOException {
        byte[] wasm = mutator.mutant(seed);
        Files.write(file, wasm);
        Map<Integer, List<String>> events = new HashMap<>();
        for (int level : new int[] {0, 2}) {
            try (Engine engine = new Engine()) {
                Subject.Report r =
                        Subject.run(engine, CrossCompiler.compile("mutant", wasm, options(seed, level)), seed, TIME);
                events.put(level, r.events());
                System.out.println("-O" + level + ": " + r.end());
                r.events().forEach(System.out::println);
            } catch (RuntimeException | Error e) {
                e.printStackTrace(System.out);
            }
        }
    }
}
