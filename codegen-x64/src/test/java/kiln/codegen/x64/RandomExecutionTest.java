package kiln.codegen.x64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
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
import kiln.ir.Parser;
import kiln.ir.Printer;
import kiln.ir.analysis.Verifier;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

/** Random programs, run natively and executed as IR. {@code -Dkiln.random.rounds} says how many. */
class RandomExecutionTest {
    private static final int ROUNDS = Integer.getInteger("kiln.random.rounds", 300);
    private static final long FIRST_SEED = Long.getLong("kiln.random.seed", 1);

    @Test
    void programsDoWhatTheInterpreterDoes() {
        assumeTrue(System.getProperty("os.arch").equals("amd64"));
        int finished = 0;
        try (Runner runner = new Runner()) {
            for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
                String text = new RandomPrograms(seed)
                        .program().stream().map(Printer::print).collect(Collectors.joining("\n"));
                finished += check(runner, seed, text) ? 1 : 0;
            }
        }
        assertTrue(finished > ROUNDS / 2, "too few programs came to an end: " + finished);
    }

    private static boolean check(Runner runner, long seed, String text) {
        List<Function> functions = Parser.parseAll(text);
        functions.forEach(f -> Verifier.verify(f, "seed " + seed));
        Random random = new Random(seed);
        byte[] before = new byte[Runner.AREA_BYTES];
        random.nextBytes(before);
        byte[] expected = before.clone();
        TrapCode trap = null;
        try {
            new ProgramExecution(functions, runner.args, MemorySegment.ofArray(expected))
                    .run(functions.getFirst(), 0, runner.args);
        } catch (IrExecution.Trap t) {
            trap = t.code;
        } catch (IrExecution.OutOfSteps _) {
            return false;
        }
        for (Set<String> features : List.of(Runner.BASELINE, Runner.ALL)) {
            String what = "seed " + seed + " " + features;
            try {
                runner.load(text, new CodegenOptions(random.nextInt(3), features, random.nextBoolean(), true));
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(what, e);
            }
            MemorySegment area = NativeCode.segment(runner.args, Runner.AREA_BYTES);
            area.copyFrom(MemorySegment.ofArray(before));
            assertEquals(trap, runner.run(), what);
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
