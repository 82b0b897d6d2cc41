package kiln.codegen.regalloc;

import kiln.codegen.MachBlock;
import kiln.codegen.MachFunction;
import kiln.ir.analysis.FlowGraph;

/** The blocks of a function by number. */
final class Graph {
    final MachFunction function;
    final int blocks;
    final FlowGraph flow;
    final float[] frequency;

    private final MachBlock[] nodes;
    final boolean[] cold;

    Graph(MachFunction function) {
        this.function = function;
        this.nodes = function.blocks().toArray(new MachBlock[0]);
        this.blocks = nodes.length;
        flow = function.flow();
        frequency = new float[blocks];
        cold = new boolean[blocks];
        for (int b = 0; b < blocks; b++) {
            cold[b] = block(b).isCold();
            frequency[b] = block(b).frequency();
            checkEdges(b);
        }
    }

    MachBlock block(int b) {
        return nodes[b];
    }

    private void checkEdges(int b) {
        int[] s = flow.successors(b);
        for (int t : s) {
            if (s.length > 1 && flow.predecessors(t).length > 1) {
                throw new IllegalArgumentException("critical edge b" + b + " -> b" + t);
            }
            if (t == 0) {
                throw new IllegalArgumentException("edge to the entry block");
            }
        }
    }

    /** Whether a block comes before another one in reverse postorder. */
    boolean isBefore(int a, int b) {
        return flow.number(a) > flow.number(b);
    }

    boolean isBackEdge(int from, int to) {
        return flow.dominates(to, from);
    }

    /** Whether the edge leads out of a loop. */
    boolean leavesLoop(int from, int to) {
        int h = flow.loopHeader(from);
        return h >= 0 && !flow.isInLoop(to, h);
    }

    /**
     * The moves of an edge stand at the end of its source if this is its only successor, else at the start of its
     * target.
     */
    boolean movesAtSource(int from) {
        return flow.successors(from).length == 1;
    }

    /** How often an edge is taken: it is the only one at one of its ends. */
    double edgeFrequency(int from, int to) {
        return movesAtSource(from) ? frequency[from] : frequency[to];
    }
}
