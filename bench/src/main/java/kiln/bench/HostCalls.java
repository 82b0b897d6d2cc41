package kiln.bench;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentFunc;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.GuestResource;
import kiln.runtime.component.Tuple2;
import kiln.runtime.component.Wit;

/**
 * What a call from Java to a component costs, and one from a component to Java, in nanoseconds of thread CPU time:
 * the least of several rounds, in which the measurements take turns. Each is there twice: with generic values, and
 * through an interface that Java declares. The component returns what it got; its realloc is a constant.
 *
 * <p>Usage: {@code java -cp ... kiln.bench.HostCalls [part of the name of a row]}
 */
public final class HostCalls {
    private static final int ROUNDS = 9;
    /** About how long a round of one row takes, in nanoseconds. */
    private static final double ROUND_NANOS = 100e6;

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /** What the component exports. */
    public interface Exports {
        void nothing();

        int u32(int a);

        String string(String a);

        Tuple2<Integer, Double> tuple(Tuple2<Integer, Double> a);

        byte[] bytes(byte[] a);

        Thing newThing();

        /** Calls {@link Imports#hostNothing} so many times. */
        int runNothing(int times);

        /** Calls {@link Imports#hostU32} so many times. */
        int runU32(int times);

        /** Calls {@link Imports#hostString} so many times with a string of 16. */
        int runString(int times);

        /** A resource of the component's. */
        interface Thing extends AutoCloseable {
            int get();

            @Override
            void close();
        }
    }

    /** What the component imports. */
    public interface Imports {
        @Wit("host-nothing")
        default void hostNothing() {}

        @Wit("host-u32")
        default int hostU32(int a) {
            return a + 1;
        }

        @Wit("host-string")
        default String hostString(String a) {
            return a;
        }
    }

    /** Does something so many times. */
    private interface Calls {
        void run(int times);
    }

    private static final class Row {
        private final String name;
        private final Calls calls;
        private int count = 1000;
        private double least = Double.MAX_VALUE;

        Row(String name, Calls calls) {
            this.name = name;
            this.calls = calls;
        }

        void measure() {
            long start = THREADS.getCurrentThreadCpuTime();
            calls.run(count);
            double nanos = (THREADS.getCurrentThreadCpuTime() - start) / (double) count;
            least = Math.min(least, nanos);
            count = (int) Math.min(10_000_000, Math.max(1000, ROUND_NANOS / Math.max(1, nanos)));
        }
    }

    private final List<Row> rows = new ArrayList<>();
    /** Keeps results from being found useless. */
    private long sum;

    private HostCalls() {}

    public static void main(String[] args) {
        new HostCalls().run(args.length == 0 ? "" : args[0]);
    }

    private void run(String only) {
        byte[] code = Compiler.compile("host-calls", ComponentBytes.hostCalls(), CompilerOptions.defaults());
        try (Engine engine = new Engine();
                Component component = Component.load(engine, code);
                Store store = new Store(engine)) {
            ComponentInstance generic = new ComponentLinker(engine)
                    .func("", "host-nothing", (_, _) -> null)
                    .func("", "host-u32", (_, a) -> (Integer) a[0] + 1)
                    .func("", "host-string", (_, a) -> a[0])
                    .instantiate(store, component);
            ComponentInstance declared = new ComponentLinker(engine)
                    .with("", Imports.class, new Imports() {})
                    .instantiate(store, component);
            generic(generic);
            declared(declared.bind("", Exports.class));
            rows.removeIf(r -> !r.name.contains(only));
            for (int round = 0; round < ROUNDS; round++) {
                rows.forEach(Row::measure);
            }
        }
        for (Row r : rows) {
            System.out.printf(Locale.ROOT, "%-44s %10.1f ns%n", r.name, r.least);
        }
        if (sum == 42) {
            System.out.println();
        }
    }

    private void add(String name, Runnable call) {
        rows.add(new Row(name, times -> {
            for (int i = 0; i < times; i++) {
                call.run();
            }
        }));
    }

    private static byte[] bytes(int length) {
        byte[] b = new byte[length];
        Arrays.fill(b, (byte) 'x');
        return b;
    }

    private static final int[] STRINGS = {16, 1024, 65_536};
    private static final int[] LISTS = {1024, 65_536};

    private void generic(ComponentInstance i) {
        ComponentFunc nothing = i.func("nothing");
        add("generic: nothing", nothing::invoke);
        ComponentFunc u32 = i.func("u32");
        add("generic: u32", () -> sum += (Integer) u32.invoke(1000));
        ComponentFunc string = i.func("string");
        for (int length : STRINGS) {
            String s = "x".repeat(length);
            add("generic: string " + length, () -> sum += ((String) string.invoke(s)).length());
        }
        ComponentFunc tuple = i.func("tuple");
        add("generic: tuple<u32, f64>", () -> sum += (Integer) ((List<?>) tuple.invoke(List.of(1000, 2.0))).getFirst());
        ComponentFunc list = i.func("bytes");
        for (int length : LISTS) {
            byte[] b = bytes(length);
            add("generic: list<u8> " + length, () -> sum += ((byte[]) list.invoke(b)).length);
        }
        GuestResource thing = (GuestResource) i.func("[constructor]thing").invoke();
        ComponentFunc get = i.func("[method]thing.get");
        add("generic: method of a resource", () -> sum += (Integer) get.invoke(thing));
        for (String f : new String[] {"nothing", "u32", "string"}) {
            ComponentFunc run = i.func("run-" + f);
            rows.add(new Row("generic: guest to Java, " + f, run::invoke));
        }
    }

    private void declared(Exports e) {
        add("declared: nothing", e::nothing);
        add("declared: u32", () -> sum += e.u32(1000));
        for (int length : STRINGS) {
            String s = "x".repeat(length);
            add("declared: string " + length, () -> sum += e.string(s).length());
        }
        Tuple2<Integer, Double> t = new Tuple2<>(1000, 2.0);
        add("declared: tuple<u32, f64>", () -> sum += e.tuple(t).first());
        for (int length : LISTS) {
            byte[] b = bytes(length);
            add("declared: list<u8> " + length, () -> sum += e.bytes(b).length);
        }
        Exports.Thing thing = e.newThing();
        add("declared: method of a resource", () -> sum += thing.get());
        rows.add(new Row("declared: guest to Java, nothing", e::runNothing));
        rows.add(new Row("declared: guest to Java, u32", e::runU32));
        rows.add(new Row("declared: guest to Java, string", e::runString));
    }
}
