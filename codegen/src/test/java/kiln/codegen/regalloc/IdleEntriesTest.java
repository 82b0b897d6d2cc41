package kiln.codegen.regalloc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.codegen.RegClass;
import kiln.ir.Type;
import org.junit.jupiter.api.Test;

final class IdleEntriesTest {
    /** As many values as there are registers, all alive at once. */
    private static void crowd(MachFunction f, List<MachInst> insts) {
        Reg[] all = new Reg[FakeMachine.FILE.allocatable(RegClass.INT).size()];
        for (int i = 0; i < all.length; i++) {
            all[i] = f.newVirtual(Type.I64);
            insts.add(new FakeInst("make" + i).def(all[i]));
        }
        for (Reg r : all) {
            insts.add(new FakeInst("take").use(r));
        }
    }

    /**
     * What a loop reads once, between two places that leave it no register, is loaded for that and not on the way
     * round.
     */
    @Test
    void nothingIsLoadedThatLeavesUnread() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        MachBlock start = f.addBlock(1);
        MachBlock loop = f.addBlock(8);
        MachBlock end = f.addBlock(1);
        Reg x = f.newVirtual(Type.I64);
        start.setInsts(new ArrayList<>(List.of(new FakeInst("x").def(x), new FakeInst("jump"))));
        List<MachInst> body = new ArrayList<>();
        crowd(f, body);
        body.add(new FakeInst("read").use(x));
        crowd(f, body);
        body.add(new FakeInst("branch"));
        loop.setInsts(body);
        end.setInsts(new ArrayList<>(List.of(new FakeInst("return"))));
        start.addSuccessor(loop);
        MachBlock back = f.addBlock(8);
        back.setInsts(new ArrayList<>(List.of(new FakeInst("jump"))));
        loop.addSuccessor(back);
        back.addSuccessor(loop);
        loop.addSuccessor(end);
        assertEquals(
                1,
                RegisterAllocator.allocateWithStatistics(
                                f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {})
                        .loads());
    }
}
