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

final class UnreadDefinitionsTest {
    private static MachBlock block(MachFunction f, float frequency, MachInst... insts) {
        MachBlock b = f.addBlock(frequency);
        b.setInsts(new ArrayList<>(List.of(insts)));
        return b;
    }

    private static List<String> names(MachBlock b) {
        return b.insts().stream().map(i -> ((FakeInst) i).name).toList();
    }

    private static void allocate(MachFunction f) {
        RegisterAllocator.allocate(f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {});
    }

    /** A constant that no register keeps until it is read is made where it is read, and only there. */
    @Test
    void constantsBehindCallsAreMadeOnce() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock b = block(
                f,
                1,
                new FakeInst("constant").def(x).constant(),
                new FakeInst("call").clobber(FakeMachine.ALL),
                new FakeInst("read").use(x),
                new FakeInst("return"));
        allocate(f);
        assertEquals(List.of("call", "constant", "read", "return"), names(b));
    }

    /** The same where it is another block that reads it. */
    @Test
    void constantsForLaterBlocksAreMadeThere() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock start = block(f, 1, new FakeInst("constant").def(x).constant(), new FakeInst("jump"));
        MachBlock loop = block(
                f,
                8,
                new FakeInst("call").clobber(FakeMachine.ALL),
                new FakeInst("read").use(x),
                new FakeInst("branch"));
        MachBlock end = block(f, 1, new FakeInst("return"));
        MachBlock back = block(f, 8, new FakeInst("jump"));
        start.addSuccessor(loop);
        loop.addSuccessor(back);
        loop.addSuccessor(end);
        back.addSuccessor(loop);
        allocate(f);
        assertEquals(List.of("jump"), names(start));
        assertEquals(List.of("call", "constant", "read", "branch"), names(loop));
    }

    /** What is still in its register where it is read stays. */
    @Test
    void constantsThatAreReadStay() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock start = block(f, 1, new FakeInst("constant").def(x).constant(), new FakeInst("jump"));
        MachBlock loop = block(f, 8, new FakeInst("read").use(x), new FakeInst("branch"));
        MachBlock end = block(f, 1, new FakeInst("return"));
        MachBlock back = block(f, 8, new FakeInst("jump"));
        start.addSuccessor(loop);
        loop.addSuccessor(back);
        loop.addSuccessor(end);
        back.addSuccessor(loop);
        allocate(f);
        assertEquals(List.of("constant", "jump"), names(start));
        assertEquals(List.of("read", "branch"), names(loop));
    }

    /** The checker, too: what is left out in front of an edge may be made again on that edge. */
    @Test
    void constantsAreLeftOutAndMadeOnTheNextEdge() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        MachBlock start = block(f, 1);
        MachBlock loop = block(f, 8);
        MachBlock end = block(f, 1, new FakeInst("return"));
        MachBlock back = block(f, 8, new FakeInst("jump"));
        for (int i = 0; i < 6; i++) {
            Reg r = f.newVirtual(Type.I64);
            start.insts().add(new FakeInst("value").def(r));
            loop.insts().add(new FakeInst("read").use(r));
        }
        for (int i = 0; i < 2; i++) {
            Reg r = f.newVirtual(Type.I64);
            start.insts().add(new FakeInst("constant" + i).def(r).constant());
            loop.insts().add(new FakeInst("read").use(r));
        }
        start.insts().add(new FakeInst("jump"));
        loop.insts().add(new FakeInst("branch"));
        start.addSuccessor(loop);
        loop.addSuccessor(back);
        loop.addSuccessor(end);
        back.addSuccessor(loop);
        allocate(f);
        assertEquals(List.of("value", "value", "value", "value", "value", "value", "constant0", "jump"), names(start));
    }
}
