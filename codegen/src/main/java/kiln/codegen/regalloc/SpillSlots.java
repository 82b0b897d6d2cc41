package kiln.codegen.regalloc;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;
import kiln.ir.Type;

/**
 * Gives every spilled variable a slot. Variables that are never live at the same time may share one, and a block
 * parameter that arrives in memory shares with its arguments where it can, so that passing them costs nothing.
 */
final class SpillSlots {
    /** Slots of a group are looked through for a fit, the one used last first. */
    private static final int TRIES = 24;
    /** Longest list of ranges that is searched for holes, which keeps large functions linear. */
    private static final int MERGE_LIMIT = 512;
    /** The end of a range that has not begun. */
    private static final int NEVER = -2;

    /** Variables that share slots are of one kind. Wide slots come first, so that they are aligned. */
    private enum Kind {
        WIDE,
        REFERENCE,
        WORD
    }

    private final Graph graph;
    private final Operands ops;
    private final Liveness liveness;
    private final SpillPlan plan;
    /** First word of each variable's slot, or -1. */
    private final int[] word;

    private final int[] leader;
    /** Live ranges by leader: pairs of first and last position, in order of position. */
    private final IntList[] ranges;

    private final Reg[] cache;
    /** Whether words are for references alone, or for none. */
    private final boolean apart;

    private int words;

    /** @param apart whether references are to share words with one another only */
    SpillSlots(Graph graph, Operands ops, Liveness liveness, Spiller spiller, SpillPlan plan, boolean apart) {
        this.apart = apart;
        this.graph = graph;
        this.ops = ops;
        this.liveness = liveness;
        this.plan = plan;
        word = new int[ops.variables];
        leader = new int[ops.variables];
        cache = new Reg[ops.variables];
        ranges = new IntList[ops.variables];
        Arrays.fill(word, -1);
        int count = 0;
        for (int v = 0; v < ops.variables; v++) {
            leader[v] = v;
            if (plan.spilled[v]) {
                count++;
            }
        }
        if (count == 0) {
            return;
        }
        if (liveness.isLocal()) {
            coarseRanges();
        } else {
            preciseRanges();
            joinParameters(spiller);
        }
        assign();
    }

    /** Eight-byte words in use. */
    int words() {
        return words;
    }

    /**
     * Whether there are words that hold references, or 0, from the function's start to its end: all of them are what
     * any collection must see, of variables that live on or not.
     */
    boolean sharesReferenceWords() {
        return apart;
    }

    /** These words, ascending. */
    int[] referenceWords() {
        BitSet result = new BitSet();
        for (int v = 0; v < ops.variables; v++) {
            if (word[v] >= 0 && ops.isReference(v)) {
                result.set(word[v]);
            }
        }
        return result.stream().toArray();
    }

    /** First word of a variable's slot. */
    int word(int v) {
        return word[v];
    }

    Reg reg(int v) {
        if (cache[v] == null) {
            cache[v] = Reg.slot(word[v], ops.typeOf[v]);
        }
        return cache[v];
    }

    /** A word that no variable uses, for breaking cycles. */
    int newWord(Type type) {
        if (type == Type.V128 && words % 2 != 0) {
            words++;
        }
        int w = words;
        words += type == Type.V128 ? 2 : 1;
        return w;
    }

    private void range(int v, int from, int to) {
        IntList r = ranges[v];
        if (r == null) {
            r = new IntList();
            ranges[v] = r;
        }
        r.add(from);
        r.add(to);
    }

