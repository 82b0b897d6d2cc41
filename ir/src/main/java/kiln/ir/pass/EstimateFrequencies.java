package kiln.ir.pass;

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
 * look rare. Cold is what was cold before (translation says so of some blocks), what traps, what leads to cold blocks
 * only, and what only cold blocks lead to. A profile would replace this guess.
 */
public final class EstimateFrequencies implements Pass {
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
        Cfg cfg = Cfg.of(f);
        boolean[] cold = coldBlocks(cfg);
        for (int b : cfg.postorder()) {
            Block block = cfg.block(b);
            block.setFrequency(estimate(cfg.loopDepth(b), cold[b]));
            Inst t = block.terminator();
            int[] to = cfg.successors(b);
            for (int i = 0; i < to.length; i++) {
                // An edge into a loop lies in those around it only; one out of loops, in those around its target.
                boolean enters = cfg.isLoopHeader(to[i]) && !cfg.isInLoop(b, to[i]);
                int loops = cfg.loopDepth(to[i]) - (enters ? 1 : 0);
                t.target(i).setFrequency(estimate(loops, cold[b] || cold[to[i]]));
            }
        }
    }

    private static float estimate(int loops, boolean cold) {
        return Frequency.inLoops(loops, cold ? Frequency.RARE : Frequency.ONCE);
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
