package kiln.tests.bombs;

import java.util.ArrayList;
import java.util.List;

/**
 * Prints how work, allocated memory and time of each family grow:
 * {@code BombReport [part of a name [factor of the sizes [part of a way]]]}. The time includes the counting.
 */
final class BombReport {
    /** Sizes above one that takes longer are left out. */
    private static final long MAX_MS = 2_000;

    private BombReport() {}

    static List<Bomb> families() {
        List<Bomb> all = new ArrayList<>(BodyBombs.all());
        all.addAll(VectorBombs.all());
        all.addAll(ObjectBombs.all());
        all.addAll(ExceptionBombs.all());
        all.addAll(ModuleBombs.all());
        return all;
    }

    public static void main(String[] args) {
        WorkMeter meter = new WorkMeter();
        double factor = args.length > 1 ? Double.parseDouble(args[1]) : 1;
        for (Bomb bomb : families()) {
            if (args.length > 0 && !bomb.name().contains(args[0])) {
                continue;
            }
            for (String way : CompileTask.WAYS) {
                if (args.length <= 2 || way.contains(args[2])) {
                    report(meter, bomb, factor, way);
                }
            }
        }
    }

    private static void report(WorkMeter meter, Bomb bomb, double factor, String way) {
        try {
            meter.run(bomb.modules().apply(bomb.n()), way);
            WorkMeter.Measure last = null;
            int smallest = (int) (bomb.n() * factor);
            for (int n = smallest; n <= 4 * smallest; n *= 2) {
                byte[][] modules = bomb.modules().apply(n);
                long bytes = 0;
                for (byte[] m : modules) {
                    bytes += m.length;
                }
                long start = System.nanoTime();
                WorkMeter.Measure m = meter.run(modules, way);
                long ms = (System.nanoTime() - start) / 1_000_000;
                double work = last == null ? 0 : (double) m.work() / last.work();
                double memory = last == null ? 0 : (double) m.allocated() / last.allocated();
                System.out.printf(
                        "%s%-45s %-15s n=%6d %7d bytes: %12d steps %5.2f, %10d KB %5.2f, %8d result, %6d ms%n",
                        work > 2.6 || memory > 2.6 ? "! " : "  ",
                        bomb.name(),
                        way,
                        n,
                        bytes,
                        m.work(),
                        work,
                        m.allocated() / 1024,
                        memory,
                        m.result(),
                        ms);
                if (work > 2.6) {
                    System.out.println(WorkMeter.grown(last, m));
                }
                last = m;
                if (ms > MAX_MS) {
                    break;
                }
            }
        } catch (RuntimeException | StackOverflowError e) {
            System.out.println("! " + bomb + ", " + way + ": " + e);
            if (!(e.getClass().getName().endsWith("CompileException")
                    || e.getClass().getName().endsWith("WasmException"))) {
                StackTraceElement[] trace = e.getStackTrace();
                for (int i = 0; i < Math.min(8, trace.length); i++) {
                    System.out.println("      " + trace[i]);
                }
            }
        }
    }
}
