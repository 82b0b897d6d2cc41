package kiln.ir.analysis;

import java.util.Arrays;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;

/**
 * The control-flow graph of a function as it is at the moment; a node is the {@link Block#id() number} of a block. A
 * snapshot, to be asked for anew when edges change.
 */
public final class Cfg extends FlowGraph {
    private static final int[] NONE = {};

    private final Block[] blocks;
    /** Those into each node, from its first one on. */
    private final Edge[] edges;

    private final int[] firstEdge;

    /** The graph of {@code f} as it is now; the same object as long as it does not change. */
    public static Cfg of(Function f) {
        Cfg known = f.graph(Cfg.class);
        if (known == null) {
            known = new Cfg(f);
            f.keepGraph(known);
        }
        return known;
    }

    /** The graph as it is now, which nobody else is told of. */
    Cfg(Function f) {
        super(f.entry().id(), successors(f));
        this.blocks = new Block[nodes()];
        for (Block b : f.blocks()) {
            blocks[b.id()] = b;
        }
        int n = nodes();
        this.firstEdge = new int[n + 1];
        for (int k = 0; k < n; k++) {
            firstEdge[k + 1] = firstEdge[k] + predecessors(k).length;
        }
        this.edges = new Edge[firstEdge[n]];
        int[] next = Arrays.copyOf(firstEdge, n);
        for (int k = 0; k < n; k++) {
            if (isReachable(k)) {
                Inst t = blocks[k].terminator();
                for (int i = 0, m = t.targetCount(); i < m; i++) {
                    edges[next[t.target(i).target().id()]++] = t.target(i);
                }
            }
        }
    }

    private static int[][] successors(Function f) {
        int[][] result = new int[f.blockIdBound()][];
        for (Block b : f.blocks()) {
            Inst t = b.terminator();
            int n = t.targetCount();
            if (n == 1) {
                result[b.id()] = single(t.target(0).target().id());
                continue;
            }
            int[] s = n == 0 ? NONE : new int[n];
            for (int i = 0; i < n; i++) {
                s[i] = t.target(i).target().id();
            }
            result[b.id()] = s;
        }
        return result;
    }

    /** Whether {@code other} has the same blocks, and the same edges. */
    boolean equalsGraph(Cfg other) {
        return Arrays.equals(postorder(), other.postorder())
                && Arrays.equals(blocks, other.blocks)
                && Arrays.equals(firstEdge, other.firstEdge)
                && Arrays.equals(edges, other.edges);
    }

    /** The block of a node. */
    public Block block(int node) {
        return blocks[node];
    }

    /** Edge {@code i} into a node, from node {@code predecessors(node)[i]}. */
    public Edge edgeInto(int node, int i) {
        return edges[firstEdge[node] + i];
    }
}
