package kiln.codegen.regalloc;

import kiln.ir.analysis.FlowGraph;

/**
 * Ways up the dominator tree in logarithmic time, through one more pointer for each block (Myers, "An applicative
 * random-access stack", 1983): what two blocks have in common, and where on a way blocks run least.
 */
final class DominatorPaths {
    private final FlowGraph flow;
    private final float[] frequency;
    private final int[] depth;
    /** Of each block a block further up, or itself at the entry. */
    private final int[] jump;
    /** From each block up to where its jump leads, that excluded: the lowest block among those that run least. */
    private final int[] least;

    DominatorPaths(Graph graph) {
        flow = graph.flow;
        frequency = graph.frequency;
        depth = new int[graph.blocks];
        jump = new int[graph.blocks];
        least = new int[graph.blocks];
        int[] postorder = flow.postorder();
        for (int i = postorder.length - 2; i >= 0; i--) {
            int b = postorder[i];
            int up = flow.idom(b);
            depth[b] = depth[up] + 1;
            least[b] = b;
            if (depth[up] - depth[jump[up]] == depth[jump[up]] - depth[jump[jump[up]]]) {
                jump[b] = jump[jump[up]];
                least[b] = up == jump[b] ? b : lesser(lesser(b, least[up]), least[jump[up]]);
            } else {
                jump[b] = up;
            }
        }
    }

    /** The lowest block that dominates both. */
    int common(int a, int b) {
        int x = ancestor(a, Math.min(depth[a], depth[b]));
        int y = ancestor(b, Math.min(depth[a], depth[b]));
        while (x != y) {
            boolean far = jump[x] != jump[y];
            x = far ? jump[x] : flow.idom(x);
            y = far ? jump[y] : flow.idom(y);
        }
        return x;
    }

    /** The block on the way up from {@code b} whose immediate dominator is {@code above}. */
    int below(int b, int above) {
        return ancestor(b, depth[above] + 1);
    }

    /**
     * The block that runs least on the way up from a block to one that dominates it, both included; the lowest of them.
     */
    int leastFrequent(int from, int to) {
        int best = from;
        int x = from;
        while (x != to) {
            boolean far = depth[jump[x]] >= depth[to];
            best = lesser(best, far ? least[x] : x);
            x = far ? jump[x] : flow.idom(x);
        }
        return lesser(best, to);
    }

    private int lesser(int lower, int upper) {
        return frequency[upper] < frequency[lower] ? upper : lower;
    }

    private int ancestor(int b, int level) {
        int x = b;
        while (depth[x] > level) {
            x = depth[jump[x]] >= level ? jump[x] : flow.idom(x);
        }
        return x;
    }
}
