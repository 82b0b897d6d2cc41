package kiln.codegen.regalloc;

import java.util.Arrays;
import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Which variables are live where, and how far away their next use is. Distances count instructions; leaving a loop,
 * entering a cold block and crossing a call (which no register survives) make a use far away, in this order.
 *
 * <p>Live-in sets are lists, so that the cost follows the number of live variables and not the product of blocks and
 * variables. A first pass over the acyclic graph finds what is live without the help of back edges; what is live at a
 * loop's header is then live in the whole loop; a second pass, and more for irreducible graphs only, completes
 * distances.
 */
final class Liveness {
    static final int COLD = 1 << 16;
    static final int LOOP_EXIT = 1 << 20;
    static final int CALL = 1 << 24;
    static final int MAX = 1 << 28;
    static final int DEAD = -1;

    private static final int[] NONE = {};

    /** Live-in variables of each block, parameters excluded. */
    final int[][] in;
    /** Distance from the block's start to the next use of each variable in {@link #in}. */
    final int[][] inNext;
    /** Distance from the block's start to the next use of each of its parameters, or {@link #DEAD}. */
    final int[][] paramNext;
    /**
     * For each operand, where the variable is used next after it, as distance from the block's start, or {@link #DEAD}.
     */
    final int[] next;
    /** Variables that other blocks than their own use, if liveness is local, else null. */
    boolean[] global;
    /** Most variables of a class that are live at once in each block. */
    final int[][] pressure = new int[2][];

    private final Graph graph;
    private final Operands ops;
    /** When each block was scanned last and when its lists became what they are, by {@link #clock}. */
    private final int[] scanned;

    private final int[] modified;
    private int clock;
    private final int[] coordinate;
    private int[] list = new int[64];
    private int[] place;
    private int size;
    private final int[] liveCount = new int[2];
    private long total;

    /**
     * @param limit largest total size of live-in sets that is worth having
     */
    static Liveness compute(Graph graph, Operands ops, long limit) {
        Liveness l = new Liveness(graph, ops);
        return l.run(limit) ? l : null;
    }

    /**
     * Liveness within blocks only: what another block uses counts as live to the end of its own block, and nothing is
     * said of live-in sets. Linear in the size of the function whatever its shape.
     */
    static Liveness local(Graph graph, Operands ops) {
        Liveness l = new Liveness(graph, ops);
        l.scanLocally();
        return l;
    }

    /** Exchanges operand {@code o} and the one behind it, which an instruction reads both. */
    void exchange(int o) {
        ops.exchange(o);
        int n = next[o];
        next[o] = next[o + 1];
        next[o + 1] = n;
    }

    private Liveness(Graph graph, Operands ops) {
        this.graph = graph;
        this.ops = ops;
        in = new int[graph.blocks][];
        inNext = new int[graph.blocks][];
        paramNext = new int[graph.blocks][];
        next = new int[ops.start[ops.insts.length]];
        scanned = new int[graph.blocks];
        modified = new int[graph.blocks];
        pressure[0] = new int[graph.blocks];
        pressure[1] = new int[graph.blocks];
        coordinate = new int[ops.variables];
        place = new int[ops.variables];
        Arrays.fill(coordinate, DEAD);
        Arrays.fill(place, -1);
    }

    private boolean run(long limit) {
        int[] postorder = graph.flow.postorder();
        for (int b : postorder) {
            scan(b);
            scanned[b] = ++clock;
            modified[b] = clock;
            total += in[b].length;
            if (total > limit) {
                return false;
            }
        }
        if (!graph.flow.hasCycle()) {
            return true;
        }
        if (!propagateIntoLoops(limit)) {
            return false;
        }
        boolean grown = true;
        while (grown) {
            grown = false;
            total = 0;
            for (int b : postorder) {
                if (isStale(b)) {
                    int before = in[b].length;
                    rescan(b);
                    grown |= in[b].length > before;
                }
                total += in[b].length;
                if (total > limit) {
                    return false;
                }
            }
        }
        return true;
    }

