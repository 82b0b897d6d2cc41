package kiln.ir.pass;

import java.util.List;
import kiln.ir.*;
import kiln.ir.analysis.UseCounts;

/**
 * Simplifies the control-flow graph: terminators whose way is known, jumps over empty blocks and through blocks that only
 * test a parameter, parameters that always receive one value, blocks with one predecessor. Runs before the expensive passes
 * to make what they look at smaller and straighter, and after them to collect what they found out.
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
    public void run(Function f) {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            boolean changed = foldTerminators(f);
            changed |= threadJumps(f);
            changed |= RemoveUnreachable.removeFrom(f);
            changed |= TrivialParams.removeFrom(f);
            changed |= mergeChains(f);
            if (!changed) {
                return;
            }
        }
    }

    private static boolean foldTerminators(Function f) {
        boolean changed = false;
        Builder b = new Builder(f);
        for (Block block : f.blocks()) {
            changed |= cutAfterTrap(b, block);
            Inst t = block.terminator();
            switch (t.opcode()) {
                case BRANCH -> changed |= foldBranch(b, block, t);
                case SWITCH -> changed |= foldSwitch(b, block, t);
                default -> {}
            }
        }
        return changed;
    }

    /** A check that always fails ends the block. */
    private static boolean cutAfterTrap(Builder b, Block block) {
        for (Inst i = block.first(); i != null; i = i.next()) {
            boolean always =
                    switch (i.opcode()) {
                        case TRAP_IF -> i.arg(0).is(Opcode.ICONST) && i.arg(0).inst().imm() != 0;
                        case TRAP_IF_ZERO -> i.arg(0).is(Opcode.ICONST) && i.arg(0).inst().imm() == 0;
                        default -> false;
                    };
            if (always) {
                while (block.last() != i) {
                    block.remove(block.last());
                }
                block.remove(i);
                b.setBlock(block);
                b.setPosition(i.position());
                b.trap(i.trap());
                return true;
            }
        }
        return false;
    }

    private static boolean foldBranch(Builder b, Block block, Inst t) {
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
                then.setArg(i, b.select(c, then.arg(i), otherwise.arg(i)));
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
                // Two ways: an index of zero takes the first.
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
    private static boolean threadJumps(Function f) {
        UseCounts uses = null;
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
                    if (uses == null) {
                        uses = new UseCounts(f);
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

    /** The edge that is taken when {@code e} enters {@code via}, a block of one instruction, or null if that depends. */
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
    private static boolean paramsStayInside(Block via, UseCounts uses) {
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

    private static void redirect(Edge e, Block via, Edge on, UseCounts uses) {
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

    /** Appends a block to its only predecessor if that only jumps to it. */
    private static boolean mergeChains(Function f) {
        int[] entering = new int[f.blockIdBound()];
        for (Block b : f.blocks()) {
            Inst t = b.terminator();
            for (int i = 0, n = t.targetCount(); i < n; i++) {
                entering[t.target(i).target().id()]++;
            }
        }
        boolean[] gone = new boolean[f.blockIdBound()];
        boolean changed = false;
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
                    next.params().get(i).replaceWith(e.arg(i));
                }
                next.params().clear();
                b.remove(jump);
                b.appendAll(next);
                gone[next.id()] = true;
                changed = true;
            }
        }
        if (changed) {
            f.blocks().removeIf(b -> gone[b.id()]);
        }
        return changed;
    }
}
