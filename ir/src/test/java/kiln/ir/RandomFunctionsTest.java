package kiln.ir;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import kiln.artifact.StoreLayout;
import kiln.artifact.VMContextLayout;
import kiln.ir.analysis.Verifier;
import kiln.ir.pass.Pass;
import kiln.ir.pass.Pipeline;
import kiln.ir.testing.IrExecution;
import kiln.ir.testing.ProgramExecution;
import kiln.ir.testing.RandomPrograms;
import org.junit.jupiter.api.Test;

/** Random programs of all kinds do the same before and after every pass of every level. */
class RandomFunctionsTest {
    private static final int ROUNDS = Integer.getInteger("kiln.ir.rounds", 400);
    private static final long FIRST_SEED = Long.getLong("kiln.ir.seed", 1);

    private static final long BASE = 0x10000;
    private static final int AREA_BYTES = RandomPrograms.HEAP_END;
    /** Where the store's record is in the area. */
    private static final int STORE = 3072;

    /** What running a program shows to the outside. */
    private record Outcome(String end, byte[] memory) {
        boolean isSame(Outcome other) {
            return end.equals(other.end) && Arrays.equals(memory, other.memory);
        }
    }

    @Test
    void everyPassKeepsTheMeaning() {
        int usable = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS; seed++) {
            String text =
                    print(new RandomPrograms(seed, EnumSet.allOf(RandomPrograms.Option.class), _ -> true).program());
            for (int level = 0; level <= 2; level++) {
                usable += check(seed, level, text) ? 1 : 0;
            }
        }
        assertTrue(usable > ROUNDS * 2, "too few programs ended in time: " + usable);
    }

    /** Every call replaced by a copy of what it calls, twice: what is thrown comes to the same handlers. */
    @Test
    void inliningKeepsTheMeaning() {
        int thrown = 0;
        int caught = 0;
        for (long seed = FIRST_SEED; seed < FIRST_SEED + ROUNDS / 2; seed++) {
            String text = print(
                    new RandomPrograms(seed, EnumSet.complementOf(EnumSet.of(RandomPrograms.Option.NANS)), _ -> true)
                            .program());
            List<Function> functions = Parser.parseAll(text);
            int[] catches = new int[1];
            Outcome expected = run(functions, seed, catches);
            if (expected == null) {
                continue;
            }
            thrown += expected.end.startsWith("throws") ? 1 : 0;
            caught += catches[0] > 0 ? 1 : 0;
            for (int times = 1; times <= 2; times++) {
                List<Function> callees = Parser.parseAll(print(functions));
                for (Function f : functions) {
                    Inliner.run(f, call -> callees.get(call.call().key().index()), _ -> 0);
                    Verifier.verify(f, "inlining");
                }
                String what = "seed " + seed + ", inlined " + times;
                same(what, text, expected, run(functions, seed), functions);
                List<Function> optimised = Parser.parseAll(print(functions));
                optimised.forEach(Pipeline.forLevel(2).verified()::run);
                same(what + ", optimised", text, expected, run(optimised, seed), optimised);
            }
        }
        assertTrue(thrown > ROUNDS / 50 && caught > ROUNDS / 25, thrown + " threw, " + caught + " caught");
    }

    private static void same(String what, String text, Outcome expected, Outcome actual, List<Function> functions) {
        if (actual == null || !actual.isSame(expected)) {
            fail(what + "\n" + text + "\nbecomes\n" + print(functions) + "\nexpected " + expected + "\nactual "
                    + actual);
        }
    }

    private static String print(List<Function> functions) {
        return functions.stream().map(Printer::print).collect(Collectors.joining("\n"));
    }

    private static boolean check(long seed, int level, String text) {
        List<Function> functions = Parser.parseAll(text);
        functions.forEach(f -> Verifier.verify(f, "generation"));
        Outcome expected = run(functions, seed);
        if (expected == null) {
            return false;
        }
        String before = text;
        for (Pass pass : Pipeline.forLevel(level).passes()) {
            String name = "seed " + seed + ", level " + level + ", pass " + pass.name();
            try {
                for (Function f : functions) {
                    pass.run(f);
                    Verifier.verify(f);
                }
            } catch (RuntimeException | AssertionError e) {
                throw new AssertionError(name + "\n" + before + "\nbecomes\n" + print(functions), e);
            }
            Outcome actual = run(functions, seed);
            same(name, before, expected, actual, functions);
            before = print(functions);
        }
        return true;
    }

    /** Null if the end is too far away. */
    private static Outcome run(List<Function> functions, long seed) {
        return run(functions, seed, new int[1]);
    }

    private static Outcome run(List<Function> functions, long seed, int[] caught) {
        byte[] area = new byte[AREA_BYTES];
        new Random(seed).nextBytes(area);
        ByteBuffer store = ByteBuffer.wrap(area).order(ByteOrder.LITTLE_ENDIAN);
        store.putLong(RandomPrograms.CONTEXT + VMContextLayout.STORE, BASE + STORE);
        store.putLong(STORE + StoreLayout.GC_TOP, RandomPrograms.HEAP);
        store.putLong(STORE + StoreLayout.GC_LIMIT, RandomPrograms.HEAP_END);
        Regions execution = new Regions(functions, MemorySegment.ofArray(area));
        try {
            execution.run(functions.getFirst(), 0, BASE);
            return new Outcome("returns", area);
        } catch (IrExecution.Thrown t) {
            return new Outcome("throws " + t.exception, area);
        } catch (IrExecution.Trap t) {
            return new Outcome("traps " + t.code, area);
        } catch (IrExecution.OutOfSteps _) {
            return null;
        } finally {
            // What objects were made depends on how well a program was optimised.
            Arrays.fill(area, STORE, area.length, (byte) 0);
            caught[0] = execution.caught();
        }
    }

    /** Linear memory has bounds, and there are a VMContext and a store, which knows where the next object goes. */
    private static final class Regions extends ProgramExecution {
        private final MemorySegment area;

        Regions(List<Function> functions, MemorySegment area) {
            super(functions, BASE, area);
            this.area = area;
        }

        @Override
        protected long top() {
            return area.get(ValueLayout.JAVA_LONG_UNALIGNED, STORE + StoreLayout.GC_TOP);
        }

        @Override
        protected void setTop(long top) {
            area.set(ValueLayout.JAVA_LONG_UNALIGNED, STORE + StoreLayout.GC_TOP, top);
        }

        @Override
        protected long place(Inst inst) {
            return inst.opcode() == Opcode.VMCTX ? BASE + RandomPrograms.CONTEXT : super.place(inst);
        }

        @Override
        protected ByteBuffer bytes(Inst inst, long address) {
            MemoryOp m = inst.memory();
            if (m.region().kind() == Region.Kind.MEMORY
                    && Long.compareUnsigned(address - BASE, RandomPrograms.MEMORY - m.width()) > 0) {
                if (m.trap() == null) {
                    throw new AssertionError("access out of bounds: " + Printer.print(inst) + " at " + address);
                }
                throw new Trap(m.trap());
            }
            return super.bytes(inst, address);
        }
    }
}
