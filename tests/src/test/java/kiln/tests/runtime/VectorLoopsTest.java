package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import kiln.compiler.CompilerOptions;
import kiln.runtime.CompiledModule;
import kiln.runtime.Engine;
import kiln.runtime.Instance;
import kiln.runtime.Linker;
import kiln.runtime.Store;
import kiln.tests.Corpus;
import kiln.tests.cross.CrossCompiler;
import kiln.tests.runtime.LoopGenerator.Elements;
import org.junit.jupiter.api.Test;

/**
 * Loops over arrays do the same with vectors as without: results, what is written, and what has been written when one
 * traps. {@code -Dkiln.loops=N} tries as many modules of random loops, {@code -Dkiln.seed=S} others.
 */
class VectorLoopsTest {
    private static final int MODULES = Integer.getInteger("kiln.loops", Corpus.SAMPLED ? 4 : 12);
    private static final long SEED = Long.getLong("kiln.seed", 1);
    private static final int FUNCTIONS = 24;
    private static final int RUNS = 60;
    private static final int BYTES = 1 << 16;

    @Test
    void randomLoopsDoTheSame() {
        for (int m = 0; m < MODULES; m++) {
            long seed = SEED * 1_000_003 + m;
            Random random = new Random(seed);
            StringBuilder text = new StringBuilder("(module (memory (export \"memory\") 1)\n");
            // NaNs may differ in their bits, unless they are canonical.
            Elements elements = new Elements[] {Elements.FLOATS, Elements.INTS, Elements.INTS, Elements.BOTH}[m % 4];
            LoopGenerator loops = new LoopGenerator(random, elements);
            List<String> types = new ArrayList<>();
            for (int i = 0; i < FUNCTIONS; i++) {
                text.append(loops.function("f" + i));
                types.add(loops.type());
            }
            byte[] wasm = RuntimeFixture.encode(text.append(")").toString());
            CompilerOptions options = CompilerOptions.defaults()
                    .withJobs(1)
                    .withCheck(true)
                    .withCanonicalNans(m % 4 == 3)
                    .withInterruptible(m % 4 == 1);
            compare(wasm, options, random, elements == Elements.FLOATS ? types : null, "seed " + seed);
        }
    }

    private static void compare(byte[] wasm, CompilerOptions options, Random random, List<String> types, String what) {
        boolean floats = types != null;
        byte[] scalar = CrossCompiler.compile("scalar", wasm, options.withOptLevel(0));
        byte[] vector = CrossCompiler.compile("vector", wasm, options.withOptLevel(2));
        try (Engine engine = new Engine(options.interruptible());
                CompiledModule m0 = CompiledModule.load(engine, scalar);
                CompiledModule m2 = CompiledModule.load(engine, vector);
                Store store = new Store(engine)) {
            Instance i0 = new Linker(engine).instantiate(store, m0);
            Instance i2 = new Linker(engine).instantiate(store, m2);
            for (int f = 0; f < FUNCTIONS; f++) {
                for (int run = 0; run < RUNS; run++) {
                    byte[] bytes = contents(random, floats);
                    long[] args = arguments(random, floats ? -8 : -1);
                    Object r0 = RuntimeFixture.outcome(i0, "f" + f, bytes, args);
                    Object r2 = RuntimeFixture.outcome(i2, "f" + f, bytes, args);
                    String where = what + ", f" + f + Arrays.toString(args);
                    byte[] b0 = i0.memory("memory").readBytes(0, BYTES);
                    byte[] b2 = i2.memory("memory").readBytes(0, BYTES);
                    if (floats) {
                        boolean wide = types.get(f).equals("f64");
                        normalize(b0, wide);
                        normalize(b2, wide);
                        r0 = r0 instanceof Long x ? normalize(x, wide) : r0;
                        r2 = r2 instanceof Long x ? normalize(x, wide) : r2;
                    }
                    assertEquals(r0, r2, where);
                    assertEquals(-1, Arrays.mismatch(b0, b2), where);
                }
            }
        }
    }

    /** Makes all NaNs the same. */
    private static void normalize(byte[] bytes, boolean wide) {
        ByteBuffer b = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < bytes.length; i += wide ? 8 : 4) {
            if (wide) {
                b.putLong(i, normalize(b.getLong(i), true));
            } else {
                b.putInt(i, (int) normalize(b.getInt(i), false));
            }
        }
    }

    private static long normalize(long bits, boolean wide) {
        return wide
                ? Double.doubleToLongBits(Double.longBitsToDouble(bits))
                : Float.floatToIntBits(Float.intBitsToFloat((int) bits));
    }

    /** @param mask of which addresses are multiples */
    private static long[] arguments(Random random, int mask) {
        int n = random.nextInt(8) == 0 ? random.nextInt(400) : random.nextInt(41);
        int[] address = new int[3];
        for (int k = 0; k < 3; k++) {
            address[k] = switch (random.nextInt(8)) {
                case 0 -> BYTES - random.nextInt(600);
                case 1 -> -random.nextInt(300);
                case 2 -> 1 << 31 | random.nextInt(256);
                case 3, 4 -> k == 0 ? 512 : address[k - 1] + random.nextInt(80) - 40;
                case 5 -> k == 0 ? 4096 : address[k - 1];
                default -> 1024 + 8192 * k + random.nextInt(64);
            };
        }
        return new long[] {
            n,
            address[0] & mask,
            address[1] & mask,
            address[2] & mask,
            random.nextInt(200) - 100,
            Float.floatToIntBits(random.nextInt(100) / 4f)
        };
    }

    /** Numbers that make no NaNs as floats, most of them. */
    private static byte[] contents(Random random, boolean onlyFloats) {
        ByteBuffer b = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        boolean floats = onlyFloats || random.nextBoolean();
        while (b.hasRemaining()) {
            if (floats) {
                b.putFloat(random.nextInt(2000) / 8f - 100);
            } else {
                b.putInt(random.nextInt() >> random.nextInt(32));
            }
        }
        return b.array();
    }
}
