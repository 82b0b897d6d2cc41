package kiln.ir.analysis;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import kiln.ir.Block;
import kiln.ir.Function;

/**
 * Natural loops and how they nest. Loops that share a header are one loop. A cycle that can be entered at several
 * blocks is no loop here; {@link #hasIrreducible()} tells that there are some.
 */
public final class LoopForest {
    /** A loop: its header dominates all of its blocks, and every block reaches the header within the loop. */
    public static final class Loop {
        private final Block header;
        private final int headerIndex;
        private Loop parent;
        /** A loop around this one, or the same: a shorter way outwards than parents are. */
        private Loop beyond = this;

        private int depth;
        /** Numbers of this loop and, up to {@code end}, those in it. */
        private int number;

        private int end;

        private Loop(Block header, int headerIndex) {
            this.header = header;
            this.headerIndex = headerIndex;
        }

        /** The outermost loop around this one among those found so far. */
        private Loop outermost() {
            Loop l = this;
            while (l.beyond != l || l.parent != null) {
                l = l.beyond != l ? l.beyond : l.parent;
            }
            for (Loop x = this; x != l; ) {
                Loop next = x.beyond != x ? x.beyond : x.parent;
                x.beyond = l;
                x = next;
            }
            return l;
        }

        public Block header() {
            return header;
        }

        /** The innermost loop around this one, or null. */
        public Loop parent() {
            return parent;
        }

        /** 1 for an outermost loop. */
        public int depth() {
            return depth;
        }

        /** Whether this loop is {@code other} or around it. */
        public boolean encloses(Loop other) {
            return other != null && number <= other.number && other.number < end;
        }

        @Override
        public String toString() {
            return "loop(" + header + ")";
        }
    }

    private final Cfg cfg;
    private final Loop[] innermost;
    private final ArrayList<Loop> loops = new ArrayList<>();
    private boolean irreducible;

    /** The loops of {@code f} as it is now; the same object as long as its graph does not change. */
    public static LoopForest of(Function f) {
        LoopForest known = f.graphFact(LoopForest.class);
        if (known == null) {
            known = new LoopForest(DominatorTree.of(f));
            f.keepGraphFact(known);
        }
        return known;
    }

    /** The loops of a graph. */
    LoopForest(DominatorTree dom) {
        this.cfg = dom.cfg();
        int n = cfg.size();
        this.innermost = new Loop[n];
        int[] stack = new int[n];
        // Inner headers come later in reverse postorder, so that inner loops are complete when outer ones are walked.
        for (int h = n - 1; h >= 0; h--) {
            Block header = cfg.block(h);
            Loop loop = null;
            int depth = 0;
            for (int p = 0, k = cfg.predCount(header); p < k; p++) {
                int pred = cfg.index(cfg.pred(header, p));
                if (pred < h) {
                    continue;
                }
                if (!dom.dominates(h, pred)) {
                    irreducible = true;
                    continue;
                }
                if (loop == null) {
                    loop = new Loop(header, h);
                }
                depth = enter(loop, pred, stack, depth);
            }
            if (loop == null) {
                continue;
            }
            while (depth > 0) {
                Block b = cfg.block(stack[--depth]);
                for (int p = 0, k = cfg.predCount(b); p < k; p++) {
                    depth = enter(loop, cfg.index(cfg.pred(b, p)), stack, depth);
                }
            }
            if (innermost[h] == null) {
                innermost[h] = loop;
            }
            loops.add(loop);
        }
        Collections.reverse(loops);
        for (Loop loop : loops) {
            loop.depth = loop.parent == null ? 1 : loop.parent.depth + 1;
            loop.end = 1;
        }
        numberLoops();
    }

    private void numberLoops() {
        // At first "end" is the number of loops, then the next free number in the loop.
        for (Loop loop : loops.reversed()) {
            if (loop.parent != null) {
                loop.parent.end += loop.end;
            }
        }
        int next = 0;
        for (Loop loop : loops) {
            int count = loop.end;
            if (loop.parent == null) {
                loop.number = next;
                next += count;
            } else {
                loop.number = loop.parent.end;
                loop.parent.end += count;
            }
            loop.end = loop.number + 1;
        }
    }

    /** Adds a block, or the outermost loop around it so far, to {@code loop}; its entries are left on the stack. */
    private int enter(Loop loop, int block, int[] stack, int depth) {
        Loop inner = innermost[block];
        if (inner == null) {
            innermost[block] = loop;
            if (block != loop.headerIndex) {
                stack[depth++] = block;
            }
            return depth;
        }
        Loop outer = inner.outermost();
        if (outer != loop) {
            outer.parent = loop;
            stack[depth++] = outer.headerIndex;
        }
        return depth;
    }

    /** All loops, outer ones before inner ones. */
    public List<Loop> loops() {
        return loops;
    }

    /** The innermost loop around a reachable block, or null. */
    public Loop innermost(Block b) {
        return innermost[cfg.index(b)];
    }

    /** Number of loops around a reachable block. */
    public int depth(Block b) {
        Loop l = innermost(b);
        return l == null ? 0 : l.depth;
    }

    public boolean isHeader(Block b) {
        Loop l = innermost(b);
        return l != null && l.header == b;
    }

    public boolean contains(Loop loop, Block b) {
        return loop.encloses(innermost(b));
    }

    /** Whether there are cycles that are no loops. */
    public boolean hasIrreducible() {
        return irreducible;
    }
}
