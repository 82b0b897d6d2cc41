package kiln.codegen.regalloc;

import java.util.Arrays;

/**
 * Decides which variables are in registers where, without saying in which ones: whenever an instruction needs more
 * registers than there are, the variables whose next use is farthest away leave (Belady's rule, extended over the
 * control-flow graph as in Braun and Hack, "Register Spilling and Live-Range Splitting for SSA-Form Programs").
 * Afterwards there are enough registers everywhere, so that assignment cannot fail.
 *
 * <p>Distances make uses behind calls and loop exits far away. So a value that lives across a call stays in memory
 * until it is needed again, a loop starts with the variables that it uses, and a rejoining cold path reloads what the
 * hot path kept.
 */
final class Spiller {
    /** Kinds of events; an event is two ints: {@code instruction << 2 | kind} and the variable. */
    static final int EVICT = 0;

    static final int RELOAD = 1;
    static final int EVICT_AFTER = 2;

    /** Fates: an instruction or an edge reads it. */
    static final byte READ = 1;
    /** It is evicted before that. */
    static final byte LEAVES_UNREAD = 2;
    /** It is in a register at the block's end, unread. */
    static final byte PASSES = 3;

    private static final int LIVING = 1;
    private static final int PLAIN = 2;
    private static final int LATE = 4;
    private static final int FIXED = 8;
    private static final int FIXED_SAFE = 16;
    private static final int TIED = 32;
    private static final int ANY = 64;
    private static final int RELOADED = 128;
    private static final int LEAVES = 256;

    /** Variables in registers at the start and end of each block (parameters included). */
    final int[][] entry;

    final int[][] exit;
    /** Events of each block in order. */
    final IntList[] events;
    /**
     * Beside {@link #entry}, what becomes of each variable first: {@link #READ}, {@link #LEAVES_UNREAD},
     * {@link #PASSES}.
     */
    final byte[][] fate;
    /** Variables that were evicted in the block that defines them before it read them. */
    final boolean[] definedUnread;
    /** Parameters that arrive in memory. */
    final boolean[] inMemory;
    /**
     * Blocks that keep in registers all that is live there of what the only block before them ends with in registers.
     */
    final boolean[] keepsAll;

    private final Graph graph;
    private final Operands ops;
    private final Liveness liveness;
    private final EntryRegisters choice;
    private final int[] capacity = new int[2];
    /** Distance of the next use of each variable in registers, from the start of the current block. */
    private final int[] next;

    private final int[][] w = {new int[64], new int[64]};
    private final int[] n = new int[2];
    private final boolean[] inW;
    /** Variables that can be computed again; those of which an instruction needs a slot are taken out. */
    private final boolean[] cheap;
    // Distinct variables used by the current instruction.
    private int[] used = new int[16];
    private int[] role = new int[16];
    private int usedCount;
    /** The last block in which a variable was evicted before it was read. */
    private final int[] leftUnread;
    /** The last instruction visited that read a variable. */
    private final int[] usedAt;
    /** How many operands of each class the current instruction has. */
    private final int[] operands = new int[2];
    // Those that are no uses, by class.
    private final int[] early = new int[2];
    private final int[] temps = new int[2];
    private final int[] defs = new int[2];
    private final int[] tied = new int[2];
    /** The events of the current block. */
    private final IntList noted = new IntList();
    /** Fates of variables in a block that does nothing. */
    private byte[] passing = {};

    private int nextCall;
    private int block;
    private int scans;
    /** How many variables have been taken out of {@link #cheap}. */
    private int costlier;

    Spiller(Graph graph, Operands ops, Liveness liveness, boolean[] cheap) {
        this.graph = graph;
        this.ops = ops;
        this.liveness = liveness;
        this.cheap = cheap;
        entry = new int[graph.blocks][];
        exit = new int[graph.blocks][];
        fate = new byte[graph.blocks][];
        events = new IntList[graph.blocks];
        inMemory = new boolean[ops.variables];
        keepsAll = new boolean[graph.blocks];
        next = new int[ops.variables];
        inW = new boolean[ops.variables];
        usedAt = new int[ops.variables];
        leftUnread = new int[ops.variables];
        Arrays.fill(leftUnread, -1);
        definedUnread = new boolean[ops.variables];
        capacity[0] = Long.bitCount(ops.allocatable[0]);
        capacity[1] = Long.bitCount(ops.allocatable[1]);
        choice = new EntryRegisters(graph, ops, liveness, this, capacity);
    }

