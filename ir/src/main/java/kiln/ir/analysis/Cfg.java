package kiln.ir.analysis;

import java.util.Arrays;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;

/**
 * The control-flow graph as it is at the moment: reachable blocks in reverse postorder, and the edges into each of
 * them. A snapshot, to be asked for anew when edges change; edges from unreachable blocks are left out.
 */
public final class Cfg {
    private final Function function;
    private final Block[] rpo;
    private final int[] rpoIndex;
    private final int[] predStart;
    private final Block[] predBlocks;
    private final Edge[] predEdges;

    /** The graph of {@code f} as it is now; the same object as long as it does not change. */
    public static Cfg of(Function f) {
        Cfg known = f.graphFact(Cfg.class);
        if (known == null) {
            known = new Cfg(f);
            f.keepGraphFact(known);
        }
        return known;
    }

    /** The graph as it is now, which nobody else is told of. */
    Cfg(Function function) {
        this.function = function;
        int bound = function.blockIdBound();
        this.rpoIndex = new int[bound];
        this.rpo = reversePostorder(function, rpoIndex);

        int n = rpo.length;
        this.predStart = new int[n + 1];
        int edges = 0;
        for (Block b : rpo) {
            Inst t = b.terminator();
            for (int i = 0, k = t.targetCount(); i < k; i++) {
                predStart[rpoIndex[t.target(i).target().id()] + 1]++;
                edges++;
            }
        }
        for (int i = 0; i < n; i++) {
            predStart[i + 1] += predStart[i];
        }
        this.predBlocks = new Block[edges];
        this.predEdges = new Edge[edges];
        int[] fill = Arrays.copyOf(predStart, n);
        for (Block b : rpo) {
            Inst t = b.terminator();
            for (int i = 0, k = t.targetCount(); i < k; i++) {
                int at = fill[rpoIndex[t.target(i).target().id()]]++;
                predBlocks[at] = b;
                predEdges[at] = t.target(i);
            }
        }
    }

    /** Depth-first with an explicit stack; {@code index} receives each block's place, or -1. */
    private static Block[] reversePostorder(Function function, int[] index) {
        Arrays.fill(index, -1);
        int count = function.blocks().size();
        Block[] post = new Block[count];
        Block[] stack = new Block[count];
        int[] nextTarget = new int[count];
        int depth = 0;
        int done = 0;
        stack[depth++] = function.entry();
        index[function.entry().id()] = 0;
        while (depth > 0) {
            Block b = stack[depth - 1];
            Inst t = b.terminator();
            int i = nextTarget[depth - 1]++;
            int targets = t.targetCount();
            if (i < targets) {
                // The last target first, so that the first one ends up nearest in the order.
                Block s = t.target(targets - 1 - i).target();
                if (index[s.id()] < 0) {
                    index[s.id()] = 0;
                    stack[depth] = s;
                    nextTarget[depth++] = 0;
                }
            } else {
                depth--;
                post[done++] = b;
            }
        }
        Block[] rpo = new Block[done];
        for (int i = 0; i < done; i++) {
            rpo[i] = post[done - 1 - i];
            index[rpo[i].id()] = i;
        }
        return rpo;
    }

    /** Whether {@code other} has the same blocks in the same order, and the same edges. */
    boolean equalsGraph(Cfg other) {
        return Arrays.equals(rpo, other.rpo)
                && Arrays.equals(predStart, other.predStart)
                && Arrays.equals(predBlocks, other.predBlocks)
                && Arrays.equals(predEdges, other.predEdges);
    }

    public Function function() {
        return function;
    }

    /** Number of reachable blocks. */
    public int size() {
        return rpo.length;
    }

    /** Reachable block number {@code i} in reverse postorder; 0 is the entry. */
    public Block block(int i) {
        return rpo[i];
    }

    /** Place in reverse postorder, or -1 if the block cannot be reached. */
    public int index(Block b) {
        return rpoIndex[b.id()];
    }

    public boolean isReachable(Block b) {
        return rpoIndex[b.id()] >= 0;
    }

    /** Number of edges into a reachable block. */
    public int predCount(Block b) {
        int i = rpoIndex[b.id()];
        return predStart[i + 1] - predStart[i];
    }

    /** Where edge {@code i} into {@code b} comes from; a block occurs once for each of its edges. */
    public Block pred(Block b, int i) {
        return predBlocks[predStart[rpoIndex[b.id()]] + i];
    }

    /** Edge {@code i} into {@code b}. */
    public Edge predEdge(Block b, int i) {
        return predEdges[predStart[rpoIndex[b.id()]] + i];
    }
}
