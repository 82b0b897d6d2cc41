package kiln.ir.analysis;

import java.util.Arrays;

/**
 * A control-flow graph of numbered nodes: order, dominators and loops, for blocks of the IR ({@link Cfg}) and of
 * machine instructions alike. Dominators and loops are computed when they are first asked for. Everything is iterative,
 * so that depth of nesting costs no stack, and about linear in nodes and edges.
 *
 * <p>Loops are natural loops and known by their headers; those that share a header are one loop. A cycle that can be
 * entered at several nodes is none.
 */
public class FlowGraph {
    private static final int[] NONE = {};
    /** By node, the list of it alone: most nodes have one successor and one predecessor. */
    private static final int[][] SINGLE = new int[1024][];

    static {
        for (int i = 0; i < SINGLE.length; i++) {
            SINGLE[i] = new int[] {i};
        }
    }

    private final int entry;
    private final int[][] successors;
    private final int[][] predecessors;
    private final int[] postorder;
    /** Place in postorder of each node. */
    private final int[] number;
    /**
     * The tree of the depth-first walk, in numbers given on the way down: node of each number, number of each node. Of
     * use until dominators are known.
     */
    private final int[] vertex;

    private final int[] preorder;
    private final int[] parent;
    /** Whether the walk met a node that it had not left yet. */
    private boolean hasCycle;
    /** By node, whether that is so: only such a node can be the header of a loop. Null if there is none. */
    private boolean[] metAgain;

    private int[] idom;
    /** Numbers of each node and, up to the end, of those that it dominates; -1 for nodes that cannot be reached. */
    private int[] treeNumber;

    private int[] treeEnd;

    private int[] loopHeader;
    private int[] loopDepth;
    private int[] enclosing;
    /** By header: numbers of each loop and, up to the end, of those in it. */
    private int[] loopNumber;

    private int[] loopEnd;

    /**
     * A graph.
     *
     * @param entry the node at which control enters
     * @param successors targets of the edges out of each node; null for numbers that are no nodes
     */
    public FlowGraph(int entry, int[][] successors) {
        int n = successors.length;
        this.entry = entry;
        this.successors = successors;
        number = new int[n];
        vertex = new int[n];
        preorder = new int[n];
        parent = new int[n];
        int[] entering = Workspace.zeros(0, n);
        postorder = walk(entering);
        predecessors = invert(entering);
    }

    /**
     * The graph {@code other} with other numbers, and with what is known of it.
     *
     * @param other a graph of which every node can be reached; numbers that are no nodes do not count
     * @param numbers by node of {@code other} its number here; the nodes here have the numbers from 0 on
     * @param successors targets of the edges out of each node, in the order of {@code other}
     */
    public FlowGraph(FlowGraph other, int[] numbers, int[][] successors) {
        int n = successors.length;
        this.successors = successors;
        entry = numbers[other.entry];
        hasCycle = other.hasCycle;
        postorder = new int[n];
        number = new int[n];
        int[] entering = Workspace.zeros(0, n);
        for (int i = 0; i < n; i++) {
            int b = numbers[other.postorder[i]];
            postorder[i] = b;
            number[b] = i;
            for (int s : successors[b]) {
                entering[s]++;
            }
        }
        predecessors = invert(entering);
        other.dominators();
        vertex = null;
        preorder = null;
        parent = null;
        idom = new int[n];
        treeNumber = new int[n];
        treeEnd = new int[n];
        for (int b : other.postorder) {
            idom[numbers[b]] = numbers[other.idom[b]];
            treeNumber[numbers[b]] = other.treeNumber[b];
            treeEnd[numbers[b]] = other.treeEnd[b];
        }
        if (hasCycle) {
            takeLoops(other, numbers);
        }
    }

