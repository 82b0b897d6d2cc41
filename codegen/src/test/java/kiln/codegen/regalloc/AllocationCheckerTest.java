package kiln.codegen.regalloc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.codegen.CallSite;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Frequency;
import kiln.ir.Type;
import org.junit.jupiter.api.Test;

/** Spoils allocations in single places; whatever then runs differently must be found by the checker. */
final class AllocationCheckerTest {
    private static final int STEPS = 300;

    private record Allocated(MachFunction function, AllocationChecker checker, List<Output.Inserted> record) {}

    private static Allocated allocate(long seed) {
        MachFunction f = RandomFunction.generate(seed, 3 + (int) (seed % 8), 4 + (int) (seed % 11));
        Graph graph = new Graph(f);
        Operands ops = new Operands(f, FakeMachine.FILE);
        AllocationChecker checker = new AllocationChecker(graph, ops);
        List<Output.Inserted> record = new ArrayList<>();
        RegisterAllocator.run(
                graph, ops, new Output(ops, FakeMachine.INSTS, record), seed % 4 == 0 ? 0 : 2, step -> {});
        return new Allocated(f, checker, record);
    }

    private static boolean accepts(Allocated a) {
        try {
            a.checker.check(a.record);
            return true;
        } catch (IllegalStateException e) {
            return false;
        }
    }

    /** Leaves out an instruction that the allocator added. */
    private static boolean dropInserted(Allocated a, Random random) {
        if (a.record.isEmpty()) {
            return false;
        }
        MachInst victim = a.record.get(random.nextInt(a.record.size())).inst();
        for (MachBlock b : a.function.blocks()) {
            b.insts().remove(victim);
        }
        return true;
    }

    /** Gives one operand another register. */
    private static boolean changeOperand(Allocated a, Random random) {
        List<MachInst> insts = new ArrayList<>();
        a.function.blocks().stream()
                .filter(b -> b.index() == 0 || !b.predecessors().isEmpty())
                .forEach(b -> insts.addAll(b.insts()));
        insts.removeAll(a.record.stream().map(Output.Inserted::inst).toList());
        FakeInst inst = (FakeInst) insts.get(random.nextInt(insts.size()));
        if (inst.form().count() == 0) {
            return false;
        }
        int k = random.nextInt(inst.form().count());
        Reg r = inst.reg(k);
        List<Reg> choice = FakeMachine.allocatable(RegClass.INT);
        Reg other = choice.get(random.nextInt(choice.size()));
        if (r == other || r == FakeMachine.PINNED || r.regClass() != RegClass.INT) {
            return false;
        }
        inst.setReg(k, other);
        return true;
    }

    /** Takes a word out of the stack map of some call, or puts one in. Returns the call, or null if there is none. */
    private static CallSite changeMap(Allocated a, Random random, boolean less) {
        List<CallSite> calls = new ArrayList<>();
        a.function.blocks().stream()
                .filter(b -> b.index() == 0 || !b.predecessors().isEmpty())
                .flatMap(b -> b.insts().stream())
                .map(MachInst::callSite)
                .filter(s -> s != null && (!less || s.references().length > 0))
                .forEach(calls::add);
        if (calls.isEmpty()) {
            return null;
        }
        CallSite site = calls.get(random.nextInt(calls.size()));
        BitSet words = new BitSet();
        Arrays.stream(site.references()).forEach(words::set);
        int change = less
                ? site.references()[random.nextInt(site.references().length)]
                : words.nextClearBit(random.nextInt(6));
        words.flip(change);
        site.setReferences(words.stream().toArray());
        return site;
    }

