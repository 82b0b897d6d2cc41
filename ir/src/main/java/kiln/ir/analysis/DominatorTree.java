package kiln.ir.analysis;

import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;

/**
 * Immediate dominators of the reachable blocks, by the Semi-NCA algorithm (Georgiadis, "Linear-Time Algorithms for
 * Dominators and Related Problems", 2005): unlike the iterative ones it stays fast when a block has very many
 * predecessors. Blocks are numbered as in {@link Cfg}; the tree is numbered in preorder so that dominance is two
 * comparisons.
 */
public final class DominatorTree {
    private final Cfg cfg;
    private final int[] idom;
    private final int[] firstChild;
    private final int[] nextSibling;
    private final int[] preorder;
    private final int[] lastInSubtree;
    private final int[] byPreorder;

    /** The tree of {@code f} as it is now; the same object as long as its graph does not change. */
    public static DominatorTree of(Function f) {
        DominatorTree known = f.graphFact(DominatorTree.class);
        if (known == null) {
            known = new DominatorTree(Cfg.of(f));
            f.keepGraphFact(known);
        }
        return known;
    }

    /** The tree of a graph. */
    DominatorTree(Cfg cfg) {
        this.cfg = cfg;
        int n = cfg.size();
        this.idom = computeIdoms(cfg);
        this.firstChild = new int[n];
        this.nextSibling = new int[n];
        this.preorder = new int[n];
        this.lastInSubtree = new int[n];
        this.byPreorder = new int[n];
        // A child index of 0 means none: the entry is nobody's child. Going down keeps children in ascending order.
        for (int i = n - 1; i > 0; i--) {
            nextSibling[i] = firstChild[idom[i]];
            firstChild[idom[i]] = i;
        }
        number(n);
    }

    /** In vertices numbered by a depth-first walk; the result is in indices of the graph. */
    private static int[] computeIdoms(Cfg cfg) {
        int n = cfg.size();
        int[] number = new int[n];
        int[] vertex = new int[n];
        int[] parent = new int[n];
        walk(cfg, number, vertex, parent);

        int[] semi = new int[n];
        int[] label = new int[n];
        int[] ancestor = parent.clone();
        int[] stack = new int[n];
        for (int i = 0; i < n; i++) {
            semi[i] = i;
            label[i] = i;
        }
        for (int w = n - 1; w > 0; w--) {
            semi[w] = parent[w];
            Block b = cfg.block(vertex[w]);
            for (int p = 0, k = cfg.predCount(b); p < k; p++) {
                int u = best(number[cfg.index(cfg.pred(b, p))], w + 1, ancestor, label, semi, stack);
                semi[w] = Math.min(semi[w], semi[u]);
            }
        }
        int[] idom = parent;
        for (int w = 1; w < n; w++) {
            int d = idom[w];
            while (d > semi[w]) {
                d = idom[d];
            }
            idom[w] = d;
        }
        int[] result = new int[n];
        for (int w = 1; w < n; w++) {
            result[vertex[w]] = vertex[idom[w]];
        }
        return result;
    }

    private static void walk(Cfg cfg, int[] number, int[] vertex, int[] parent) {
        int n = cfg.size();
        int[] stack = new int[n];
        int[] nextTarget = new int[n];
        boolean[] seen = new boolean[n];
        int depth = 0;
        int next = 0;
        stack[depth++] = 0;
        seen[0] = true;
        vertex[next++] = 0;
        while (depth > 0) {
            int at = stack[depth - 1];
            Inst t = cfg.block(at).terminator();
            int i = nextTarget[at]++;
            if (i == t.targetCount()) {
                depth--;
                continue;
            }
            int s = cfg.index(t.target(i).target());
            if (!seen[s]) {
                seen[s] = true;
                number[s] = next;
                parent[next] = number[at];
                vertex[next++] = s;
                stack[depth++] = s;
            }
        }
    }

    /**
     * The vertex of least semidominator on the way from {@code v} up to its root among those linked, with compression.
     */
    private static int best(int v, int lastLinked, int[] ancestor, int[] label, int[] semi, int[] stack) {
        if (ancestor[v] < lastLinked) {
            return label[v];
        }
        int depth = 0;
        while (ancestor[v] >= lastLinked) {
            stack[depth++] = v;
            v = ancestor[v];
        }
        int root = ancestor[v];
        int least = label[v];
        while (depth > 0) {
            v = stack[--depth];
            ancestor[v] = root;
            if (semi[least] < semi[label[v]]) {
                label[v] = least;
            } else {
                least = label[v];
            }
        }
        return least;
    }

    private void number(int n) {
        int next = 0;
        int i = 0;
        while (next < n) {
            preorder[i] = next;
            byPreorder[next++] = i;
            if (firstChild[i] != 0) {
                i = firstChild[i];
                continue;
            }
            lastInSubtree[i] = next - 1;
            while (i != 0 && nextSibling[i] == 0) {
                i = idom[i];
                lastInSubtree[i] = next - 1;
            }
            i = nextSibling[i];
        }
        lastInSubtree[0] = n - 1;
    }

    public Cfg cfg() {
        return cfg;
    }

    /** The immediate dominator, or null for the entry. */
    public Block idom(Block b) {
        int i = cfg.index(b);
        return i == 0 ? null : cfg.block(idom[i]);
    }

    /** Whether every way from the entry to {@code b} goes through {@code a}; a block dominates itself. */
    public boolean dominates(Block a, Block b) {
        return dominates(cfg.index(a), cfg.index(b));
    }

    /** As {@link #dominates(Block, Block)}, on indices in {@link Cfg}. */
    public boolean dominates(int a, int b) {
        return preorder[a] <= preorder[b] && preorder[b] <= lastInSubtree[a];
    }

    /** Index in {@link Cfg} of the immediate dominator of block {@code i}; 0 for the entry. */
    public int idom(int i) {
        return idom[i];
    }

    /** Place of block {@code i} when the tree is walked in preorder. */
    public int preorder(int i) {
        return preorder[i];
    }

    /** Index in {@link Cfg} of the block at place {@code p} of the preorder walk. */
    public int atPreorder(int p) {
        return byPreorder[p];
    }

    /** Greatest preorder place in the subtree of block {@code i}. */
    public int lastInSubtree(int i) {
        return lastInSubtree[i];
    }
}
