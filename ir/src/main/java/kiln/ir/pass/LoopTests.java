package kiln.ir.pass;

import java.util.Set;
import kiln.ir.*;

/**
 * Has a loop that ends when its counter reaches a constant ask the counter of the next turn instead of that of this
 * one: then one register holds both, and the back edge needs no move and no jump. Runs when all else about loops is
 * settled, because other passes rather look at the counter itself.
 */
public final class LoopTests implements Pass {
    @Override
    public String name() {
        return "loop-tests";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        LazyUses uses = new LazyUses(f);
        Builder b = new Builder(f);
        for (Block block : f.blocks()) {
            Inst t = block.terminator();
            if (t.opcode() == Opcode.BRANCH && t.arg(0).is(Opcode.ICMP)) {
                for (int i = 0; i < t.targetCount(); i++) {
                    rewrite(b, t, t.target(i), uses);
                }
            }
        }
    }

    /** A block that uses a parameter of the block it leads to lies in a loop with that as header. */
    private static void rewrite(Builder b, Inst branch, Edge back, LazyUses uses) {
        Inst test = branch.arg(0).inst();
        Value counter = test.arg(0);
        boolean equality = test.intCond() == IntCond.EQ || test.intCond() == IntCond.NE;
        if (!equality || counter.paramOf() != back.target() || !test.arg(1).is(Opcode.ICONST)) {
            return;
        }
        Value next = back.arg(counter.index());
        boolean steps = next.is(Opcode.ADD)
                && next.inst().arg(0) == counter
                && next.inst().arg(1).is(Opcode.ICONST);
        if (!steps || uses.of(test.result()) != 1) {
            return;
        }
        b.setBefore(branch);
        b.setPosition(test.position());
        long step = next.inst().arg(1).inst().imm();
        Value end = b.iconst(counter.type(), test.arg(1).inst().imm() + step);
        branch.setArg(0, b.icmp(test.intCond(), next, end));
        test.block().remove(test);
        uses.add(counter, -1);
        uses.add(next, 1);
    }
}
