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
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.LaneOp;
import kiln.ir.Lanes;
import kiln.ir.Opcode;
import kiln.ir.Printer;
import kiln.ir.Type;
import kiln.ir.Value;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The cases of {@link GoldenLowering} that are about vectors, executed and compared with what the IR says: what they
 * have for text may be wrong. Those that compute with floats get numbers for which results are exact and no NaNs. Those
 * that call or depend on the machine for other operands are left out.
 */
public abstract class GoldenExecution {
    private static final Set<Type> TYPES = EnumSet.of(Type.I32, Type.I64, Type.F32, Type.F64, Type.V128);
    /** Where in the machine's area a function's memory begins, and how much of it a case uses. */
    private static final int MEMORY = 1024;

    private static final int MEMORY_BYTES = 2048;
    /** Where further parameters point that are addresses: at nothing aligned. */
    private static final int SECOND = 1024 + 3;

    private static final int RUNS = Boolean.getBoolean("kiln.emulated") ? 30 : 300;

    private static final long[] EDGES = {
        0, -1, 0x8000800080008000L, 0x8080808080808080L, 0x7fff7fff7fff7fffL, 0x8000000080000000L, Long.MIN_VALUE, 1
    };

    private final Machine.Target target;

    /** What operands a case gets. */
    private enum Operands {
        /** Any bits, often at edges. */
        ANY,
        /** Small positive numbers in single precision. */
        SINGLE,
        /** Small positive numbers in double precision; in single precision they are zero or little more than one. */
        DOUBLE,
        /** Positive numbers in either precision. */
        EITHER
    }

    protected GoldenExecution(Machine.Target target) {
        this.target = target;
    }

    @TestFactory
    Stream<DynamicTest> casesDoWhatTheIrSays() throws IOException {
        return GoldenLowering.cases().entrySet().stream()
                .filter(e -> isExecutable(e.getValue()))
                .map(e -> DynamicTest.dynamicTest(e.getKey(), () -> {
                    assumeTrue(target.isHost(), "machine code of another architecture");
                    for (Set<String> features : target.vectorFeatureSets()) {
                        try (Machine machine = new Machine(target)) {
                            machine.load(List.of(e.getValue()), Machine.options(features));
                            check(machine, e.getValue(), features);
                        }
                    }
                }));
    }

    private static boolean isExecutable(Function f) {
        boolean addresses = instructions(f)
                .filter(GoldenExecution::isAccess)
                .allMatch(i -> f.blocks().getFirst().params().contains(i.arg(0))
                        && i.imm() <= (isFirst(f, i.arg(0)) ? MEMORY_BYTES - 16 : MEMORY_BYTES - SECOND - 16));
        return addresses
                && instructions(f).anyMatch(i -> i.data() instanceof LaneOp || i.opcode() == Opcode.VSHUFFLE)
                && instructions(f).noneMatch(i -> i.opcode().effect() == Opcode.Effect.CALLS)
                && instructions(f).noneMatch(GoldenExecution::dependsOnMachine)
                && isExact(f)
                && TYPES.containsAll(f.signature().params());
    }

    private static Stream<Inst> instructions(Function f) {
        return f.blocks().stream().flatMap(b -> Stream.iterate(b.first(), i -> i != null, Inst::next));
    }

    private static boolean isAccess(Inst i) {
        return i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE;
    }

    private static boolean isFirst(Function f, Value v) {
        return f.blocks().getFirst().params().getFirst() == v;
    }

    /** Whether the result may differ even of the numbers that floats get here. */
    private static boolean dependsOnMachine(Inst i) {
        return i.data() instanceof LaneOp op
                && op.op().isRelaxed()
                && switch (op.op()) {
                    case RELAXED_MADD, RELAXED_NMADD, RELAXED_MIN, RELAXED_MAX -> false;
                    default -> true;
                };
    }

    /** Whether numbers are the only floats that there are: they are loaded as they lie, and not read in both ways. */
    private static boolean isExact(Function f) {
        Operands operands = operands(f);
        boolean aligned = instructions(f).filter(GoldenExecution::isAccess).allMatch(i -> (i.imm() & 7) == 0);
        boolean singles = instructions(f).anyMatch(i -> i.data() instanceof LaneOp op && op.lanes() == Lanes.F32X4);
        return operands == Operands.ANY || aligned && !(operands == Operands.DOUBLE && singles);
    }

    private static Operands operands(Function f) {
        List<LaneOp> ops = instructions(f)
                .filter(i -> i.data() instanceof LaneOp)
                .map(Inst::lanes)
                .toList();
        if (ops.stream().noneMatch(LaneOp::makesNan)
                && instructions(f).noneMatch(i -> i.opcode().makesNan())) {
            return Operands.ANY;
        }
        if (ops.stream().noneMatch(op -> op.lanes() == Lanes.F64X2 || op.operandLanes() == Lanes.F64X2)) {
            return Operands.SINGLE;
        }
        return ops.stream().anyMatch(op -> op.op().isRelaxed()) ? Operands.DOUBLE : Operands.EITHER;
    }

    private static void check(Machine machine, Function f, Set<String> features) {
        Random random = new Random(1);
        Operands operands = operands(f);
        for (int run = 0; run < RUNS; run++) {
            long[] memory = new long[MEMORY_BYTES / 8];
            Arrays.setAll(memory, _ -> bits(random, operands));
            long[] args = arguments(machine, f, random, operands);
            fill(machine, memory);
            String expected = Machine.expected(f, args) + Arrays.toString(memory(machine));
            fill(machine, memory);
            String actual = machine.call(f.key(), f.signature(), args) + Arrays.toString(memory(machine));
            if (!expected.equals(actual)) {
                assertEquals(expected, actual, () -> features + " " + Arrays.toString(args) + "\n" + Printer.print(f));
            }
        }
    }

    /** Half of a vector, or a scalar. */
    private static long bits(Random random, Operands operands) {
        int n = 1 + random.nextInt(31);
        long single = Float.floatToRawIntBits(n);
        long both = single | (long) Float.floatToRawIntBits(1 + random.nextInt(31)) << 32;
        return switch (operands) {
            case ANY -> random.nextInt(3) == 0 ? EDGES[random.nextInt(EDGES.length)] : random.nextLong();
            case SINGLE, EITHER -> both;
            case DOUBLE -> Double.doubleToRawLongBits(n);
        };
    }

    /** Vectors are often alike, or nearly. */
    private static long[] arguments(Machine machine, Function f, Random random, Operands operands) {
        List<Long> args = new ArrayList<>();
        for (Value v : f.blocks().getFirst().params()) {
            Type t = v.type();
            boolean address = instructions(f).anyMatch(i -> isAccess(i) && i.arg(0) == v);
            for (int i = 0; i < (t == Type.V128 ? 2 : 1); i++) {
                boolean again = t == Type.V128 && args.size() > 2 && random.nextInt(4) == 0;
                int changed = operands == Operands.ANY ? random.nextInt(64) : 64;
                long x = again
                        ? args.get(args.size() - 2) ^ (changed == 64 ? 0 : 1L << changed)
                        : scalar(t, bits(random, operands), operands);
                args.add(address ? machine.args + MEMORY + (isFirst(f, v) ? 0 : SECOND) : t.normalize(x));
            }
        }
        return args.stream().mapToLong(Long::longValue).toArray();
    }

    /** Of a parameter; a number in its own precision, if it is to be one. */
    private static long scalar(Type t, long bits, Operands operands) {
        boolean number = operands != Operands.ANY;
        return number && t == Type.F64 ? Double.doubleToRawLongBits((bits >>> 40 & 31) + 1) : bits;
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