    private void takeLoops(FlowGraph other, int[] numbers) {
        int n = successors.length;
        other.loops();
        loopHeader = new int[n];
        loopDepth = new int[n];
        enclosing = new int[n];
        loopNumber = new int[n];
        loopEnd = new int[n];
        for (int b : other.postorder) {
            int i = numbers[b];
            loopHeader[i] = other.loopHeader[b] < 0 ? -1 : numbers[other.loopHeader[b]];
            loopDepth[i] = other.loopDepth[b];
            enclosing[i] = other.enclosing[b] < 0 ? -1 : numbers[other.enclosing[b]];
            loopNumber[i] = other.loopNumber[b];
            loopEnd[i] = other.loopEnd[b];
        }
    }

    /** An array of one node, which may be shared by graphs and must not be written. */
    public static int[] single(int node) {
        return node < SINGLE.length ? SINGLE[node] : new int[] {node};
    }

    /** Reachable nodes, each after every node that it dominates. */
    public final int[] postorder() {
        return postorder;
    }

    /** Reachable node number {@code i} in reverse postorder, 0 is the entry. */
    public final int inReversePostorder(int i) {
        return postorder[postorder.length - 1 - i];
    }

    /** Number of nodes that can be reached. */
    public final int reachable() {
        return postorder.length;
    }

    /** Whether a path leads from the entry to a node. */
    public final boolean isReachable(int node) {
        return number[node] >= 0;
    }

    /** Position of a node in {@link #postorder()}, -1 if it cannot be reached. */
    public final int number(int node) {
        return number[node];
    }

    /** Upper bound of the nodes' numbers. */
    public final int nodes() {
        return successors.length;
    }

    /** Targets of the edges out of a node; not to be written. */
    public final int[] successors(int node) {
        return successors[node];
    }

    /** Sources of the edges into a node, as often as there are edges, from reachable nodes; not to be written. */
    public final int[] predecessors(int node) {
        return predecessors[node];
    }

    /** Immediate dominator of a reachable node; the entry's is itself. */
    public final int idom(int node) {
        return dominators()[node];
    }

    /** Whether every path from the entry to {@code b} passes {@code a}; every node dominates itself. */
    public final boolean dominates(int a, int b) {
        dominators();
        return treeNumber[a] <= treeNumber[b] && treeNumber[b] < treeEnd[a];
    }

    /** Place of a reachable node in a preorder of the tree of dominators. */
    public final int dominatorNumber(int node) {
        dominators();
        return treeNumber[node];
    }

    /** Whether the graph has a cycle: without, there are no loops, and nobody need look for them. */
    public final boolean hasCycle() {
        return hasCycle;
    }

    /** Header of the innermost loop around a node (a header belongs to its own loop), or -1. */
    public final int loopHeader(int node) {
        return loops()[node];
    }

    /** Number of loops around a node. */
    public final int loopDepth(int node) {
        loops();
        return loopDepth[node];
    }

    /** Whether a back edge leads to a node. */
    public final boolean isLoopHeader(int node) {
        return loops()[node] == node;
    }

    /** Whether {@code node} lies in the loop with header {@code header}. */
    public final boolean isInLoop(int node, int header) {
        return encloses(header, loops()[node]);
    }

    /** Whether the loop with header {@code outer} is that with header {@code inner} or around it; -1 is no loop. */
    public final boolean encloses(int outer, int inner) {
        loops();
        return inner >= 0 && loopNumber[outer] <= loopNumber[inner] && loopNumber[inner] < loopEnd[outer];
    }

    /** Header of the loop around the loop with header {@code header}, or -1. */
    public final int outerLoop(int header) {
        loops();
        return enclosing[header];
    }

    /** Immediate dominators; short, since it is asked for at every step. */
    private int[] dominators() {
        return idom != null ? idom : findDominators();
    }

    /** Headers of loops; short for the same reason. */
    private int[] loops() {
        return loopHeader != null ? loopHeader : findLoops();
    }