    /** Walks the blocks in layout order; position of instruction i is 2i while it reads and 2i + 1 while it writes. */
    private void preciseRanges() {
        // The range of each variable that may go on in the next block: most of what lives passes through blocks.
        int[] from = new int[ops.variables];
        int[] to = new int[ops.variables];
        Arrays.fill(to, NEVER);
        for (int b = 0; b < graph.blocks; b++) {
            if (!graph.flow.isReachable(b)) {
                continue;
            }
            int first = ops.blockStart[b];
            int end = 2 * ops.blockStart[b + 1] - 1;
            for (int v : liveness.in[b]) {
                if (plan.spilled[v]) {
                    live(v, 2 * first, end, from, to);
                }
            }
            for (int k = 0; k < liveness.paramNext[b].length; k++) {
                int v = graph.block(b).params().get(k).index();
                if (plan.spilled[v]) {
                    live(v, 2 * first, end, from, to);
                }
            }
            for (int i = first; i < ops.blockStart[b + 1]; i++) {
                for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
                    int v = ops.variable[o];
                    if (v < 0 || !plan.spilled[v]) {
                        continue;
                    }
                    if (Operands.isDef(ops.kind[o])) {
                        live(v, 2 * i + 1, end, from, to);
                    } else if (Operands.isUse(ops.kind[o]) && liveness.next[o] == Liveness.DEAD) {
                        to[v] = 2 * i;
                    }
                }
            }
        }
        for (int v = 0; v < ops.variables; v++) {
            if (to[v] != NEVER) {
                range(v, from[v], to[v]);
            }
        }
    }

    /** Lets a variable live from {@code at} to {@code end}: its range goes on, or another one begins. */
    private void live(int v, int at, int end, int[] from, int[] to) {
        if (to[v] + 1 < at) {
            if (to[v] != NEVER) {
                range(v, from[v], to[v]);
            }
            from[v] = at;
        }
        to[v] = end;
    }

    /**
     * One range for each variable over the reverse postorder: from its definition to its last use, or to the end of the
     * outermost loop there.
     */
    private void coarseRanges() {
        int[] postorder = graph.flow.postorder();
        int n = postorder.length;
        int[] loopEnd = new int[n];
        Arrays.fill(loopEnd, -1);
        for (int i = 0; i < n; i++) {
            for (int t : graph.flow.successors(postorder[i])) {
                if (graph.flow.number(t) >= i) {
                    int header = n - 1 - graph.flow.number(t);
                    loopEnd[header] = Math.max(loopEnd[header], n - 1 - i);
                }
            }
        }
        // From here on: how far the loops reach that begin at or before a position.
        int reach = -1;
        for (int i = 0; i < n; i++) {
            reach = Math.max(reach, loopEnd[i]);
            loopEnd[i] = Math.max(i, reach);
        }
        int[] last = new int[ops.variables];
        Arrays.fill(last, -1);
        for (int b : postorder) {
            int at = n - 1 - graph.flow.number(b);
            for (int o = ops.start[ops.blockStart[b]]; o < ops.start[ops.blockStart[b + 1]]; o++) {
                if (ops.variable[o] >= 0) {
                    last[ops.variable[o]] = Math.max(last[ops.variable[o]], at);
                }
            }
            for (MachBlock.Successor s : graph.block(b).successors()) {
                for (Reg r : s.args()) {
                    last[r.index()] = Math.max(last[r.index()], at);
                }
            }
        }
        for (int v = 0; v < ops.variables; v++) {
            if (plan.spilled[v]) {
                int from = n - 1 - graph.flow.number(ops.defBlock[v]);
                int to = Math.max(from, last[v]);
                while (loopEnd[to] > to) {
                    to = loopEnd[to];
                }
                range(v, from, to);
            }
        }
    }

    private int find(int v) {
        while (leader[v] != v) {
            leader[v] = leader[leader[v]];
            v = leader[v];
        }
        return v;
    }

    private void joinParameters(Spiller spiller) {
        for (int b : graph.flow.postorder()) {
            for (MachBlock.Successor s : graph.block(b).successors()) {
                for (int k = 0; k < s.args().length; k++) {
                    int a = s.args()[k].index();
                    int p = s.target().params().get(k).index();
                    if (plan.spilled[a] && spiller.inMemory[p]) {
                        join(find(a), find(p));
                    }
                }
            }
        }
    }

    private Kind kind(int v) {
        return ops.typeOf[v] == Type.V128 ? Kind.WIDE : apart && ops.isReference(v) ? Kind.REFERENCE : Kind.WORD;
    }

    private void join(int a, int b) {
        if (a == b || kind(a) != kind(b) || ranges[a] == null || ranges[b] == null || overlap(ranges[a], ranges[b])) {
            return;
        }
        leader[b] = a;
        ranges[a] = merge(ranges[a], ranges[b]);
        ranges[b] = null;
    }

    private static boolean overlap(IntList x, IntList y) {
        int[] xs = x.data;
        int[] ys = y.data;
        int i = firstEndingFrom(x, ys[0]);
        int k = firstEndingFrom(y, xs[0]);
        while (i < x.size && k < y.size) {
            if (xs[i + 1] < ys[k]) {
                i += 2;
            } else if (ys[k + 1] < xs[i]) {
                k += 2;
            } else {
                return true;
            }
        }
        return false;
    }

    /** Where in a list of ranges the first one begins that ends at {@code at} or behind it. */
    private static int firstEndingFrom(IntList ranges, int at) {
        int low = 0;
        int high = ranges.size / 2;
        while (low < high) {
            int middle = low + high >>> 1;
            if (ranges.data[2 * middle + 1] < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return 2 * low;
    }

    private static IntList merge(IntList x, IntList y) {
        int[] merged = new int[x.size + y.size];
        int i = firstEndingFrom(x, y.data[0]);
        int k = 0;
        System.arraycopy(x.data, 0, merged, 0, i);
        while (i < x.size && k < y.size) {
            boolean fromX = x.data[i] < y.data[k];
            int[] from = fromX ? x.data : y.data;
            int at = fromX ? i : k;
            merged[i + k] = from[at];
            merged[i + k + 1] = from[at + 1];
            i += fromX ? 2 : 0;
            k += fromX ? 0 : 2;
        }
        System.arraycopy(x.data, i, merged, i + k, x.size - i);
        System.arraycopy(y.data, k, merged, x.size + k, y.size - k);
        IntList r = new IntList();
        r.data = merged;
        r.size = merged.length;
        return r;
    }

    private void assign() {
        long[] order = new long[ops.variables];
        int count = 0;
        for (int v = 0; v < ops.variables; v++) {
            if (leader[v] == v && ranges[v] != null) {
                order[count++] = (long) ranges[v].get(0) << 32 | v;
            }
        }
        Arrays.sort(order, 0, count);
        for (Kind kind : Kind.values()) {
            assign(order, count, kind);
        }
        for (int v = 0; v < ops.variables; v++) {
            if (plan.spilled[v]) {
                word[v] = word[find(v)];
                if (word[v] < 0) {
                    word[v] = newWord(ops.typeOf[v]);
                }
            }
        }
    }

    private void assign(long[] order, int count, Kind kind) {
        List<IntList> slots = new ArrayList<>();
        IntList firstWord = new IntList();
        for (int k = 0; k < count; k++) {
            int v = (int) order[k];
            if (kind(v) != kind) {
                continue;
            }
            int found = -1;
            for (int s = slots.size() - 1; s >= 0 && s >= slots.size() - TRIES && found < 0; s--) {
                found = fits(slots.get(s), ranges[v]) ? s : -1;
            }
            if (found < 0) {
                found = slots.size();
                slots.add(new IntList());
                firstWord.add(words);
                words += kind == Kind.WIDE ? 2 : 1;
            }
            word[v] = firstWord.get(found);
            IntList taken = slots.get(found);
            if (isBehind(taken, ranges[v])) {
                for (int j = 0; j < ranges[v].size; j++) {
                    taken.add(ranges[v].get(j));
                }
            } else {
                slots.set(found, merge(taken, ranges[v]));
            }
        }
    }

    private static boolean fits(IntList taken, IntList r) {
        return isBehind(taken, r) || taken.size + r.size <= MERGE_LIMIT && !overlap(taken, r);
    }

    private static boolean isBehind(IntList taken, IntList r) {
        return taken.size == 0 || taken.get(taken.size - 1) < r.get(0);
    }
}
