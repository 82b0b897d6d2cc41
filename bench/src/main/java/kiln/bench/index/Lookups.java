package kiln.bench.index;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Nanoseconds of a look-up in each layout of the function index, in both directions, for random functions. Every
 * look-up waits for the one before, as those of a backtrace do not, but those of a caller who needs the result do.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 300, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 300, timeUnit = TimeUnit.MILLISECONDS)
public class Lookups {
    private static final int QUERIES = 1 << 16;
    private static final int SEED = 20260101;

    /** Number of functions. */
    @Param({"10", "100", "1000", "10000", "100000", "1000000"})
    public int functions;

    /** Which layout. */
    @Param({"sorted", "eytzinger", "blocks", "dense", "kiln"})
    public String layout;

    private Layout index;
    private long[] keys;
    private long[] offsets;

    /** Makes the index and the queries. */
    @Setup
    public void make() {
        Functions f = Functions.make(functions, SEED);
        index = switch (layout) {
            case "kiln" -> new Kiln(f);
            case "sorted" -> new Sorted(f);
            case "eytzinger" -> new Eytzinger(f);
            case "blocks" -> new Blocks(f);
            case "dense" -> new Dense(f);
            default -> throw new IllegalArgumentException(layout);
        };
        keys = f.someKeys(QUERIES, SEED + 1);
        offsets = f.someOffsets(QUERIES, SEED + 2);
        for (int i = 0; i < QUERIES; i++) {
            if (index.find(keys[i]) < 0 || index.keyAt(offsets[i]) < 0) {
                throw new IllegalStateException(layout + " does not find what is there");
            }
        }
        System.out.printf(
                "%n%s, %d functions: %.2f bytes a function%n", layout, functions, index.bytes() / (double) functions);
    }

    /** From key to code. */
    @Benchmark
    @OperationsPerInvocation(QUERIES)
    public long keyToCode() {
        long last = 0;
        for (int i = 0; i < QUERIES; i++) {
            last = index.find(keys[i ^ (int) (last >>> 63)]);
        }
        return last;
    }

    /** From a text offset to the key. */
    @Benchmark
    @OperationsPerInvocation(QUERIES)
    public long codeToKey() {
        long last = 0;
        for (int i = 0; i < QUERIES; i++) {
            last = index.keyAt(offsets[i ^ (int) (last >>> 63)]);
        }
        return last;
    }
}
