package kiln.codegen.regalloc;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/** Chooses the variables that are in registers at the start of a block, given the ends of the blocks before it. */
final class EntryRegisters {
    /** A use nearer than this justifies reloading on some edges into a block what others hold in a register. */
    private static final int NEAR = 64;
    /** Share of the incoming edges (by frequency) that may lack a variable which is not used near. */
    private static final double FEW = 0.1;

    private final Graph graph;
    private final Operands ops;
    private final Liveness liveness;
    private final Spiller spiller;
    private final int[] capacity;
    private final int[] distance;
    /** Valid where {@link #weighed} says so: 0 elsewhere. */
    private final double[] weight;

    private final int[] weighed;
    private int gathering;
    private final int[] stamp;
    private int generation;
    /** Most variables of a class live at once in the hot part of a loop, and whether it makes calls, by header. */
    private final int[][] loopPressure = new int[2][];

    private final boolean[] loopCalls;
    /**
     * Variables that a loop, by header, had better not start with in registers: it did not keep them from one round to
     * the next although it does not use them, or loading them for each round cost more than loading them where they are
     * read.
     */
    private final Set<Long> banned = new HashSet<>();

    private long[] candidates = new long[32];
    private int count;
    private final int[] taken = new int[2];
    private final IntList result = new IntList();

    EntryRegisters(Graph graph, Operands ops, Liveness liveness, Spiller spiller, int[] capacity) {
        this.graph = graph;
        this.ops = ops;
        this.liveness = liveness;
        this.spiller = spiller;
        this.capacity = capacity;
        distance = new int[ops.variables];
        weight = new double[ops.variables];
        weighed = new int[ops.variables];
        stamp = new int[ops.variables];
        loopCalls = new boolean[graph.blocks];
        loopPressure[0] = new int[graph.blocks];
        loopPressure[1] = new int[graph.blocks];
        if (!liveness.isLocal()) {
            summarizeLoops();
        }
    }

    private void summarizeLoops() {
        for (int b = 0; b < graph.blocks; b++) {
            int h = graph.flow.isReachable(b) && !graph.cold[b] ? graph.flow.loopHeader(b) : -1;
            if (h < 0) {
                continue;
            }
            boolean calls = false;
            for (int i = ops.blockStart[b]; i < ops.blockStart[b + 1] && !calls; i++) {
                calls = ops.clobbers[i] != 0 && ops.isCall(i);
            }
            loopCalls[h] |= calls;
            for (int c = 0; c < 2; c++) {
                loopPressure[c][h] = Math.max(loopPressure[c][h], liveness.pressure[c][b]);
            }
        }
        // Headers of inner loops come before those of outer ones.
        for (int h : graph.flow.postorder()) {
            int outer = graph.flow.isLoopHeader(h) ? graph.flow.outerLoop(h) : -1;
            if (outer >= 0) {
                loopCalls[outer] |= loopCalls[h];
                for (int c = 0; c < 2; c++) {
                    loopPressure[c][outer] = Math.max(loopPressure[c][outer], loopPressure[c][h]);
                }
            }
        }
    }

    /** Distance to the next use of a variable that was chosen last. */
    int distance(int v) {
        return distance[v];
    }

    int[] choose(int b) {
        result.clear();
        taken[0] = 0;
        taken[1] = 0;
        var params = graph.block(b).params();
        if (liveness.isLocal() || b == 0) {
            for (int k = 0; k < params.size(); k++) {
                spiller.inMemory[params.get(k).index()] = liveness.paramNext[b][k] != Liveness.DEAD;
            }
            return result.toArray();
        }
        for (int k = 0; k < params.size(); k++) {
            int p = params.get(k).index();
            distance[p] = liveness.paramNext[b][k];
            spiller.inMemory[p] = false;
        }
        int only = onlyPredecessor(b);
        if (only >= 0) {
            chooseBehind(only, b);
            spiller.keepsAll[b] = params.isEmpty();
        } else {
            double total = gatherPredecessors(b);
            if (graph.flow.isLoopHeader(b)) {
                chooseForLoop(b, total);
            } else {
                chooseForJoin(b, total);
            }
        }
        if (params.isEmpty()) {
            return result.toArray();
        }
        generation++;
        for (int k = 0; k < result.size; k++) {
            stamp[result.get(k)] = generation;
        }
        for (int k = 0; k < params.size(); k++) {
            int p = params.get(k).index();
            spiller.inMemory[p] = distance[p] != Liveness.DEAD && stamp[p] != generation;
        }
        return result.toArray();
    }

    /**
     * Adds up for every variable the frequency of the incoming edges on which it is in a register; returns that of all.
     */
    private double gatherPredecessors(int b) {
        double total = 0;
        gathering++;
        for (int p : graph.flow.predecessors(b)) {
            if (!graph.isBefore(p, b)) {
                // What it ended with in an earlier round says nothing of this one.
                continue;
            }
            int[] exit = spiller.exit[p];
            double f = graph.edgeFrequency(p, b);
            total += f;
            generation++;
            for (int v : exit) {
                weigh(v, f);
                stamp[v] = generation;
            }
            if (!graph.block(b).params().isEmpty()) {
                Reg[] args = edge(p, b).args();
                for (int k = 0; k < args.length; k++) {
                    if (stamp[args[k].index()] == generation) {
                        weigh(graph.block(b).params().get(k).index(), f);
                    }
                }
            }
        }
        return total;
    }

    private void weigh(int v, double frequency) {
        weight[v] = weighed[v] == gathering ? weight[v] + frequency : frequency;
        weighed[v] = gathering;
    }

    private double weight(int v) {
        return weighed[v] == gathering ? weight[v] : 0;
    }

