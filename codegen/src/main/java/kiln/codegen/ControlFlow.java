package kiln.codegen;

import java.util.Arrays;

/**
 * Order, dominators and loops of a control-flow graph whose nodes are numbers and whose entry is node 0. Everything is
 * iterative, so that depth of nesting costs no stack. Nodes that cannot be reached have postorder number -1.
 */
public final class ControlFlow {
    private final int[][] successors;
    private final int[][] predecessors;
    private final int[] postorder;
    private final int[] number;
    private final int[] idom;
    /** Numbers of each node and, up to the end, of those that it dominates; -1 for nodes that cannot be reached. */
    private final int[] treeNumber;

    private final int[] treeEnd;
    private final int[] loopHeader;
    private final int[] loopDepth;
    private final int[] enclosing;
    /** By header: numbers of each loop and, up to the end, of those in it. */
    private final int[] loopNumber;

    private final int[] loopEnd;

    /** Analyses the graph in which {@code successors[n]} lists the ways out of node n. */
    public ControlFlow(int[][] successors) {
        this.successors = successors;
        int n = successors.length;
        number = new int[n];
        postorder = order(n);
        predecessors = invert(n);
        idom = new int[n];
        dominators();
        treeNumber = new int[n];
        treeEnd = new int[n];
        Arrays.fill(treeNumber, -1);
        number(postorder, postorder.length, idom, treeNumber, treeEnd);
        loopHeader = new int[n];
        loopDepth = new int[n];
        enclosing = new int[n];
        loopNumber = new int[n];
        loopEnd = new int[n];
        loops();
    }

    /** Reachable nodes, each after every node that it dominates. */
    public int[] postorder() {
        return postorder;
    }

    /** Whether a path leads from the entry to a node. */
    public boolean isReachable(int node) {
        return number[node] >= 0;
    }

    /** Targets of the edges out of a node. */
    public int[] successors(int node) {
        return successors[node];
    }

    /** Sources of the edges into a node, from reachable nodes. */
    public int[] predecessors(int node) {
        return predecessors[node];
    }

    /** Immediate dominator; the entry's is itself. */
    public int idom(int node) {
        return idom[node];
    }

    /** Whether every path from the entry to {@code b} passes {@code a}; every node dominates itself. */
    public boolean dominates(int a, int b) {
        return treeNumber[a] <= treeNumber[b] && treeNumber[b] < treeEnd[a];
    }

    /** Number of loops around a node. */
    public int loopDepth(int node) {
        return loopDepth[node];
    }

    /** Header of the innermost loop around a node (a header belongs to its own loop), or -1. */
    public int loopHeader(int node) {
        return loopHeader[node];
    }

    /** Whether a back edge leads to a node. */
    public boolean isLoopHeader(int node) {
        return loopHeader[node] == node;
    }

    /** Position of a node in {@link #postorder()}. */
    public int number(int node) {
        return number[node];
    }

    /** Whether {@code node} lies in the loop with header {@code header}. */
    public boolean isInLoop(int node, int header) {
        int h = loopHeader[node];
        return h >= 0 && loopNumber[header] <= loopNumber[h] && loopNumber[h] < loopEnd[header];
    }

    /** Header of the loop around the loop with header {@code header}, or -1. */
    public int outerLoop(int header) {
        return enclosing[header];
    }

    private int[] order(int n) {
        Arrays.fill(number, -1);
        int[] result = new int[n];
        int[] stack = new int[n];
        int[] next = new int[n];
        boolean[] seen = new boolean[n];
        int top = 0;
        int count = 0;
        stack[top++] = 0;
        seen[0] = true;
        while (top > 0) {
            int b = stack[top - 1];
            // Last successor first, so that the reverse order has the first successor right behind its source.
            if (next[b] < successors[b].length) {
                int s = successors[b][successors[b].length - 1 - next[b]++];
                if (!seen[s]) {
                    seen[s] = true;
                    stack[top++] = s;
                }
            } else {
                top--;
                number[b] = count;
                result[count++] = b;
            }
        }
        return Arrays.copyOf(result, count);
    }

