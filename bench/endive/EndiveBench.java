import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.endive.KilnEndive;
import run.endive.compiler.MachineFactoryCompiler;
import run.endive.runtime.HostFunction;
import run.endive.runtime.ImportValues;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;
import run.endive.wasm.WasmModule;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.ValType;

/**
 * One Endive program, with Endive's bytecode compiler or with Kiln's line. Arguments: {@code kiln} or {@code endive},
 * then the folder of the kernels, then what to measure: {@code start FILE} (parsing, compiling, first instance; once,
 * in a fresh process), {@code kernels} or {@code calls}. Prints a name and nanoseconds a line.
 */
public final class EndiveBench {
    private static boolean kiln;
    private static long began;
    private static long ended;

    public static void main(String[] args) throws Exception {
        kiln = args[0].equals("kiln");
        Path kernels = Path.of(args[1]);
        switch (args[2]) {
            case "start" -> start(Path.of(args[3]));
            case "kernels" -> {
                for (String k : List.of("scan", "csv", "hash-map", "heap-sort", "matrix", "machine", "recursion")) {
                    kernel(k, Files.readAllBytes(kernels.resolve(k + ".wasm")));
                }
            }
            default -> calls();
        }
    }

    private static Instance.Builder builder(byte[] wasm, WasmModule module, ImportValues imports) {
        Instance.Builder b = Instance.builder(module).withImportValues(imports);
        return kiln ? KilnEndive.use(b, wasm) : b.withMachineFactory(MachineFactoryCompiler.compile(module));
    }

    private static void start(Path file) throws Exception {
        long t = System.nanoTime();
        byte[] wasm = Files.readAllBytes(file);
        WasmModule module = Parser.parse(wasm);
        List<HostFunction> hosts = new ArrayList<>();
        for (int i = 0; i < module.importSection().importCount(); i++) {
            var f = (run.endive.wasm.types.FunctionImport) module.importSection().getImport(i);
            hosts.add(new HostFunction(
                    f.module(), f.name(), module.typeSection().getType(f.typeIndex()), (inst, a) -> new long[1]));
        }
        ImportValues imports = ImportValues.builder()
                .addFunction(hosts.toArray(HostFunction[]::new))
                .build();
        Instance i = builder(wasm, module, imports).withStart(false).build();
        System.out.println("start " + (System.nanoTime() - t) + (i == null ? "" : ""));
        Files.lines(Path.of("/proc/self/status")).filter(l -> l.startsWith("VmHWM")).forEach(System.out::println);
    }

    private static void kernel(String name, byte[] wasm) {
        ImportValues marks = ImportValues.builder()
                .addFunction(
                        new HostFunction("bench", "start", FunctionType.empty(), (inst, a) -> {
                            began = System.nanoTime();
                            return null;
                        }),
                        new HostFunction("bench", "end", FunctionType.empty(), (inst, a) -> {
                            ended = System.nanoTime();
                            return null;
                        }))
                .build();
        Instance.Builder b = builder(wasm, Parser.parse(wasm), marks).withStart(false);
        long best = Long.MAX_VALUE;
        for (int i = 0; i < 4; i++) {
            b.build().export("_start").apply();
            best = Math.min(best, ended - began);
        }
        System.out.println(name + " " + best);
    }

    /** (func (export "empty")), (func (export "out") (param i32): that many calls of the host, which reads memory). */
    private static final byte[] CALLS = bytes(
            0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 13, 3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f, 2, 7, 1, 1,
            0x65, 1, 0x68, 0, 2, 3, 3, 2, 0, 1, 5, 3, 1, 0, 16, 7, 15, 2, 5, 0x65, 0x6d, 0x70, 0x74, 0x79, 0, 1, 3,
            0x6f, 0x75, 0x74, 0, 2, 10, 27, 2, 2, 0, 11, 22, 0, 3, 0x40, 0x20, 0, 0x10, 0, 0x1a, 0x20, 0, 0x41, 1, 0x6b,
            0x22, 0, 0x41, 0, 0x4a, 0x0d, 0, 11, 11);

    private static byte[] bytes(int... values) {
        byte[] b = new byte[values.length];
        for (int i = 0; i < b.length; i++) {
            b[i] = (byte) values[i];
        }
        return b;
    }

    private static void calls() {
        ImportValues host = ImportValues.builder()
                .addFunction(new HostFunction(
                        "e",
                        "h",
                        FunctionType.of(List.of(ValType.I32), List.of(ValType.I32)),
                        (inst, a) -> new long[] {inst.memory().readInt((int) a[0] & 0xfffc)}))
                .build();
        Instance.Builder b = builder(CALLS, Parser.parse(CALLS), host);
        Instance i = b.build();
        var empty = i.export("empty");
        var out = i.export("out");
        report("call in", 2_000_000, n -> {
            for (int k = 0; k < n; k++) {
                empty.apply();
            }
        });
        report("call out that reads memory", 5_000_000, n -> out.apply(n));
        report("instance with 1 MiB and a call", 3_000, n -> {
            for (int k = 0; k < n; k++) {
                Instance x = b.build();
                x.export("empty").apply();
                close(x);
                close(x.getMachine());
            }
        });
    }

    private static void close(Object o) {
        try {
            // Machines can be closed since 1.1; Kiln's always.
            if (o instanceof AutoCloseable c) {
                c.close();
            }
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private interface Work {
        void run(int n);
    }

    private static void report(String name, int n, Work w) {
        long[] times = new long[5];
        for (int r = 0; r < times.length; r++) {
            long t = System.nanoTime();
            w.run(n);
            times[r] = (System.nanoTime() - t) / n;
        }
        Arrays.sort(times);
        System.out.println(name + " " + times[0]);
    }
}
