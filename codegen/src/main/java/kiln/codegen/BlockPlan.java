package kiln.codegen;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;

/**
 * The machine blocks that a function needs and their layout: one for each reachable block, and one on each critical edge
 * (from a block with several ways out to one with several ways in), so that moves on an edge always have a place.
 * Edges of one terminator that lead to the same block with the same arguments are one edge.
 */
final class BlockPlan {
    /** Distinct ways out of a node. */
    private record Ways(Edge[] edges, int[] wayOfTarget) {}

    // What nearly all terminators have.
    private static final int[] FIRST = {0};
    private static final int[] FIRST_AND_SECOND = {0, 1};
    private static final Ways NO_WAY = new Ways(new Edge[0], new int[0]);

    private final Block[] blockOf;
    private final Edge[] edgeOf;
    private final Ways[] ways;
    private final int[][] splitNode;
    private final ControlFlow flow;
    private final int[] layout;
    private final int nodes;

    BlockPlan(Function function) {
        int[] nodeOfBlock = new int[function.blockIdBound()];
        Arrays.fill(nodeOfBlock, -1);
        List<Block> blocks = reachable(function, nodeOfBlock);
        int n = blocks.size();
        ways = new Ways[n];
        int[] incoming = new int[n];
        for (int i = 0; i < n; i++) {
            ways[i] = waysOf(blocks.get(i).terminator());
            for (Edge e : ways[i].edges) {
                incoming[nodeOfBlock[e.target().id()]]++;
            }
        }
        if (incoming[0] > 0) {
            throw new IllegalArgumentException("the entry block has predecessors");
        }
        splitNode = new int[n][];
        List<Edge> splits = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            Edge[] edges = ways[i].edges;
            splitNode[i] = new int[edges.length];
            for (int k = 0; k < edges.length; k++) {
                boolean critical = edges.length > 1
                        && incoming[nodeOfBlock[edges[k].target().id()]] > 1;
                splitNode[i][k] = critical ? n + splits.size() : -1;
                if (critical) {
                    splits.add(edges[k]);
                }
            }
        }
        nodes = n + splits.size();
        blockOf = blocks.toArray(new Block[nodes]);
        edgeOf = new Edge[nodes];
        int[][] successors = new int[nodes][];
        for (int i = 0; i < n; i++) {
            Edge[] edges = ways[i].edges;
            successors[i] = new int[edges.length];
            for (int k = 0; k < edges.length; k++) {
                int split = splitNode[i][k];
                successors[i][k] =
                        split >= 0 ? split : nodeOfBlock[edges[k].target().id()];
            }
        }
        for (int k = 0; k < splits.size(); k++) {
            edgeOf[n + k] = splits.get(k);
            successors[n + k] = new int[] {nodeOfBlock[splits.get(k).target().id()]};
        }
        flow = new ControlFlow(successors);
        layout = layOut(n);
    }

    int nodes() {
        return nodes;
    }

    ControlFlow flow() {
        return flow;
    }

    /** The IR block of a node, or null for a split edge. */
    Block block(int node) {
        return blockOf[node];
    }

    /** The edge that a node splits, or null. */
    Edge splitEdge(int node) {
        return edgeOf[node];
    }

    /** Number of distinct ways out of a node. */
    int wayCount(int node) {
        return edgeOf[node] != null ? 1 : ways[node].edges.length;
    }

    /** The arguments' carrier of a way out, or null if the way leads to a split edge, which carries them itself. */
    Edge wayEdge(int node, int way) {
        if (edgeOf[node] != null) {
            return edgeOf[node];
        }
        return splitNode[node][way] >= 0 ? null : ways[node].edges[way];
    }

    /** Which way out target {@code i} of a block's terminator is. */
    int wayOfTarget(int node, int i) {
        return ways[node].wayOfTarget[i];
    }

    /** Nodes in the order of their code. */
    int[] layout() {
        return layout;
    }

    boolean isCold(int node) {
        return blockOf[node] != null
                ? blockOf[node].isCold()
                : edgeOf[node].target().isCold() || isCold(flow.predecessors(node)[0]);
    }

    private static List<Block> reachable(Function function, int[] nodeOfBlock) {
        ArrayList<Block> stack = new ArrayList<>();
        boolean[] seen = new boolean[function.blockIdBound()];
        stack.add(function.entry());
        seen[function.entry().id()] = true;
        while (!stack.isEmpty()) {
            Inst t = stack.removeLast().terminator();
            for (int i = 0; i < t.targetCount(); i++) {
                Block target = t.target(i).target();
                if (!seen[target.id()]) {
                    seen[target.id()] = true;
                    stack.add(target);
                }
            }
        }
        List<Block> result = new ArrayList<>();
        for (Block b : function.blocks()) {
            if (seen[b.id()]) {
                nodeOfBlock[b.id()] = result.size();
                result.add(b);
            }
        }
        return result;
    }

    private static Ways waysOf(Inst terminator) {
        int count = terminator.targetCount();
        if (count == 0) {
            return NO_WAY;
        }
        if (count == 1) {
            return new Ways(new Edge[] {terminator.target(0)}, FIRST);
        }
        if (count == 2 && !same(terminator.target(0), terminator.target(1))) {
            return new Ways(new Edge[] {terminator.target(0), terminator.target(1)}, FIRST_AND_SECOND);
        }
        int[] wayOfTarget = new int[count];
        List<Edge> distinct = new ArrayList<>(2);
        // A table may name one block thousands of times in a row or in turns; chains per target keep this near linear.
        HashMap<Block, List<Integer>> byTarget = count > 8 ? new HashMap<>() : null;
        for (int i = 0; i < count; i++) {
            Edge e = terminator.target(i);
            int found = -1;
            if (byTarget == null) {
                for (int k = 0; k < distinct.size() && found < 0; k++) {
                    found = same(e, distinct.get(k)) ? k : -1;
                }
            } else {
                for (int k : byTarget.computeIfAbsent(e.target(), _ -> new ArrayList<>(1))) {
                    if (same(e, distinct.get(k))) {
                        found = k;
                        break;
                    }
                }
            }
            if (found < 0) {
                found = distinct.size();
                distinct.add(e);
                if (byTarget != null) {
                    byTarget.get(e.target()).add(found);
                }
            }
            wayOfTarget[i] = found;
        }
        return new Ways(distinct.toArray(new Edge[0]), wayOfTarget);
    }

    private static boolean same(Edge a, Edge b) {
        if (a.target() != b.target()) {
            return false;
        }
        for (int i = 0; i < a.argCount(); i++) {
            if (a.arg(i) != b.arg(i)) {
                return false;
            }
        }
        return true;
    }

    /**
     * The function's own order, in which the front end keeps the source compiler's intent; blocks that do nothing but
     * carry an edge go where their jump is cheap, and cold blocks go last.
     */
    private int[] layOut(int n) {
        int[] hot = new int[nodes];
        int count = 0;
        int[] cold = new int[nodes];
        int coldCount = 0;
        // Edge nodes to be placed in front of their target, as a chain per target.
        boolean[] placed = new boolean[nodes];
        int[] before = new int[nodes];
        Arrays.fill(before, -1);
        for (int e = n; e < nodes; e++) {
            int source = flow.predecessors(e)[0];
            int target = flow.successors(e)[0];
            boolean leavesLoop = flow.loopDepth(e) < flow.loopDepth(source);
            if (leavesLoop && !isCold(e) && before[target] < 0 && !fallsInto(target)) {
                before[target] = e;
                placed[e] = true;
            }
        }
        for (int b = 0; b < n; b++) {
            if (before[b] >= 0) {
                hot[count++] = before[b];
            }
            if (isCold(b) && b != 0) {
                cold[coldCount++] = b;
            } else {
                hot[count++] = b;
            }
            for (int s : flow.successors(b)) {
                if (s >= n && !placed[s]) {
                    placed[s] = true;
                    if (isCold(s) || flow.loopDepth(s) < flow.loopDepth(b)) {
                        cold[coldCount++] = s;
                    } else {
                        hot[count++] = s;
                    }
                }
            }
        }
        System.arraycopy(cold, 0, hot, count, coldCount);
        return hot;
    }

    /** Whether the block in front of {@code block} in the function's order may run into it. */
    private boolean fallsInto(int block) {
        for (int s : flow.successors(block - 1)) {
            if (s == block || edgeOf[s] != null && flow.successors(s)[0] == block) {
                return true;
            }
        }
        return false;
    }
}
