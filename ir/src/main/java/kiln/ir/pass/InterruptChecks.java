package kiln.ir.pass;

import java.util.EnumSet;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.Ranges;

/**
 * Takes the checks for an interruption out of loops that end soon in any case: that call nothing, and whose counters
 * say that all their turns together, with those of the loops inside, execute no more than {@value #MAX_WORK}
 * instructions, about a third of a millisecond. In small loops a check takes up to a fifth of the time. What such loops
 * of a function execute one after the other is bounded by the same number, for each turn of the loop around them, which
 * has a check; where there is none around, one is made at the start of the function.
 */
public final class InterruptChecks implements Pass {
    /** How many instructions may be executed between two checks. */
    private static final long MAX_WORK = 1 << 20;

    @Override
    public String name() {
        return "interrupt-checks";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.allOf(Property.class);
    }

    @Override
    public void run(Function f) {
        for (Block b : f.blocks()) {
            if (isCheck(b.first())) {
                new Walk(f).run();
                return;
            }
        }
    }

    private static boolean isCheck(Inst i) {
        return i.opcode() == Opcode.INTERRUPT_CHECK;
    }

    private static final class Walk {
        private final Function f;
        private final Cfg cfg;
        private final Ranges ranges;
        /** By header of a loop, and of the whole function: instructions of one turn since a check. */
        private final long[] work;
        /** By header of a loop: whether something in it is called. */
        private final boolean[] calls;
        /** Index of what lies in no loop. */
        private final int none;

        private boolean isEntryUnchecked;

        Walk(Function f) {
            this.f = f;
            this.cfg = Cfg.of(f);
            this.ranges = new Ranges(f);
            this.none = cfg.nodes();
            this.work = new long[none + 1];
            this.calls = new boolean[none + 1];
        }

        void run() {
            // Inner loops come before those around them, and a header behind all else of its loop.
            for (int b : cfg.postorder()) {
                int loop = cfg.loopHeader(b);
                count(cfg.block(b), loop < 0 ? none : loop);
                if (loop == b) {
                    int outer = cfg.outerLoop(b);
                    leave(b, outer < 0 ? none : outer);
                }
            }
            if (isEntryUnchecked && !isCheck(f.entry().first())) {
                Builder b = new Builder(f);
                b.setBefore(f.entry().first());
                b.setPosition(f.entry().first().position());
                b.interruptCheck();
            }
        }

        private void count(Block block, int loop) {
            for (Inst i = block.first(); i != null; i = i.next()) {
                work[loop]++;
                calls[loop] |= i.opcode().isCall();
            }
        }

        /** Decides about a loop all of whose blocks have been counted, and counts it in the one around it. */
        private void leave(int h, int outer) {
            Inst first = cfg.block(h).first();
            boolean isChecked = isCheck(first);
            long all = !isChecked || !calls[h] && work[h] <= MAX_WORK ? workOfAllTurns(h) : MAX_WORK + 1;
            if (isChecked && work[outer] + all <= MAX_WORK) {
                cfg.block(h).remove(first);
                isEntryUnchecked |= outer == none;
                isChecked = false;
            }
            work[outer] += isChecked ? work[h] : Math.min(all, MAX_WORK);
            calls[outer] |= calls[h];
        }

        /** A number above the limit if it is not known, or large. */
        private long workOfAllTurns(int h) {
            long turns = ranges.turns(cfg.block(h));
            return turns < 0 || turns >= MAX_WORK ? MAX_WORK + 1 : Math.min(work[h], MAX_WORK) * (turns + 1);
        }
    }
}
