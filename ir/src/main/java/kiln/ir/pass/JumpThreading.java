package kiln.ir.pass;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import kiln.ir.*;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.InlineCost;

/**
 * Copies small blocks of loops for those ways into them that decide where they lead: a state machine sets its state to
 * a constant, jumps to a block that reads what comes next, and asks for the state again. In the copy for a state the
 * question is settled. There is one copy for each constant, whatever number of edges bring it.
 *
 * <p>A second way into a loop would hide the loop from everything that looks for loops. So a header is copied for all
 * ways into it only if nothing but constants, or copies for constants, can come to its question: then it vanishes. Else
 * it is copied for ways back, as long as another way back remains.
 *
 * <p>Growth and the work of {@link CopiedValues} are bounded by the size of the function.
 */
public final class JumpThreading implements Pass {
    /** About how many machine instructions a block with a question may have. */
    private static final int MAX_SIZE = 12;
    /** The same for blocks that only pass a constant on to a question. */
    private static final int MAX_SIZE_BEFORE = 8;
    /** How many blocks may stand between the constant and the question. */
    private static final int MAX_DISTANCE = 2;
    /** How many operations may make the question out of the parameter. */
    private static final int MAX_DEPTH = 4;

    private static final int MAX_COPIES = 8;
    private static final int NONE = -1;

