package kiln.ir;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Map;
import kiln.ir.pass.Pass;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.RandomPrograms;

/**
 * Prints how long each pass takes on a big generated function, in nanoseconds of processor time per instruction:
 * {@code PassTimes [level [statements [rounds]]]}.
 */
final class PassTimes {
    private PassTimes() {}

    public static void main(String[] args) {
        int level = args.length > 0 ? Integer.parseInt(args[0]) : 2;
        int statements = args.length > 1 ? Integer.parseInt(args[1]) : 20_000;
        int rounds = args.length > 2 ? Integer.parseInt(args[2]) : 20;
        String text = Printer.print(new RandomPrograms(1).longFunction(statements));
        Pipeline pipeline = Pipeline.forLevel(level);
        Map<String, Long> best = new LinkedHashMap<>();
        int insts = 0;
        int left = 0;
        for (int r = 0; r < rounds; r++) {
            Function f = Parser.parse(text);
            insts = count(f);
            long[] last = {now()};
            int[] number = {0};
            pipeline.run(f, pass -> {
                long time = now() - last[0];
                best.merge(name(number[0]++, pass), time, Math::min);
                last[0] = now();
            });
            left = count(f);
        }
        System.out.printf("level %d: %d instructions become %d%n", level, insts, left);
        long total = 0;
        for (Map.Entry<String, Long> e : best.entrySet()) {
            total += e.getValue();
            System.out.printf("%-26s %8.1f ns/instruction%n", e.getKey(), e.getValue() / (double) insts);
        }
        System.out.printf("%-26s %8.1f ns/instruction%n", "all", total / (double) insts);
    }

    private static String name(int number, Pass pass) {
        return String.format("%2d %s", number + 1, pass.name());
    }

    private static long now() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    private static int count(Function f) {
        int n = 0;
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                n++;
            }
        }
        return n;
    }
}
