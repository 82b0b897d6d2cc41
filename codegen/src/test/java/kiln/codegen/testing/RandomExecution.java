package kiln.codegen.testing;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import kiln.artifact.Builtin;
import kiln.artifact.FuncKey;
import kiln.artifact.StoreLayout;
import kiln.artifact.api.TrapCode;
import kiln.codegen.CodegenOptions;
import kiln.ir.Function;
import kiln.ir.LaneOp;
import kiln.ir.Parser;
import kiln.ir.Printer;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;
import kiln.ir.testing.RandomOperations;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

/**
 * Random programs, run on the machine and executed as IR. {@code -Dkiln.random.rounds} says how many; with
 * {@code -Dkiln.random.reduce=true} a program that fails is made smaller.
 */
public abstract class RandomExecution {
    private static final int ROUNDS =
            Integer.getInteger("kiln.random.rounds", Boolean.getBoolean("kiln.emulated") ? 30 : 300);
    private static final long FIRST_SEED = Long.getLong("kiln.random.seed", 1);
    /** What a program may touch. */
    private static final int AREA_BYTES = RandomPrograms.HEAP_END;

    /** What objects come from that do not fit; programs that make so many are left out. */
    private static final String FULL = """
            function %s (i64, i64) -> (ref) {
            b0(v0: i64, v1: i64):
                trap unreachable
            }
            """.formatted(FuncKey.builtin(0, Builtin.GC_ALLOCATE));

    private final Machine.Target target;

    protected RandomExecution(Machine.Target target) {
        this.target = target;
    }

    /** What can be said on another machine: every program compiles, with the allocation checked. */
    @Test
    void programsCompile() {
        assumeFalse(target.isHost(), "here the machine itself executes it");
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
            CodegenOptions options = options(new Random(seed), target.features());
            for (Function f : functions(text(seed))) {
                target.backend().compile(Machine.prepared(f), options);
            }
        }
    }

    @Test
    void programsDoWhatTheirIrSays() {
        assumeTrue(target.isHost(), "machine code of another architecture");
        int finished = 0;
        try (Machine machine = new Machine(target)) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
                finished += check(machine, seed) ? 1 : 0;
            }
        }
        assertTrue(finished > ROUNDS / 2, "too few programs came to an end: " + finished);
    }

    private static String text(long seed) {
        Set<RandomPrograms.Option> options = EnumSet.noneOf(RandomPrograms.Option.class);
        if (seed % 2 != 0) {
            options.add(RandomPrograms.Option.EXITS);
        }
        if (seed % 3 == 0) {
            options.add(RandomPrograms.Option.EXCEPTIONS);
        }
        if (seed % 5 < 2) {
            options.add(RandomPrograms.Option.OBJECTS);
        }
        return new RandomPrograms(seed, options, RandomExecution::isTheSameEverywhere)
                .program().stream().map(Printer::print).collect(Collectors.joining("\n"));
    }

    /** By way of the text form, which is what a failure shows. */
    private static List<Function> functions(String text) {
        List<Function> functions = Parser.parseAll(text);
        functions.forEach(f -> Verifier.verify(f, "generation"));
        return functions;
    }

    /** Relaxed operations may do one thing here and another thing there. */
    private static boolean isTheSameEverywhere(RandomOperations.Operation o) {
        return !(o.data() instanceof LaneOp op) || !op.op().isRelaxed();
    }

    private static CodegenOptions options(Random random, Set<String> features) {
        return new CodegenOptions(random.nextInt(3), features, random.nextBoolean(), true);
    }

    private boolean check(Machine machine, long seed) {
        String text = text(seed);
        Random random = new Random(seed);
        byte[] before = new byte[AREA_BYTES];
        random.nextBytes(before);
        if (expected(machine, text, before) == null) {
            return false;
        }
        // With all features, and with one of the other sets in turn.
        List<Set<String>> others = target.vectorFeatureSets();
        Set<String> other = others.get((int) (seed % Math.max(1, others.size() - 1)));
        for (Set<String> features : List.of(other, target.features())) {
            CodegenOptions options = options(random, features);
            String what = "seed " + seed + ", level " + options.optLevel() + " " + features;
            String difference;
            try {
                difference = difference(machine, text, options, before);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(what, e);
            }
            if (difference != null) {
                String small = Boolean.getBoolean("kiln.random.reduce")
                        ? ProgramReducer.reduce(text, t -> isDifferent(machine, t, options, before))
                        : "-Dkiln.random.seed=" + seed + " -Dkiln.random.reduce=true makes it smaller\n" + text;
                fail(what + ": " + difference + "\n" + small);
            }
        }
        return true;
    }

    private boolean isDifferent(Machine machine, String text, CodegenOptions options, byte[] before) {
        try {
            return expected(machine, text, before) != null && difference(machine, text, options, before) != null;
        } catch (RuntimeException | AssertionError _) {
            // No longer a program, or one that has other troubles.
            return false;
        }
    }

    /** What a program leaves in memory, or how it ends without coming to its end. */
    private record End(byte[] memory, TrapCode trap, Long thrown) {}

    /** The end by the meaning of the IR; null if it is too far away. */
    private static End expected(Machine machine, String text, byte[] before) {
        List<Function> functions = functions(text);
        byte[] memory = before.clone();
        TrapCode trap = null;
        Long thrown = null;
        try {
            new ProgramExecution(functions, machine.args, MemorySegment.ofArray(memory))
                    .run(functions.getFirst(), 0, machine.args);
        } catch (IrExecution.Trap t) {
            trap = t.code;
        } catch (IrExecution.Thrown t) {
            thrown = t.exception;
        } catch (IrExecution.OutOfSteps _) {
            return null;
        }
        return new End(memory, trap, thrown);
    }

    /** How the machine's end differs, or null. */
    private static String difference(Machine machine, String text, CodegenOptions options, byte[] before) {
        End expected = expected(machine, text, before);
        List<Function> functions = new ArrayList<>(functions(text));
        functions.forEach(Pipeline.forLevel(options.optLevel())::run);
        functions.addAll(Parser.parseAll(FULL));
        machine.load(functions, options);
        NativeCode.putLong(machine.store + StoreLayout.GC_TOP, RandomPrograms.HEAP);
        NativeCode.putLong(machine.store + StoreLayout.GC_LIMIT, RandomPrograms.HEAP_END);
        MemorySegment area = NativeCode.segment(machine.args, AREA_BYTES);
        area.copyFrom(MemorySegment.ofArray(before));
        TrapCode trap = machine.run();
        if (trap != expected.trap) {
            return "ends with " + trap + " in place of " + expected.trap;
        }
        if (!Objects.equals(machine.thrown(), expected.thrown)) {
            return "throws " + machine.thrown() + " in place of " + expected.thrown;
        }
        byte[] actual = area.toArray(ValueLayout.JAVA_BYTE);
        // What objects were made depends on how well the program was optimised.
        int mismatch = Arrays.mismatch(expected.memory, 0, RandomPrograms.HEAP, actual, 0, RandomPrograms.HEAP);
        int at = mismatch & -8;
        if (at < 0) {
            return null;
        }
        HexFormat hex = HexFormat.of();
        return "bytes from " + at + " on are " + hex.formatHex(actual, at, at + 8) + " in place of "
                + hex.formatHex(expected.memory, at, at + 8);
    }
}