    /**
     * Walks the graph depth-first; returns the postorder.
     *
     * @param entering receives for each node the number of edges into it from nodes that can be reached
     */
    private int[] walk(int[] entering) {
        int n = successors.length;
        int[] result = Workspace.array(1, n);
        int[] next = Workspace.zeros(2, n);
        Arrays.fill(number, -1);
        Arrays.fill(preorder, -1);
        int entered = 0;
        int left = 0;
        vertex[entered] = entry;
        preorder[entry] = entered++;
        // The way back leads over the parents.
        for (int at = 0; at >= 0; ) {
            int b = vertex[at];
            int[] to = successors[b];
            // Last successor first, so that the reverse order has the first successor right behind its source.
            if (next[b] < to.length) {
                int s = to[to.length - 1 - next[b]++];
                entering[s]++;
                if (preorder[s] < 0) {
                    parent[entered] = at;
                    vertex[entered] = s;
                    preorder[s] = entered;
                    at = entered++;
                } else if (number[s] < 0) {
                    if (!hasCycle) {
                        hasCycle = true;
                        metAgain = new boolean[n];
                    }
                    metAgain[s] = true;
                }
            } else {
                number[b] = left;
                result[left++] = b;
                at = at == 0 ? -1 : parent[at];
            }
        }
        return Arrays.copyOf(result, left);
    }

    /** Predecessors, given how many each node has; the numbers are used up. */
    private int[][] invert(int[] entering) {
        int n = successors.length;
        int[][] result = new int[n][];
        for (int b = 0; b < n; b++) {
            if (result[b] == null) {
                result[b] = NONE;
            }
            if (number[b] < 0) {
                continue;
            }
            for (int s : successors[b]) {
                if (result[s] == null || result[s] == NONE) {
                    result[s] = entering[s] == 1 ? single(b) : new int[entering[s]];
                }
                int[] list = result[s];
                if (list.length > 1) {
                    list[list.length - entering[s]--] = b;
                }
            }
        }
        return result;
    }

    /**
     * Immediate dominators by Semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems",
     * 2005): unlike the iterative algorithms it stays fast where loops nest deeply or a node has many predecessors. The
     * tree is numbered so that dominance is two comparisons.
     */
    private int[] findDominators() {
        int n = successors.length;
        int count = postorder.length;
        int[] semi = Workspace.array(0, count);
        int[] label = Workspace.array(1, count);
        int[] ancestor = Workspace.array(2, count);
        System.arraycopy(parent, 0, ancestor, 0, count);
        int[] stack = Workspace.array(3, count);
        for (int i = 0; i < count; i++) {
            semi[i] = i;
            label[i] = i;
        }
        for (int w = count - 1; w > 0; w--) {
            int least = parent[w];
            int[] from = predecessors[vertex[w]];
            // The only one is the parent.
            for (int i = 0; i < from.length && from.length > 1; i++) {
                int p = from[i];
                least = Math.min(least, semi[best(preorder[p], w + 1, ancestor, label, semi, stack)]);
            }
            semi[w] = least;
        }
        idom = new int[n];
        Arrays.fill(idom, -1);
        idom[entry] = entry;
        for (int w = 1; w < count; w++) {
            int d = parent[w];
            while (d > semi[w]) {
                d = parent[d];
            }
            parent[w] = d;
            idom[vertex[w]] = vertex[d];
        }
        treeNumber = new int[n];
        treeEnd = new int[n];
        Arrays.fill(treeNumber, -1);
        number(postorder, count, idom, treeNumber, treeEnd);
        return idom;
    }

    /**
     * The vertex of least semidominator on the path from {@code v} to its root among those linked, with compression.
     */
    private static int best(int v, int lastLinked, int[] ancestor, int[] label, int[] semi, int[] stack) {
        if (ancestor[v] < lastLinked) {
            return label[v];
        }
        int depth = 0;
        int x = v;
        while (ancestor[x] >= lastLinked) {
            stack[depth++] = x;
            x = ancestor[x];
        }
        int root = ancestor[x];
        int least = label[x];
        while (depth > 0) {
            x = stack[--depth];
            ancestor[x] = root;
            if (semi[least] < semi[label[x]]) {
                label[x] = least;
            } else {
                least = label[x];
            }
        }
        return least;
    }

