package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import kiln.ir.*;

/**
 * Puts an empty block on each edge from a block with several successors to one with several predecessors, so that what
 * must happen on that edge alone (moving arguments, mostly) has a place. Last of all passes, because others would
 * remove these blocks. The edges of a switch that lead to one block and pass the same values share their new block,
 * unless other edges to that block stand between.
 */
public final class SplitCriticalEdges implements Pass {
    /** How far from its edge a new block may stand. */
    private static final int MAX_DISTANCE = 8;

    @Override
    public String name() {
        return "split-critical-edges";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE, Property.FREQUENCIES);
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED, Property.FREQUENCIES);
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.NO_CRITICAL_EDGES);
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
        List<List<Block>> behind = new ArrayList<>(Collections.nCopies(blocks.size(), null));
        boolean any = false;
        Builder builder = new Builder(f);
        // The latest new block on the way to each block.
        Block[] latest = new Block[entering.length];
        int[] latestFrom = new int[entering.length];
        for (int k = 0; k < blocks.size(); k++) {
            Inst t = blocks.get(k).terminator();
            int n = t.targetCount();
            for (int i = 0; i < n && n > 1; i++) {
                Edge e = t.target(i);
                Block to = e.target();
                if (entering[to.id()] < 2) {
                    continue;
                }
                boolean shared = latestFrom[to.id()] == k + 1
                        && latest[to.id()].terminator().target(0).sameAs(e);
                if (!shared) {
                    Block s = between(builder, blocks.get(k), e);
                    latest[to.id()] = s;
                    latestFrom[to.id()] = k + 1;
                    int at = isForNull(t, i) && hotEnd > k && place[to.id()] > k
                            ? hotEnd
                            : placeFor(blocks, loopEnd, hotEnd, k, place[to.id()], e.frequency());
                    if (behind.get(at) == null) {
                        behind.set(at, new ArrayList<>(2));
                    }
                    behind.get(at).add(s);
                    any = true;
                }
                e.setTarget(latest[to.id()]);
                e.setArgs();
            }
        }
        if (any) {
            lay(blocks, behind);
        }
    }

    /**
     * Whether target {@code i} is that for null. Programs that look into an object mostly have one: the way for null
     * stands aside, so that the other is straight.
     */
    private static boolean isForNull(Inst t, int i) {
        if (t.opcode() != Opcode.BRANCH || !t.arg(0).is(Opcode.ICMP)) {
            return false;
        }
        Inst c = t.arg(0).inst();
        boolean ofNull = c.arg(0).type() == Type.REF
                && c.arg(1).is(Opcode.ICONST)
                && c.arg(1).inst().imm() == 0;
        return ofNull && c.intCond() == (i == 0 ? IntCond.EQ : IntCond.NE);
    }

    /** A new block that goes on as {@code e} does. */
    private static Block between(Builder builder, Block from, Edge e) {
        Block s = from.function().newDetachedBlock();
        s.setFrequency(e.frequency());
        Value[] args = new Value[e.argCount()];
        for (int a = 0; a < args.length; a++) {
            args[a] = e.arg(a);
        }
        builder.setBlock(s);
        builder.setPosition(from.terminator().position());
        builder.jump(e.target(), args);
        s.terminator().target(0).setFrequency(e.frequency());
        return s;
    }

    /**
     * The place behind which a block on the edge from {@code from} to {@code to} costs least: for a loop's back edge in
     * front of the loop, where it falls into the header, so that a turn takes a single jump and the way into the loop
     * one more; else where nothing falls through, so that it interrupts no straight path; for an edge out of a loop
     * behind the loop.
     */
    private static int placeFor(List<Block> blocks, int[] loopEnd, int hotEnd, int from, int to, float frequency) {
        if (to <= from) {
            boolean interrupts = fallsThrough(blocks, to - 1);
            return interrupts && frequency <= blocks.get(to - 1).frequency() ? from : to - 1;
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

    /**
     * For each place the place where the innermost loop around it ends, as far as the layout shows, or the place
     * itself.
     */
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

    private static void lay(List<Block> blocks, List<List<Block>> behind) {
        ArrayList<Block> all = new ArrayList<>(blocks.size() * 2);
        for (int i = 0; i < behind.size(); i++) {
            all.add(blocks.get(i));
            if (behind.get(i) != null) {
                all.addAll(behind.get(i));
            }
        }
        blocks.clear();
        blocks.addAll(all);
    }
}
