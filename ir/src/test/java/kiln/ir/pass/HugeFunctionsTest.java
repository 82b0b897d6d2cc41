package kiln.ir.pass;

import static org.junit.jupiter.api.Assertions.*;

import java.time.Duration;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.artifact.api.TrapCode;
import kiln.ir.*;
import kiln.ir.analysis.Verifier;
import org.junit.jupiter.api.Test;

/** Functions of extreme shapes go through all passes in about linear time and without deep recursion. */
class HugeFunctionsTest {
    /** What is quadratic takes minutes at these sizes. */
    private static final Duration LIMIT = Duration.ofMinutes(Boolean.getBoolean("kiln.emulated") ? 20 : 2);

    private static final Region MEMORY = new Region(Region.Kind.MEMORY, 0);

    private final Function f =
            new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.I32, Type.I64), List.of(Type.I32)));
    private final Builder b = new Builder(f);
    private final Value x;
    private final Value address;

    HugeFunctionsTest() {
        Block entry = f.newBlock();
        x = entry.addParam(Type.I32);
        address = entry.addParam(Type.I64);
        b.setBlock(entry);
    }

    private void runAll() {
        Verifier.verify(f);
        assertTimeoutPreemptively(LIMIT, () -> Pipeline.forLevel(2).run(f));
        Verifier.verify(f);
    }

    @Test
    void manyBranchesToOneExit() {
        Block exit = f.newBlock();
        Value result = exit.addParam(Type.I32);
        Value v = x;
        for (int i = 0; i < 100_000; i++) {
            Block next = f.newBlock();
            v = b.binary(Opcode.ROTL, b.binary(Opcode.XOR, v, x), b.i32(5));
            b.branch(b.icmp(IntCond.ULT, v, b.i32(i)), new Edge(exit, v), new Edge(next));
            b.setBlock(next);
        }
        b.ret(v);
        b.setBlock(exit);
        b.ret(result);
        runAll();
    }

    @Test
    void deeplyNestedLoops() {
        int depth = 3_000;
        Block[] headers = new Block[depth];
        Value[] counters = new Value[depth];
        Value v = x;
        for (int i = 0; i < depth; i++) {
            headers[i] = f.newBlock();
            counters[i] = headers[i].addParam(Type.I32);
            b.jump(headers[i], v);
            b.setBlock(headers[i]);
            v = b.binary(Opcode.MUL, x, b.binary(Opcode.ADD, counters[i], b.i32(i)));
            b.store(new MemoryOp(4, false, MEMORY, true, false), address, i * 4L, v);
        }
        for (int i = depth - 1; i >= 0; i--) {
            Block next = f.newBlock();
            v = b.binary(Opcode.SUB, counters[i], v);
            b.branch(v, new Edge(headers[i], v), new Edge(next));
            b.setBlock(next);
        }
        b.ret(v);
        runAll();
    }

    @Test
    void hugeSwitch() {
        int n = 100_000;
        Block join = f.newBlock();
        Value result = join.addParam(Type.I32);
        Edge[] edges = new Edge[n];
        Value one = b.i32(1);
        Block[] arms = new Block[n / 4];
        for (int i = 0; i < n; i++) {
            if (i % 4 == 0) {
                arms[i / 4] = f.newBlock();
                edges[i] = new Edge(arms[i / 4]);
            } else {
                edges[i] = new Edge(join, i % 4 == 1 ? x : one);
            }
        }
        b.switch_(x, edges);
        for (int i = 0; i < arms.length; i++) {
            b.setBlock(arms[i]);
            b.jump(join, b.binary(Opcode.MUL, x, b.i32(i * 7 + 3)));
        }
        b.setBlock(join);
        b.ret(result);
        runAll();
    }

    @Test
    void oneLongBlock() {
        Value v = x;
        Value w = x;
        MemoryOp word = new MemoryOp(4, false, MEMORY, true, false);
        for (int i = 0; i < 60_000; i++) {
            v = b.binary(i % 3 == 0 ? Opcode.OR : Opcode.AND, v, b.binary(Opcode.ADD, w, b.i32(i)));
            w = b.select(b.icmp(IntCond.SLT, v, w), v, b.load(Type.I32, word, address, i * 8L));
            b.store(word, address, i * 8L + 4, w);
        }
        b.trapIf(TrapCode.UNREACHABLE, v);
        b.ret(w);
        runAll();
    }

    @Test
    void manyLoopsInARow() {
        Value v = x;
        for (int i = 0; i < 30_000; i++) {
            Block loop = f.newBlock();
            Block next = f.newBlock();
            Value c = loop.addParam(Type.I32);
            b.branch(v, new Edge(loop, v), new Edge(next));
            b.setBlock(loop);
            Value d = b.binary(Opcode.SUB, c, b.binary(Opcode.MUL, x, b.i32(i + 3)));
            b.branch(d, new Edge(loop, d), new Edge(next));
            b.setBlock(next);
            v = b.binary(Opcode.XOR, v, b.i32(i + 1));
        }
        b.ret(v);
        runAll();
    }
}
