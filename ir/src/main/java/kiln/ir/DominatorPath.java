package kiln.ir;

import java.util.ArrayDeque;

/**
 * A dominator tree of blocks in the order in which code is put into them, with a clock: each event has its tick. It
 * answers how far up one may go from a block before something happened after that. Ancestors at any distance are found
 * in logarithmic time through one more pointer for each block (Myers, "An applicative random-access stack", 1983).
 */
final class DominatorPath {
    /** A block's place in the tree. */
    static final class Node {
        private Block block;
        private Node idom;
        private Node jump;
        private int depth;
        private int begun;
        private int ended;
        private boolean open;
        private boolean barrier;
        /** The nearest node from here upwards that was open when it began, or is a barrier. */
        private Node stop;

        Block block() {
            return block;
        }

        boolean isBegun() {
            return begun != 0;
        }
    }

    private int clock;

    /** Nodes that may still get predecessors, and perhaps some that were closed since. */
    private final ArrayDeque<Node> open = new ArrayDeque<>();

    int tick() {
        return ++clock;
    }

    /** Code is about to be put into a block, which these blocks are known to lead to. */
    void begin(Node n, Block block, Node[] preds) {
        Node idom = preds.length == 0 ? null : preds[0];
        for (int i = 1; i < preds.length && idom != null; i++) {
            idom = common(idom, preds[i]);
        }
        n.block = block;
        n.idom = idom;
        if (idom == null) {
            n.jump = n;
        } else {
            n.depth = idom.depth + 1;
            n.jump = idom.depth - idom.jump.depth == idom.jump.depth - idom.jump.jump.depth ? idom.jump.jump : idom;
        }
        n.begun = tick();
        n.open = true;
        n.stop = n;
        while (!open.isEmpty() && !open.getLast().open) {
            open.removeLast();
        }
        // A block that may still become a loop between the dominator and here: what it writes later might come here.
        if (idom != null && !open.isEmpty() && open.getLast().begun > idom.ended) {
            n.barrier = true;
        }
        open.addLast(n);
    }

    /** No more predecessors will come. */
    void close(Node n) {
        n.open = false;
    }

    /** Nobody may pass {@code n} on the way up: its place in the tree is not certain. */
    void makeBarrier(Node n) {
        n.barrier = true;
    }

    /** The block has its terminator. */
    void end(Node n) {
        if (n.ended == 0) {
            n.ended = tick();
        }
    }

    boolean dominates(Node a, Node b) {
        return b.isBegun() && ancestor(b, a.depth) == a;
    }

    /**
     * The highest dominator of {@code n} after whose end nothing happened that has a tick above {@code last}, without
     * passing a block that may get more predecessors; {@code n} if there is none.
     */
    Node highest(Node n, int last) {
        Node stop = stop(n);
        int limit = stop == null ? 0 : stop.depth;
        Node x = n;
        while (x.depth > limit) {
            if (x.jump.depth >= limit && x.jump.ended >= last) {
                x = x.jump;
            } else if (x.idom.ended >= last) {
                x = x.idom;
            } else {
                break;
            }
        }
        return x;
    }

    /** The nearest node from {@code n} upwards that may not be passed, or null. */
    private static Node stop(Node n) {
        Node s = n;
        // The stop, or the root if there is none.
        Node end = n;
        while (s != null && !s.open && !s.barrier) {
            s = s.stop == s ? s.idom : s.stop;
            end = s != null ? s : end;
        }
        // Short ways for the next one: nothing between is ever a stop again.
        for (Node x = n; x != s && x.stop != end; ) {
            Node next = x.stop == x ? x.idom : x.stop;
            x.stop = end;
            x = next;
        }
        return s;
    }

    private static Node common(Node a, Node b) {
        Node x = ancestor(a, Math.min(a.depth, b.depth));
        Node y = ancestor(b, Math.min(a.depth, b.depth));
        while (x != y) {
            if (x.idom == null) {
                return null;
            }
            if (x.jump != y.jump) {
                x = x.jump;
                y = y.jump;
            } else {
                x = x.idom;
                y = y.idom;
            }
        }
        return x;
    }

    private static Node ancestor(Node n, int depth) {
        Node x = n;
        while (x.depth > depth) {
            x = x.jump.depth >= depth ? x.jump : x.idom;
        }
        return x;
    }
}
