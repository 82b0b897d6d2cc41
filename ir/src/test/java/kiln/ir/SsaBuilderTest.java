package kiln.ir;

import static org.junit.jupiter.api.Assertions.*;

import java.util.List;
import kiln.artifact.FuncKey;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SsaBuilderTest {
    private Function f;
    private Builder b;
    private SsaBuilder ssa;
    private Value param;

    @BeforeEach
    void start() {
        f = new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.I32), List.of(Type.I32)));
        Block entry = f.newBlock();
        param = entry.addParam(Type.I32);
        b = new Builder(f);
        ssa = new SsaBuilder(b);
        b.setBlock(entry);
        ssa.sealBlock(entry);
    }

    @Test
    void unwrittenVariableIsZero() {
        int v = ssa.declareVar(Type.I64);
        Value zero = ssa.readVar(f.entry(), v);
        assertTrue(zero.is(Opcode.ICONST));
        assertEquals(Type.I64, zero.type());
        assertEquals(0, zero.inst().imm());
    }

    @Test
    void loopVariableBecomesParameterAndInvariantDoesNot() {
        int i = ssa.declareVar(Type.I32);
        int k = ssa.declareVar(Type.I32);
        ssa.writeVar(f.entry(), i, b.i32(0));
        ssa.writeVar(f.entry(), k, param);
        Block loop = f.newBlock();
        Block exit = f.newBlock();
        b.jump(loop);
        b.setBlock(loop);
        Value sum = b.binary(Opcode.ADD, ssa.readVar(loop, i), ssa.readVar(loop, k));
        ssa.writeVar(loop, i, sum);
        Inst branch = b.branch(sum, loop, exit);
        ssa.sealBlock(loop);
        ssa.sealBlock(exit);
        b.setBlock(exit);
        Inst ret = b.ret(ssa.readVar(exit, i));
        ssa.finish();
        assertEquals(1, loop.params().size());
        assertSame(param, sum.inst().arg(1));
        assertSame(loop.params().getFirst(), sum.inst().arg(0));
        assertSame(sum, branch.target(0).arg(0));
        assertEquals(0, branch.target(1).argCount());
        assertSame(sum, ret.arg(0));
    }

    @Test
    void joinMergesDifferentValuesAfterOwnParameters() {
        int v = ssa.declareVar(Type.I32);
        ssa.writeVar(f.entry(), v, param);
        Block left = f.newBlock();
        Block join = f.newBlock();
        Value own = join.addParam(Type.F64);
        Value pi = b.f64(Double.doubleToLongBits(3));
        Inst branch = b.branch(param, new Edge(left), new Edge(join, pi));
        ssa.sealBlock(left);
        b.setBlock(left);
        Value seven = b.i32(7);
        ssa.writeVar(left, v, seven);
        Inst jump = b.jump(join, pi);
        ssa.sealBlock(join);
        b.setBlock(join);
        b.ret(ssa.readVar(join, v));
        ssa.finish();
        assertEquals(2, join.params().size());
        assertSame(own, join.params().getFirst());
        assertSame(param, branch.target(1).arg(1));
        assertSame(seven, jump.target(0).arg(1));
    }

    @Test
    void switchWithManyEdgesToOneBlockCountsAsOnePredecessor() {
        int v = ssa.declareVar(Type.I32);
        ssa.writeVar(f.entry(), v, param);
        Block target = f.newBlock();
        b.switch_(param, new Edge(target), new Edge(target), new Edge(target));
        ssa.sealBlock(target);
        assertEquals(1, ssa.predecessorCount(target));
        assertSame(param, ssa.readVar(target, v));
        b.setBlock(target);
        b.ret(param);
        ssa.finish();
        assertEquals(0, target.params().size());
    }

    @Test
    void nestedLoopsLeaveNoTrivialParameters() {
        int v = ssa.declareVar(Type.I32);
        ssa.writeVar(f.entry(), v, param);
        int depth = 50;
        Block[] loops = new Block[depth];
        for (int i = 0; i < depth; i++) {
            loops[i] = f.newBlock();
            b.jump(loops[i]);
            b.setBlock(loops[i]);
            ssa.readVar(loops[i], v);
        }
        for (int i = depth - 1; i >= 0; i--) {
            Block next = f.newBlock();
            b.branch(ssa.readVar(b.block(), v), loops[i], next);
            ssa.sealBlock(loops[i]);
            ssa.sealBlock(next);
            b.setBlock(next);
        }
        Inst ret = b.ret(ssa.readVar(b.block(), v));
        ssa.finish();
        for (Block loop : loops) {
            assertEquals(0, loop.params().size());
        }
        assertSame(param, ret.arg(0));
    }

    @Test
    void unreachableCycleReadsZero() {
        int v = ssa.declareVar(Type.I32);
        b.ret(param);
        Block dead = f.newBlock();
        b.setBlock(dead);
        b.jump(dead);
        ssa.sealBlock(dead);
        assertTrue(ssa.readVar(dead, v).is(Opcode.ICONST));
        ssa.finish();
    }

    @Test
    void manyBlocksAndVariablesNeedNoDeepStack() {
        int vars = 50;
        int diamonds = 20_000;
        for (int i = 0; i < vars; i++) {
            ssa.declareVar(Type.I32);
        }
        for (int d = 0; d < diamonds; d++) {
            Block then = f.newBlock();
            Block join = f.newBlock();
            int var = d % vars;
            b.branch(param, then, join);
            ssa.sealBlock(then);
            b.setBlock(then);
            ssa.writeVar(then, var, param);
            b.jump(join);
            ssa.sealBlock(join);
            b.setBlock(join);
        }
        Inst ret = b.ret(ssa.readVar(b.block(), 0));
        ssa.finish();
        assertNotNull(ret.arg(0).paramOf());
    }

    /** Each variable is read far behind its definition: that must not make parameters in all the blocks between. */
    @Test
    void distantReadsCostLittle() {
        int vars = 4_000;
        for (int i = 0; i < vars; i++) {
            ssa.declareVar(Type.I32);
            ssa.writeVar(f.entry(), i, b.i32(i));
        }
        for (int d = 0; d < 4_000; d++) {
            Block header = f.newBlock();
            b.jump(header);
            b.setBlock(header);
            diamond();
            Block next = f.newBlock();
            b.branch(param, header, next);
            ssa.sealBlock(header);
            ssa.sealBlock(next);
            b.setBlock(next);
        }
        int before = f.valueIdBound();
        for (int i = 0; i < vars; i++) {
            assertEquals(i, ssa.readVar(b.block(), i).inst().imm());
        }
        assertEquals(before, f.valueIdBound());
        b.ret(param);
        ssa.finish();
    }

    private void diamond() {
        Block then = f.newBlock();
        Block join = f.newBlock();
        b.branch(param, then, join);
        ssa.sealBlock(then);
        b.setBlock(then);
        b.jump(join);
        ssa.sealBlock(join);
        b.setBlock(join);
    }

    /** A cycle with two entries, built in an order in which no block dominates what comes back to it. */
    @Test
    void irreducibleCycleMergesBothWays() {
        int v = ssa.declareVar(Type.I32);
        Value one = b.i32(1);
        ssa.writeVar(f.entry(), v, one);
        Block left = f.newBlock();
        Block right = f.newBlock();
        b.branch(param, left, right);
        b.setBlock(left);
        Value atLeft = ssa.readVar(left, v);
        ssa.writeVar(left, v, b.binary(Opcode.ADD, atLeft, param));
        b.jump(right);
        ssa.sealBlock(right);
        b.setBlock(right);
        Value atRight = ssa.readVar(right, v);
        Value two = b.i32(2);
        ssa.writeVar(right, v, two);
        Block exit = f.newBlock();
        b.branch(atRight, left, exit);
        ssa.sealBlock(left);
        ssa.sealBlock(exit);
        b.setBlock(exit);
        b.ret(ssa.readVar(exit, v));
        ssa.finish();
        assertSame(left, atLeft.resolve().paramOf());
        assertSame(right, atRight.resolve().paramOf());
        kiln.ir.analysis.Verifier.verify(f);
    }
}
