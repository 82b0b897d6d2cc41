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
 * Has loops over arrays work on vectors. In front of each loop that does the same for one element after the other, a
 * second one comes that does so for whole vectors; it is entered if there is enough to do, all of it lies in bounds,
 * and no element is written where vectors would read or write in another order. The loop itself stays, for what is
 * left, and for all of it otherwise. Runs when addresses and counters are settled, and is not part of what is copied to
 * callers: the copy has its turn there, where more may be known.
 */
public final class VectorLoops implements LastingPass {
    @Override
    public String name() {
        return "vector-loops";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        List<VectorPlan> plans = plans(f);
        Map<Block, List<Block>> made = new HashMap<>();
        for (VectorPlan p : plans) {
            made.put(p.loop.block, VectorLoopWriter.write(f, p));
        }
        LoopVersion.layOut(f, made);
    }

    @Override
    public boolean hasWork(Function f) {
        return !plans(f).isEmpty();
    }

    private static List<VectorPlan> plans(Function f) {
        List<VectorPlan> plans = new ArrayList<>();
        Ranges ranges = null;
        for (Block b : f.blocks()) {
            if (!b.isCold() && CountedLoop.backEdge(b) != null && touchesMemory(b)) {
                CountedLoop loop = CountedLoop.of(b, Cfg.of(f));
                if (loop != null) {
                    ranges = ranges == null ? new Ranges(f) : ranges;
                    VectorPlan p = VectorPlan.of(loop, ranges);
                    if (p != null) {
                        plans.add(p);
                    }
                }
            }
        }
        return plans;
    }

    private static boolean touchesMemory(Block b) {
        for (Inst i = b.first(); i != null; i = i.next()) {
            if (i.opcode() == Opcode.LOAD || i.opcode() == Opcode.STORE) {
                return true;
            }
        }
        return false;
    }
}
