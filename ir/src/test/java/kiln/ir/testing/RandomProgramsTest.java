package kiln.ir.testing;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Evaluation;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Parser;
import kiln.ir.Printer;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pipeline;
import org.junit.jupiter.api.Test;

class RandomProgramsTest {
    private static final int ROUNDS = 150;
    private static final long BASE = 0x10000;

    /** Programs with vectors do the same before and after all passes, and every operation that has a value occurs. */
    @Test
    void passesKeepWhatProgramsWrite() {
        Set<Opcode> seen = EnumSet.noneOf(Opcode.class);
        int finished = 0;
        for (long seed = 1; seed <= ROUNDS; seed++) {
            List<Function> functions = new RandomPrograms(seed).program();
            for (Function f : functions) {
                Verifier.verify(f, "seed " + seed);
                note(f, seen);
            }
            byte[] expected = memory(seed);
            String end = run(functions, expected);
            if (end.equals("out of steps")) {
                continue;
            }
            finished++;
            for (int level = 0; level <= 2; level++) {
                List<Function> optimised = functions.stream()
                        .map(f -> Parser.parse(Printer.print(f)))
                        .toList();
                Pipeline passes = Pipeline.forLevel(level).verified();
                optimised.forEach(passes::run);
                byte[] actual = memory(seed);
                assertTrue(end.equals(run(optimised, actual)), "seed " + seed + ", level " + level);
                assertArrayEquals(expected, actual, "seed " + seed + ", level " + level);
            }
        }
        assertTrue(finished > ROUNDS / 2, "too few programs came to an end: " + finished);
        for (Opcode op : Opcode.values()) {
            assertTrue(seen.contains(op) || op.evaluation() instanceof Evaluation.None, op + " never occurs");
        }
    }

    private static void note(Function f, Set<Opcode> seen) {
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                seen.add(i.opcode());
            }
        }
    }

    private static byte[] memory(long seed) {
        byte[] memory = new byte[4096];
        new Random(seed).nextBytes(memory);
        return memory;
    }

    private static String run(List<Function> functions, byte[] memory) {
        try {
            new ProgramExecution(functions, BASE, MemorySegment.ofArray(memory)).run(functions.getFirst(), 0, BASE);
            return "returns";
        } catch (IrExecution.Trap t) {
            return t.code.toString();
        } catch (IrExecution.OutOfSteps _) {
            return "out of steps";
        }
    }
}