    void run() {
        Arrays.fill(usedAt, -1);
        boolean[] changed = new boolean[graph.blocks];
        boolean everything = true;
        for (int round = 0; round < 3; round++) {
            int known = costlier;
            for (int i = 0; i < graph.flow.reachable(); i++) {
                int b = graph.flow.inReversePostorder(i);
                // What can no longer be computed again may leave the registers elsewhere in any block.
                boolean all = everything || costlier > known;
                changed[b] = (all || isOpen(b, changed)) && scan(b, all);
            }
            if (!choice.learn()) {
                return;
            }
            everything = costlier > known;
        }
    }

    /** Whether a block may start otherwise than in the last round: a loop for what was learned, others as before. */
    private boolean isOpen(int b, boolean[] changed) {
        if (graph.flow.isLoopHeader(b)) {
            return true;
        }
        for (int p : graph.flow.predecessors(b)) {
            if (graph.isBefore(p, b) && changed[p]) {
                return true;
            }
        }
        return false;
    }

    /** Goes through a block, unless it starts as it did. Returns whether it ends otherwise than in the last round. */
    private boolean scan(int b, boolean always) {
        block = b;
        int[] start = choice.choose(b);
        if (!always && Arrays.equals(start, entry[b])) {
            return false;
        }
        if (events[b] != null) {
            forget(b);
        }
        noted.clear();
        scans++;
        entry[b] = start;
        if (ops.idle[b]) {
            return passOn(b, start);
        }
        n[0] = 0;
        n[1] = 0;
        for (int v : start) {
            add(v, choice.distance(v));
        }
        int first = ops.blockStart[b];
        int end = ops.blockStart[b + 1];
        nextCall = -1;
        for (int i = first; i < end; i++) {
            step(i, i - first);
        }
        events[b] = noted.copy();
        int[] last = new int[n[0] + n[1]];
        int k = 0;
        for (int c = 0; c < 2; c++) {
            for (int j = 0; j < n[c]; j++) {
                last[k++] = w[c][j];
                inW[w[c][j]] = false;
            }
        }
        boolean changed = !Arrays.equals(last, exit[b]);
        exit[b] = last;
        fate[b] = fates(b, start);
        return changed;
    }

    /** {@link #scan} of a block that does nothing. */
    private boolean passOn(int b, int[] start) {
        int integers = 0;
        for (int v : start) {
            integers += 1 - ops.classOf[v];
        }
        int[] last = start;
        if (integers != start.length) {
            last = new int[start.length];
            int k = 0;
            for (int v : start) {
                last[ops.classOf[v] == 0 ? k++ : integers++] = v;
            }
        }
        if (passing.length < start.length) {
            passing = new byte[2 * start.length];
            Arrays.fill(passing, PASSES);
        }
        boolean changed = !Arrays.equals(last, exit[b]);
        events[b] = noted.copy();
        exit[b] = last;
        fate[b] = passing;
        return changed;
    }

    /** Takes back what going through a block has noted. */
    private void forget(int b) {
        IntList old = events[b];
        for (int e = 0; e < old.size; e += 2) {
            int v = old.get(e + 1);
            if (ops.defBlock[v] == b) {
                definedUnread[v] = false;
            }
        }
        for (int o = ops.start[ops.blockStart[b]]; o < ops.start[ops.blockStart[b + 1]]; o++) {
            if (ops.variable[o] >= 0) {
                usedAt[ops.variable[o]] = -1;
            }
        }
    }

    /** How often a block was gone through. */
    int scans() {
        return scans;
    }

    private byte[] fates(int b, int[] start) {
        byte[] result = new byte[start.length];
        for (int k = 0; k < start.length; k++) {
            int v = start[k];
            result[k] = leftUnread[v] == b ? LEAVES_UNREAD : isRead(v) ? READ : PASSES;
            leftUnread[v] = -1;
        }
        return result;
    }

    /** Whether an instruction of the current block that has been visited reads {@code v}. */
    private boolean isRead(int v) {
        return usedAt[v] >= ops.blockStart[block] && usedAt[v] < ops.blockStart[block + 1];
    }

    private void add(int v, int distance) {
        int c = ops.classOf[v];
        if (n[c] == w[c].length) {
            // An instruction with many operands that could be computed again: those that find no register stay in
            // memory.
            w[c] = Arrays.copyOf(w[c], 2 * n[c]);
        }
        w[c][n[c]++] = v;
        inW[v] = true;
        next[v] = distance;
    }

    private void remove(int v) {
        int c = ops.classOf[v];
        int[] list = w[c];
        int k = 0;
        while (list[k] != v) {
            k++;
        }
        list[k] = list[--n[c]];
        inW[v] = false;
    }

