package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.analysis.Cfg;

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
        if (f.blocks().size() < 3) {
            return;
        }
        Cfg cfg = Cfg.of(f);
        int[] order = sourceOrder(cfg);
        List<Block> hot = byLoop(cfg, order);
        ArrayList<Block> rare = new ArrayList<>();
        for (int b : order) {
            if (cfg.block(b).isCold()) {
                rare.add(cfg.block(b));
            }
        }
        f.blocks().clear();
        f.blocks().addAll(hot);
        f.blocks().addAll(rare);
    }

    /**
     * A reverse postorder that prefers source order: among the outgoing edges of a block the one that comes first in
     * the source comes first here, unless it is cold.
     */
    private static int[] sourceOrder(Cfg cfg) {
        int n = cfg.reachable();
        long[] key = new long[cfg.nodes()];
        for (int b : cfg.postorder()) {
            key[b] = cfg.block(b).isCold() ? Long.MAX_VALUE : position(cfg.block(b));
        }
        int[] order = new int[n];
        int[] stack = new int[n];
        int[] visited = new int[cfg.nodes()];
        boolean[] seen = new boolean[cfg.nodes()];
        int depth = 0;
        int done = n;
        int entry = cfg.inReversePostorder(0);
        stack[depth++] = entry;
        seen[entry] = true;
        while (depth > 0) {
            int at = stack[depth - 1];
            int[] to = cfg.successors(at);
            int next = -1;
            if (to.length == 2) {
                next = later(to[0], to[1], key, seen);
            } else {
                // The targets of a switch stand in the order of its table, of which the first comes first.
                while (visited[at] < to.length && next < 0) {
                    int s = to[to.length - 1 - visited[at]++];
                    next = seen[s] ? -1 : s;
                }
            }
            if (next < 0) {
                depth--;
                order[--done] = at;
            } else {
                seen[next] = true;
                stack[depth++] = next;
            }
        }
        return order;
    }

    /** Of two targets the unseen one that should come later. */
    private static int later(int a, int b, long[] key, boolean[] seen) {
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
    private static List<Block> byLoop(Cfg cfg, int[] order) {
        if (!cfg.hasCycle()) {
            List<Block> blocks = new ArrayList<>(order.length);
            for (int b : order) {
                if (!cfg.block(b).isCold()) {
                    blocks.add(cfg.block(b));
                }
            }
            return blocks;
        }
        // What lies directly in each loop, by header, in order: blocks and, by their headers, loops; last what lies in
        // none. Loops are taken in when all of their own blocks are known: inner loops first.
        int none = cfg.nodes();
        List<List<Object>> items = new ArrayList<>(Collections.nCopies(none + 1, null));
        items.set(none, new ArrayList<>());
        for (int b : order) {
            int loop = cfg.loopHeader(b);
            if (loop == b) {
                items.set(b, new ArrayList<>());
                int outer = cfg.outerLoop(b);
                items.get(outer < 0 ? none : outer).add(b);
            }
            if (!cfg.block(b).isCold()) {
                items.get(loop < 0 ? none : loop).add(cfg.block(b));
            }
        }
        List<List<Block>> flat = new ArrayList<>(Collections.nCopies(none, null));
        for (int h : cfg.postorder()) {
            if (items.get(h) != null) {
                List<Block> blocks = flatten(items.get(h), flat);
                rotate(blocks, cfg, h);
                flat.set(h, blocks);
            }
        }
        return flatten(items.get(none), flat);
    }

    private static List<Block> flatten(List<Object> items, List<List<Block>> loops) {
        List<Block> result = new ArrayList<>();
        for (Object item : items) {
            if (item instanceof Block b) {
                result.add(b);
            } else {
                result.addAll(loops.set((Integer) item, null));
            }
        }
        return result;
    }

    /** If the last block jumps back to a header that leaves the loop, the header goes last: one jump less per turn. */
    private static void rotate(List<Block> blocks, Cfg cfg, int loop) {
        Block header = cfg.block(loop);
        if (blocks.size() < 2 || blocks.getFirst() != header) {
            return;
        }
        Inst top = header.terminator();
        Inst bottom = blocks.getLast().terminator();
        if (bottom.opcode() != Opcode.JUMP || bottom.target(0).target() != header || top.opcode() != Opcode.BRANCH) {
            return;
        }
        boolean firstInside = cfg.isInLoop(top.target(0).target().id(), loop);
        boolean secondInside = cfg.isInLoop(top.target(1).target().id(), loop);
        Block stays = top.target(firstInside ? 0 : 1).target();
        if (firstInside != secondInside && stays == blocks.get(1)) {
            blocks.removeFirst();
            blocks.add(header);
        }
    }
}
