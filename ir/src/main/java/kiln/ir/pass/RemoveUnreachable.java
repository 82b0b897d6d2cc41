package kiln.ir.pass;

import java.util.EnumSet;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.analysis.Cfg;

/**
 * Removes blocks that the entry does not reach. Everything else may then take it for granted that each block has a
 * dominator, and no back end spends time on dead code.
 */
public final class RemoveUnreachable implements Pass {
    @Override
    public String name() {
        return "remove-unreachable";
    }

    @Override
    public Set<Property> requires() {
        return Set.of();
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.allOf(Property.class);
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public void run(Function f) {
        removeFrom(f);
    }

    /** Returns whether there was something to remove. */
    static boolean removeFrom(Function f) {
        Cfg known = f.graph(Cfg.class);
        if (known != null && known.reachable() == f.blocks().size()) {
            return false;
        }
        boolean[] reached = new boolean[f.blockIdBound()];
        Block[] stack = new Block[f.blocks().size()];
        int depth = 0;
        int count = 1;
        stack[depth++] = f.entry();
        reached[f.entry().id()] = true;
        while (depth > 0) {
            Inst t = stack[--depth].terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                Block s = t.target(i).target();
                if (!reached[s.id()]) {
                    reached[s.id()] = true;
                    stack[depth++] = s;
                    count++;
                }
            }
        }
        if (count == f.blocks().size()) {
            return false;
        }
        f.blocks().removeIf(b -> !reached[b.id()]);
        f.invalidateGraph();
        return true;
    }
}