    /**
     * Numbers the nodes of a forest so that those in each subtree follow its root.
     *
     * @param order the first {@code count} are the nodes, each behind those in its subtree
     * @param parentOf -1 or the node itself for a root
     */
    private static void number(int[] order, int count, int[] parentOf, int[] first, int[] end) {
        // At first "end" is the size of the subtree, then the next free number in it.
        for (int i = 0; i < count; i++) {
            int b = order[i];
            end[b]++;
            if (parentOf[b] >= 0 && parentOf[b] != b) {
                end[parentOf[b]] += end[b];
            }
        }
        int next = 0;
        for (int i = count - 1; i >= 0; i--) {
            int b = order[i];
            int size = end[b];
            int p = parentOf[b];
            if (p < 0 || p == b) {
                first[b] = next;
                next += size;
            } else {
                first[b] = end[p];
                end[p] += size;
            }
            end[b] = first[b] + 1;
        }
    }

    /** Headers of loops, inner loops first, each found by walking backwards from its back edges over inner loops. */
    private int[] findLoops() {
        int n = successors.length;
        loopHeader = new int[n];
        Arrays.fill(loopHeader, -1);
        loopNumber = new int[n];
        if (!hasCycle) {
            enclosing = loopHeader;
            loopEnd = loopNumber;
            loopDepth = loopNumber;
            return loopHeader;
        }
        dominators();
        enclosing = new int[n];
        Arrays.fill(enclosing, -1);
        int[] stack = Workspace.array(0, n);
        int[] beyond = Workspace.array(1, n);
        Arrays.fill(beyond, 0, n, -1);
        int[] headers = Workspace.array(2, n);
        int count = 0;
        // Postorder visits the headers of inner loops before those of outer ones.
        for (int header : postorder) {
            if (!metAgain[header]) {
                continue;
            }
            int top = 0;
            boolean isHeader = false;
            for (int p : predecessors[header]) {
                // What dominates a node comes behind it in postorder.
                if (number[p] <= number[header] && dominates(header, p)) {
                    isHeader = true;
                    top = claim(p, header, beyond, stack, top);
                }
            }
            if (isHeader && loopHeader[header] < 0) {
                loopHeader[header] = header;
            }
            if (isHeader) {
                headers[count++] = header;
            }
            while (top > 0) {
                for (int p : predecessors[stack[--top]]) {
                    top = claim(p, header, beyond, stack, top);
                }
            }
        }
        loopEnd = new int[n];
        number(headers, count, enclosing, loopNumber, loopEnd);
        loopDepth = new int[n];
        for (int i = postorder.length - 1; i >= 0; i--) {
            int b = postorder[i];
            int h = loopHeader[b];
            if (h == b) {
                loopDepth[b] = enclosing[b] < 0 ? 1 : loopDepth[enclosing[b]] + 1;
            } else if (h >= 0) {
                loopDepth[b] = loopDepth[h];
            }
        }
        return loopHeader;
    }

    /**
     * Makes {@code b}, or the outermost loop known around it, part of the loop at {@code header}; pushes what is new.
     */
    private int claim(int b, int header, int[] beyond, int[] stack, int top) {
        int outer = loopHeader[b];
        if (outer < 0) {
            loopHeader[b] = header;
            if (b != header) {
                stack[top++] = b;
            }
            return top;
        }
        outer = outermost(outer, beyond);
        if (outer != header) {
            enclosing[outer] = header;
            stack[top++] = outer;
        }
        return top;
    }

    /**
     * The header of the outermost loop known so far around the one at {@code header}.
     *
     * @param beyond by header that of some loop around it, a shorter path outwards than {@link #enclosing}; or -1
     */
    private int outermost(int header, int[] beyond) {
        int end = header;
        for (int h = outwards(end, beyond); h >= 0; h = outwards(end, beyond)) {
            end = h;
        }
        for (int h = header; h != end; ) {
            int next = outwards(h, beyond);
            beyond[h] = end;
            h = next;
        }
        return end;
    }

    private int outwards(int header, int[] beyond) {
        return beyond[header] >= 0 ? beyond[header] : enclosing[header];
    }
}
