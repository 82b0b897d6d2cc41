package kiln.codegen.aarch64;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import kiln.artifact.TrapCode;
import kiln.codegen.CodegenOptions;
import kiln.codegen.CompiledFunction;
import kiln.ir.Function;
import kiln.ir.analysis.Verifier;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

/** Random programs, run natively and executed as IR. {@code -Dkiln.random.rounds} says how many. */
class RandomExecutionTest {
    private static final int ROUNDS =
            Integer.getInteger("kiln.random.rounds", Boolean.getBoolean("kiln.emulated") ? 60 : 300);
    private static final long FIRST_SEED = Long.getLong("kiln.random.seed", 1);
    private static final int AREA_BYTES = 4096;

    /** What can be said on another machine: every program compiles, with the allocation checked. */
    @Test
    void programsCompile() {
        assumeFalse(System.getProperty("os.arch").equals("aarch64"));
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
            compile(new RandomPrograms(seed).program(), seed);
        }
    }

    @Test
    void programsDoWhatTheirIrSays() {
        assumeTrue(System.getProperty("os.arch").equals("aarch64"));
        int finished = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment area = arena.allocate(AREA_BYTES, 16);
            for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
                finished += check(area, seed) ? 1 : 0;
            }
        }
        assertTrue(finished > ROUNDS / 2, "too few programs came to an end: " + finished);
    }

    private static List<CompiledFunction> compile(List<Function> functions, long seed) {
        Random random = new Random(seed);
        CodegenOptions options = new CodegenOptions(random.nextInt(3), Set.of(), random.nextBoolean(), true);
        try {
            functions.forEach(f -> Verifier.verify(f, "seed " + seed));
            return functions.stream()
                    .map(f -> Machine.BACKEND.compile(f, options))
                    .toList();
        } catch (RuntimeException | AssertionError e) {
            throw new AssertionError("seed " + seed, e);
        }
    }

    private static boolean check(MemorySegment area, long seed) {
        List<Function> functions = new RandomPrograms(seed).program();
        Function main = functions.getFirst();
        byte[] before = new byte[AREA_BYTES];
        new Random(seed).nextBytes(before);
        byte[] expected = before.clone();
        TrapCode trap = null;
        try {
            new ProgramExecution(functions, area.address(), MemorySegment.ofArray(expected))
                    .run(main, 0, area.address());
        } catch (IrExecution.Trap t) {
            trap = t.code;
        } catch (IrExecution.OutOfSteps _) {
            return false;
        }
        area.copyFrom(MemorySegment.ofArray(before));
        try (Machine m = new Machine(compile(functions, seed), main.signature())) {
            assertEquals(
                    trap,
                    m.call(main.key(), main.signature(), 0, area.address()).trap(),
                    "seed " + seed);
        }
        byte[] actual = area.toArray(ValueLayout.JAVA_BYTE);
        int at = Arrays.mismatch(expected, actual);
        if (at >= 0) {
            HexFormat hex = HexFormat.of();
            int from = at & -8;
            assertEquals(
                    hex.formatHex(expected, from, from + 8),
                    hex.formatHex(actual, from, from + 8),
                    "seed " + seed + " at " + at);
        }
        return true;
    }
}
