package kiln.ir.analysis;

import static org.junit.jupiter.api.Assertions.*;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import kiln.artifact.FuncKey;
import kiln.ir.*;
import org.junit.jupiter.api.Test;

class AnalysisTest {
    private static Function graph(int[]... successors) {
        Function f = new Function(FuncKey.wasmFunction(0, 0), new Signature(List.of(Type.I32), List.of()));
        Block[] blocks = new Block[successors.length];
        for (int i = 0; i < blocks.length; i++) {
            blocks[i] = f.newBlock();
        }
        Value v = blocks[0].addParam(Type.I32);
        Builder b = new Builder(f);
        for (int i = 0; i < blocks.length; i++) {
            b.setBlock(blocks[i]);
            int[] s = successors[i];
            switch (s.length) {
                case 0 -> b.ret();
                case 1 -> b.jump(blocks[s[0]]);
                default -> {
                    Edge[] edges = new Edge[s.length];
                    for (int k = 0; k < s.length; k++) {
                        edges[k] = new Edge(blocks[s[k]]);
                    }
                    b.switch_(v, edges);
                }
            }
        }
        return f;
    }

    private static int[] to(int... targets) {
        return targets;
    }

    @Test
    void nestedLoops() {
        // 0 -> 1 { 2 { 3 } 4 } 5, with 6 unreachable
        Function f = graph(to(1), to(2, 5), to(3), to(2, 4), to(1), to(), to(5));
        Cfg cfg = new Cfg(f);
        assertEquals(6, cfg.size());
        assertFalse(cfg.isReachable(f.blocks().get(6)));
        assertEquals(1, cfg.predCount(f.blocks().get(5)));
        DominatorTree dom = new DominatorTree(cfg);
        assertSame(f.blocks().get(3), dom.idom(f.blocks().get(4)));
        LoopForest loops = new LoopForest(dom);
        int[] depths = {0, 1, 2, 2, 1, 0};
        for (int i = 0; i < depths.length; i++) {
            assertEquals(depths[i], loops.depth(f.blocks().get(i)), "block " + i);
        }
        assertEquals(2, loops.loops().size());
        assertSame(loops.loops().get(0), loops.loops().get(1).parent());
        assertTrue(loops.isHeader(f.blocks().get(2)));
        assertFalse(loops.hasIrreducible());
    }

    @Test
    void irreducibleCycleIsNoLoop() {
        Function f = graph(to(1, 2), to(2), to(1, 3), to());
        LoopForest loops = new LoopForest(new DominatorTree(new Cfg(f)));
        assertTrue(loops.hasIrreducible());
        assertTrue(loops.loops().isEmpty());
    }

    /** On random graphs, dominance and loops agree with their definitions. */
    @Test
    void randomGraphsAgreeWithDefinitions() {
        Random random = new Random(42);
        for (int round = 0; round < 400; round++) {
            int n = 2 + random.nextInt(14);
            int[][] succ = new int[n][];
            for (int i = 0; i < n; i++) {
                succ[i] = random.ints(random.nextInt(4), 1, n).toArray();
            }
            check(graph(succ), succ);
        }
    }

    private static void check(Function f, int[][] succ) {
        int n = succ.length;
        Cfg cfg = new Cfg(f);
        DominatorTree dom = new DominatorTree(cfg);
        LoopForest loops = new LoopForest(dom);
        BitSet reachable = reach(succ, 0, -1);
        Map<Integer, BitSet> natural = new HashMap<>();
        for (int a = 0; a < n; a++) {
            assertEquals(reachable.get(a), cfg.isReachable(f.blocks().get(a)));
            if (!reachable.get(a)) {
                continue;
            }
            BitSet without = reach(succ, 0, a);
            for (int b = 0; b < n; b++) {
                if (reachable.get(b)) {
                    boolean expected = a == b || !without.get(b);
                    assertEquals(
                            expected,
                            dom.dominates(f.blocks().get(a), f.blocks().get(b)));
                    for (int s : succ[b]) {
                        if (expected && s == a) {
                            natural.computeIfAbsent(a, x -> new BitSet()).or(bodyOf(succ, a, b, reachable));
                        }
                    }
                }
            }
        }
        assertEquals(natural.size(), loops.loops().size());
        for (int b = 0; b < n; b++) {
            if (reachable.get(b)) {
                int at = b;
                Block block = f.blocks().get(b);
                assertEquals(
                        natural.values().stream().filter(body -> body.get(at)).count(), loops.depth(block));
                for (LoopForest.Loop l : loops.loops()) {
                    assertEquals(natural.get(f.blocks().indexOf(l.header())).get(b), loops.contains(l, block));
                }
            }
        }
    }

    private static BitSet reach(int[][] succ, int from, int avoid) {
        BitSet seen = new BitSet();
        if (from == avoid) {
            return seen;
        }
        ArrayList<Integer> stack = new ArrayList<>(List.of(from));
        seen.set(from);
        while (!stack.isEmpty()) {
            for (int s : succ[stack.removeLast()]) {
                if (s != avoid && !seen.get(s)) {
                    seen.set(s);
                    stack.add(s);
                }
            }
        }
        return seen;
    }

    /** Blocks that reach {@code latch} without passing {@code header}, and both. */
    private static BitSet bodyOf(int[][] succ, int header, int latch, BitSet reachable) {
        BitSet body = new BitSet();
        body.set(header);
        for (int b = 0; b < succ.length; b++) {
            if (reachable.get(b)
                    && b != header
                    && (b == latch || reach(succ, b, header).get(latch))) {
                body.set(b);
            }
        }
        return body;
    }

    @Test
    void deepGraphsNeedNoDeepStack() {
        int n = 100_000;
        int[][] succ = new int[n][];
        for (int i = 0; i < n; i++) {
            succ[i] = i + 1 < n ? to(i + 1, n - 1) : to();
        }
        DominatorTree dom = new DominatorTree(new Cfg(graph(succ)));
        assertEquals(n, dom.cfg().size());
        assertTrue(new LoopForest(dom).loops().isEmpty());
    }
}
