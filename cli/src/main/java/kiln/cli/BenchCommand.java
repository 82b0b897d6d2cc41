package kiln.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import kiln.artifact.PathBytes;
import kiln.artifact.Printable;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.FuncType;
import kiln.runtime.Instance;
import kiln.runtime.LinkException;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.runtime.ThrownException;
import kiln.runtime.TrapException;
import kiln.wasi.ExitException;
import kiln.wasi.Wasi;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        description = {
            "Measures a program: compile time, size, loading, instantiation, "
                    + "and execution with a fresh instance each time.",
            "Compiles with one job, whatever --jobs says, and tells the process's CPU time meanwhile.",
            "Execution counts from the call of the import bench.start to that of bench.end if the program imports them."
        })
final class BenchCommand implements Callable<Integer> {
    private static final long STACK_BYTES = 8 << 20;

    @Parameters(index = "0", paramLabel = "FILE", description = "The program: .wasm or .cwasm.")
    Path file;

    @Parameters(
            index = "1..*",
            paramLabel = "ARGS",
            description = "Its arguments, with its options; a first -- is left out.")
    List<String> arguments = new ArrayList<>();

    @Option(
            names = "--iterations",
            paramLabel = "N",
            defaultValue = "5",
            description = "How often to run (default: 5).")
    int iterations;

    @Option(names = "--json", description = "Print one JSON object instead of a table.")
    boolean json;

    private final GuestOptions guest = new GuestOptions();
    private final CompileOptions compile = CompileOptions.forThisMachine();

    private final OperatingSystemMXBean process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();

    static CommandLine commandLine() {
        BenchCommand command = new BenchCommand();
        CommandLine line = new CommandLine(command);
        command.guest.addTo(line.getCommandSpec());
        command.compile.addTo(line.getCommandSpec());
        return line;
    }

    /** Time and CPU time between two marks. */
    private final class Meter {
        long cpuStart;
        long wallStart;
        long cpu = -1;
        long wall = -1;

        void start() {
            wallStart = System.nanoTime();
            cpuStart = threads.getCurrentThreadCpuTime();
        }

        void end() {
            cpu = threads.getCurrentThreadCpuTime() - cpuStart;
            wall = System.nanoTime() - wallStart;
        }
    }

