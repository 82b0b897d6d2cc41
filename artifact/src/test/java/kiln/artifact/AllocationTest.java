package kiln.artifact;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.sun.management.ThreadMXBean;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.util.Random;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Look-ups in a file allocate nothing, once they are compiled. */
class AllocationTest {
    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private static final int FUNCTIONS = 10_000;
    private static final int QUERIES = 20_000;
    private static final int ATTEMPTS = 200;
    private static final long[] RANDOM =
            new Random(1).longs(QUERIES, 0, FUNCTIONS * 64L).toArray();

    private static FunctionIndex index;
    private static TrapTable traps;
    private static OffsetTable offsets;
    private static long sum;

    @BeforeAll
    static void make() {
        FunctionIndexBuilder i = new FunctionIndexBuilder();
        TrapTable.Builder t = new TrapTable.Builder();
        OffsetTable.Builder o = new OffsetTable.Builder();
        for (int f = 0; f < FUNCTIONS; f++) {
            i.add(FuncKey.wasmFunction(0, f + f / 10).raw(), f * 64L, 50);
            t.add(f * 64L + 8, 1 + f % 3);
            o.add(f * 64L, f * 10);
            o.add(f * 64L + 20, f * 10 + 3);
        }
        index = new FunctionIndex(MemorySegment.ofArray(i.build(FUNCTIONS * 64L).toArray()), FUNCTIONS * 64L);
        traps = new TrapTable(MemorySegment.ofArray(t.build().toArray()));
        offsets = new OffsetTable(MemorySegment.ofArray(o.build().toArray()));
    }

    /** Compilation happens when the JVM sees fit: the fewest bytes of many attempts count. */
    private static void allocatesNothing(LongUnaryOperator lookUp) {
        long least = Long.MAX_VALUE;
        for (int attempt = 0; attempt < ATTEMPTS && least > 0; attempt++) {
            long before = THREADS.getCurrentThreadAllocatedBytes();
            for (long query : RANDOM) {
                sum += lookUp.applyAsLong(query);
            }
            least = Math.min(least, THREADS.getCurrentThreadAllocatedBytes() - before);
        }
        assertEquals(0, least, "bytes for " + QUERIES + " look-ups");
    }

    @Test
    void keyToCode() {
        allocatesNothing(q -> {
            int entry = index.find(FuncKey.wasmFunction(0, (int) q / 64).raw());
            return entry < 0 ? 0 : index.start(entry) + index.length(entry);
        });
    }

    @Test
    void codeToKey() {
        allocatesNothing(q -> {
            int entry = index.entryAt(q);
            return entry < 0 ? 0 : index.key(entry);
        });
    }

    @Test
    void trapSites() {
        allocatesNothing(q -> traps.find(q & -64 | 8));
    }

    @Test
    void wasmOffsets() {
        allocatesNothing(q -> offsets.find(q, q & -64));
    }
}
