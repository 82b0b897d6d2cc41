package kiln.bench.index;

import java.util.Arrays;
import java.util.Random;
import kiln.artifact.FuncKey;

/**
 * Made-up functions such as compiled modules have: most of one namespace, every tenth left out, and a trampoline for
 * every hundred; sizes with a long tail, starts at multiples of 16.
 */
record Functions(long[] keys, long[] starts, int[] lengths, long textLength) {
    private static final int ALIGNMENT = 16;

    static Functions make(int count, long seed) {
        Random r = new Random(seed);
        int trampolines = 1 + count / 100;
        long[] keys = new long[count];
        int index = 0;
        for (int i = 0; i < count - trampolines; i++) {
            index += r.nextInt(10) == 0 ? 2 : 1;
            keys[i] = FuncKey.wasmFunction(0, index).raw();
        }
        int type = 0;
        for (int i = Math.max(0, count - trampolines); i < count; i++) {
            type += 1 + r.nextInt(8);
            keys[i] = FuncKey.arrayToWasm(0, type).raw();
        }
        long[] starts = new long[count];
        int[] lengths = new int[count];
        long at = 0;
        for (int i = 0; i < count; i++) {
            starts[i] = at;
            lengths[i] = (int) Math.min(100_000, 10 + 50 * Math.exp(1.3 * r.nextGaussian()));
            at = at + lengths[i] + ALIGNMENT - 1 & -ALIGNMENT;
        }
        return new Functions(keys, starts, lengths, at);
    }

    int count() {
        return keys.length;
    }

    /** Keys of functions that there are, in random order. */
    long[] someKeys(int n, long seed) {
        Random r = new Random(seed);
        long[] some = new long[n];
        Arrays.setAll(some, _ -> keys[r.nextInt(keys.length)]);
        return some;
    }

    /** Text offsets within functions that there are, in random order. */
    long[] someOffsets(int n, long seed) {
        Random r = new Random(seed);
        long[] some = new long[n];
        Arrays.setAll(some, _ -> {
            int f = r.nextInt(keys.length);
            return starts[f] + r.nextInt(lengths[f]);
        });
        return some;
    }
}
