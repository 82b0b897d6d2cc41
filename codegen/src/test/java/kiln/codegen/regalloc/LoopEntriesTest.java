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

final class LoopEntriesTest {
    private static MachBlock block(MachFunction f, float frequency, MachInst... insts) {
        MachBlock b = f.addBlock(frequency);
        b.setInsts(new ArrayList<>(List.of(insts)));
        return b;
    }

    /** A loop around a switch: {@code readers} of its cases read x, and all of them call. Returns the loads. */
    private static int loads(int cases, int readers) {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock start = block(f, 1, new FakeInst("make").def(x), new FakeInst("jump"));
        MachBlock dispatch = block(f, 8, new FakeInst("switch"));
        start.addSuccessor(dispatch);
        for (int i = 0; i < cases; i++) {
            FakeInst call = new FakeInst("call").clobber(FakeMachine.ALL);
            MachBlock b = i < readers
                    ? block(f, 8f / cases, new FakeInst("read").use(x), call, new FakeInst("jump"))
                    : block(f, 8f / cases, call, new FakeInst("jump"));
            dispatch.addSuccessor(b);
            b.addSuccessor(dispatch);
        }
        return RegisterAllocator.allocateWithStatistics(
                        f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {})
                .loads();
    }

    /** What few cases read they load themselves, ... */
    @Test
    void casesThatDoNotReadLoadNothing() {
        assertEquals(1, loads(8, 1));
    }

    /** ... whether the others are many or few. */
    @Test
    void everyReaderLoadsOnce() {
        assertEquals(3, loads(8, 3));
        assertEquals(7, loads(8, 7));
    }
}
