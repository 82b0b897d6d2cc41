package kiln.ir.pass;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Frequency;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.analysis.Cfg;

/**
 * Estimates how often blocks run and edges are taken. Each loop runs some rounds; branches of which nothing is known go
 * both ways each time, which is no worse a guess than half of the time and does not make the end of a chain of branches
 * look rare. A switch is different: an interpreter has hundreds of cases, and what one of them wants must not be paid
 * for at each turn of the loop around them; so its targets share its frequency. Cold is what was cold before
 * (translation says so of some blocks), what traps or throws, landing pads, what leads to cold blocks only, and what
 * only cold blocks lead to. A profile would replace this guess.
 */
public final class EstimateFrequencies implements Pass {
    /** A switch with this many targets, or fewer, counts as branches do. */
    private static final int FEW_TARGETS = 3;

    @Override
    public String name() {
        return "frequencies";
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.complementOf(EnumSet.of(Property.COLD_LAST));
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.FREQUENCIES);
    }

    @Override
    public void run(Function f) {
        if (f.isEstimated()) {
            return;
        }
        Cfg cfg = Cfg.of(f);
        boolean[] cold = coldBlocks(cfg);
        float[] share = new float[cfg.nodes()];
        float[] ofTarget = new float[cfg.nodes()];
        share(cfg, share, ofTarget);
        for (int b : cfg.postorder()) {
            Block block = cfg.block(b);
            block.setFrequency(estimate(cfg.loopDepth(b), cold[b], share[b]));
            Inst t = block.terminator();
            int[] to = cfg.successors(b);
            for (int i = 0; i < to.length; i++) {
                // An edge into a loop lies in those around it only; one out of loops, in those around its target.
                boolean enters = cfg.isLoopHeader(to[i]) && !cfg.isInLoop(b, to[i]);
                int loops = cfg.loopDepth(to[i]) - (enters ? 1 : 0);
                t.target(i).setFrequency(estimate(loops, cold[b] || cold[to[i]], ofTarget[b]));
            }
        }
        f.setEstimated();
    }

    private static float estimate(int loops, boolean cold, float share) {
        return Frequency.inLoops(loops, cold ? Frequency.RARE : share);
    }

    /**
     * Finds, by node, how often it runs for each round of the innermost loop around it, or for each run of the
     * function, and how often each of its targets is come to from it.
     */
    private static void share(Cfg cfg, float[] share, float[] ofTarget) {
        for (int i = 0; i < cfg.reachable(); i++) {
            int b = cfg.inReversePostorder(i);
            float sum = i == 0 ? Frequency.ONCE : 0;
            int last = -1;
            for (int p : cfg.predecessors(b)) {
                // A switch may have several edges to one block, which stand one behind the other.
                if (p != last && cfg.number(p) > cfg.number(b)) {
                    sum += ofTarget[p];
                }
                last = p;
            }
            // Branches go both ways, which adds up to more than what they began with.
            share[b] = i == 0 ? sum : Math.max(Frequency.LEAST_SHARE, Math.min(sum, share[cfg.idom(b)]));
            int targets = distinct(cfg.successors(b));
            ofTarget[b] = targets <= FEW_TARGETS ? share[b] : Math.max(Frequency.LEAST_SHARE, share[b] / targets);
        }
    }

    private static int distinct(int[] nodes) {
        if (nodes.length <= FEW_TARGETS) {
            return nodes.length;
        }
        int[] sorted = nodes.clone();
        Arrays.sort(sorted);
        int count = 1;
        for (int i = 1; i < sorted.length; i++) {
            count += sorted[i] != sorted[i - 1] ? 1 : 0;
        }
        return count;
    }

    private static boolean[] coldBlocks(Cfg cfg) {
        boolean[] cold = new boolean[cfg.nodes()];
        int entry = cfg.inReversePostorder(0);
        for (int b : cfg.postorder()) {
            Opcode end = cfg.block(b).terminator().opcode();
            cold[b] = b != entry
                    && (cfg.block(b).isCold()
                            || end == Opcode.TRAP
                            || end == Opcode.UNWIND
                            || end == Opcode.THROW
                            || cfg.block(b).first().opcode() == Opcode.CAUGHT
                            || areCold(cfg.successors(b), cold));
        }
        for (int i = 1; i < cfg.reachable(); i++) {
            int b = cfg.inReversePostorder(i);
            cold[b] |= isEnteredCold(cfg, b, cold);
        }
        return cold;
    }

    private static boolean areCold(int[] successors, boolean[] cold) {
        boolean all = successors.length > 0;
        for (int s : successors) {
            all &= cold[s];
        }
        return all;
    }

    /** Whether all blocks that lead to a block, but for those behind it in a cycle, are cold. */
    private static boolean isEnteredCold(Cfg cfg, int b, boolean[] cold) {
        for (int p : cfg.predecessors(b)) {
            if (!cold[p] && cfg.number(p) > cfg.number(b)) {
                return false;
            }
        }
        return true;
    }
}