    private void event(int instruction, int kind, int v) {
        noted.add(instruction << 2 | kind);
        noted.add(v);
    }

    /** Position of the first call from {@code at} on, relative to the block. */
    private int callFrom(int at) {
        if (nextCall < at) {
            int first = ops.blockStart[block];
            int length = ops.length(block);
            int i = at;
            while (i < length && (ops.clobbers[first + i] == 0 || !ops.isCall(first + i))) {
                i++;
            }
            nextCall = i;
        }
        return nextCall;
    }

    private void step(int i, int at) {
        int from = ops.start[i];
        int to = ops.start[i + 1];
        long fixedUses = ops.fixedUses[i];
        long blocked = ops.clobbers[i] | ops.fixedDefs[i];
        if (from == to && (fixedUses | blocked) == 0) {
            return;
        }
        collectUses(i, from, to);
        countOthers(from, to);
        for (int c = 0; c < 2; c++) {
            boolean named = ((fixedUses | blocked) & ops.allocatable[c]) != 0;
            if (!named && operands[c] == 0 && n[c] <= capacity[c]) {
                continue;
            }
            // Reloads count as soon as they are decided on; the variable is in registers while the instruction reads.
            for (int k = 0; k < usedCount; k++) {
                int v = used[k];
                if (ops.classOf[v] == c && !inW[v]) {
                    add(v, at);
                    role[k] |= RELOADED;
                }
            }
            makeRoom(i, at, c, fixedUses, blocked);
            for (int k = 0; k < usedCount; k++) {
                if (ops.classOf[used[k]] == c && (role[k] & RELOADED) != 0) {
                    event(i, RELOAD, used[k]);
                }
            }
        }
        for (int k = 0; k < usedCount; k++) {
            int v = used[k];
            if (inW[v] && (role[k] & LIVING) == 0) {
                if ((role[k] & LEAVES) != 0) {
                    event(i, EVICT_AFTER, v);
                }
                remove(v);
            }
        }
        for (int o = from; o < to; o++) {
            byte kind = ops.kind[o];
            if (Operands.isUse(kind)) {
                next[ops.variable[o]] = liveness.next[o];
            } else if (Operands.isDef(kind) && liveness.next[o] != Liveness.DEAD) {
                add(ops.variable[o], liveness.next[o]);
            }
        }
    }

    private void collectUses(int i, int from, int to) {
        usedCount = 0;
        clear(operands);
        for (int o = from; o < to; o++) {
            byte kind = ops.kind[o];
            if (kind <= Operands.TEMP) {
                operands[ops.classOf[ops.variable[o]]]++;
            }
            if (!Operands.isUse(kind)) {
                continue;
            }
            int v = ops.variable[o];
            if (kind == Operands.USE_ANY && usedAt[v] != i && !inW[v] && !cheap[v]) {
                continue;
            }
            if (usedAt[v] != i) {
                usedAt[v] = i;
                if (usedCount == used.length) {
                    used = Arrays.copyOf(used, usedCount * 2);
                    role = Arrays.copyOf(role, usedCount * 2);
                }
                used[usedCount] = v;
                role[usedCount++] = liveness.next[o] != Liveness.DEAD ? LIVING : 0;
            }
            int k = usedCount - 1;
            while (used[k] != v) {
                k--;
            }
            role[k] |= switch (kind) {
                case Operands.USE_LATE -> LATE;
                case Operands.USE_FIXED ->
                    ((ops.clobbers[i] | ops.fixedDefs[i]) >>> ops.detail[o] & 1) == 0 ? FIXED_SAFE | FIXED : FIXED;
                case Operands.USE_ANY -> ANY;
                default -> PLAIN;
            };
        }
    }

    private static void clear(int[] byClass) {
        byClass[0] = 0;
        byClass[1] = 0;
    }

    /** Counts what is no use, and marks the uses that definitions take the registers of. */
    private void countOthers(int from, int to) {
        clear(early);
        clear(temps);
        clear(defs);
        clear(tied);
        for (int o = from; o < to; o++) {
            int v = ops.variable[o];
            switch (ops.kind[o]) {
                case Operands.DEF -> defs[ops.classOf[v]]++;
                case Operands.DEF_EARLY -> early[ops.classOf[v]]++;
                case Operands.TEMP -> temps[ops.classOf[v]]++;
                case Operands.DEF_REUSE -> {
                    tied[ops.classOf[v]]++;
                    int u = ops.variable[from + ops.detail[o]];
                    for (int k = 0; k < usedCount; k++) {
                        if (used[k] == u) {
                            role[k] |= TIED;
                        }
                    }
                }
                default -> {}
            }
        }
    }

