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
    private final int[] loopHeader;
    private final int[] loopDepth;
    private final int[] enclosing;

    /** Analyses the graph in which {@code successors[n]} lists the ways out of node n. */
    public ControlFlow(int[][] successors) {
        this.successors = successors;
        int n = successors.length;
        number = new int[n];
        postorder = order(n);
        predecessors = invert(n);
        idom = new int[n];
        dominators();
        loopHeader = new int[n];
        loopDepth = new int[n];
        enclosing = new int[n];
        loops();
    }

    private ControlFlow(ControlFlow other, int[] number) {
        int n = number.length;
        successors = new int[n][];
        for (int b = 0; b < n; b++) {
            successors[number[b]] = renumber(other.successors[b], number);
        }
        postorder = renumber(other.postorder, number);
        this.number = new int[n];
        idom = new int[n];
        loopHeader = new int[n];
        loopDepth = new int[n];
        enclosing = new int[n];
        for (int b = 0; b < n; b++) {
            this.number[number[b]] = other.number[b];
            idom[number[b]] = renumber(other.idom[b], number);
            loopHeader[number[b]] = renumber(other.loopHeader[b], number);
            loopDepth[number[b]] = other.loopDepth[b];
            enclosing[number[b]] = renumber(other.enclosing[b], number);
        }
        predecessors = invert(n);
    }

    /** The same graph with other numbers: node {@code b} becomes {@code number[b]}. The entry stays node 0. */
    public ControlFlow renumbered(int[] number) {
        return new ControlFlow(this, number);
    }

    private static int[] renumber(int[] nodes, int[] number) {
        int[] result = new int[nodes.length];
        for (int i = 0; i < result.length; i++) {
            result[i] = number[nodes[i]];
        }
        return result;
    }

    private static int renumber(int node, int[] number) {
        return node < 0 ? -1 : number[node];
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
        while (number[b] < number[a]) {
            b = idom[b];
        }
        return a == b;
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
        while (h >= 0 && h != header) {
            h = enclosing[h];
        }
        return h >= 0;
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

    /** Cooper, Harvey and Kennedy, "A Simple, Fast Dominance Algorithm". */
    private void dominators() {
        Arrays.fill(idom, -1);
        idom[0] = 0;
        boolean changed = true;
        while (changed && !agreesWithBackEdges()) {
            changed = false;
            for (int i = postorder.length - 2; i >= 0; i--) {
                int b = postorder[i];
                int dom = -1;
                for (int p : predecessors[b]) {
                    if (idom[p] >= 0) {
                        dom = dom < 0 ? p : intersect(p, dom);
                    }
                }
                if (idom[b] != dom) {
                    idom[b] = dom;
                    changed = true;
                }
            }
        }
    }

    /** Whether the edges back, which the first round has yet to see, change nothing: they do in irreducible graphs only. */
    private boolean agreesWithBackEdges() {
        for (int b : postorder) {
            if (idom[b] < 0) {
                return false;
            }
            for (int p : predecessors[b]) {
                if (number[p] <= number[b] && intersect(p, idom[b]) != idom[b]) {
                    return false;
                }
            }
        }
        return true;
    }

    private int intersect(int a, int b) {
        while (a != b) {
            if (number[a] < number[b]) {
                a = idom[a];
            } else {
                b = idom[b];
            }
        }
        return a;
    }

    /** Natural loops, inner before outer, each found by walking backwards from its back edges over collapsed inner loops. */
    private void loops() {
        int n = successors.length;
        Arrays.fill(loopHeader, -1);
        Arrays.fill(enclosing, -1);
        int[] stack = new int[n];
        // Postorder visits the headers of inner loops before those of outer ones.
        for (int header : postorder) {
            int top = 0;
            boolean isHeader = false;
            for (int p : predecessors[header]) {
                if (dominates(header, p)) {
                    isHeader = true;
                    top = claim(p, header, stack, top);
                }
            }
            if (isHeader && loopHeader[header] < 0) {
                loopHeader[header] = header;
            }
            while (top > 0) {
                int b = stack[--top];
                for (int p : predecessors[b]) {
                    top = claim(p, header, stack, top);
                }
            }
        }
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

    /** Makes {@code b}, or the outermost loop known around it, part of the loop at {@code header}; pushes what was new. */
    private int claim(int b, int header, int[] stack, int top) {
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
        while (outer != header && enclosing[outer] >= 0) {
            outer = enclosing[outer];
        }
        if (outer != header) {
            enclosing[outer] = header;
            stack[top++] = outer;
        }
        return top;
    }
}