    private int[][] invert(int n) {
        int[] count = new int[n];
        for (int b : postorder) {
            for (int s : successors[b]) {
                count[s]++;
            }
        }
        int[][] result = new int[n][];
        for (int b = 0; b < n; b++) {
            result[b] = new int[count[b]];
        }
        Arrays.fill(count, 0);
        for (int b = 0; b < n; b++) {
            if (number[b] >= 0) {
                for (int s : successors[b]) {
                    result[s][count[s]++] = b;
                }
            }
        }
        return result;
    }

    /**
     * Semi-NCA (Georgiadis, "Linear-Time Algorithms for Dominators and Related Problems", 2005), in vertices numbered
     * by a depth-first walk: unlike the iterative algorithms it stays fast where loops nest deeply.
     */
    private void dominators() {
        int n = successors.length;
        int[] vertex = new int[postorder.length];
        int[] preorder = new int[n];
        int[] parent = new int[postorder.length];
        walk(vertex, preorder, parent);
        int count = vertex.length;
        int[] semi = new int[count];
        int[] label = new int[count];
        int[] ancestor = parent.clone();
        int[] stack = new int[count];
        for (int i = 0; i < count; i++) {
            semi[i] = i;
            label[i] = i;
        }
        for (int w = count - 1; w > 0; w--) {
            int least = parent[w];
            for (int p : predecessors[vertex[w]]) {
                least = Math.min(least, semi[best(preorder[p], w + 1, ancestor, label, semi, stack)]);
            }
            semi[w] = least;
        }
        Arrays.fill(idom, -1);
        idom[0] = 0;
        for (int w = 1; w < count; w++) {
            int d = parent[w];
            while (d > semi[w]) {
                d = parent[d];
            }
            parent[w] = d;
            idom[vertex[w]] = vertex[d];
        }
    }

    private void walk(int[] vertex, int[] preorder, int[] parent) {
        int[] stack = new int[vertex.length];
        int[] next = new int[successors.length];
        Arrays.fill(preorder, -1);
        int top = 0;
        int count = 0;
        stack[top++] = 0;
        preorder[0] = 0;
        vertex[count++] = 0;
        while (top > 0) {
            int b = stack[top - 1];
            if (next[b] == successors[b].length) {
                top--;
                continue;
            }
            int s = successors[b][next[b]++];
            if (preorder[s] < 0) {
                preorder[s] = count;
                parent[count] = preorder[b];
                vertex[count++] = s;
                stack[top++] = s;
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

    /**
     * Natural loops, inner before outer, each found by walking backwards from its back edges over collapsed inner
     * loops.
     */
    private void loops() {
        int n = successors.length;
        Arrays.fill(loopHeader, -1);
        Arrays.fill(enclosing, -1);
        int[] stack = new int[n];
        int[] beyond = new int[n];
        Arrays.fill(beyond, -1);
        int[] headers = new int[n];
        int count = 0;
        // Postorder visits the headers of inner loops before those of outer ones.
        for (int header : postorder) {
            int top = 0;
            boolean isHeader = false;
            for (int p : predecessors[header]) {
                if (dominates(header, p)) {
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
                int b = stack[--top];
                for (int p : predecessors[b]) {
                    top = claim(p, header, beyond, stack, top);
                }
            }
        }
        number(headers, count, enclosing, loopNumber, loopEnd);
        for (int i = postorder.length - 1; i >= 0; i--) {
            int b = postorder[i];
            int h = loopHeader[b];
            if (h == b) {
                loopDepth[b] = enclosing[b] < 0 ? 1 : loopDepth[enclosing[b]] + 1;
            } else if (h >= 0) {
                loopDepth[b] = loopDepth[h];
            }
        }
    }

    /**
     * Makes {@code b}, or the outermost loop known around it, part of the loop at {@code header}; pushes what was new.
     */
    private int claim(int b, int header, int[] beyond, int[] stack, int top) {
        if (number[b] < 0 || !dominates(header, b)) {
            return top; // only in an irreducible graph
        }
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
     * @param beyond by header that of some loop around it, a shorter way outwards than {@link #enclosing}; or -1
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
