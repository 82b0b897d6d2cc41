package kiln.codegen;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.FlowGraph;

/**
 * The control-flow graph of a function's machine blocks: a node for each block, numbered in the order of their code,
 * which is the function's. Edges of one terminator that lead to the same block with the same arguments are one edge. No
 * edge may be critical (from a block with several successors to one with several predecessors): the moves of an edge
 * stand at one of its ends.
 */
final class BlockPlan {
    /** Distinct edges out of a block, and for each target of its terminator which of them it is. */
    private record OutEdges(Edge[] edges, int[] edgeOfTarget) {}

    // What nearly all terminators have.
    private static final int[] FIRST = {0};
    private static final int[] FIRST_AND_SECOND = {0, 1};
    private static final OutEdges NO_EDGE = new OutEdges(new Edge[0], new int[0]);

    private final List<Block> blocks;
    private final OutEdges[] outEdges;
    private final FlowGraph flow;

    BlockPlan(Function function) {
        blocks = function.blocks();
        int n = blocks.size();
        int[] nodeOfBlock = new int[function.blockIdBound()];
        for (int i = 0; i < n; i++) {
            nodeOfBlock[blocks.get(i).id()] = i;
        }
        outEdges = new OutEdges[n];
        int[][] successors = new int[n][];
        int[] incoming = new int[n];
        Cfg known = function.graph(Cfg.class);
        boolean isSame = known != null && known.reachable() == n;
        for (int i = 0; i < n; i++) {
            Inst terminator = blocks.get(i).terminator();
            outEdges[i] = edgesOf(terminator);
            Edge[] edges = outEdges[i].edges;
            isSame &= edges.length == terminator.targetCount();
            if (edges.length == 1) {
                successors[i] = FlowGraph.single(nodeOfBlock[edges[0].target().id()]);
            } else {
                successors[i] = new int[edges.length];
                for (int k = 0; k < edges.length; k++) {
                    successors[i][k] = nodeOfBlock[edges[k].target().id()];
                }
            }
            for (int to : successors[i]) {
                incoming[to]++;
            }
        }
        // Where no edges are one, the graph is that of the passes.
        flow = isSame ? new FlowGraph(known, nodeOfBlock, successors) : new FlowGraph(0, successors);
        check(incoming);
    }

    /** That the passes have done what they are to do before a back end. */
    private void check(int[] incoming) {
        if (incoming[0] > 0) {
            throw new IllegalArgumentException("the entry block has predecessors");
        }
        for (int i = 0; i < incoming.length; i++) {
            if (!flow.isReachable(i)) {
                throw new IllegalArgumentException(blocks.get(i) + " cannot be reached");
            }
            int[] to = flow.successors(i);
            for (int k = 0; k < to.length && to.length > 1; k++) {
                if (incoming[to[k]] > 1) {
                    throw new IllegalArgumentException(
                            "critical edge from " + blocks.get(i) + " to " + blocks.get(to[k]));
                }
            }
        }
    }

    int nodes() {
        return outEdges.length;
    }

    FlowGraph flow() {
        return flow;
    }

    /** Nodes are numbered in the order of their code. */
    Block block(int node) {
        return blocks.get(node);
    }

    /** Number of distinct edges out of a node. */
    int edgeCount(int node) {
        return outEdges[node].edges.length;
    }

    /** A distinct edge out of a node, which carries the arguments. */
    Edge edge(int node, int k) {
        return outEdges[node].edges[k];
    }

    /** Which distinct edge target {@code i} of a block's terminator is. */
    int edgeOfTarget(int node, int i) {
        return outEdges[node].edgeOfTarget[i];
    }

    private static OutEdges edgesOf(Inst terminator) {
        int count = terminator.targetCount();
        if (count == 0) {
            return NO_EDGE;
        }
        if (count == 1) {
            return new OutEdges(new Edge[] {terminator.target(0)}, FIRST);
        }
        if (count == 2 && !terminator.target(0).sameAs(terminator.target(1))) {
            return new OutEdges(new Edge[] {terminator.target(0), terminator.target(1)}, FIRST_AND_SECOND);
        }
        int[] edgeOfTarget = new int[count];
        List<Edge> distinct = new ArrayList<>(2);
        // A table may name one block thousands of times in a row or in turns; chains per target keep this near linear.
        HashMap<Block, List<Integer>> byTarget = count > 8 ? new HashMap<>() : null;
        for (int i = 0; i < count; i++) {
            Edge e = terminator.target(i);
            int found = -1;
            if (byTarget == null) {
                for (int k = 0; k < distinct.size() && found < 0; k++) {
                    found = e.sameAs(distinct.get(k)) ? k : -1;
                }
            } else {
                for (int k : byTarget.computeIfAbsent(e.target(), _ -> new ArrayList<>(1))) {
                    if (e.sameAs(distinct.get(k))) {
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
            edgeOfTarget[i] = found;
        }
        return new OutEdges(distinct.toArray(new Edge[0]), edgeOfTarget);
    }
}
