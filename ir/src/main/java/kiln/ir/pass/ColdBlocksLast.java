package kiln.ir.pass;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Function;

/**
 * Lays cold blocks behind all others, in the order in which they are. Back ends emit blocks in the order of the
 * function.
 */
public final class ColdBlocksLast implements Pass {
    @Override
    public String name() {
        return "cold-blocks-last";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE, Property.FREQUENCIES);
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.allOf(Property.class);
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.COLD_LAST);
    }

    @Override
    public void run(Function f) {
        List<Block> blocks = f.blocks();
        List<Block> cold = new ArrayList<>();
        int hot = 1;
        for (int i = 1; i < blocks.size(); i++) {
            Block b = blocks.get(i);
            if (b.isCold()) {
                cold.add(b);
            } else {
                blocks.set(hot++, b);
            }
        }
        for (Block b : cold) {
            blocks.set(hot++, b);
        }
    }
}
