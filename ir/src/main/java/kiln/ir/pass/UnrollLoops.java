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
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.InlineCost;

/**
 * Has small innermost loops do several turns before they jump back: processors take one jump a cycle, and fetch less
 * behind it, so that loops of a few instructions wait for their jumps. Each copy of the loop still asks whether to go
 * on, so nothing need be known about the number of turns; only the check for an interruption is made in one copy
 * alone. Runs when what loops do is settled, and is not part of what is copied to callers.
 */
public final class UnrollLoops implements LastingPass {
    /** About how many machine instructions all turns of an unrolled loop may have. */
    private static final int MAX_SIZE = 24;
    /** The same where each turn has a check for an interruption, which other turns save. */
    private static final int MAX_SIZE_CHECKED = 48;

    /** Two would save less than they cost. */
    private static final int MIN_TURNS = 3;

    private static final int MAX_TURNS = 4;
    /** Loops whose counter starts, or ends, below this number end before it pays. */
    private static final int FEW_TURNS = 8;

    private static final int MAX_BLOCKS = 4;

    @Override
    public String name() {
        return "unroll-loops";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public boolean hasWork(Function f) {
        return !loops(f).isEmpty();
    }

    @Override
    public void run(Function f) {
        List<Loop> loops = loops(f);
        if (loops.isEmpty()) {
            return;
        }
        boolean[] isWatched = new boolean[f.blockIdBound()];
        for (Loop loop : loops) {
            for (Block b : loop.blocks) {
                isWatched[b.id()] = true;
            }
        }
        int size = 0;
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                size++;
            }
        }
        CopiedValues values =
                new CopiedValues(f, 16L * size + 4096, b -> b.id() < isWatched.length && isWatched[b.id()]);
        boolean any = false;
        for (Loop loop : loops) {
            any |= loop.unroll(f, values);
        }
        if (any) {
            // Most copies are come to from one place, and need no parameters ...
            new CleanUp().run(f);
            // ... so that what is a turn's counter plus a constant is the first turn's plus another, for which no turn
            // waits.
            new Simplify().run(f);
        }
    }

    /** The loops that are to be unrolled. */
    private static List<Loop> loops(Function f) {
        Cfg cfg = Cfg.of(f);
        if (!cfg.hasCycle()) {
            return List.of();
        }
        // By header.
        Map<Integer, Loop> loops = new HashMap<>();
        boolean[] isRefused = new boolean[cfg.nodes()];
        List<Loop> result = new ArrayList<>();
        for (int i = 0; i < cfg.reachable(); i++) {
            int b = cfg.inReversePostorder(i);
            int h = cfg.loopHeader(b);
            if (h < 0) {
                continue;
            }
            if (h == b) {
                Loop loop = new Loop(cfg.block(h));
                loops.put(h, loop);
                result.add(loop);
                if (cfg.outerLoop(h) >= 0) {
                    isRefused[cfg.outerLoop(h)] = true;
                }
                isRefused[h] |= cfg.block(h).isUnrolled() || cfg.block(h) == f.entry();
            }
            isRefused[h] = isRefused[h] || !loops.get(h).add(cfg.block(b));
        }
        result.removeIf(loop -> isRefused[loop.header.id()] || loop.turns() < MIN_TURNS || !loop.isCounted(cfg));
        return result;
    }

    /** A loop, its blocks in reverse postorder. */
    private static final class Loop {
        final Block header;
        final List<Block> blocks = new ArrayList<>(2);
        private int size;

        Loop(Block header) {
            this.header = header;
        }

        /** Adds a block; false if the loop is not to be copied then. */
        boolean add(Block b) {
            Opcode end = b.terminator().opcode();
            if (b.isCold() || blocks.size() == MAX_BLOCKS || end != Opcode.JUMP && end != Opcode.BRANCH) {
                return false;
            }
            blocks.add(b);
            for (Inst i = b.first(); i != null; i = i.next()) {
                Opcode op = i.opcode();
                Opcode.Effect effect = op.effect();
                boolean stays = op == Opcode.STACK_ADDR || op == Opcode.FRAME_POINTER;
                size += InlineCost.weight(i);
                if (stays
                        || effect == Opcode.Effect.CALLS
                        || effect == Opcode.Effect.ALLOCATES
                        || turns() < MIN_TURNS) {
                    return false;
                }
            }
            return true;
        }

        /**
         * Whether some way out depends on a counter alone. Loops that end as soon as they find something have few
         * turns as a rule, and processors guess better when to leave if one branch decides.
         */
        boolean isCounted(Cfg cfg) {
            for (Block b : blocks) {
                Inst t = b.terminator();
                if (t.opcode() == Opcode.BRANCH
                        && !(blocks.contains(t.target(0).target())
                                && blocks.contains(t.target(1).target()))) {
                    Value c = t.arg(0);
                    boolean counted = c.is(Opcode.ICMP)
                            ? isCounter(c.inst().arg(0), cfg)
                                            && isLimit(c.inst().arg(1))
                                    || isCounter(c.inst().arg(1), cfg)
                                            && isLimit(c.inst().arg(0))
                            : isCounter(c, cfg);
                    if (counted) {
                        return true;
                    }
                }
            }
            return false;
        }

        private boolean isLimit(Value v) {
            return isOutside(v) && !isSmall(v);
        }

        private boolean isOutside(Value v) {
            return v.is(Opcode.ICONST)
                    || !blocks.contains(v.inst() != null ? v.inst().block() : v.paramOf());
        }

        /** Whether a value is what is left of a number of turns divided by a small power of two. */
        private static boolean isSmall(Value v) {
            return v.is(Opcode.AND)
                    && v.inst().arg(1).is(Opcode.ICONST)
                    && Long.compareUnsigned(v.inst().arg(1).inst().imm(), FEW_TURNS) < 0;
        }

        /** Whether a value is a parameter of the header to which each turn adds the same, or what it is after that. */
        private boolean isCounter(Value v, Cfg cfg) {
            Value p = withoutStep(v);
            if (p.paramOf() != header) {
                return false;
            }
            int[] from = cfg.predecessors(header.id());
            for (int i = 0; i < from.length; i++) {
                Value arg = cfg.edgeInto(header.id(), i).arg(p.index());
                boolean isBack = blocks.contains(cfg.block(from[i]));
                if (isBack ? arg == p || withoutStep(arg) != p : isSmall(arg)) {
                    return false;
                }
            }
            return true;
        }

        /** What a value was before something from outside of the loop was added or subtracted. */
        private Value withoutStep(Value v) {
            if (!v.is(Opcode.ADD) && !v.is(Opcode.SUB)) {
                return v;
            }
            Value x = v.inst().arg(0);
            Value y = v.inst().arg(1);
            if (isOutside(y)) {
                return x;
            }
            return v.is(Opcode.ADD) && isOutside(x) ? y : v;
        }

        /** How many turns there should be before the jump back. */
        int turns() {
            int most = header.first().opcode() == Opcode.INTERRUPT_CHECK ? MAX_SIZE_CHECKED : MAX_SIZE;
            return Math.min(MAX_TURNS, most / Math.max(1, size));
        }

        boolean unroll(Function f, CopiedValues values) {
            for (Block b : blocks) {
                if (!values.canCopy(b)) {
                    return false;
                }
            }
            // The last turn comes first: the one before it leads to its header.
            Block next = header;
            for (int turn = turns() - 1; turn > 0; turn--) {
                next = copy(f, values, next);
            }
            Block second = next;
            values.redirect(header, way -> blocks.contains(way.from()) ? second : null);
            values.end();
            return true;
        }

        /** Copies the loop for one turn, behind which control goes to {@code next}, and returns the header. */
        private Block copy(Function f, CopiedValues values, Block next) {
            Map<Block, Block> copies = new HashMap<>();
            for (Block b : blocks) {
                copies.put(b, f.newBlock());
            }
            values.begin();
            for (Block b : blocks) {
                values.copy(b, copies.get(b), Map.of(), to -> to == header ? next : copies.getOrDefault(to, to));
            }
            Block first = copies.get(header);
            if (first.first().opcode() == Opcode.INTERRUPT_CHECK) {
                first.remove(first.first());
            }
            return first;
        }
    }
}
