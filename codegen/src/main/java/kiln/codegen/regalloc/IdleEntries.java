package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Takes variables out of the registers at the start of blocks where nothing reads them there before they leave: the
 * spiller guesses what a loop needs before it has seen how short registers are in it, and what guessed wrong would be
 * reloaded on an incoming edge for nothing. A backwards data-flow analysis over what the spiller decided.
 */
final class IdleEntries {
    private final Graph graph;
    private final Operands ops;
    private final Spiller spiller;
    /** Beside {@link Spiller#entry}: whether somebody reads it from the register. */
    private final boolean[][] needed;
    /** By block, how many variables pass through of which nobody is known yet who reads them. */
    private final int[] open;
    /** By block, how many variables it starts with that nobody reads, as far as is known. */
    private final int[] idle;
    /** By variable, the last block, or visit of a block, that noted something. */
    private final int[] stamp;

    private final byte[] noted;
    /** How often a block was visited on the way backwards. */
    private int visits;

    private IdleEntries(Graph graph, Operands ops, Spiller spiller) {
        this.graph = graph;
        this.ops = ops;
        this.spiller = spiller;
        needed = new boolean[graph.blocks][];
        open = new int[graph.blocks];
        idle = new int[graph.blocks];
        stamp = new int[ops.variables];
        noted = new byte[ops.variables];
    }

    static void drop(Graph graph, Operands ops, Spiller spiller) {
        IdleEntries idle = new IdleEntries(graph, ops, spiller);
        if (idle.observe()) {
            idle.propagate();
            idle.drop();
        }
    }

    /** Finds what blocks read of what they start with. Returns whether there is something else. */
    private boolean observe() {
        boolean any = false;
        Arrays.fill(stamp, -1);
        for (int b : graph.flow.postorder()) {
            int[] entry = spiller.entry[b];
            needed[b] = new boolean[entry.length];
            if (entry.length == 0) {
                continue;
            }
            for (MachBlock.Successor s : graph.block(b).successors()) {
                for (Reg r : s.args()) {
                    stamp[r.index()] = b;
                }
            }
            byte[] fates = spiller.fate[b];
            boolean hasParameters = !graph.block(b).params().isEmpty();
            for (int k = 0; k < entry.length; k++) {
                int v = entry[k];
                byte fate = fates[k];
                // Whether a parameter arrives in a register has been settled with those who pass it.
                boolean isNeeded = fate == Spiller.READ
                        || fate == Spiller.PASSES && stamp[v] == b
                        || hasParameters && isParameter(v, b);
                if (isNeeded) {
                    needed[b][k] = true;
                } else {
                    idle[b]++;
                    open[b] += fate == Spiller.PASSES ? 1 : 0;
                }
            }
            any |= idle[b] > 0;
        }
        return any;
    }

    private boolean isParameter(int v, int b) {
        return ops.defBlock[v] == b && ops.defInst[v] < 0;
    }

    /** What passes through is needed where it is needed behind. */
    private void propagate() {
        Arrays.fill(stamp, -1);
        boolean[] dirty = new boolean[graph.blocks];
        Arrays.fill(dirty, true);
        // Blocks come after those behind them, but for what is behind back edges.
        for (boolean again = true; again; ) {
            again = false;
            for (int b : graph.flow.postorder()) {
                if (open[b] == 0 || !dirty[b]) {
                    continue;
                }
                dirty[b] = false;
                if (!visit(b)) {
                    continue;
                }
                for (int p : graph.flow.predecessors(b)) {
                    dirty[p] = true;
                    again |= open[p] > 0 && !graph.isBefore(p, b);
                }
            }
        }
    }

    /** Returns whether something more is needed at the start of a block. */
    private boolean visit(int b) {
        visits++;
        for (int s : graph.flow.successors(b)) {
            int[] entry = spiller.entry[s];
            for (int k = 0; k < entry.length; k++) {
                if (needed[s][k]) {
                    stamp[entry[k]] = visits;
                }
            }
        }
        boolean changed = false;
        int[] entry = spiller.entry[b];
        for (int k = 0; k < entry.length; k++) {
            if (spiller.fate[b][k] == Spiller.PASSES && !needed[b][k] && stamp[entry[k]] == visits) {
                needed[b][k] = true;
                open[b]--;
                idle[b]--;
                changed = true;
            }
        }
        return changed;
    }

    private void drop() {
        Arrays.fill(stamp, -1);
        for (int b : graph.flow.postorder()) {
            if (idle[b] == 0) {
                continue;
            }
            int[] entry = spiller.entry[b];
            int kept = 0;
            for (int k = 0; k < entry.length; k++) {
                if (needed[b][k]) {
                    entry[kept++] = entry[k];
                } else {
                    stamp[entry[k]] = b;
                    noted[entry[k]] = spiller.fate[b][k];
                }
            }
            spiller.keepsAll[b] = false;
            boolean isExit = spiller.exit[b] == entry;
            spiller.entry[b] = Arrays.copyOf(entry, kept);
            if (isExit) {
                // Of a block that does nothing.
                spiller.exit[b] = spiller.entry[b];
                continue;
            }
            dropEvictions(b);
            dropFromExit(b);
        }
    }

    /** The first eviction of each variable that is not there any more, which need not leave. */
    private void dropEvictions(int b) {
        IntList events = spiller.events[b];
        int kept = 0;
        for (int e = 0; e < events.size; e += 2) {
            int v = events.get(e + 1);
            if (stamp[v] == b && noted[v] == Spiller.LEAVES_UNREAD) {
                noted[v] = Spiller.READ;
            } else {
                events.data[kept++] = events.get(e);
                events.data[kept++] = v;
            }
        }
        events.size = kept;
    }

    private void dropFromExit(int b) {
        int[] exit = spiller.exit[b];
        int kept = 0;
        for (int v : exit) {
            if (stamp[v] != b || noted[v] != Spiller.PASSES) {
                exit[kept++] = v;
            }
        }
        spiller.exit[b] = Arrays.copyOf(exit, kept);
    }
}
