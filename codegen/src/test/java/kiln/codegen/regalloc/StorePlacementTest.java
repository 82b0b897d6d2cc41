package kiln.codegen.regalloc;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.codegen.MachInst;
import kiln.codegen.Reg;
import kiln.ir.Type;
import org.junit.jupiter.api.Test;

final class StorePlacementTest {
    private static MachBlock block(MachFunction f, float frequency, MachInst... insts) {
        MachBlock b = f.addBlock(frequency);
        b.setInsts(new ArrayList<>(List.of(insts)));
        return b;
    }

    private static FakeInst call() {
        return new FakeInst("call").clobber(FakeMachine.ALL);
    }

    private static List<String> names(MachBlock b) {
        return b.insts().stream().map(i -> ((FakeInst) i).name).toList();
    }

    private static RegisterAllocator.Result allocate(MachFunction f) {
        return RegisterAllocator.allocateWithStatistics(
                f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {});
    }

    /**
     * What a dispatch defines is stored by the cases that call, once each although both of a case's ways call, and not
     * for those that do not.
     */
    @Test
    void casesStoreOnTheirWayToCalls() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock dispatch = block(f, 8, new FakeInst("make").def(x), new FakeInst("switch"));
        MachBlock end = block(f, 8, new FakeInst("return"));
        for (int i = 0; i < 2; i++) {
            MachBlock quiet = block(f, 2, new FakeInst("read").use(x), new FakeInst("jump"));
            dispatch.addSuccessor(quiet);
            quiet.addSuccessor(end);
        }
        MachBlock plain = block(f, 2, call(), new FakeInst("read").use(x), new FakeInst("jump"));
        dispatch.addSuccessor(plain);
        plain.addSuccessor(end);
        MachBlock fork = block(f, 2, new FakeInst("branch"));
        dispatch.addSuccessor(fork);
        for (int i = 0; i < 2; i++) {
            MachBlock way = block(f, 2, call(), new FakeInst("read").use(x), new FakeInst("jump"));
            fork.addSuccessor(way);
            way.addSuccessor(end);
        }
        assertEquals(2, allocate(f).stores());
        assertEquals(List.of("make", "switch"), names(dispatch));
        assertEquals(List.of("move", "branch"), names(fork));
    }

    /** Where one place above runs less often than those below together it is the one. */
    @Test
    void oneStoreServesManyCalls() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock start = block(f, 1, new FakeInst("make").def(x), new FakeInst("branch"));
        MachBlock end = block(f, 1, new FakeInst("return"));
        for (int i = 0; i < 2; i++) {
            MachBlock way = block(f, 1, call(), new FakeInst("read").use(x), new FakeInst("jump"));
            start.addSuccessor(way);
            way.addSuccessor(end);
        }
        assertEquals(1, allocate(f).stores());
        assertEquals(List.of("make", "move", "branch"), names(start));
    }
}