    /**
     * Whether scanning a block again may give something else: what it passes on, or what is live behind it, was changed
     * since.
     */
    private boolean isStale(int b) {
        if (modified[b] > scanned[b]) {
            return true;
        }
        for (int s : graph.flow.successors(b)) {
            // A scan of a block that is its own successor has not seen what it found itself.
            if (modified[s] > scanned[b] || s == b && modified[b] == scanned[b]) {
                return true;
            }
        }
        return false;
    }

    private void rescan(int b) {
        int[] oldIn = in[b];
        int[] oldNext = inNext[b];
        scan(b);
        scanned[b] = ++clock;
        if (!Arrays.equals(oldIn, in[b]) || !Arrays.equals(oldNext, inNext[b])) {
            modified[b] = clock;
        }
    }

    /** What is live at a loop's header, apart from its parameters, is live everywhere in the loop. */
    private boolean propagateIntoLoops(long limit) {
        int[] postorder = graph.flow.postorder();
        int[] mark = new int[ops.variables];
        Arrays.fill(mark, -1);
        for (int i = postorder.length - 1; i >= 0; i--) {
            int b = postorder[i];
            int h = graph.flow.loopHeader(b);
            if (h == b) {
                h = graph.flow.outerLoop(b);
            }
            if (h < 0) {
                continue;
            }
            for (int v : in[b]) {
                mark[v] = b;
            }
            int missing = 0;
            for (int v : in[h]) {
                if (mark[v] != b) {
                    missing++;
                }
            }
            if (missing == 0) {
                continue;
            }
            total += missing;
            if (total > limit) {
                return false;
            }
            int n = in[b].length;
            modified[b] = ++clock;
            in[b] = Arrays.copyOf(in[b], n + missing);
            inNext[b] = Arrays.copyOf(inNext[b], n + missing);
            for (int v : in[h]) {
                if (mark[v] != b) {
                    in[b][n] = v;
                    inNext[b][n++] = MAX;
                }
            }
        }
        return true;
    }

    private void scanLocally() {
        global = new boolean[ops.variables];
        for (int b = 0; b < graph.blocks; b++) {
            for (int o = ops.start[ops.blockStart[b]]; o < ops.start[ops.blockStart[b + 1]]; o++) {
                int v = ops.variable[o];
                if (v >= 0 && Operands.isUse(ops.kind[o]) && ops.defBlock[v] != b) {
                    global[v] = true;
                }
            }
            for (MachBlock.Successor s : graph.block(b).successors()) {
                for (Reg r : s.args()) {
                    global[r.index()] |= ops.defBlock[r.index()] != b;
                }
            }
        }
        for (int b = 0; b < graph.blocks; b++) {
            scan(b);
            in[b] = new int[0];
            inNext[b] = in[b];
        }
    }

    /** Whether the sets of live-in variables are unknown. */
    boolean isLocal() {
        return global != null;
    }

    private void put(int v, int at) {
        if (coordinate[v] == DEAD) {
            coordinate[v] = at;
            liveCount[ops.classOf[v]]++;
            if (place[v] < 0) {
                if (size == list.length) {
                    list = Arrays.copyOf(list, size * 2);
                }
                place[v] = size;
                list[size++] = v;
            }
        } else if (at < coordinate[v]) {
            coordinate[v] = at;
        }
    }

