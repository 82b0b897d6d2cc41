package kiln.codegen.regalloc;

import java.util.Arrays;
import java.util.Set;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Compares, once the spiller has been over a function, what it costs to have a variable in a register at the start of a
 * loop with what that saves. An interpreter's cases lose it in calls and would all load it again on their way back,
 * though few of those that come next read it.
 */
final class LoopEntries {
    /** How many blocks are looked at, for each block of the function: those in many loops count as often. */
    private static final int BLOCKS_PER_BLOCK = 8;
    /** Variables that are followed at once. */
    private static final int MOST = 64;

    private final Graph graph;
    private final Operands ops;
    private final Spiller spiller;
    /** By loop's header, the place in reverse postorder of the last block of the loop. */
    private final int[] last;

    /** By variable, its place among those at the start of the loop at hand; valid if stamped with the header. */
    private final int[] place;

    private final int[] stamp;
    /** By variable, the last block at whose end it was found in a register. */
    private final int[] inExit;
    /** By block, the variables that are in registers at its end, unread since the loop began its round. */
    private final long[] unread;

    private final double[] saved = new double[MOST];
    private final double[] cost = new double[MOST];
    private int visits;

    LoopEntries(Graph graph, Operands ops, Spiller spiller) {
        this.graph = graph;
        this.ops = ops;
        this.spiller = spiller;
        last = new int[graph.blocks];
        place = new int[ops.variables];
        stamp = new int[ops.variables];
        inExit = new int[ops.variables];
        unread = new long[graph.blocks];
        Arrays.fill(stamp, -1);
        Arrays.fill(inExit, -1);
    }

    /** Adds {@code header << 32 | variable} for each that does not pay. Returns whether there was one. */
    boolean banDear(Set<Long> banned) {
        int n = graph.flow.postorder().length;
        for (int i = 0; i < n; i++) {
            int b = graph.flow.inReversePostorder(i);
            int h = graph.flow.loopHeader(b);
            if (h >= 0) {
                last[h] = i;
            }
        }
        boolean any = false;
        // Headers of inner loops come before those of outer ones.
        for (int h : graph.flow.postorder()) {
            if (!graph.flow.isLoopHeader(h)) {
                continue;
            }
            int outer = graph.flow.outerLoop(h);
            if (outer >= 0) {
                last[outer] = Math.max(last[outer], last[h]);
            }
            if (!graph.cold[h] && loses(h) && visits < BLOCKS_PER_BLOCK * graph.blocks) {
                any |= compare(h, banned);
            }
        }
        return any;
    }

    /** Finds what loading the variables for each round costs. Returns whether there is something to load. */
    private boolean loses(int h) {
        int[] entry = spiller.entry[h];
        int n = Math.min(entry.length, MOST);
        Arrays.fill(cost, 0, n, 0);
        boolean any = false;
        for (int p : graph.flow.predecessors(h)) {
            if (!graph.isBackEdge(p, h)) {
                continue;
            }
            for (int v : spiller.exit[p]) {
                inExit[v] = p;
            }
            for (int k = 0; k < n; k++) {
                if (!isParameter(entry[k], h) && inExit[entry[k]] != p) {
                    cost[k] += graph.edgeFrequency(p, h);
                    any = true;
                }
            }
        }
        return any;
    }

    private boolean isParameter(int v, int b) {
        return ops.defBlock[v] == b && ops.defInst[v] < 0;
    }

    private boolean compare(int h, Set<Long> banned) {
        int[] entry = spiller.entry[h];
        int n = Math.min(entry.length, MOST);
        Arrays.fill(saved, 0, n, 0);
        for (int k = 0; k < n; k++) {
            place[entry[k]] = k;
            stamp[entry[k]] = h;
        }
        int first = graph.flow.postorder().length - 1 - graph.flow.number(h);
        for (int i = first; i <= last[h]; i++) {
            int b = graph.flow.inReversePostorder(i);
            visits++;
            if (!graph.flow.isInLoop(b, h)) {
                continue;
            }
            long before = b == h ? -1L : 0;
            if (b != h) {
                for (int p : graph.flow.predecessors(b)) {
                    if (graph.flow.number(p) > graph.flow.number(b) && graph.flow.isInLoop(p, h)) {
                        before |= unread[p];
                    }
                }
            }
            unread[b] = before == 0 ? 0 : follow(h, b, before);
        }
        boolean any = false;
        for (int k = 0; k < n; k++) {
            if (cost[k] > saved[k]) {
                any |= banned.add((long) h << 32 | entry[k]);
            }
        }
        return any;
    }

    /** Goes through a block; returns what is unread at its end. */
    private long follow(int h, int b, long before) {
        long after = 0;
        int[] entry = spiller.entry[b];
        for (int j = 0; j < entry.length; j++) {
            int v = entry[j];
            if (stamp[v] != h || (before >>> place[v] & 1) == 0 || place[v] >= MOST) {
                continue;
            }
            switch (spiller.fate[b][j]) {
                case Spiller.READ -> saved[place[v]] += graph.frequency[b];
                case Spiller.PASSES -> after |= 1L << place[v];
                default -> {}
            }
        }
        if (after != 0) {
            for (MachBlock.Successor s : graph.block(b).successors()) {
                for (Reg r : s.args()) {
                    int v = r.index();
                    if (stamp[v] == h && (after >>> place[v] & 1) != 0) {
                        saved[place[v]] += graph.edgeFrequency(b, s.target().index());
                        after &= ~(1L << place[v]);
                    }
                }
            }
        }
        return after;
    }
}