    /**
     * Evicts variables of class {@code c} until the instruction's operands and all that live across it find registers.
     */
    private void makeRoom(int i, int at, int c, long fixedUses, long blocked) {
        int early = this.early[c];
        int temps = this.temps[c];
        int defs = this.defs[c];
        int tied = this.tied[c];
        long all = ops.allocatable[c];
        boolean free = ((fixedUses | blocked) & all) == 0;
        if (free && n[c] + early + temps + defs + tied <= capacity[c]) {
            return;
        }
        int safe = Long.bitCount(all & ~(fixedUses | blocked));
        int unfixed = Long.bitCount(all & ~(fixedUses | ops.fixedDefs[i]));
        int readable = Long.bitCount(all & ~fixedUses);
        int late = Long.bitCount(all & ~blocked);
        while (true) {
            int strict = n[c] + early + tied;
            // What lives on in the fixed register that it is read from.
            int kept = 0;
            int plain = 0;
            for (int k = 0; k < usedCount; k++) {
                int r = role[k];
                if (ops.classOf[used[k]] != c) {
                    continue;
                }
                if ((r & LIVING) != 0) {
                    if ((r & FIXED_SAFE) != 0) {
                        strict--;
                        kept++;
                    }
                } else if ((r & LATE) == 0) {
                    strict--;
                    if ((r & (FIXED | TIED)) == 0) {
                        plain++;
                    }
                }
            }
            if (strict <= safe
                    && strict + temps <= unfixed
                    && strict + temps + plain <= readable
                    && (defs == 0 || strict + kept + temps + defs <= late)) {
                return;
            }
            if (!evictUnused(i, at, c) && !evictUsed(i, at, c) && !leaveInMemory(i, c)) {
                throw new IllegalStateException("not enough registers for " + ops.insts[i]);
            }
        }
    }

    private boolean evictUnused(int i, int at, int c) {
        int best = -1;
        long bestDistance = -1;
        for (int k = 0; k < n[c]; k++) {
            int v = w[c][k];
            if (usedAt[v] != i) {
                long d = worth(v, next[v], at);
                if (d > bestDistance || d == bestDistance && v < best) {
                    bestDistance = d;
                    best = v;
                }
            }
        }
        if (best < 0) {
            return false;
        }
        event(i, EVICT, best);
        if (!isRead(best)) {
            leftUnread[best] = block;
            definedUnread[best] |= ops.defBlock[best] == block;
        }
        remove(best);
        return true;
    }

    private boolean evictUsed(int i, int at, int c) {
        int best = -1;
        long bestDistance = -1;
        for (int k = 0; k < usedCount; k++) {
            int v = used[k];
            if (ops.classOf[v] == c && (role[k] & LIVING) != 0) {
                long d = worth(v, nextAfter(i, v), at);
                if (d > bestDistance || d == bestDistance && v < used[best]) {
                    bestDistance = d;
                    best = k;
                }
            }
        }
        if (best < 0) {
            return false;
        }
        role[best] = role[best] & ~LIVING | LEAVES;
        return true;
    }

    /** Has the instruction read a variable from its slot, if it can. */
    private boolean leaveInMemory(int i, int c) {
        for (int k = usedCount - 1; k >= 0; k--) {
            int v = used[k];
            if (ops.classOf[v] == c && (role[k] & ~(LIVING | RELOADED | LEAVES)) == ANY) {
                if ((role[k] & RELOADED) == 0) {
                    event(i, EVICT, v);
                }
                costlier += cheap[v] ? 1 : 0;
                cheap[v] = false;
                remove(v);
                usedCount--;
                used[k] = used[usedCount];
                role[k] = role[usedCount];
                return true;
            }
        }
        return false;
    }

    private int nextAfter(int i, int v) {
        for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
            if (ops.variable[o] == v) {
                return liveness.next[o];
            }
        }
        throw new IllegalStateException();
    }

    /** How cheap it is to lose a variable, as a distance. One that needs no store in this loop is cheaper. */
    private long worth(int v, int distance, int at) {
        long d = distance > callFrom(at) && distance < Liveness.CALL ? distance + Liveness.CALL : distance;
        d = (d - at) * 4;
        if (cheap[v]) {
            return d * 3;
        }
        return graph.frequency[ops.defBlock[v]] < graph.frequency[block] ? d + d / 2 : d;
    }
}
