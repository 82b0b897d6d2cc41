package kiln.bench;

import com.sun.management.OperatingSystemMXBean;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import kiln.codegen.Backend;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.codegen.aarch64.A64Backend;
import kiln.codegen.x64.X64Backend;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.Target;
import kiln.ir.Function;
import kiln.ir.pass.Pipeline;
import kiln.translate.FunctionTranslator;
import kiln.translate.ModuleEnvironment;
import kiln.translate.TranslateOptions;
import kiln.wasm.Features;
import kiln.wasm.FunctionValidator;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.WasmModule;

/**
 * How fast a warm compiler is, in one thread: megabytes of WebAssembly for each second of the process's CPU time
 * (garbage collection included), and where the time of its functions goes, in milliseconds of thread CPU time, with the
 * memory allocated there. Both are medians of several rounds, after as many rounds as it takes until a time limit is
 * over.
 *
 * <p>Usage: {@code CompileTimes [--target T] [-O LEVEL] [--seconds WARM-UP] [--rounds N] [--no-phases] FILE...}
 */
public final class CompileTimes {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final OperatingSystemMXBean PROCESS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

    private final List<Path> programs = new ArrayList<>();
    private CompilerOptions options = CompilerOptions.defaults().withJobs(1);
    private double warmUp = 20;
    private int rounds = 5;
    private boolean phases = true;

    private CompileTimes() {}

    /** Time and memory of the phases of one round. */
    private static final class Ledger {
        final Map<String, long[]> entries = new LinkedHashMap<>();
        private long time;
        private long bytes;

        void start() {
            time = THREADS.getCurrentThreadCpuTime();
            bytes = THREADS.getCurrentThreadAllocatedBytes();
        }

        /** Books what was used since the last call under {@code name}. */
        void book(String name) {
            long t = THREADS.getCurrentThreadCpuTime();
            long b = THREADS.getCurrentThreadAllocatedBytes();
            long[] entry = entries.computeIfAbsent(name, _ -> new long[2]);
            entry[0] += t - time;
            entry[1] += b - bytes;
            start();
        }
    }

    /** Entry point of {@code bench/compile}. */
    public static void main(String[] args) throws IOException {
        CompileTimes times = new CompileTimes();
        for (int i = 0; i < args.length; i++) {
            switch (args[i]) {
                case "--target" -> times.options = times.options.withTarget(Target.of(args[++i]));
                case "-O" -> times.options = times.options.withOptLevel(Integer.parseInt(args[++i]));
                case "--seconds" -> times.warmUp = Double.parseDouble(args[++i]);
                case "--rounds" -> times.rounds = Integer.parseInt(args[++i]);
                case "--no-phases" -> times.phases = false;
                default -> times.programs.add(Path.of(args[i]));
            }
        }
        if (times.programs.isEmpty()) {
            System.err.println("no programs given: name .wasm files");
            System.exit(2);
        }
        for (Path program : times.programs) {
            times.measure(program);
        }
    }

    private void measure(Path program) throws IOException {
        byte[] wasm = Files.readAllBytes(program);
        String name = program.toString();
        long end = System.nanoTime() + (long) (warmUp * 1e9);
        long first = whole(name, wasm);
        while (System.nanoTime() < end) {
            whole(name, wasm);
        }
        long[] wholes = new long[rounds];
        for (int r = 0; r < rounds; r++) {
            wholes[r] = whole(name, wasm);
        }
        double nanos = median(wholes);
        System.out.printf(
                Locale.ROOT,
                "%s: %.2f MB/s (%.3f s of CPU, the first time %.3f s)%n",
                name,
                wasm.length / (nanos / 1e9) / 1e6,
                nanos / 1e9,
                first / 1e9);
        if (phases) {
            end = System.nanoTime() + (long) (warmUp * 0.5e9);
            do {
                phases(name, wasm);
            } while (System.nanoTime() < end);
            List<Ledger> ledgers = new ArrayList<>();
            for (int r = 0; r < rounds; r++) {
                ledgers.add(phases(name, wasm));
            }
            print(ledgers);
        }
    }

    private long whole(String name, byte[] wasm) {
        long start = PROCESS.getProcessCpuTime();
        Compiler.compile(name, wasm, options);
        return PROCESS.getProcessCpuTime() - start;
    }

    /** The steps of {@link Compiler} up to the machine code of each function, without inlining, booked one by one. */
    private Ledger phases(String name, byte[] wasm) {
        Ledger ledger = new Ledger();
        ledger.start();
        WasmModule module = ModuleDecoder.decode(wasm, name, Features.named(options.features()));
        ledger.book("decoding");
        ModuleEnvironment env = new ModuleEnvironment(
                module,
                0,
                new TranslateOptions(
                        options.interruptible(),
                        options.canonicalNans(),
                        options.explicitBounds(),
                        options.keepAll(),
                        options.eagerTables(),
                        options.relaxedSimd() == CompilerOptions.RelaxedSimd.DETERMINISTIC));
        ledger.book("survey");
        FunctionValidator validator = new FunctionValidator(module);
        for (int f = module.importedFuncCount(); f < module.funcCount(); f++) {
            validator.begin(f);
            while (validator.next()) {
                // next() itself validates.
            }
        }
        ledger.book("(validation alone)");
        FunctionTranslator translator = new FunctionTranslator(env);
        Pipeline pipeline = Pipeline.forLevel(options.optLevel());
        Backend backend = options.target() == Target.X86_64_LINUX ? new X64Backend() : new A64Backend();
        CodegenOptions codegen =
                new CodegenOptions(options.optLevel(), options.cpu(), env.mayLeaveInstanceByTailCall(), false);
        for (int f = module.importedFuncCount(); f < module.funcCount(); f++) {
            if (env.isLive(f)) {
                ledger.start();
                Function function = translator.translate(f);
                ledger.book("translation");
                int[] number = {0};
                pipeline.run(function, pass -> ledger.book(String.format("  pass %2d ", ++number[0]) + pass.name()));
                CompiledFunction code = backend.compile(function, codegen, ledger::book);
                if (code.code().length == 0) {
                    throw new IllegalStateException(code.key() + " has no code");
                }
            }
        }
        return ledger;
    }

    private static void print(List<Ledger> ledgers) {
        double total = 0;
        for (String phase : ledgers.getFirst().entries.keySet()) {
            total += median(ledgers, phase, 0);
        }
        for (String phase : ledgers.getFirst().entries.keySet()) {
            double time = median(ledgers, phase, 0);
            System.out.printf(
                    Locale.ROOT,
                    "  %-28s %8.1f ms %5.1f %% %8.1f MB%n",
                    phase,
                    time / 1e6,
                    100 * time / total,
                    median(ledgers, phase, 1) / 1e6);
        }
    }

    private static double median(List<Ledger> ledgers, String phase, int column) {
        return median(
                ledgers.stream().mapToLong(l -> l.entries.get(phase)[column]).toArray());
    }

    private static double median(long[] values) {
        long[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
