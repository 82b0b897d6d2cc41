package kiln.ir.pass;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.Ranges;

/**
 * Keeps in registers what loops add up in memory: where a compiler could not know that {@code *sum += a[i] * b[i]} does
 * not change the arrays, each turn waits for what the turn before has stored. In front of the loop a copy comes that is
 * entered if all is in bounds and the sum apart from the arrays. Runs behind {@code VectorLoops}, which does more for a
 * loop if it can, and in front of {@code UnrollLoops}, which makes several turns of the copy.
 */
public final class Accumulators implements LastingPass {
    @Override
    public String name() {
        return "accumulators";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        Map<Block, List<Block>> made = new HashMap<>();
        for (AccumulatorPlan p : plans(f)) {
            made.put(p.loop.block, AccumulatorWriter.write(f, p));
        }
        LoopVersion.layOut(f, made);
    }

    @Override
    public boolean hasWork(Function f) {
        return !plans(f).isEmpty();
    }

    private static List<AccumulatorPlan> plans(Function f) {
        List<AccumulatorPlan> plans = new ArrayList<>();
        Ranges ranges = null;
        for (Block b : f.blocks()) {
            if (!b.isCold() && !b.isUnrolled() && CountedLoop.backEdge(b) != null && stores(b)) {
                CountedLoop loop = CountedLoop.of(b, Cfg.of(f));
                if (loop != null) {
                    ranges = ranges == null ? new Ranges(f) : ranges;
                    AccumulatorPlan p = AccumulatorPlan.of(loop, ranges);
                    if (p != null) {
                        plans.add(p);
                    }
                }
            }
        }
        return plans;
    }

    private static boolean stores(Block b) {
        for (Inst i = b.first(); i != null; i = i.next()) {
            if (i.opcode() == Opcode.STORE) {
                return true;
            }
        }
        return false;
    }
}
