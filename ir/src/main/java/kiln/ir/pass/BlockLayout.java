package kiln.ir.pass;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.LoopForest;
import kiln.ir.analysis.LoopForest.Loop;

/**
 * Orders the blocks: the blocks of a loop together, in source order where control flow leaves a choice, a loop that
 * tests at its top turned so that the test comes last, rarely executed blocks at the very end. Runs when no pass
 * changes control flow any more, save for the splitting of edges, which keeps to this order.
 */
public final class BlockLayout implements Pass {
    @Override
    public String name() {
        return "block-layout";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED, Property.NO_CRITICAL_EDGES);
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.COLD_LAST);
    }

    @Override
    public void run(Function f) {
        if (f.blocks().size() < 3) {
            return;
        }
        Cfg cfg = Cfg.of(f);
        int n = cfg.size();
        boolean[] cold = coldBlocks(cfg);
        int[] order = sourceOrder(cfg, cold);
        LoopForest loops = LoopForest.of(f);
        ArrayList<Block> hot = new ArrayList<>(n);
        ArrayList<Block> rare = new ArrayList<>();
        for (Object item : byLoop(cfg, loops, order, cold)) {
            hot.add((Block) item);
        }
        for (int i : order) {
            if (cold[i]) {
                cfg.block(i).setCold(true);
                rare.add(cfg.block(i));
            }
        }
        f.blocks().clear();
        f.blocks().addAll(hot);
        f.blocks().addAll(rare);
    }

    /** Blocks said to be cold, ending in a trap, or leading to cold blocks only; indices of the graph. */
    private static boolean[] coldBlocks(Cfg cfg) {
        int n = cfg.size();
        boolean[] cold = new boolean[n];
        for (int i = n - 1; i > 0; i--) {
            Block b = cfg.block(i);
            Inst t = b.terminator();
            boolean c = b.isCold() || t.opcode() == Opcode.TRAP || t.opcode() == Opcode.UNWIND;
            if (!c && t.targetCount() > 0) {
                c = true;
                for (int k = 0; k < t.targetCount(); k++) {
                    int s = cfg.index(t.target(k).target());
                    c &= s > i && cold[s];
                }
            }
            cold[i] = c;
        }
        return cold;
    }

    /**
     * A reverse postorder that prefers source order: among the ways out of a block the one that comes first in the
     * source comes first here, unless it is cold.
     */
    private static int[] sourceOrder(Cfg cfg, boolean[] cold) {
        int n = cfg.size();
        long[] key = new long[n];
        for (int i = 0; i < n; i++) {
            key[i] = cold[i] ? Long.MAX_VALUE : position(cfg.block(i));
        }
        int[] post = new int[n];
        int[] stack = new int[n];
        int[] visited = new int[n];
        boolean[] seen = new boolean[n];
        int depth = 0;
        int done = n;
        stack[depth++] = 0;
        seen[0] = true;
        while (depth > 0) {
            int at = stack[depth - 1];
            Inst t = cfg.block(at).terminator();
            int next = -1;
            if (t.targetCount() == 2) {
                next = later(cfg, t, key, seen);
            } else {
                // The targets of a switch stand in the order of its table, of which the first comes first.
                while (visited[at] < t.targetCount() && next < 0) {
                    int s = cfg.index(
                            t.target(t.targetCount() - 1 - visited[at]++).target());
                    next = seen[s] ? -1 : s;
                }
            }
            if (next < 0) {
                depth--;
                post[--done] = at;
            } else {
                seen[next] = true;
                stack[depth++] = next;
            }
        }
        return post;
    }

    /** Of two targets the unseen one that should come later. */
    private static int later(Cfg cfg, Inst t, long[] key, boolean[] seen) {
        int a = cfg.index(t.target(0).target());
        int b = cfg.index(t.target(1).target());
        if (seen[a] || seen[b]) {
            return !seen[a] ? a : !seen[b] ? b : -1;
        }
        return key[a] > key[b] ? a : b;
    }

    private static long position(Block b) {
        for (Inst i = b.first(); i != null; i = i.next()) {
            if (i.position() >= 0) {
                return i.position();
            }
        }
        return Integer.MAX_VALUE;
    }

    /** The blocks that are not cold, with the blocks of each loop together. */
    private static List<Object> byLoop(Cfg cfg, LoopForest loops, int[] order, boolean[] cold) {
        List<Loop> all = loops.loops();
        int[] number = new int[cfg.size()];
        for (int i = 0; i < all.size(); i++) {
            number[cfg.index(all.get(i).header())] = i;
        }
        // What lies directly in each loop, in order; the last list is for what lies in none.
        ArrayList<ArrayList<Object>> items = new ArrayList<>();
        for (int i = 0; i <= all.size(); i++) {
            items.add(new ArrayList<>());
        }
        for (int i : order) {
            Block b = cfg.block(i);
            Loop loop = loops.innermost(b);
            if (loop != null && loop.header() == b) {
                Loop parent = loop.parent();
                items.get(parent == null ? all.size() : number[cfg.index(parent.header())])
                        .add(loop);
            }
            if (!cold[i]) {
                items.get(loop == null ? all.size() : number[cfg.index(loop.header())])
                        .add(b);
            }
        }
        // Inner loops first, so that each loop is flat when the one around it takes it in.
        for (int i = all.size() - 1; i >= 0; i--) {
            ArrayList<Object> flat = flatten(cfg, items.get(i), items, number);
            rotate(flat, all.get(i), loops);
            items.set(i, flat);
        }
        return flatten(cfg, items.get(all.size()), items, number);
    }

    private static ArrayList<Object> flatten(Cfg cfg, List<Object> list, List<ArrayList<Object>> items, int[] number) {
        ArrayList<Object> flat = new ArrayList<>();
        for (Object item : list) {
            switch (item) {
                case Loop inner -> {
                    int i = number[cfg.index(inner.header())];
                    flat.addAll(items.get(i));
                    items.set(i, null);
                }
                default -> flat.add(item);
            }
        }
        return flat;
    }

    /** If the last block jumps back to a header that leaves the loop, the header goes last: one jump less per turn. */
    private static void rotate(List<Object> blocks, Loop loop, LoopForest loops) {
        if (blocks.size() < 2 || blocks.getFirst() != loop.header()) {
            return;
        }
        Block header = loop.header();
        Block last = (Block) blocks.getLast();
        Inst top = header.terminator();
        Inst bottom = last.terminator();
        if (bottom.opcode() != Opcode.JUMP || bottom.target(0).target() != header || top.opcode() != Opcode.BRANCH) {
            return;
        }
        boolean firstInside = loops.contains(loop, top.target(0).target());
        boolean secondInside = loops.contains(loop, top.target(1).target());
        Block stays = top.target(firstInside ? 0 : 1).target();
        if (firstInside != secondInside && stays == blocks.get(1)) {
            blocks.removeFirst();
            blocks.add(header);
        }
    }
}