    private void scan(int b) {
        int length = ops.length(b);
        size = 0;
        liveCount[0] = 0;
        liveCount[1] = 0;
        List<MachBlock.Successor> successors = graph.block(b).successors();
        for (int i = 0; i < successors.size(); i++) {
            MachBlock.Successor s = successors.get(i);
            int t = s.target().index();
            if (in[t] != null && global == null) {
                int extra = length + farther(b, t);
                if (ops.idle[b]) {
                    passOn(b, t, extra);
                    return;
                }
                int[] vs = in[t];
                int[] ds = inNext[t];
                if (size == 0) {
                    putFirst(vs, ds, extra);
                } else {
                    for (int k = 0; k < vs.length; k++) {
                        put(vs[k], Math.min(MAX, ds[k] + extra));
                    }
                }
            }
            for (Reg r : s.args()) {
                put(r.index(), length);
            }
        }
        int firstCall = Integer.MAX_VALUE;
        int first = ops.blockStart[b];
        int peak0 = liveCount[0];
        int peak1 = liveCount[1];
        for (int i = ops.blockStart[b + 1] - 1; i >= first; i--) {
            int from = ops.start[i];
            int to = ops.start[i + 1];
            for (int o = from; o < to; o++) {
                int v = ops.variable[o];
                if (v >= 0) {
                    int c = coordinate[v];
                    next[o] = c == DEAD && global != null && global[v] ? MAX : c;
                    // What is defined here is no other operand of the instruction.
                    if (c != DEAD && Operands.isDef(ops.kind[o])) {
                        coordinate[v] = DEAD;
                        liveCount[ops.classOf[v]]--;
                    }
                }
            }
            for (int o = from; o < to; o++) {
                if (Operands.isUse(ops.kind[o])) {
                    int v = ops.variable[o];
                    put(v, i - first);
                    coordinate[v] = i - first;
                }
            }
            peak0 = Math.max(peak0, liveCount[0]);
            peak1 = Math.max(peak1, liveCount[1]);
            if (ops.clobbers[i] != 0 && ops.isCall(i)) {
                firstCall = i - first;
            }
        }
        pressure[0][b] = peak0;
        pressure[1][b] = peak1;
        gather(b, firstCall);
    }

    /** What an edge adds to distances, apart from the length of its source. */
    private int farther(int from, int to) {
        return (graph.leavesLoop(from, to) ? LOOP_EXIT : 0) + (graph.cold[to] && !graph.cold[from] ? COLD : 0);
    }

    /** What {@link #scan} finds for a block that does nothing: what is live behind it, farther away. */
    private void passOn(int b, int to, int extra) {
        int[] vs = in[to];
        int[] behind = inNext[to];
        int[] ds = new int[vs.length];
        int vectors = 0;
        for (int k = 0; k < ds.length; k++) {
            ds[k] = Math.min(MAX, behind[k] + extra);
            vectors += ops.classOf[vs[k]];
        }
        pressure[0][b] = ds.length - vectors;
        pressure[1][b] = vectors;
        paramNext[b] = NONE;
        in[b] = vs;
        inNext[b] = ds;
    }

    /** {@link #put} for the variables that are live behind the first edge, when there is no other yet. */
    private void putFirst(int[] vs, int[] ds, int extra) {
        if (vs.length > list.length) {
            list = new int[Math.max(vs.length, 2 * list.length)];
        }
        int vectors = 0;
        for (int k = 0; k < vs.length; k++) {
            int v = vs[k];
            coordinate[v] = Math.min(MAX, ds[k] + extra);
            place[v] = k;
            list[k] = v;
            vectors += ops.classOf[v];
        }
        size = vs.length;
        liveCount[0] = vs.length - vectors;
        liveCount[1] = vectors;
    }

    /** Turns the working state into the block's lists and clears it. */
    private void gather(int b, int firstCall) {
        var params = graph.block(b).params();
        int[] pn = params.isEmpty() ? NONE : new int[params.size()];
        for (int k = 0; k < pn.length; k++) {
            int v = params.get(k).index();
            pn[k] = global != null && global[v] && coordinate[v] == DEAD ? MAX : distance(coordinate[v], firstCall);
            if (coordinate[v] != DEAD) {
                coordinate[v] = DEAD;
                liveCount[ops.classOf[v]]--;
            }
        }
        paramNext[b] = pn;
        int live = liveCount[0] + liveCount[1];
        int[] vs = new int[live];
        int[] ds = new int[live];
        live = 0;
        for (int k = 0; k < size; k++) {
            int v = list[k];
            place[v] = -1;
            if (coordinate[v] != DEAD) {
                vs[live] = v;
                ds[live++] = distance(coordinate[v], firstCall);
                coordinate[v] = DEAD;
            }
        }
        in[b] = vs;
        inNext[b] = ds;
        if (b == 0 && live > 0 && global == null) {
            throw new IllegalStateException("variable %" + vs[0] + " is used before it is defined");
        }
    }

    private static int distance(int coordinate, int firstCall) {
        return coordinate > firstCall && coordinate < CALL ? coordinate + CALL : coordinate;
    }
}