    private MachBlock.Successor edge(int from, int to) {
        for (MachBlock.Successor s : graph.block(from).successors()) {
            if (s.target().index() == to) {
                return s;
            }
        }
        throw new IllegalStateException();
    }

    /** The block before {@code b} if there is one only, as for most blocks, and control comes from it at all; or -1. */
    private int onlyPredecessor(int b) {
        int[] p = graph.flow.predecessors(b);
        return p.length == 1 && graph.isBefore(p[0], b) && graph.edgeFrequency(p[0], b) > 0 ? p[0] : -1;
    }

    /** What {@link #chooseForJoin} chooses behind a single edge: what is in registers at its source, and parameters. */
    private void chooseBehind(int p, int b) {
        generation++;
        for (int v : spiller.exit[p]) {
            stamp[v] = generation;
        }
        count = 0;
        int[] in = liveness.in[b];
        int[] next = liveness.inNext[b];
        for (int k = 0; k < in.length; k++) {
            int v = in[k];
            if (stamp[v] == generation) {
                distance[v] = next[k];
                candidate(v);
            }
        }
        List<Reg> params = graph.block(b).params();
        if (!params.isEmpty()) {
            Reg[] args = edge(p, b).args();
            for (int k = 0; k < args.length; k++) {
                int v = params.get(k).index();
                boolean isHeld = stamp[args[k].index()] == generation;
                if (distance[v] != Liveness.DEAD && (distance[v] < Liveness.CALL || isHeld)) {
                    candidate(v);
                }
            }
        }
        take(capacity[0], capacity[1]);
    }

    private void chooseForJoin(int b, double total) {
        count = 0;
        double all = total * 0.999999;
        int[] in = liveness.in[b];
        for (int k = 0; k < in.length; k++) {
            int v = in[k];
            double w = weight(v);
            if (w == 0 && all > 0) {
                // As most of what is live: in no register at the end of any block before this one.
                continue;
            }
            distance[v] = liveness.inNext[b][k];
            if (w >= all) {
                candidate(v);
            } else if (distance[v] < Liveness.CALL) {
                boolean few = total - w <= FEW * total;
                if (few || distance[v] < NEAR) {
                    candidate(v);
                }
            }
        }
        for (Reg r : graph.block(b).params()) {
            int p = r.index();
            if (distance[p] != Liveness.DEAD && (distance[p] < Liveness.CALL || weight(p) >= all)) {
                candidate(p);
            }
        }
        take(capacity[0], capacity[1]);
    }

    private void chooseForLoop(int h, double total) {
        count = 0;
        int[] in = liveness.in[h];
        for (int k = 0; k < in.length; k++) {
            int v = in[k];
            distance[v] = liveness.inNext[h][k];
            if (distance[v] < Liveness.COLD && !banned.contains((long) h << 32 | v)) {
                candidate(v);
            }
        }
        for (Reg r : graph.block(h).params()) {
            int p = r.index();
            if (distance[p] != Liveness.DEAD
                    && distance[p] < Liveness.LOOP_EXIT
                    && !banned.contains((long) h << 32 | p)) {
                candidate(p);
            }
        }
        take(capacity[0], capacity[1]);
        // What is not used in the hot part of the loop may stay in registers that the loop does not need.
        int[] through = new int[2];
        count = 0;
        for (int v : in) {
            if (distance[v] >= Liveness.COLD) {
                through[ops.classOf[v]]++;
                if (weight(v) >= total * 0.999999
                        && distance[v] < Liveness.CALL
                        && !loopCalls[h]
                        && !banned.contains((long) h << 32 | v)) {
                    candidate(v);
                }
            }
        }
        int[] room = new int[2];
        for (int c = 0; c < 2; c++) {
            int needed = Math.max(loopPressure[c][h] - through[c], taken[c]);
            room[c] = Math.max(taken[c], Math.min(capacity[c], taken[c] + capacity[c] - needed));
        }
        take(room[0], room[1]);
    }

    private void candidate(int v) {
        if (count == candidates.length) {
            candidates = Arrays.copyOf(candidates, count * 2);
        }
        candidates[count++] = (long) distance[v] << 32 | v;
    }

    private void take(int limit0, int limit1) {
        Arrays.sort(candidates, 0, count);
        for (int k = 0; k < count; k++) {
            int v = (int) candidates[k];
            int c = ops.classOf[v];
            if (taken[c] < (c == 0 ? limit0 : limit1)) {
                taken[c]++;
                result.add(v);
            }
        }
    }

    /**
     * Looks for variables that are reloaded on a back edge although the loop does not use them, because the guess about
     * the loop's pressure was wrong.
     *
     * @return whether choosing again will give something else
     */
    boolean learn() {
        if (liveness.isLocal() || !graph.flow.hasCycle()) {
            return false;
        }
        boolean learned = new LoopEntries(graph, ops, spiller).banDear(banned);
        for (int h : graph.flow.postorder()) {
            if (!graph.flow.isLoopHeader(h)) {
                continue;
            }
            for (int k = 0; k < liveness.in[h].length; k++) {
                distance[liveness.in[h][k]] = liveness.inNext[h][k];
            }
            for (int p : graph.flow.predecessors(h)) {
                if (!graph.isBackEdge(p, h) || graph.cold[p]) {
                    continue;
                }
                generation++;
                for (int v : spiller.exit[p]) {
                    stamp[v] = generation;
                }
                for (int v : spiller.entry[h]) {
                    boolean through = ops.defBlock[v] != h && distance[v] >= Liveness.COLD;
                    if (through && stamp[v] != generation) {
                        learned |= banned.add((long) h << 32 | v);
                    }
                }
            }
        }
        return learned;
    }
}
