package kiln.codegen.regalloc;

import java.util.Arrays;

/**
 * Finds the places of least total frequency from which a variable is stored before every one of its evictions: bottom
 * up on the tree of dominators between the evictions and the definition, either one place above or those below it. So
 * an interpreter's cases store on their way to calls what the dispatch in front of them defines, and those without a
 * call store nothing.
 */
final class StorePlacement {
    /** Instead of an instruction: the edge into the block. */
    static final int ON_ENTRY = -1;
    /** Instead of an instruction: behind the definition. */
    static final int AT_DEFINITION = -2;

    private static final int NONE = -3;

    private final Graph graph;
    private final Operands ops;
    private final Spiller spiller;
    private final DominatorPaths paths;
    /** Blocks by {@link kiln.ir.analysis.FlowGraph#dominatorNumber}. */
    private final int[] withNumber;

    private int variable;
    /** Evictions: place in the tree of dominators and one more than the instruction, or 0 for the edge. */
    private long[] evictions = new long[16];

    private int count;
    // Blocks whose subtree is being worked on, each dominating the next one.
    private int[] block = new int[16];
    /** The block's first eviction, or {@link #NONE}. */
    private int[] own = new int[16];
    /** Total frequency of the places chosen for what the block dominates. */
    private double[] cost = new double[16];
    /** Where these places begin in {@link #places}. */
    private int[] from = new int[16];

    private int depth;
    private final IntList places = new IntList();

    StorePlacement(Graph graph, Operands ops, Spiller spiller) {
        this.graph = graph;
        this.ops = ops;
        this.spiller = spiller;
        paths = new DominatorPaths(graph);
        withNumber = new int[graph.blocks];
        for (int b : graph.flow.postorder()) {
            withNumber[graph.flow.dominatorNumber(b)] = b;
        }
    }

    /** Starts with another variable. */
    void begin(int v) {
        variable = v;
        count = 0;
    }

    /** The variable leaves its register at an instruction of {@code b}, or {@link #ON_ENTRY}. */
    void evict(int b, int at) {
        if (count == evictions.length) {
            evictions = Arrays.copyOf(evictions, 2 * count);
        }
        evictions[count++] = (long) graph.flow.dominatorNumber(b) << 32 | at + 1;
    }

    /**
     * Pairs of a block and an instruction of it, {@link #ON_ENTRY} or {@link #AT_DEFINITION}; to be read before the
     * next variable begins.
     */
    IntList places() {
        Arrays.sort(evictions, 0, count);
        places.clear();
        depth = 0;
        int last = -1;
        for (int k = 0; k < count; k++) {
            int b = withNumber[(int) (evictions[k] >>> 32)];
            // What comes later in a block is stored already.
            if (b != last) {
                visit(b, (int) evictions[k] - 1);
                last = b;
            }
        }
        while (depth > 1) {
            leave(block[depth - 2]);
        }
        int def = ops.defBlock[variable];
        int best = paths.leastFrequent(block[0], def);
        if (best == def && graph.frequency[def] <= cost[0]) {
            places.clear();
            add(def, AT_DEFINITION);
        } else {
            raise(0, best);
        }
        return places;
    }

    /** Goes on to the next block with an eviction in preorder. */
    private void visit(int b, int at) {
        if (depth > 0) {
            int common = paths.common(block[depth - 1], b);
            while (depth > 1 && graph.flow.dominates(common, block[depth - 2])) {
                leave(block[depth - 2]);
            }
            if (block[depth - 1] != common) {
                leave(common);
            }
        }
        enter(b, at, graph.frequency[b], places.size);
        add(b, at);
    }

    private void enter(int b, int at, double frequency, int start) {
        if (depth == block.length) {
            block = Arrays.copyOf(block, 2 * depth);
            own = Arrays.copyOf(own, 2 * depth);
            cost = Arrays.copyOf(cost, 2 * depth);
            from = Arrays.copyOf(from, 2 * depth);
        }
        block[depth] = b;
        own[depth] = at;
        cost[depth] = frequency;
        from[depth++] = start;
    }

    /** Adds what was chosen for the innermost block to {@code parent}, which dominates it and becomes innermost. */
    private void leave(int parent) {
        int top = depth - 1;
        raise(top, paths.leastFrequent(block[top], paths.below(block[top], parent)));
        depth--;
        if (depth == 0 || block[depth - 1] != parent) {
            enter(parent, NONE, cost[top], from[top]);
        } else if (own[depth - 1] == NONE) {
            cost[depth - 1] += cost[top];
        } else {
            // The parent's own place serves all behind it.
            places.size = from[top];
        }
    }

    /** Chooses {@code best}, a block on the way up, in place of what was chosen if that is cheaper. */
    private void raise(int level, int best) {
        if (best == block[level] && own[level] != NONE || graph.frequency[best] > cost[level] || !isPossible(best)) {
            return;
        }
        places.size = from[level];
        add(best, contains(spiller.entry[best]) ? ops.blockStart[best] : ON_ENTRY);
        cost[level] = graph.frequency[best];
    }

    private void add(int b, int at) {
        places.add(b);
        places.add(at);
    }

    /** Whether the variable is in a register at the start of a block, or on the only edge into it. */
    private boolean isPossible(int b) {
        if (contains(spiller.entry[b])) {
            return true;
        }
        int[] p = graph.flow.predecessors(b);
        return p.length == 1 && contains(spiller.exit[p[0]]);
    }

    private boolean contains(int[] list) {
        for (int x : list) {
            if (x == variable) {
                return true;
            }
        }
        return false;
    }
}
