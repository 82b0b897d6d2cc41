package kiln.ir;

import static org.junit.jupiter.api.Assertions.*;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pass;
import kiln.ir.pass.Pipeline;
import org.junit.jupiter.api.Test;

/** Random functions do the same before and after every pass of every level. */
class RandomFunctionsTest {
    private static final int STEPS = 60_000;
    private static final int ROUNDS = Integer.getInteger("kiln.ir.rounds", 400);
    private static final long FIRST_SEED = Long.getLong("kiln.ir.seed", 1);

    private static final long[][] ARGUMENTS = {
        {0, 0, 0},
        {1, -1, Double.doubleToLongBits(1.5)},
        {-7, 0x123456789abcdefL, Double.doubleToLongBits(-3e9)},
        {Integer.MIN_VALUE, Long.MIN_VALUE, Double.doubleToLongBits(Double.NaN)},
        {100, 1000, Double.doubleToLongBits(65537.25)},
    };

    @Test
    void everyPassKeepsTheMeaning() {
        int usable = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
            int budget = 5 + new Random(seed).nextInt(60);
            String text = Printer.print(IrGenerator.generate(seed, budget));
            for (int level = 0; level <= 2; level++) {
                usable += check(seed, level, text) ? 1 : 0;
            }
        }
        assertTrue(usable > ROUNDS * 2, "too few functions ended in time: " + usable);
    }

    private static boolean check(long seed, int level, String text) {
        Function f = Parser.parse(text);
        Verifier.verify(f, "generation");
        List<IrInterpreter.Outcome> expected = runAll(f);
        String[] before = {text};
        for (Pass pass : Pipeline.forLevel(level).passes()) {
            String name = "seed " + seed + ", level " + level + ", pass " + pass.name();
            try {
                pass.run(f);
                Verifier.verify(f);
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(name + "\n" + before[0] + "\nbecomes\n" + Printer.print(f), e);
            }
            List<IrInterpreter.Outcome> actual = runAll(f);
            for (int i = 0; i < expected.size(); i++) {
                if (!expected.get(i).isExhausted() && !expected.get(i).equals(actual.get(i))) {
                    fail(name + ", arguments " + i + "\n" + before[0] + "\nbecomes\n" + Printer.print(f) + "\nexpected "
                            + expected.get(i) + "\nactual " + actual.get(i));
                }
            }
            before[0] = Printer.print(f);
        }
        return expected.stream().noneMatch(IrInterpreter.Outcome::isExhausted);
    }

    private static List<IrInterpreter.Outcome> runAll(Function f) {
        ArrayList<IrInterpreter.Outcome> all = new ArrayList<>();
        for (long[] args : ARGUMENTS) {
            all.add(IrInterpreter.run(f, STEPS, args));
        }
        return all;
    }
}
