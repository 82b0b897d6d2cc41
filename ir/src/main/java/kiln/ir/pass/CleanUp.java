package kiln.ir.pass;

import java.util.List;
import java.util.Set;
import kiln.ir.*;

/**
 * Simplifies the control-flow graph: terminators whose target is known, jumps over empty blocks and through blocks that
 * only test a parameter, parameters that always receive one value, blocks with one predecessor. Runs before the
 * expensive passes to make what they look at smaller and straighter, and after them to collect what they found out.
 */
public final class CleanUp implements Pass {
    private static final int MAX_ROUNDS = 4;

    /** Bound for a way over empty blocks, which might be a cycle. */
    private static final int MAX_HOPS = 16;

    /** A branch becomes at most this many selects: more cost more than a branch that is often predicted. */
    private static final int MAX_SELECTS = 2;

    @Override
    public String name() {
        return "clean-up";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        LazyUses uses = new LazyUses(f);
        for (int round = 0; round < MAX_ROUNDS; round++) {
            boolean changed = foldTerminators(f, uses);
            changed |= threadJumps(f, uses);
            if (round == 0 || changed) {
                RemoveUnreachable.removeFrom(f);
            }
            int[] entering = entering(f);
            changed |= TrivialParams.removeFrom(f, uses, entering);
            changed |= mergeChains(f, uses, entering);
            if (!changed) {
                return;
            }
        }
    }