    @Override
    public String name() {
        return "jump-threading";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public void run(Function f) {
        Questions questions = Questions.of(f);
        if (questions != null && new Copies(f, questions).make()) {
            new CleanUp().run(f);
        }
    }

    /** Which parameters decide where blocks lead, and which constants they get. */
    private static final class Questions {
        private final Cfg cfg;
        /** By block: the index of the parameter that decides, or {@link #NONE}. */
        private final int[] param;
        /** By block: how many blocks away the question is. */
        private final int[] distance;
        /** By block: about how many machine instructions it has. */
        private final int[] size;
        /** By header of a loop: whether all ways into it may lead to copies. */
        private final boolean[] mayVanish;
        /** By block: the header for which it was looked at last, or {@link #NONE}. */
        private final int[] seenFor;

        private Questions(Function f) {
            cfg = Cfg.of(f);
            param = new int[f.blockIdBound()];
            distance = new int[param.length];
            size = new int[param.length];
            mayVanish = new boolean[param.length];
            seenFor = new int[param.length];
            Arrays.fill(param, NONE);
            Arrays.fill(seenFor, NONE);
        }

        /** Null if there is nothing to gain. */
        static Questions of(Function f) {
            if (!Cfg.of(f).hasCycle()) {
                return null;
            }
            Questions q = new Questions(f);
            return q.find() ? q : null;
        }

        private boolean find() {
            boolean any = false;
            for (int b : cfg.postorder()) {
                if (cfg.loopHeader(b) >= 0 && !cfg.block(b).isCold()) {
                    Block block = cfg.block(b);
                    Value p = block.params().isEmpty() ? null : asked(block);
                    if (p != null && isCopyable(block, MAX_SIZE)) {
                        param[b] = p.index();
                        any = true;
                    }
                }
            }
            if (!any) {
                return false;
            }
            for (int b : cfg.postorder()) {
                if (param[b] != NONE && cfg.isLoopHeader(b)) {
                    mayVanish[b] = isSettled(b, b, param[b], 0);
                }
            }
            for (int d = 1; d <= MAX_DISTANCE; d++) {
                for (int b : cfg.postorder()) {
                    passOn(b, d);
                }
            }
            return hasConstant();
        }

        /** The parameter of the block out of which, and of constants, the block makes what it asks; or null. */
        private static Value asked(Block block) {
            Inst t = block.terminator();
            if (t.opcode() != Opcode.BRANCH && t.opcode() != Opcode.SWITCH) {
                return null;
            }
            Value v = t.arg(0);
            for (int depth = 0; depth < MAX_DEPTH; depth++) {
                if (v.paramOf() != null) {
                    return v.paramOf() == block ? v : null;
                }
                Inst i = v.inst();
                Value next = null;
                for (int a = 0; a < i.argCount(); a++) {
                    if (!i.arg(a).is(Opcode.ICONST)) {
                        if (next != null) {
                            return null;
                        }
                        next = i.arg(a);
                    }
                }
                if (next == null || i.block() != block || i.opcode().effect() != Opcode.Effect.PURE) {
                    return null;
                }
                v = next;
            }
            return null;
        }

        /** Makes a block that passes a parameter on to one that decides, at {@code d - 1}, one that decides, too. */
        private void passOn(int b, int d) {
            Block block = cfg.block(b);
            if (param[b] != NONE || block.params().isEmpty() || cfg.loopHeader(b) < 0 || cfg.isLoopHeader(b)) {
                return;
            }
            Inst t = block.terminator();
            if (block.isCold() || t.opcode() != Opcode.JUMP && t.opcode() != Opcode.BRANCH) {
                return;
            }
            for (int i = 0; i < t.targetCount(); i++) {
                Edge e = t.target(i);
                int to = e.target().id();
                if (param[to] != NONE && distance[to] == d - 1) {
                    Value passed = e.arg(param[to]);
                    if (passed.paramOf() == block && isCopyable(block, MAX_SIZE_BEFORE)) {
                        param[b] = passed.index();
                        distance[b] = d;
                        return;
                    }
                }
            }
        }

        /**
         * Whether only constants come to parameter {@code p} of a block on the way to {@code header}, over blocks that
         * can be copied for each of them.
         */
        private boolean isSettled(int header, int b, int p, int depth) {
            seenFor[b] = header;
            int[] from = cfg.predecessors(b);
            for (int i = 0; i < from.length; i++) {
                Value v = cfg.edgeInto(b, i).arg(p);
                if (v.is(Opcode.ICONST)) {
                    continue;
                }
                Block source = cfg.block(from[i]);
                if (v.paramOf() != source || depth > MAX_DISTANCE) {
                    return false;
                }
                boolean isKnown = seenFor[from[i]] == header
                        || isCopyable(source, MAX_SIZE_BEFORE)
                                && source.terminator().opcode() != Opcode.SWITCH
                                && isSettled(header, from[i], v.index(), depth + 1);
                if (!isKnown) {
                    return false;
                }
            }
            return true;
        }

        private boolean isCopyable(Block block, int max) {
            if (block == block.function().entry()) {
                return false;
            }
            int sum = 0;
            for (Inst i = block.first(); i != block.terminator(); i = i.next()) {
                Opcode op = i.opcode();
                switch (op.effect()) {
                    case CALLS, ALLOCATES -> {
                        return false;
                    }
                    default -> sum += InlineCost.weight(i);
                }
                if (sum > max || op == Opcode.STACK_ADDR || op == Opcode.FRAME_POINTER) {
                    return false;
                }
            }
            size[block.id()] = sum + 1;
            return true;
        }

        private boolean hasConstant() {
            for (int b : cfg.postorder()) {
                for (int i = 0; param[b] != NONE && i < cfg.predecessors(b).length; i++) {
                    if (cfg.edgeInto(b, i).arg(param[b]).is(Opcode.ICONST)) {
                        return true;
                    }
                }
            }
            return false;
        }
    }

    /** Makes the copies. */
    private static final class Copies {
        private final Function f;
        private final Questions questions;
        private final CopiedValues values;
        /** What each copy is one of. */
        private final Map<Block, Block> originals = new HashMap<>();

        private int growth;

        Copies(Function f, Questions questions) {
            this.f = f;
            this.questions = questions;
            int insts = 0;
            for (Block b : f.blocks()) {
                for (Inst i = b.first(); i != null; i = i.next()) {
                    insts++;
                }
            }
            this.growth = 64 + insts / 16;
            this.values = new CopiedValues(f, 16L * insts + 4096, b -> isCandidate(b));
        }

        private boolean isCandidate(Block b) {
            return b.id() < questions.param.length && questions.param[b.id()] != NONE;
        }

        /** Whether anything was copied. */
        boolean make() {
            boolean any = false;
            Cfg cfg = questions.cfg;
            for (int d = MAX_DISTANCE; d >= 0; d--) {
                for (int i = 0; i < cfg.reachable(); i++) {
                    int b = cfg.inReversePostorder(i);
                    if (questions.param[b] != NONE && questions.distance[b] == d) {
                        any |= copy(cfg.block(b), questions.param[b]);
                    }
                }
            }
            return any;
        }

        private boolean copy(Block block, int param) {
            boolean isHeader = questions.cfg.isLoopHeader(block.id());
            Map<Long, Block> copies = new LinkedHashMap<>();
            boolean isAnyOpen = false;
            for (CopiedValues.Way w : values.waysInto(block)) {
                Value v = w.edge().arg(param);
                if (!v.is(Opcode.ICONST)) {
                    isAnyOpen |= isInside(w, block);
                } else if (isWanted(w, block) && copies.size() < MAX_COPIES) {
                    copies.put(v.inst().imm(), null);
                }
            }
            if (isHeader && !questions.mayVanish[block.id()] && !isAnyOpen) {
                return false;
            }
            int cost = questions.size[block.id()] * copies.size();
            if (copies.isEmpty() || cost > growth || !values.canCopy(block)) {
                return false;
            }
            growth -= cost;
            copies.replaceAll((c, _) -> instance(block, param, c));
            values.redirect(block, w -> {
                Value v = w.edge().arg(param);
                Block copy = v.is(Opcode.ICONST) && isWanted(w, block)
                        ? copies.get(v.inst().imm())
                        : null;
                if (copy != null) {
                    boolean[] keep = new boolean[w.edge().argCount()];
                    Arrays.fill(keep, true);
                    keep[param] = false;
                    w.edge().keepArgs(keep);
                }
                return copy;
            });
            values.end();
            return true;
        }

        /** Whether a way that brings a constant should lead to a copy. */
        private boolean isWanted(CopiedValues.Way w, Block block) {
            if (!questions.cfg.isLoopHeader(block.id())) {
                return !w.from().isCold();
            }
            return questions.mayVanish[block.id()] || isInside(w, block);
        }

        /** Whether a way into a loop's header comes from inside of the loop. */
        private boolean isInside(CopiedValues.Way w, Block header) {
            Block from = originals.getOrDefault(w.from(), w.from());
            return questions.cfg.isInLoop(from.id(), header.id());
        }

        /** A copy of a block, in which a parameter is a constant. */
        private Block instance(Block block, int param, long constant) {
            Block copy = f.newBlock();
            originals.put(copy, block);
            values.begin();
            values.copy(block, copy, Map.of(block.params().get(param), constant), to -> to);
            return copy;
        }
    }
}
