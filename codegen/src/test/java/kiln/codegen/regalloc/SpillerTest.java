package kiln.codegen.regalloc;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

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

    /** Most blocks on critical edges do nothing: what they start with is not gone through, and they end with it. */
    @Test
    void blocksThatDoNothingEndAsTheyStart() {
        MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));
        Reg x = f.newVirtual(Type.I64);
        Reg y = f.newVirtual(Type.I64);
        MachBlock first = block(f, 1, new FakeInst("make").def(x), new FakeInst("make").def(y), new FakeInst("branch"));
        MachBlock edge = block(f, 1, new FakeInst("jump"));
        MachBlock other = block(f, 1, new FakeInst("read").use(y), new FakeInst("jump"));
        MachBlock last = block(f, 1, new FakeInst("read").use(x), new FakeInst("read").use(y), new FakeInst("return"));
        first.addSuccessor(edge);
        first.addSuccessor(other);
        edge.addSuccessor(last);
        other.addSuccessor(last);
        Graph graph = new Graph(f);
        Operands ops = new Operands(f, FakeMachine.FILE);
        Liveness liveness = Liveness.compute(graph, ops, 1000);
        Spiller spiller = new Spiller(graph, ops, liveness, new boolean[ops.variables]);
        spiller.run();
        assertTrue(ops.idle[edge.index()] && !ops.idle[other.index()]);
        assertArrayEquals(new int[] {x.index(), y.index()}, spiller.entry[edge.index()]);
        assertSame(spiller.entry[edge.index()], spiller.exit[edge.index()]);
        IdleEntries.drop(graph, ops, spiller);
        assertArrayEquals(new int[] {x.index(), y.index()}, spiller.exit[edge.index()]);
        assertTrue(spiller.keepsAll[edge.index()] && spiller.keepsAll[other.index()]);
    }
}