    /** By block, how many edges lead to it. */
    private static int[] entering(Function f) {
        int[] result = new int[f.blockIdBound()];
        for (Block b : f.blocks()) {
            Inst t = b.terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                result[t.target(i).target().id()]++;
            }
        }
        return result;
    }

    private static boolean foldTerminators(Function f, LazyUses uses) {
        boolean changed = false;
        Builder b = new Builder(f);
        for (Block block : f.blocks()) {
            Inst t = block.terminator();
            switch (t.opcode()) {
                case BRANCH -> changed |= foldBranch(b, block, t, uses);
                case SWITCH -> changed |= foldSwitch(b, block, t);
                default -> {}
            }
        }
        return changed;
    }

    private static boolean foldBranch(Builder b, Block block, Inst t, LazyUses uses) {
        Value c = t.arg(0);
        Edge then = t.target(0);
        Edge otherwise = t.target(1);
        if (c.is(Opcode.ICONST)) {
            return replace(b, block, t, c.inst().imm() != 0 ? then : otherwise);
        }
        if (then.target() != otherwise.target()) {
            return false;
        }
        int different = 0;
        for (int i = 0; i < then.argCount(); i++) {
            if (then.arg(i) != otherwise.arg(i)) {
                Type type = then.arg(i).type();
                different += type.isInt() || type == Type.REF ? 1 : MAX_SELECTS + 1;
            }
        }
        if (different > MAX_SELECTS) {
            return false;
        }
        b.setBefore(t);
        b.setPosition(t.position());
        for (int i = 0; i < then.argCount(); i++) {
            if (then.arg(i) != otherwise.arg(i)) {
                // The select uses what the edges used, and the condition once more.
                uses.add(c, 1);
                then.setArg(i, b.select(c, then.arg(i), otherwise.arg(i)));
                uses.add(then.arg(i), 1);
            }
        }
        return replace(b, block, t, then);
    }

    private static boolean foldSwitch(Builder b, Block block, Inst t) {
        int last = t.targetCount() - 1;
        if (t.arg(0).is(Opcode.ICONST)) {
            long index = t.arg(0).inst().imm() & 0xffffffffL;
            return replace(b, block, t, t.target((int) Math.min(index, last)));
        }
        for (int i = 0; i < last; i++) {
            if (!t.target(i).sameAs(t.target(last))) {
                if (last > 1) {
                    return false;
                }
                // Two targets: an index of zero takes the first.
                block.remove(t);
                b.setBlock(block);
                b.setPosition(t.position());
                b.branch(t.arg(0), t.target(1), t.target(0));
                return true;
            }
        }
        return replace(b, block, t, t.target(last));
    }

    private static boolean replace(Builder b, Block block, Inst t, Edge edge) {
        block.remove(t);
        b.setBlock(block);
        b.setPosition(t.position());
        b.jump(edge);
        return true;
    }

    /** Lets edges lead past blocks that do nothing, or nothing for the values that this edge brings. */
    private static boolean threadJumps(Function f, LazyUses uses) {
        boolean changed = false;
        for (Block block : f.blocks()) {
            Inst t = block.terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                Edge e = t.target(i);
                for (int hop = 0; hop < MAX_HOPS; hop++) {
                    Block via = e.target();
                    if (via.first() != via.last()) {
                        break;
                    }
                    Edge on = way(via, e);
                    if (on == null || on.target() == via || !paramsStayInside(via, uses)) {
                        break;
                    }
                    redirect(e, via, on, uses);
                    changed = true;
                }
            }
        }
        return changed;
    }

    /**
     * The edge that is taken when {@code e} enters {@code via}, a block of one instruction, or null if that depends.
     */
    private static Edge way(Block via, Edge e) {
        Inst t = via.terminator();
        switch (t.opcode()) {
            case JUMP:
                return t.target(0);
            case BRANCH: {
                Value c = substitute(t.arg(0), via, e);
                if (c.is(Opcode.ICONST)) {
                    return t.target(c.inst().imm() != 0 ? 0 : 1);
                }
                return null;
            }
            case SWITCH: {
                Value c = substitute(t.arg(0), via, e);
                if (c.is(Opcode.ICONST)) {
                    return t.target((int) Math.min(c.inst().imm() & 0xffffffffL, t.targetCount() - 1));
                }
                return null;
            }
            default:
                return null;
        }
    }

    private static Value substitute(Value v, Block via, Edge e) {
        return v.paramOf() == via ? e.arg(v.index()) : v;
    }

    /** Whether nothing outside of {@code via} uses its parameters, so that it need not dominate what follows. */
    private static boolean paramsStayInside(Block via, LazyUses uses) {
        List<Value> params = via.params();
        if (params.isEmpty()) {
            return true;
        }
        Inst t = via.terminator();
        int inside = 0;
        for (int a = 0; a < t.argCount(); a++) {
            inside += t.arg(a).paramOf() == via ? 1 : 0;
        }
        for (int i = 0; i < t.targetCount(); i++) {
            Edge e = t.target(i);
            for (int a = 0; a < e.argCount(); a++) {
                inside += e.arg(a).paramOf() == via ? 1 : 0;
            }
        }
        int all = 0;
        for (Value p : params) {
            all += uses.of(p);
        }
        return inside == all;
    }

    private static void redirect(Edge e, Block via, Edge on, LazyUses uses) {
        Value[] args = new Value[on.argCount()];
        for (int i = 0; i < args.length; i++) {
            args[i] = substitute(on.arg(i), via, e);
        }
        for (int i = 0; i < e.argCount(); i++) {
            uses.add(e.arg(i), -1);
        }
        for (Value v : args) {
            uses.add(v, 1);
        }
        e.setTarget(on.target());
        e.setArgs(args);
    }

    /**
     * Appends a block to its only predecessor if that only jumps to it. Returns whether that may help the other rules.
     */
    private static boolean mergeChains(Function f, LazyUses uses, int[] entering) {
        boolean[] gone = new boolean[f.blockIdBound()];
        boolean merged = false;
        boolean constants = false;
        for (Block b : f.blocks()) {
            if (gone[b.id()]) {
                continue;
            }
            while (b.terminator().opcode() == Opcode.JUMP) {
                Inst jump = b.terminator();
                Edge e = jump.target(0);
                Block next = e.target();
                if (entering[next.id()] != 1 || next == b || next == f.entry()) {
                    break;
                }
                for (int i = 0; i < e.argCount(); i++) {
                    constants |= e.arg(i).is(Opcode.ICONST);
                    uses.replace(next.params().get(i), e.arg(i));
                }
                next.params().clear();
                b.remove(jump);
                b.appendAll(next);
                gone[next.id()] = true;
                merged = true;
            }
        }
        if (merged) {
            f.blocks().removeIf(b -> gone[b.id()]);
        }
        return constants;
    }
}
