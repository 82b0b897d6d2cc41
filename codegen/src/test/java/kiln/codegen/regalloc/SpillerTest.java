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

final class SpillerTest {
    private static MachBlock block(MachFunction f, float frequency, MachInst... insts) {
        MachBlock b = f.addBlock(frequency);
        b.setInsts(new ArrayList<>(List.of(insts)));
        return b;
    }

    /**
     * Where a loop had better not start with a variable, blocks are gone through once more that it is in a register in:
     * the loop's, and not the others.
     */
    @Test
    void whatIsLearnedOfALoopConcernsThatLoop() {
        int others = 50;
        int cases = 8;
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        MachBlock before = block(f, 1, new FakeInst("make").def(x), new FakeInst("jump"));
        for (int i = 0; i < others; i++) {
            MachBlock next = block(f, 1, new FakeInst("read").use(x), new FakeInst("jump"));
            before.addSuccessor(next);
            before = next;
        }
        MachBlock dispatch = block(f, 8, new FakeInst("switch"));
        before.addSuccessor(dispatch);
        MachBlock behind = block(f, 1, new FakeInst("read").use(x), new FakeInst("jump"));
        dispatch.addSuccessor(behind);
        for (int i = 0; i < cases; i++) {
            FakeInst call = new FakeInst("call").clobber(FakeMachine.ALL);
            MachBlock b = i == 0
                    ? block(f, 1, new FakeInst("read").use(x), call, new FakeInst("jump"))
                    : block(f, 1, call, new FakeInst("jump"));
            dispatch.addSuccessor(b);
            b.addSuccessor(dispatch);
        }
        for (int i = 0; i < others; i++) {
            MachBlock next = block(f, 1, new FakeInst("read").use(x), new FakeInst("jump"));
            behind.addSuccessor(next);
            behind = next;
        }
        Graph graph = new Graph(f);
        Operands ops = new Operands(f, FakeMachine.FILE);
        Liveness liveness = Liveness.compute(graph, ops, 1000);
        Spiller spiller = new Spiller(graph, ops, liveness, new boolean[ops.variables]);
        spiller.run();
        assertEquals(0, spiller.entry[dispatch.index()].length);
        int again = 1 + cases + 1;
        assertEquals(2 * others + 1 + again + again, spiller.scans());
    }
}