    @Override
    public Integer call() throws Exception {
        Throwable[] failure = new Throwable[1];
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        measure();
                    } catch (Throwable t) {
                        failure[0] = t;
                    }
                },
                "kiln",
                STACK_BYTES);
        thread.start();
        thread.join();
        switch (failure[0]) {
            case null -> {}
            case Exception e -> throw e;
            case Error e -> throw e;
            case Throwable t -> throw new IllegalStateException(t);
        }
        return 0;
    }

    private void measure() throws IOException {
        if (iterations < 1) {
            throw new UserError("--iterations " + iterations + ": at least one is needed");
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("engine", "kiln");
        figures.put("file", file.toString());
        byte[] content = ModuleFiles.read(file);
        if (ModuleFiles.isComponent(file)) {
            throw new UserError(file, "is a component: bench measures modules");
        }
        Path artifact = file;
        Path temporary = null;
        if (ModuleFiles.isWasm(content)) {
            temporary = Files.createTempFile("kiln-bench", ".cwasm");
            artifact = temporary;
            CompilerOptions options = compile.toHostOptions().withJobs(1);
            // Not only this thread's: the compiler works on a thread with a stack of its own, and the JVM's compilers
            // and
            // its collector work for it.
            long cpu = process.getProcessCpuTime();
            try (Progress progress = Progress.onTerminal("compiling " + Printable.file(file.getFileName()))) {
                Files.write(artifact, Compiler.compile(PathBytes.text(file), content, options, progress));
            }
            figures.put("compile_cpu_ms", (process.getProcessCpuTime() - cpu) / 1e6);
        } else {
            figures.put("compile_cpu_ms", 0);
        }
        figures.put("cwasm_bytes", Files.size(artifact));
        try (Engine engine = new Engine()) {
            long t = System.nanoTime();
            try (CompiledModule module = CompiledModule.load(engine, artifact)) {
                figures.put("load_us", (System.nanoTime() - t) / 1e3);
                if (temporary != null) {
                    // It is mapped; nothing is left behind if this process is stopped.
                    Files.delete(temporary);
                }
                execute(engine, module, entry(module), figures);
            }
        } catch (LinkException e) {
            throw new UserError(file, e.getMessage());
        } catch (TrapException e) {
            throw new UserError(file, "the program trapped: " + e.getMessage());
        } catch (ThrownException e) {
            throw new UserError(file, "the program threw: " + Printable.name(e.getMessage()));
        } finally {
            if (temporary != null) {
                Files.deleteIfExists(temporary);
            }
        }
        if (json) {
            System.out.println(new ObjectMapper().writeValueAsString(figures));
        } else {
            figures.forEach((name, value) -> System.out.printf(Locale.ROOT, "%-16s %s%n", name, show(value)));
        }
    }

    private static double median(List<Double> values) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return sorted.get(sorted.size() / 2);
    }

    private static String show(Object value) {
        if (!(value instanceof List<?> list)) {
            return value instanceof Double d ? String.format(Locale.ROOT, "%.3f", d) : Printable.name(value.toString());
        }
        List<Double> sorted = new ArrayList<>();
        list.forEach(v -> sorted.add((Double) v));
        Collections.sort(sorted);
        return String.format(
                Locale.ROOT, "%.3f median, %.3f to %.3f", median(sorted), sorted.getFirst(), sorted.getLast());
    }

    /** The function that does the work: a program's, or else what sets a library ("reactor") up. */
    private String entry(CompiledModule module) {
        return Stream.of("_start", "_initialize")
                .filter(name -> module.exports().stream().anyMatch(e -> e.name().equals(name)))
                .findFirst()
                .orElseThrow(() -> new UserError(file, "the module exports neither _start nor _initialize"));
    }

    private void execute(Engine engine, CompiledModule module, String entry, Map<String, Object> figures)
            throws IOException {
        List<Double> cpu = new ArrayList<>();
        List<Double> wall = new ArrayList<>();
        List<Double> instantiate = new ArrayList<>();
        boolean marked = module.imports().stream().anyMatch(i -> i.module().equals("bench"));
        for (int i = 0; i < iterations; i++) {
            Meter meter = new Meter();
            List<String> argv = new ArrayList<>(List.of(guest.programName(file)));
            argv.addAll(RunCommand.withoutSeparator(arguments));
            Wasi.Builder builder = Wasi.builder()
                    .args(argv)
                    .stdout(OutputStream.nullOutputStream())
                    .stderr(OutputStream.nullOutputStream());
            guest.apply(builder);
            try (Wasi wasi = builder.build();
                    Store store = new Store(engine)) {
                Linker linker = new Linker(engine);
                wasi.addTo(linker);
                linker.func("bench", "start", FuncType.ofVoid(), (_, _, _) -> meter.start());
                linker.func("bench", "end", FuncType.ofVoid(), (_, _, _) -> meter.end());
                long t = System.nanoTime();
                Instance instance = linker.instantiate(store, module);
                instantiate.add((System.nanoTime() - t) / 1e3);
                if (!marked) {
                    meter.start();
                }
                try {
                    instance.func(entry).call();
                } catch (ExitException e) {
                    if (e.code() != 0) {
                        throw new UserError(file, "the program ended with status " + e.code());
                    }
                }
                if (meter.cpu < 0) {
                    meter.end();
                }
                cpu.add(meter.cpu / 1e6);
                wall.add(meter.wall / 1e6);
            }
        }
        figures.put("instantiate_us", median(instantiate));
        figures.put("exec_cpu_ms", cpu);
        figures.put("exec_wall_ms", wall);
    }
}
