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

final class RegisterVotesTest {
    private final MachFunction f = new MachFunction(FuncKey.wasmFunction(0, 0));

    private MachBlock block(float frequency, MachInst... insts) {
        MachBlock b = f.addBlock(frequency);
        b.setInsts(new ArrayList<>(List.of(insts)));
        return b;
    }

    private Reg value() {
        return f.newVirtual(Type.I64);
    }

    private Reg param(MachBlock b) {
        Reg p = value();
        b.params().add(p);
        return p;
    }

    private long moves() {
        RegisterAllocator.allocateWithStatistics(
                f, FakeMachine.FILE, FakeMachine.INSTS, AllocatorStressTest.options(2), step -> {});
        return f.blocks().stream()
                .flatMap(b -> b.insts().stream())
                .filter(i -> i.toString().startsWith("move"))
                .count();
    }

    /** What a loop hands on by way of a join goes there in the register in which the loop wants it. */
    @Test
    void aJoinChoosesTheRegisterThatTheLoopStartsWith() {
        Reg first = value();
        MachBlock start = block(1, new FakeInst("make").def(first), new FakeInst("jump"));
        MachBlock loop = f.addBlock(8);
        Reg x = param(loop);
        Reg other = value();
        Reg flag = value();
        loop.setInsts(new ArrayList<>(List.of(
                new FakeInst("other").use(x).def(other),
                new FakeInst("test").use(x).def(flag),
                new FakeInst("branch").use(flag))));
        Reg changed = value();
        MachBlock left = block(8, new FakeInst("jump"));
        MachBlock right = block(8, new FakeInst("change").use(x).defReuse(changed), new FakeInst("jump"));
        MachBlock join = block(8, new FakeInst("branch"));
        Reg y = param(join);
        MachBlock back = block(8, new FakeInst("jump"));
        MachBlock end = block(1, new FakeInst("return"));
        start.addSuccessor(loop, first);
        loop.addSuccessor(left);
        loop.addSuccessor(right);
        left.addSuccessor(join, other);
        right.addSuccessor(join, changed);
        join.addSuccessor(back);
        join.addSuccessor(end);
        back.addSuccessor(loop, y);
        assertEquals(1, moves());
    }

    @Test
    void theHeaviestRegisterWinsThatIsFree() {
        RegisterVotes votes = new RegisterVotes();
        votes.start(20);
        votes.add(19, 3, 1);
        votes.add(19, 5, 1.5);
        votes.add(19, 3, 1);
        assertEquals(3, votes.best(19, -1));
        assertEquals(5, votes.best(19, ~(1L << 3)));
        assertEquals(-1, votes.best(19, 1));
        assertEquals(-1, votes.best(0, -1));
        votes.start(20);
        assertEquals(-1, votes.best(19, -1));
    }
}
