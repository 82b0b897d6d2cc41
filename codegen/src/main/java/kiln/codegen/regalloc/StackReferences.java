package kiln.codegen.regalloc;

import java.util.Arrays;
import kiln.codegen.MachBlock;
import kiln.codegen.Reg;

/**
 * Says of each call which words of the spill area hold references that are read afterwards: those of the variables that
 * are live over it, none of which is in a register there. A collection during the call finds and changes them there.
 *
 * <p>A variable that was computed again instead of being spilled has no word. Where liveness is known within blocks
 * only, or maps would get too large, as in functions that hold references elsewhere in their frames, all words that
 * ever hold references count everywhere ({@link SpillSlots#sharesReferenceWords}).
 */
final class StackReferences {
    /** What the maps of a function may take together, as words of 64 bits. */
    private static final long LIMIT = 1 << 19;

    private final Graph graph;
    private final Operands ops;
    private final Liveness liveness;
    private final SpillPlan plan;
    private final SpillSlots slots;
    /** The words at the place at hand. */
    private final long[] bits;
    /** The map made last: calls often have the same one as their neighbours. */
    private int[] last = {};

    private long[] lastBits;

    StackReferences(Graph graph, Operands ops, Liveness liveness, SpillPlan plan, SpillSlots slots) {
        this.graph = graph;
        this.ops = ops;
        this.liveness = liveness;
        this.plan = plan;
        this.slots = slots;
        bits = new long[slots.words() + 63 >>> 6];
        lastBits = new long[bits.length];
    }

    /** Whether each call of a function with so large a spill area may have a map of its own. */
    static boolean fits(Operands ops, int words) {
        long calls = 0;
        for (int i = 0; i < ops.insts.length; i++) {
            if (ops.insts[i].callSite() != null) {
                calls++;
            }
        }
        return calls * (words + 63 >>> 6) <= LIMIT;
    }

    void run() {
        if (slots.sharesReferenceWords()) {
            int[] all = slots.referenceWords();
            for (int i = 0; i < ops.insts.length; i++) {
                if (ops.insts[i].callSite() != null) {
                    ops.insts[i].callSite().setReferences(all);
                }
            }
            return;
        }
        for (int b = 0; b < graph.blocks; b++) {
            if (graph.flow.isReachable(b) && calls(b)) {
                scan(b);
            }
        }
    }

    private boolean calls(int b) {
        for (int i = ops.blockStart[b]; i < ops.blockStart[b + 1]; i++) {
            if (ops.insts[i].callSite() != null) {
                return true;
            }
        }
        return false;
    }

    private void scan(int b) {
        Arrays.fill(bits, 0);
        // A landing pad's edge leaves from the call itself; nothing that it brings along is defined behind that.
        for (MachBlock.Successor s : graph.block(b).successors()) {
            for (int v : liveness.in[s.target().index()]) {
                set(v);
            }
            for (Reg r : s.args()) {
                set(r.index());
            }
        }
        for (int i = ops.blockStart[b + 1] - 1; i >= ops.blockStart[b]; i--) {
            for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
                if (Operands.isDef(ops.kind[o])) {
                    clear(ops.variable[o]);
                }
            }
            if (ops.insts[i].callSite() != null) {
                ops.insts[i].callSite().setReferences(words());
            }
            for (int o = ops.start[i]; o < ops.start[i + 1]; o++) {
                if (Operands.isUse(ops.kind[o])) {
                    set(ops.variable[o]);
                }
            }
        }
    }

    private boolean hasWord(int v) {
        return ops.isReference(v) && plan.spilled[v] && !plan.rematerialized[v];
    }

    private void set(int v) {
        if (hasWord(v)) {
            bits[slots.word(v) >>> 6] |= 1L << slots.word(v);
        }
    }

    private void clear(int v) {
        if (hasWord(v)) {
            bits[slots.word(v) >>> 6] &= ~(1L << slots.word(v));
        }
    }

    private int[] words() {
        if (!Arrays.equals(bits, lastBits)) {
            lastBits = bits.clone();
            int count = 0;
            for (long w : bits) {
                count += Long.bitCount(w);
            }
            last = new int[count];
            int n = 0;
            for (int k = 0; k < bits.length; k++) {
                for (long w = bits[k]; w != 0; w &= w - 1) {
                    last[n++] = 64 * k + Long.numberOfTrailingZeros(w);
                }
            }
        }
        return last;
    }
}
