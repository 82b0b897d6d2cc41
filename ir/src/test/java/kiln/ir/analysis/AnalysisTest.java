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
        assertEquals(6, cfg.reachable());
        assertFalse(cfg.isReachable(6));
        assertEquals(1, cfg.predecessors(5).length);
        assertEquals(3, cfg.idom(4));
        int[] depths = {0, 1, 2, 2, 1, 0, 0};
        for (int i = 0; i < depths.length; i++) {
            assertEquals(depths[i], cfg.loopDepth(i), "block " + i);
        }
        assertEquals(1, cfg.outerLoop(2));
        assertTrue(cfg.isLoopHeader(2));
        assertFalse(cfg.isLoopHeader(3));
    }

    @Test
    void irreducibleCycleIsNoLoop() {
        Cfg cfg = new Cfg(graph(to(1, 2), to(2), to(1, 3), to()));
        for (int b = 0; b < 4; b++) {
            assertEquals(-1, cfg.loopHeader(b));
        }
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
        BitSet reachable = reach(succ, 0, -1);
        Map<Integer, BitSet> natural = new HashMap<>();
        for (int a = 0; a < n; a++) {
            assertEquals(reachable.get(a), cfg.isReachable(a));
            if (!reachable.get(a)) {
                continue;
            }
            BitSet without = reach(succ, 0, a);
            for (int b = 0; b < n; b++) {
                if (reachable.get(b)) {
                    boolean expected = a == b || !without.get(b);
                    assertEquals(expected, cfg.dominates(a, b));
                    for (int s : succ[b]) {
                        if (expected && s == a) {
                            natural.computeIfAbsent(a, x -> new BitSet()).or(bodyOf(succ, a, b, reachable));
                        }
                    }
                }
            }
        }
        for (int b = 0; b < n; b++) {
            if (reachable.get(b)) {
                int at = b;
                assertEquals(
                        natural.values().stream().filter(body -> body.get(at)).count(), cfg.loopDepth(b));
                assertEquals(natural.containsKey(b), cfg.isLoopHeader(b));
                natural.forEach((header, body) -> assertEquals(body.get(at), cfg.isInLoop(at, header)));
                for (int i = 0; i < cfg.predecessors(b).length; i++) {
                    Edge e = cfg.edgeInto(b, i);
                    assertSame(f.blocks().get(b), e.target());
                    assertTrue(isTargetOf(e, f.blocks().get(cfg.predecessors(b)[i])));
                }
            }
        }
    }

    private static boolean isTargetOf(Edge e, Block from) {
        boolean found = false;
        for (int i = 0; i < from.terminator().targetCount(); i++) {
            found |= from.terminator().target(i) == e;
        }
        return found;
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
    void otherNumbersMakeNoOtherGraph() {
        Random random = new Random(7);
        for (int round = 0; round < 400; round++) {
            int n = 2 + random.nextInt(14);
            int[][] succ = new int[n][];
            for (int b = 0; b < n; b++) {
                // Each node leads to the next one, so that all can be reached.
                succ[b] = new int[b + 1 < n ? 1 + random.nextInt(3) : random.nextInt(3)];
                for (int i = 0; i < succ[b].length; i++) {
                    succ[b][i] = i == 0 && b + 1 < n ? b + 1 : random.nextInt(n);
                }
            }
            List<Integer> order = new ArrayList<>();
            for (int b = 0; b < n; b++) {
                order.add(random.nextInt(order.size() + 1), b);
            }
            // Some numbers are no nodes.
            int[] numbers = new int[n + 3];
            int[][] old = new int[n + 3][];
            int[][] renumbered = new int[n][];
            for (int b = 0; b < n; b++) {
                int from = b < n / 2 ? b : b + 3;
                numbers[from] = order.get(b);
                old[from] = new int[succ[b].length];
                renumbered[order.get(b)] = new int[succ[b].length];
                for (int i = 0; i < succ[b].length; i++) {
                    old[from][i] = succ[b][i] < n / 2 ? succ[b][i] : succ[b][i] + 3;
                    renumbered[order.get(b)][i] = order.get(succ[b][i]);
                }
            }
            FlowGraph made = new FlowGraph(order.get(0), renumbered);
            FlowGraph taken = new FlowGraph(new FlowGraph(n / 2 > 0 ? 0 : 3, old), numbers, renumbered);
            assertArrayEquals(made.postorder(), taken.postorder());
            assertEquals(made.hasCycle(), taken.hasCycle());
            for (int b = 0; b < n; b++) {
                assertEquals(made.number(b), taken.number(b));
                assertArrayEquals(made.predecessors(b), taken.predecessors(b));
                assertEquals(made.idom(b), taken.idom(b));
                assertEquals(made.dominatorNumber(b), taken.dominatorNumber(b));
                assertEquals(made.loopHeader(b), taken.loopHeader(b));
                assertEquals(made.loopDepth(b), taken.loopDepth(b));
                assertEquals(made.outerLoop(b), taken.outerLoop(b));
                for (int k = 0; k < n; k++) {
                    assertEquals(made.dominates(k, b), taken.dominates(k, b));
                    assertEquals(
                            made.isLoopHeader(k) && made.isInLoop(b, k), taken.isLoopHeader(k) && taken.isInLoop(b, k));
                }
            }
        }
    }

    @Test
    void deepGraphsNeedNoDeepStack() {
        int n = 100_000;
        int[][] succ = new int[n][];
        for (int i = 0; i < n; i++) {
            succ[i] = i + 1 < n ? to(i + 1, n - 1) : to();
        }
        Cfg cfg = new Cfg(graph(succ));
        assertEquals(n, cfg.reachable());
        assertEquals(0, cfg.idom(1));
        assertEquals(-1, cfg.loopHeader(n - 1));
    }
}
