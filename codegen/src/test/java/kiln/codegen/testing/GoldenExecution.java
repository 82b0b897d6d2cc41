package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of {@link GoldenLowering} that are about vectors, executed and compared with what the IR says: what they
 * have for text may be wrong. Those that call, compute NaNs or depend on the machine are left out.
 */
public abstract class GoldenExecution {
    private static final Set<Type> TYPES = EnumSet.of(Type.I32, Type.I64, Type.F32, Type.F64, Type.V128);
    /** Where in the machine's area a function's memory begins, and how much of it a case uses. */
    private static final int MEMORY = 1024;

    private static final int MEMORY_BYTES = 2048;
    private static final int RUNS = Boolean.getBoolean("kiln.emulated") ? 30 : 300;

    private static final long[] EDGES = {
        0, -1, 0x8000800080008000L, 0x8080808080808080L, 0x7fff7fff7fff7fffL, 0x8000000080000000L, Long.MIN_VALUE, 1
    };

    private final Machine.Target target;

    protected GoldenExecution(Machine.Target target) {
        this.target = target;
    }

    @TestFactory
    Stream<DynamicTest> casesDoWhatTheIrSays() throws IOException {
        return GoldenLowering.cases().entrySet().stream()
                .filter(e -> isExecutable(e.getValue()))
                .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> {
                    assumeTrue(target.isHost());
                    for (Set<String> features : target.vectorFeatureSets()) {
                        try (Machine machine = new Machine(target)) {
                            machine.load(List.of(e.getValue()), Machine.options(features));
                            check(machine, e.getValue(), features);
                        }
                    }
                }));
    }

    private static boolean isExecutable(Function f) {
        boolean vectors = false;
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                vectors |= i.data() instanceof LaneOp || i.opcode() == Opcode.VSHUFFLE;
                boolean relaxed = i.data() instanceof LaneOp op && (op.op().isRelaxed() || op.makesNan());
                boolean memory = i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE;
                if (relaxed
                        || i.opcode().makesNan()
                        || i.opcode().effect() == Opcode.Effect.CALLS
                        || memory && (!isParameter(f, i.arg(0)) || i.imm() > MEMORY_BYTES - 16)) {
                    return false;
                }
            }
        }
        return vectors && TYPES.containsAll(f.signature().params());
    }

    private static boolean isParameter(Function f, Value address) {
        return f.blocks().getFirst().params().indexOf(address) == 0;
    }

    private static void check(Machine machine, Function f, Set<String> features) {
        Random random = new Random(1);
        for (int run = 0; run < RUNS; run++) {
            long[] memory =
                    random.longs(MEMORY_BYTES / 8).map(x -> edge(random, x)).toArray();
            long[] args = arguments(machine, f, random);
            fill(machine, memory);
            String expected = Machine.expected(f, args) + Arrays.toString(memory(machine));
            fill(machine, memory);
            String actual = machine.call(f.key(), f.signature(), args) + Arrays.toString(memory(machine));
            if (!expected.equals(actual)) {
                assertEquals(expected, actual, () -> features + " " + Arrays.toString(args) + "\n" + Printer.print(f));
            }
        }
    }

    private static long edge(Random random, long x) {
        return random.nextInt(3) == 0 ? EDGES[random.nextInt(EDGES.length)] : x;
    }

    /** Vectors are often alike, or nearly. */
    private static long[] arguments(Machine machine, Function f, Random random) {
        List<Long> args = new ArrayList<>();
        for (Type t : f.signature().params()) {
            for (int i = 0; i < (t == Type.V128 ? 2 : 1); i++) {
                boolean again = t == Type.V128 && args.size() > 2 && random.nextInt(4) == 0;
                long x = again ? args.get(args.size() - 2) ^ 1L << random.nextInt(64) : edge(random, random.nextLong());
                args.add(args.isEmpty() ? machine.args + MEMORY : t.normalize(x));
            }
        }
        return args.stream().mapToLong(Long::longValue).toArray();
    }

    private static void fill(Machine machine, long[] memory) {
        for (int i = 0; i < memory.length; i++) {
            machine.put(MEMORY + 8 * i, memory[i]);
        }
    }

    private static long[] memory(Machine machine) {
        long[] memory = new long[MEMORY_BYTES / 8];
        Arrays.setAll(memory, i -> machine.get(MEMORY + 8 * i));
        return memory;
    }
}
