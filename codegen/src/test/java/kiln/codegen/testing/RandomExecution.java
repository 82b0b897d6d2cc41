package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import kiln.artifact.TrapCode;
import kiln.codegen.CodegenOptions;
import kiln.ir.Function;
import kiln.ir.LaneOp;
import kiln.ir.Parser;
import kiln.ir.Printer;
import kiln.ir.VectorOp;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;
import kiln.ir.testing.RandomOperations;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

/** Random programs, run on the machine and executed as IR. {@code -Dkiln.random.rounds} says how many. */
public abstract class RandomExecution {
    private static final int ROUNDS =
            Integer.getInteger("kiln.random.rounds", Boolean.getBoolean("kiln.emulated") ? 60 : 300);
    private static final long FIRST_SEED = Long.getLong("kiln.random.seed", 1);
    /** What a program may touch. */
    private static final int AREA_BYTES = 4096;

    private final Machine.Target target;

    protected RandomExecution(Machine.Target target) {
        this.target = target;
    }

    /** What can be said on another machine: every program compiles, with the allocation checked. */
    @Test
    void programsCompile() {
        assumeFalse(target.isHost());
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
            CodegenOptions options = options(new Random(seed), target.features());
            for (Function f : program(seed)) {
                target.backend().compile(Machine.prepared(f), options);
            }
        }
    }

    @Test
    void programsDoWhatTheirIrSays() {
        assumeTrue(target.isHost());
        int finished = 0;
        try (Machine machine = new Machine(target)) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
                finished += check(machine, seed) ? 1 : 0;
            }
        }
        assertTrue(finished > ROUNDS / 2, "too few programs came to an end: " + finished);
    }

    /** By way of the text form, which is what a failure shows. */
    private List<Function> program(long seed) {
        String text = new RandomPrograms(seed, this::isLowered)
                .program().stream().map(Printer::print).collect(Collectors.joining("\n"));
        List<Function> functions = Parser.parseAll(text);
        functions.forEach(f -> Verifier.verify(f, "seed " + seed));
        return functions;
    }

    /** Until both back ends lower all operations on vectors. Those whose result depends on the machine never occur. */
    private boolean isLowered(RandomOperations.Operation o) {
        if (!(o.data() instanceof LaneOp op)) {
            return target.rules().has(o.op());
        }
        boolean nansCanBeReplaced =
                target.rules().has(VectorOp.EQ) && target.rules().has(VectorOp.BITSELECT);
        return target.rules().has(op.op()) && !op.op().isRelaxed() && (!op.makesNan() || nansCanBeReplaced);
    }

    private static CodegenOptions options(Random random, Set<String> features) {
        return new CodegenOptions(random.nextInt(3), features, random.nextBoolean(), true);
    }

    private List<Function> optimised(long seed, int level) {
        List<Function> functions = program(seed);
        functions.forEach(Pipeline.forLevel(level)::run);
        return functions;
    }

    private boolean check(Machine machine, long seed) {
        List<Function> functions = program(seed);
        Random random = new Random(seed);
        byte[] before = new byte[AREA_BYTES];
        random.nextBytes(before);
        byte[] expected = before.clone();
        TrapCode trap = null;
        try {
            new ProgramExecution(functions, machine.args, MemorySegment.ofArray(expected))
                    .run(functions.getFirst(), 0, machine.args);
        } catch (IrExecution.Trap t) {
            trap = t.code;
        } catch (IrExecution.OutOfSteps _) {
            return false;
        }
        // With all features, and with one of the other sets in turn.
        List<Set<String>> others = target.vectorFeatureSets();
        Set<String> other = others.get((int) (seed % (others.size() - 1)));
        for (Set<String> features : List.of(other, target.features())) {
            String what = "seed " + seed + " " + features;
            CodegenOptions options = options(random, features);
            try {
                machine.load(optimised(seed, options.optLevel()), options);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(what, e);
            }
            MemorySegment area = NativeCode.segment(machine.args, AREA_BYTES);
            area.copyFrom(MemorySegment.ofArray(before));
            assertEquals(trap, machine.run(), what);
            byte[] actual = area.toArray(ValueLayout.JAVA_BYTE);
            int at = Arrays.mismatch(expected, actual);
            if (at >= 0) {
                HexFormat hex = HexFormat.of();
                int from = at & -8;
                assertEquals(
                        hex.formatHex(expected, from, from + 8),
                        hex.formatHex(actual, from, from + 8),
                        what + " at " + at);
            }
        }
        return true;
    }
}
