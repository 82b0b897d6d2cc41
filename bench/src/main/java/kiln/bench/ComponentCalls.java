package kiln.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentFunc;
import kiln.runtime.component.ComponentLinker;

/**
 * What a call from one component to another costs, in nanoseconds of the thread's CPU time: the least of several
 * rounds, in which the measurements take turns. The callee returns the length of what it got; its realloc is a
 * constant. Beside Wasmtime if it is there.
 *
 * <p>Usage: {@code ComponentCalls [--wasmtime PYTHON]}
 */
public final class ComponentCalls {
    private static final int ROUNDS = 7;
    /** About how much is copied or called in a round. */
    private static final int WORK = 20_000_000;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    /** The first type that is defined. */
    private static final int[] FIRST = {0};

    private static final String[] ENCODINGS = {"utf8", "utf16", "latin1+utf16"};

    private record Row(String name, byte[] wasm, ComponentFunc run, int length, int count) {
        double measure() {
            long start = THREADS.getCurrentThreadCpuTime();
            run.invoke(count, length);
            return (THREADS.getCurrentThreadCpuTime() - start) / (double) count;
        }
    }

    private ComponentCalls() {}

    public static void main(String[] args) throws IOException, InterruptedException {
        String python = args.length == 2 && args[0].equals("--wasmtime") ? args[1] : null;
        int[] none = {};
        List<Row> rows = new ArrayList<>();
        try (Engine engine = new Engine();
                Store store = new Store(engine)) {
            String first = "(local.get 0)";
            String second = "(local.get 1)";
            add(rows, store, "u32", none, 0, new int[] {0x79}, "i32", "(local.get $n)", first, 0, 0, 0);
            add(
                    rows,
                    store,
                    "tuple of seven",
                    new int[] {0x6f, 7, 0x79, 0x79, 0x78, 0x79, 0x76, 0x75, 0x7d},
                    1,
                    new int[] {0},
                    "i32 i32 i64 i32 f32 f64 i32",
                    "(local.get $n) (i32.const 1) (i64.const 2) (i32.const 3) (f32.const 4) (f64.const 5)"
                            + " (i32.const 6)",
                    first,
                    0,
                    0,
                    0);
            String pair = "(i32.const 0) (local.get $length)";
            for (int[] codes : new int[][] {{0, 0}, {0, 1}, {0, 2}, {1, 0}, {1, 1}, {1, 2}, {2, 0}, {2, 1}, {2, 2}}) {
                for (int length : new int[] {0, 16, 1024, 65_536}) {
                    String name = "string " + ENCODINGS[codes[0]] + " to " + ENCODINGS[codes[1]];
                    int[] string = {0x73};
                    add(rows, store, name, none, 0, string, "i32 i32", pair, second, length, codes[0], codes[1]);
                }
            }
            for (int length : new int[] {0, 16, 1024, 65_536}) {
                add(rows, store, "list<u8>", new int[] {0x70, 0x7d}, 1, FIRST, "i32 i32", pair, second, length, 0, 0);
            }
            for (int length : new int[] {1024, 65_536}) {
                add(rows, store, "list<u32>", new int[] {0x70, 0x79}, 1, FIRST, "i32 i32", pair, second, length, 0, 0);
                add(rows, store, "list<bool>", new int[] {0x70, 0x7f}, 1, FIRST, "i32 i32", pair, second, length, 0, 0);
                add(rows, store, "list<char>", new int[] {0x70, 0x74}, 1, FIRST, "i32 i32", pair, second, length, 0, 0);
            }
            add(rows, store, "list<string>", new int[] {0x70, 0x73}, 1, FIRST, "i32 i32", pair, second, 1000, 0, 0);
            double[] least = new double[rows.size()];
            java.util.Arrays.fill(least, Double.MAX_VALUE);
            for (int round = 0; round < ROUNDS; round++) {
                for (int i = 0; i < least.length; i++) {
                    least[i] = Math.min(least[i], rows.get(i).measure());
                }
            }
            Path file = Files.createTempFile("kiln-calls", ".wasm");
            for (int i = 0; i < least.length; i++) {
                Row r = rows.get(i);
                String other = "";
                if (python != null) {
                    Files.write(file, r.wasm);
                    JsonNode line = ComponentCosts.wasmtime(python, file, r.count, 0, ROUNDS, r.length);
                    other = "   wasmtime %10.1f ns".formatted(line.path("call").asDouble());
                }
                System.out.printf(Locale.ROOT, "%-36s %7d %12.1f ns%s%n", r.name, r.length, least[i], other);
            }
            Files.delete(file);
        }
    }

    private static void add(
            List<Row> rows,
            Store store,
            String name,
            int[] types,
            int count,
            int[] param,
            String core,
            String args,
            String result,
            int length,
            int from,
            int to) {
        byte[] wasm = ComponentBytes.calls(types, count, param, core, args, result, from, to);
        byte[] code = Compiler.compile(name, wasm, CompilerOptions.defaults());
        Component component = Component.load(store.engine(), code);
        ComponentFunc run = new ComponentLinker(store.engine())
                .instantiate(store, component)
                .func("run");
        rows.add(new Row(name, wasm, run, length, WORK / (length + 20)));
    }
}
