package kiln.ir.pass;

import java.util.ArrayList;
import java.util.List;
import kiln.ir.*;

/**
 * Puts an empty block on each edge from a block with several ways out to a block with several ways in, so that what must
 * happen on that edge alone (moving arguments, mostly) has a place. Last of all passes, because others would remove these
 * blocks. Edges of one terminator that pass the same values to the same block share their new block.
 */
public final class SplitCriticalEdges implements Pass {
    /** How far from its edge a new block may stand. */
    private static final int MAX_DISTANCE = 8;

    @Override
    public String name() {
        return "split-critical-edges";
    }

    @Override
    public void run(Function f) {
        int[] entering = new int[f.blockIdBound()];
        List<Block> blocks = f.blocks();
        for (Block b : blocks) {
            Inst t = b.terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                entering[t.target(i).target().id()]++;
            }
        }
        int[] place = new int[f.blockIdBound()];
        for (int i = 0; i < blocks.size(); i++) {
            place[blocks.get(i).id()] = i;
        }
        int[] loopEnd = loopEnds(blocks, place);
        int hotEnd = hotEnd(blocks);
        // Blocks to be laid out right behind the block at each place.
        Block[][] behind = new Block[blocks.size()][];
        boolean any = false;
        Builder builder = new Builder(f);
        for (int k = 0; k < blocks.size(); k++) {
            Inst t = blocks.get(k).terminator();
            int n = t.targetCount();
            if (n < 2) {
                continue;
            }
            for (int i = 0; i < n; i++) {
                Edge e = t.target(i);
                if (e.target().id() >= entering.length || entering[e.target().id()] < 2) {
                    continue;
                }
                Block to = e.target();
                Block s = f.newDetachedBlock();
                s.setCold(to.isCold() || blocks.get(k).isCold());
                Value[] args = new Value[e.argCount()];
                for (int a = 0; a < args.length; a++) {
                    args[a] = e.arg(a);
                }
                builder.setBlock(s);
                builder.setPosition(t.position());
                Inst jump = builder.jump(to, args);
                for (int j = i + 1; j < n; j++) {
                    if (t.target(j).sameAs(jump.target(0))) {
                        t.target(j).setTarget(s);
                        t.target(j).setArgs();
                    }
                }
                e.setTarget(s);
                e.setArgs();
                int at = placeFor(blocks, loopEnd, hotEnd, k, place[to.id()]);
                behind[at] = append(behind[at], s);
                any = true;
            }
        }
        if (any) {
            lay(blocks, behind);
        }
    }

    /**
     * The place behind which a block on the edge from {@code from} to {@code to} costs least: behind the source for a loop's
     * back edge, else where nothing falls through, so that it is in nobody's way; for an edge out of a loop behind the loop.
     */
    private static int placeFor(List<Block> blocks, int[] loopEnd, int hotEnd, int from, int to) {
        if (to <= from) {
            return from;
        }
        if (!fallsThrough(blocks, to - 1)) {
            return to - 1;
        }
        boolean leaves = to > loopEnd[from];
        int start = leaves ? loopEnd[from] : from;
        for (int i = start; i < to - 1 && i < start + MAX_DISTANCE; i++) {
            if (!fallsThrough(blocks, i)) {
                return i;
            }
        }
        return leaves && hotEnd >= 0 && loopEnd[from] > from ? hotEnd : from;
    }

    /** For each place the place where the innermost loop around it ends, as far as the layout shows, or the place itself. */
    private static int[] loopEnds(List<Block> blocks, int[] place) {
        int n = blocks.size();
        int[] backTo = new int[n];
        for (int i = 0; i < n; i++) {
            backTo[i] = n;
            Inst t = blocks.get(i).terminator();
            for (int k = 0, m = t.targetCount(); k < m; k++) {
                backTo[i] = Math.min(backTo[i], place[t.target(k).target().id()]);
            }
        }
        int[] end = new int[n];
        int[] open = new int[n];
        int depth = 0;
        for (int i = n - 1; i >= 0; i--) {
            if (backTo[i] <= i) {
                open[depth++] = i;
            }
            while (depth > 0 && backTo[open[depth - 1]] > i) {
                depth--;
            }
            end[i] = depth > 0 ? open[depth - 1] : i;
        }
        return end;
    }

    /** The last place before the cold blocks at the end, if control does not fall through there, else -1. */
    private static int hotEnd(List<Block> blocks) {
        int i = blocks.size() - 1;
        while (i > 0 && blocks.get(i).isCold()) {
            i--;
        }
        return fallsThrough(blocks, i) ? -1 : i;
    }

    private static boolean fallsThrough(List<Block> blocks, int at) {
        Inst t = blocks.get(at).terminator();
        if (t.opcode() == Opcode.SWITCH || at + 1 == blocks.size()) {
            return false;
        }
        Block next = blocks.get(at + 1);
        for (int i = 0, n = t.targetCount(); i < n; i++) {
            if (t.target(i).target() == next) {
                return true;
            }
        }
        return false;
    }

    private static Block[] append(Block[] list, Block b) {
        if (list == null) {
            return new Block[] {b};
        }
        Block[] longer = java.util.Arrays.copyOf(list, list.length + 1);
        longer[list.length] = b;
        return longer;
    }

    private static void lay(List<Block> blocks, Block[][] behind) {
        ArrayList<Block> all = new ArrayList<>(blocks.size() * 2);
        for (int i = 0; i < behind.length; i++) {
            all.add(blocks.get(i));
            if (behind[i] != null) {
                all.addAll(List.of(behind[i]));
            }
        }
        blocks.clear();
        blocks.addAll(all);
    }
}
