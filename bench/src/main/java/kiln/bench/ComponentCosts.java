package kiln.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.LongSupplier;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentFunc;
import kiln.runtime.component.ComponentLinker;
import kiln.wasi.p2.Wasi2;

/**
 * What handles of resources cost, what an instance of a component with its store costs, and what compiling one does:
 * CPU time (of the thread; of the process for compiling), the least of several rounds; and the size of the compiled
 * file. Beside Wasmtime if it is there.
 *
 * <p>Usage: {@code ComponentCosts [--wasmtime PYTHON] COMPONENT...}
 */
public final class ComponentCosts {
    private static final int ROUNDS = 25;
    private static final int CALLS = 1_000_000;
    private static final int INSTANCES = 1_000;
    /** So many that the JVM's own compilers are done in the last rounds, at least for what comes second. */
    private static final int COMPILATIONS = 10;

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final OperatingSystemMXBean OS =
            (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** Something to be measured, so many times in a round. */
    private interface Work {
        void run() throws IOException;
    }

    /** CPU times in nanoseconds; those that were not measured are 0. */
    private record Costs(double call, double instance, double compilation, long bytes) {}

    private ComponentCosts() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        List<String> files = new ArrayList<>(List.of(args));
        String python = null;
        if (!files.isEmpty() && files.getFirst().equals("--wasmtime")) {
            python = files.get(1);
            files.subList(0, 2).clear();
        }
        Path dir = Files.createTempDirectory("kiln-components");
        for (ResourceComponents c : ResourceComponents.values()) {
            show(c.toString(), Files.write(dir.resolve(c.name()), c.bytes()), true, python);
        }
        byte[] three =
                ComponentBytes.calls(new int[0], 0, new int[] {0x79}, "i32", "(local.get $n)", "(local.get 0)", 0, 0);
        show("three core instances", Files.write(dir.resolve("three"), three), true, python);
        for (String file : files) {
            show(Path.of(file).getFileName().toString(), Path.of(file), false, python);
        }
    }

    private static void show(String name, Path file, boolean calls, String python)
            throws IOException, InterruptedException {
        System.out.println(name);
        print("kiln", kiln(file, calls));
        if (python != null) {
            print("wasmtime", wasmtime(file, calls, python));
        }
    }

    private static void print(String engine, Costs c) {
        System.out.printf(
                Locale.ROOT,
                "  %-9s call %6.1f ns  instance %6.1f us  compilation %7.1f ms  file %7d bytes%n",
                engine,
                c.call,
                c.instance / 1e3,
                c.compilation / 1e6,
                c.bytes);
    }

    private static Costs kiln(Path file, boolean calls) throws IOException {
        byte[] wasm = Files.readAllBytes(file);
        CompilerOptions options = CompilerOptions.defaults().withJobs(1);
        byte[] code = Compiler.compile(file.toString(), wasm, options);
        double compilation = calls
                ? 0
                : measure(OS::getProcessCpuTime, COMPILATIONS, () -> {
                    for (int i = 0; i < COMPILATIONS; i++) {
                        Compiler.compile(file.toString(), wasm, options);
                    }
                });
        try (Engine engine = new Engine();
                Component component = Component.load(engine, code);
                Wasi2 wasi = Wasi2.builder().build();
                Store store = new Store(engine)) {
            ComponentLinker linker = new ComponentLinker(engine);
            wasi.addTo(linker);
            double call = 0;
            if (calls) {
                ComponentFunc run = linker.instantiate(store, component).func("run");
                call = measure(THREADS::getCurrentThreadCpuTime, CALLS, () -> run.invoke(CALLS, 0));
            }
            double instance = measure(THREADS::getCurrentThreadCpuTime, INSTANCES, () -> {
                for (int i = 0; i < INSTANCES; i++) {
                    try (Store one = new Store(engine)) {
                        linker.instantiate(one, component);
                    }
                }
            });
            return new Costs(call, instance, compilation, code.length);
        }
    }

    private static double measure(LongSupplier clock, int count, Work work) throws IOException {
        long least = Long.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long start = clock.getAsLong();
            work.run();
            least = Math.min(least, clock.getAsLong() - start);
        }
        return (double) least / count;
    }

    private static Costs wasmtime(Path file, boolean calls, String python) throws IOException, InterruptedException {
        JsonNode line = wasmtime(python, file, calls ? CALLS : 0, INSTANCES, ROUNDS, 0);
        return new Costs(
                line.path("call").asDouble(),
                line.path("instance").asDouble(),
                line.path("compilation").asDouble(),
                line.path("bytes").asLong());
    }

    /** What {@code bench/engines/components.py} says of a component. */
    static JsonNode wasmtime(String python, Path file, int calls, int instances, int rounds, int length)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>();
        command.add(python);
        command.add(Path.of(System.getProperty("kiln.root", "."), "bench/engines/components.py")
                .toString());
        command.add(file.toString());
        for (int number : new int[] {calls, instances, rounds, length}) {
            command.add(Integer.toString(number));
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        JsonNode line = JSON.readTree(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException("Wasmtime failed on " + file);
        }
        return line;
    }
}
