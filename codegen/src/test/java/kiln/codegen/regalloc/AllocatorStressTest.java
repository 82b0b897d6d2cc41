package kiln.codegen.regalloc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Set;
import kiln.codegen.CodegenOptions;
import kiln.codegen.MachFunction;
import kiln.codegen.MachPrinter;
import org.junit.jupiter.api.Test;

/** Random functions: allocated, proved by the checker, and run before and after. */
final class AllocatorStressTest {
    private static final int STEPS = 400;

    static CodegenOptions options(int level) {
        return new CodegenOptions(level, Set.of(), false, true);
    }

    private static void tryOne(long seed, int blocks, int insts, int level) {
        MachFunction before = RandomFunction.generate(seed, blocks, insts);
        MachFunction after = RandomFunction.generate(seed, blocks, insts);
        List<Long> expected = FakeInterpreter.run(before, STEPS);
        String what = "seed " + seed + ", " + blocks + " blocks, " + insts + " instructions, level " + level;
        try {
            RegisterAllocator.allocate(after, FakeMachine.FILE, FakeMachine.INSTS, options(level), step -> {});
        } catch (RuntimeException e) {
            throw new AssertionError(what + "\n" + MachPrinter.print(before), e);
        }
        assertEquals(expected, FakeInterpreter.run(after, STEPS), what);
    }

    @Test
    void smallFunctions() {
        for (int seed = 0; seed < 4000; seed++) {
            tryOne(seed, 1 + seed % 7, 1 + seed % 13, seed % 4 == 0 ? 0 : 2);
        }
    }

    @Test
    void mediumFunctions() {
        for (int seed = 0; seed < 400; seed++) {
            tryOne(seed, 10 + seed % 30, 4 + seed % 17, seed % 5 == 0 ? 0 : 2);
        }
    }

    @Test
    void longBlocks() {
        for (int seed = 0; seed < 60; seed++) {
            tryOne(seed, 4, 200, seed % 5 == 0 ? 0 : 2);
        }
    }
}