    @Test
    void findsMapsWithTooLittleOrTooMuch() {
        int spoilt = 0;
        int caught = 0;
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            Allocated bad = allocate(seed);
            // At level 0, maps may say more than what is live.
            if (seed % 4 != 0 && changeMap(bad, random, seed % 2 == 0) != null) {
                spoilt++;
                boolean accepted = accepts(bad);
                // What is passed on but never read may be left out, and a word that has a copy of what lives put in.
                boolean harmless = FakeInterpreter.run(bad.function, STEPS)
                        .equals(FakeInterpreter.run(allocate(seed).function, STEPS));
                assertTrue(!accepted || harmless, "not found: seed " + seed);
                caught += accepted ? 0 : 1;
            }
        }
        assertTrue(spoilt > 500 && caught > 0.9 * spoilt, spoilt + " " + caught);
    }

    /** Maps that say more than what is live, as where all of them together would be too large. */
    @Test
    void referencesHaveWordsOfTheirOwnWhereMapsWouldBeLarge() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        MachBlock b = f.addBlock(Frequency.ONCE);
        List<Reg> live = new ArrayList<>();
        List<CallSite> calls = new ArrayList<>();
        FakeInst end = new FakeInst("end");
        for (int i = 0; i < 3000; i++) {
            Reg r = f.newVirtual(Type.REF);
            b.insts().add(new FakeInst("new" + i).def(r));
            live.add(r);
        }
        for (int i = 0; i < 12_000; i++) {
            FakeInst call = new FakeInst("call" + i).clobber(FakeMachine.ALL).collecting();
            b.insts().add(call);
            calls.add(call.callSite());
        }
        for (Reg r : live) {
            b.insts().add(new FakeInst("use").use(r));
        }
        b.insts().add(end);
        RegisterAllocator.allocate(f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {});
        int[] all = calls.getFirst().references();
        assertEquals(3000, all.length);
        assertTrue(calls.stream().allMatch(c -> c.references() == all));
        assertEquals(
                3000, b.insts().stream().filter(i -> ((FakeInst) i).isClear()).count());
    }

    /** A reference that is made of bits stays in their register. */
    @Test
    void bitsBecomeReferences() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        MachBlock b = f.addBlock(Frequency.ONCE);
        Reg bits = f.newVirtual(Type.I64);
        Reg r = f.newVirtual(Type.REF);
        FakeInst call = new FakeInst("call").clobber(FakeMachine.ALL).collecting();
        b.insts()
                .addAll(List.of(
                        new FakeInst("bits").def(bits), FakeInst.move(r, bits), call, new FakeInst("end").use(r)));
        RegisterAllocator.allocate(f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {});
        assertEquals(1, call.callSite().references().length);
    }

    @Test
    void findsWhatRunsDifferently() {
        int caught = 0;
        int spoilt = 0;
        int harmful = 0;
        for (int seed = 0; seed < 3000; seed++) {
            Random random = new Random(seed);
            Allocated good = allocate(seed);
            List<Long> expected = FakeInterpreter.run(good.function, STEPS);
            assertTrue(accepts(good), "seed " + seed);
            Allocated bad = allocate(seed);
            if (seed % 2 == 0 ? dropInserted(bad, random) : changeOperand(bad, random)) {
                spoilt++;
                boolean accepted = accepts(bad);
                caught += accepted ? 0 : 1;
                if (!FakeInterpreter.run(bad.function, STEPS).equals(expected)) {
                    harmful++;
                    assertTrue(!accepted, "not found: seed " + seed);
                }
            }
        }
        assertTrue(spoilt > 1500 && harmful > 300 && caught >= harmful, spoilt + " " + harmful + " " + caught);
    }

    @Test
    void findsLostInstruction() {
        Allocated a = allocate(5);
        MachBlock b = a.function.blocks().getFirst();
        b.insts().removeFirst();
        assertThrows(IllegalStateException.class, () -> a.checker.check(a.record));
    }

    /** {@code c = a op b} with its operands exchanged. */
    private static void exchange(boolean commutes) {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        MachBlock b = f.addBlock(Frequency.ONCE);
        Reg x = f.newVirtual(Type.I64);
        Reg y = f.newVirtual(Type.I64);
        FakeInst op = new FakeInst("op").use(x).use(y);
        Reg z = f.newVirtual(Type.I64);
        b.insts().add(new FakeInst("x").def(x));
        b.insts().add(new FakeInst("y").def(y));
        b.insts().add(commutes ? op.defReuseEither(z) : op.defReuse(z));
        b.insts().add(new FakeInst("end").use(z));
        Graph graph = new Graph(f);
        Operands ops = new Operands(f, FakeMachine.FILE);
        AllocationChecker checker = new AllocationChecker(graph, ops);
        ops.exchange(ops.start[2]);
        List<Output.Inserted> record = new ArrayList<>();
        RegisterAllocator.run(graph, ops, new Output(ops, FakeMachine.INSTS, record), 2, step -> {});
        checker.check(record);
    }

    @Test
    void findsExchangedOperands() {
        exchange(true);
        assertThrows(IllegalStateException.class, () -> exchange(false));
    }

    @Test
    void acceptsWhatIsRight() {
        Allocated a = allocate(7);
        a.checker.check(a.record);
        assertEquals(
                FakeInterpreter.run(RandomFunction.generate(7, 10, 11), STEPS), FakeInterpreter.run(a.function, STEPS));
    }
}
