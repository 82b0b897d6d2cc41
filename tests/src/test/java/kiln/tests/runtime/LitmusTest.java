package kiln.tests.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.IntPredicate;
import kiln.runtime.CompiledModule;
import kiln.runtime.MemoryType;
import kiln.runtime.SharedMemory;
import kiln.runtime.Store;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;

/**
 * Litmus tests: threads write and read a few words at the same time, and results that WebAssembly's memory model
 * forbids must not occur. They say something about the machine that they run on only: an x86-64 reorders little, and an
 * emulator of AArch64 shows the orders of its host and of its own barriers. {@code -Dkiln.litmus.rounds} makes them
 * longer; they should be run on real AArch64 hardware, with and without {@code lse}, for some minutes.
 */
class LitmusTest extends RuntimeFixture {
    private static final int PAIRS = 4096;
    private static final int OUT = 512 << 10;
    private static final int READY = 1048568;
    private static final int COUNT = 1048572;
    private static final int ROUNDS =
            Integer.getInteger("kiln.litmus.rounds", Boolean.getBoolean("kiln.emulated") ? 3 : 30);

    private CompiledModule module;

    @BeforeEach
    void load() {
        module = module("litmus");
    }

    /** What a reader of two words saw: 2 for the first, 1 for the second. */
    private static final int FIRST_ONLY = 2;

    /** Runs the functions at the same time; {@code forbidden} is asked about the two results for each pair. */
    private void check(Forbidden forbidden, String... functions) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            try (SharedMemory memory = SharedMemory.of(new MemoryType(16, 16, false, true, 16))) {
                memory.writeInt(COUNT, functions.length);
                linker.memory("env", "memory", memory);
                List<FutureTask<Long>> tasks = new ArrayList<>();
                for (String name : functions) {
                    FutureTask<Long> task = new FutureTask<>(() -> {
                        try (Store own = new Store(engine)) {
                            return linker.instantiate(own, module).func(name).call();
                        }
                    });
                    tasks.add(task);
                    Thread.ofPlatform().start(task);
                }
                for (FutureTask<Long> task : tasks) {
                    task.get();
                }
                assertEquals(functions.length, memory.readInt(READY));
                for (int k = 0; k < PAIRS; k++) {
                    int a = memory.readInt(OUT + 16 * k);
                    int b = memory.readInt(OUT + 16 * k + 4);
                    assertFalse(forbidden.test(a, b), "results " + a + " and " + b + " of pair " + k);
                }
            }
        }
    }

    /** Of two results. */
    @FunctionalInterface
    private interface Forbidden {
        boolean test(int a, int b);
    }

    private static Forbidden first(IntPredicate p) {
        return (a, _) -> p.test(a);
    }

    /** MP: who sees the flag sees what was written before it. */
    @Test
    void messagesArePassed() throws Exception {
        check(first(a -> a == FIRST_ONLY), "writeData", "readData");
    }

    /** MP with atomic accesses only. */
    @Test
    void atomicMessagesArePassed() throws Exception {
        check((_, b) -> b == FIRST_ONLY, "writeXThenY", "readYThenX");
    }

    /** SB: of two who write and then look at what the other writes, one sees it. */
    @Test
    @DisabledIfSystemProperty(
            named = "kiln.emulated",
            matches = "true",
            disabledReason = "QEMU puts its barriers before STLR and behind LDAR, and none between the two")
    void storesAreNotDelayed() throws Exception {
        check((a, b) -> a == 0 && b == 0, "writeXReadY", "writeYReadX");
    }

    /** SB with operations that read and write. */
    @Test
    void modificationsAreNotDelayed() throws Exception {
        check((a, b) -> a == 0 && b == 0, "addXReadY", "swapYReadX");
    }

    /** SB with plain accesses on both sides of a fence. */
    @Test
    void fencesOrderPlainAccesses() throws Exception {
        check((a, b) -> a == 0 && b == 0, "plainXFenceReadY", "plainYFenceReadX");
    }

    /** IRIW: all see independent writes in one order. */
    @Test
    void writesHaveOneOrder() throws Exception {
        check((a, b) -> a == FIRST_ONLY && b == FIRST_ONLY, "writeX", "writeY", "readXThenY", "readYThenX");
    }
}
