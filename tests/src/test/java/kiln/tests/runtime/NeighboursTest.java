package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.Random;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.Test;

/**
 * Accesses at indices and at constants from them, one after the other, in branches and loops, near the ends of the
 * memory and of what 32-bit indices reach: optimised code does the same as plain code, where it ends with a trap, too.
 * {@code -Dkiln.neighbours=N} tries as many modules, {@code -Dkiln.seed=S} others.
 */
class NeighboursTest {
    private static final int MODULES = Integer.getInteger("kiln.neighbours", Corpus.SAMPLED ? 4 : 16);
    private static final long SEED = Long.getLong("kiln.seed", 1);
    private static final int FUNCTIONS = 20;
    private static final int RUNS = 80;

    /** Limits of memories of two pages at first: such as can reach the last index, and such as cannot. */
    private static final String[] LIMITS = {"2", "2 2", "2 65535", "2 65536"};

    private static final int BYTES = 2 << 16;
    private static final int[] CONSTANTS = {
        -65_536, -16, -8, -1, 1, 4, 8, 12, 100, 4096, 65_528, 65_535, 65_536, 65_537, 65_540, 131_064
    };

    private final StringBuilder text = new StringBuilder();
    private Random random;
    private int labels;

    @Test
    void optimisedCodeDoesTheSame() {
        for (int m = 0; m < MODULES; m++) {
            long seed = SEED * 1_000_003 + m;
            random = new Random(seed);
            text.setLength(0);
            text.append("(module (memory (export \"memory\") ")
                    .append(LIMITS[m % LIMITS.length])
                    .append(")\n");
            for (int f = 0; f < FUNCTIONS; f++) {
                text.append("(func (export \"f").append(f).append("\") (param $x i32) (param $y i32) (result i32)\n");
                text.append("  (local $z i32) (local $sum i32) (local $n i32)\n");
                labels = 0;
                statements(3);
                text.append("  (local.get $sum))\n");
            }
            CompilerOptions options =
                    CompilerOptions.defaults().withJobs(1).withCheck(true).withExplicitBounds(m % 8 > 5);
            compare(RuntimeFixture.encode(text.append(")").toString()), options, "seed " + seed);
        }
    }

    private void statements(int depth) {
        for (int i = 2 + random.nextInt(4); i > 0; i--) {
            statement(depth);
        }
    }

    private void statement(int depth) {
        switch (random.nextInt(depth > 0 ? 10 : 7)) {
            case 0, 1, 2 -> {
                text.append("  (local.set $sum (i32.add (i32.mul (local.get $sum) (i32.const 31)) (");
                text.append(pick("i32.load", "i32.load8_u", "i32.load8_s", "i32.load16_u"));
                access();
                text.append(")))\n");
            }
            case 3, 4, 5 -> {
                text.append("  (").append(pick("i32.store", "i32.store8", "i32.store16"));
                access();
                text.append(" (local.get ").append(pick("$sum", "$x", "$n")).append("))\n");
            }
            case 6 -> {
                text.append("  (local.set ").append(pick("$x", "$y", "$z"));
                index();
                text.append(")\n");
            }
            case 7, 8 -> {
                text.append("  (if (i32.and (local.get ")
                        .append(pick("$sum", "$y"))
                        .append(") (i32.const ");
                text.append(1 << random.nextInt(4)).append("))\n  (then\n");
                statements(depth - 1);
                text.append("  )");
                if (random.nextBoolean()) {
                    text.append("(else\n");
                    statements(depth - 1);
                    text.append("  )");
                }
                text.append(")\n");
            }
            default -> {
                // Inner loops count on from where outer ones are, and let those end sooner.
                String label = "$l" + labels++;
                text.append("  (loop ").append(label).append("\n");
                statements(depth - 1);
                text.append("  (local.set $x (i32.add (local.get $x) (i32.const ")
                        .append(constant())
                        .append(")))\n");
                text.append("  (local.set $n (i32.add (local.get $n) (i32.const 1)))\n");
                text.append("  (br_if ").append(label).append(" (i32.lt_u (local.get $n) (i32.const ");
                text.append(1 + random.nextInt(20)).append("))))\n");
            }
        }
    }

    /** Offset and index of an access. */
    private void access() {
        int offset = random.nextInt(3) > 0 ? 0 : random.nextInt(8) > 0 ? random.nextInt(64) : random.nextInt(1 << 26);
        text.append(" offset=").append(offset);
        index();
    }

    private void index() {
        String local = pick("$x", "$x", "$y", "$z");
        text.append(" (");
        switch (random.nextInt(6)) {
            case 0 -> text.append("local.get ").append(local);
            case 1 ->
                text.append("i32.add (i32.add (local.get $y) (i32.const ")
                        .append(constant())
                        .append(")) (local.get ")
                        .append(local)
                        .append(")");
            default ->
                text.append("i32.add (local.get ")
                        .append(local)
                        .append(") (i32.const ")
                        .append(constant())
                        .append(")");
        }
        text.append(")");
    }

    private int constant() {
        return CONSTANTS[random.nextInt(CONSTANTS.length)];
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private void compare(byte[] wasm, CompilerOptions options, String what) {
        byte[] plain = CrossCompiler.compile("plain", wasm, options.withOptLevel(0));
        byte[] optimised = CrossCompiler.compile("optimised", wasm, options.withOptLevel(2));
        try (Engine engine = new Engine(false);
                CompiledModule m0 = CompiledModule.load(engine, plain);
                CompiledModule m2 = CompiledModule.load(engine, optimised);
                Store store = new Store(engine)) {
            Instance i0 = new Linker(engine).instantiate(store, m0);
            Instance i2 = new Linker(engine).instantiate(store, m2);
            byte[] contents = new byte[BYTES];
            random.nextBytes(contents);
            for (int f = 0; f < FUNCTIONS; f++) {
                for (int run = 0; run < RUNS; run++) {
                    long[] args = {argument(), argument()};
                    String where = what + ", f" + f + Arrays.toString(args);
                    assertEquals(
                            RuntimeFixture.outcome(i0, "f" + f, contents, args),
                            RuntimeFixture.outcome(i2, "f" + f, contents, args),
                            where);
                    assertEquals(-1, Arrays.mismatch(contents(i0), contents(i2)), where);
                }
            }
        }
    }

    private static byte[] contents(Instance i) {
        return i.memory("memory").readBytes(0, BYTES);
    }

    private int argument() {
        return switch (random.nextInt(8)) {
            case 0 -> BYTES - random.nextInt(40);
            case 1 -> -random.nextInt(40);
            case 2 -> -65_536 + random.nextInt(80) - 40;
            case 3 -> random.nextInt();
            case 4 -> random.nextInt(40);
            default -> 65_536 + random.nextInt(4096);
        };
    }
}
