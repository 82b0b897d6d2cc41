package kiln.ir.pass;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Lets a loop's counter and its next value share a register where both would be live at once, which takes a move in
 * each turn. If nothing in the loop but its back edge asks for the next value, the addition goes to that edge, and to
 * the way out if it is asked for there. If the loop asks for it, and only what follows the loop for sums of the old
 * value and constants, these become sums of the next value. Runs when edges have their blocks.
 */
public final class LoopSteps implements Pass {
    /** {@code next} is a counter plus a constant, and the counter of the next turn. */
    private static final class Step {
        final Value counter;
        final Value next;
        final Block backEdge;
        /** Where control goes instead of along the back edge, if the two are the ways out of one block, else null. */
        final Block instead;

        boolean isNextAskedForElsewhere;
        boolean isNextAskedForInstead;
        /** Whether the loop asks for the counter where the next value is there already. */
        boolean isCounterAskedForLater;

        boolean isCounterAskedForBehind;
        /** Sums of the counter and constants behind the loop: all that asks for it there, unless the above is true. */
        final List<Inst> sumsBehind = new ArrayList<>(1);

        boolean isAdditionSeen;

        Step(Value counter, Value next, Block backEdge, Block instead) {
            this.counter = counter;
            this.next = next;
            this.backEdge = backEdge;
            this.instead = instead;
        }

        long constant() {
            return next.inst().arg(1).inst().imm();
        }
    }

    private Cfg cfg;
    /** By counter and by next value. */
    private Step[] stepOf;

    @Override
    public String name() {
        return "loop-steps";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE, Property.NO_CRITICAL_EDGES);
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.complementOf(EnumSet.of(Property.SIMPLIFIED));
    }

    @Override
    public void run(Function f) {
        for (Block b : f.blocks()) {
            if (b.terminator().opcode() == Opcode.JUMP
                    && passesSum(b.terminator().target(0))) {
                new LoopSteps().rewrite(f);
                return;
            }
        }
    }

    /** Whether an edge passes a parameter plus a constant on to that parameter, as back edges do. */
    private static boolean passesSum(Edge e) {
        for (int i = 0; i < e.argCount(); i++) {
            if (isStep(e.target().params().get(i), e.arg(i))) {
                return true;
            }
        }
        return false;
    }

    private static boolean isStep(Value counter, Value next) {
        return next.is(Opcode.ADD)
                && next.inst().arg(0) == counter
                && next.inst().arg(1).is(Opcode.ICONST);
    }

    private void rewrite(Function f) {
        cfg = Cfg.of(f);
        int[] backEdges = new int[cfg.nodes()];
        for (Block b : f.blocks()) {
            for (int to : cfg.successors(b.id())) {
                backEdges[to] += cfg.isLoopHeader(to) && cfg.isInLoop(b.id(), to) ? 1 : 0;
            }
        }
        List<Step> steps = new ArrayList<>();
        for (Block b : f.blocks()) {
            if (b.terminator().opcode() == Opcode.JUMP) {
                findSteps(b, backEdges, steps);
            }
        }
        if (steps.isEmpty()) {
            return;
        }
        stepOf = new Step[f.valueIdBound()];
        for (Step s : steps) {
            stepOf[s.counter.id()] = s;
            stepOf[s.next.id()] = s;
        }
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                note(b, i);
            }
        }
        Builder builder = new Builder(f);
        for (Step s : steps) {
            if (!s.isCounterAskedForLater && !s.isCounterAskedForBehind) {
                s.sumsBehind.forEach(sum -> addToNext(builder, s, sum));
            } else if (!s.isNextAskedForElsewhere) {
                sink(builder, s);
            }
        }
    }

    private void findSteps(Block b, int[] backEdges, List<Step> steps) {
        Edge e = b.terminator().target(0);
        Block header = e.target();
        int h = header.id();
        // With several back edges each had to add, and what another one asks for is asked for in the loop.
        if (e.argCount() == 0 || backEdges[h] != 1 || !cfg.isInLoop(b.id(), h)) {
            return;
        }
        Block instead = null;
        if (b.first() == b.terminator() && cfg.predecessors(b.id()).length == 1) {
            int[] ways = cfg.successors(cfg.predecessors(b.id())[0]);
            instead = ways.length == 2 ? cfg.block(ways[ways[0] == b.id() ? 1 : 0]) : null;
        }
        for (int i = 0; i < e.argCount(); i++) {
            Value next = e.arg(i);
            Value counter = header.params().get(i);
            if (isStep(counter, next)) {
                steps.add(new Step(counter, next, b, instead));
            }
        }
    }

    /** Notes what an instruction asks for, its edges included. */
    private void note(Block b, Inst inst) {
        for (int a = 0, n = inst.argCount(); a < n; a++) {
            Step s = stepOf[inst.arg(a).id()];
            if (s != null) {
                note(b, inst, inst.arg(a), s, false);
            }
        }
        for (int t = 0, n = inst.targetCount(); t < n; t++) {
            Edge e = inst.target(t);
            for (int a = 0, m = e.argCount(); a < m; a++) {
                Step s = stepOf[e.arg(a).id()];
                if (s != null) {
                    note(b, inst, e.arg(a), s, true);
                }
            }
        }
        if (inst.opcode() == Opcode.ADD && stepOf[inst.result().id()] != null) {
            stepOf[inst.result().id()].isAdditionSeen = true;
        }
    }

    /** Notes that {@code v}, the counter or the next value of {@code s}, is asked for. */
    private void note(Block b, Inst inst, Value v, Step s, boolean onEdge) {
        if (v == s.next) {
            if (b != s.backEdge) {
                boolean instead = s.instead != null && cfg.dominates(s.instead.id(), b.id());
                s.isNextAskedForInstead |= instead;
                s.isNextAskedForElsewhere |= !instead;
            } else if (!onEdge) {
                s.isNextAskedForElsewhere = true;
            }
            return;
        }
        if (inst == s.next.inst()) {
            return;
        }
        Block there = s.next.inst().block();
        int header = s.counter.paramOf().id();
        if (!cfg.isInLoop(b.id(), header)) {
            boolean isSum = inst.opcode() == Opcode.ADD
                    && inst.arg(0) == v
                    && inst.arg(1) != v
                    && inst.arg(1).is(Opcode.ICONST)
                    && cfg.dominates(there.id(), b.id());
            if (isSum) {
                s.sumsBehind.add(inst);
            } else {
                s.isCounterAskedForBehind = true;
            }
        } else if (b == there ? s.isAdditionSeen : cfg.dominates(there.id(), b.id())) {
            s.isCounterAskedForLater = true;
        }
    }

    /** Makes a sum of the counter and a constant one of the next value. */
    private static void addToNext(Builder builder, Step s, Inst sum) {
        builder.setBefore(sum);
        builder.setPosition(sum.position());
        Value rest = builder.iconst(sum.type(), sum.arg(1).inst().imm() - s.constant());
        sum.setArg(0, s.next);
        sum.setArg(1, rest);
    }

    /** Moves the addition to the back edge, and copies it to the exit edge if the sum is used behind the loop. */
    private static void sink(Builder builder, Step s) {
        Inst addition = s.next.inst();
        Inst jump = s.backEdge.terminator();
        Value turned = add(builder, s, jump);
        Edge e = jump.target(0);
        for (int i = 0; i < e.argCount(); i++) {
            if (e.arg(i) == s.next) {
                e.setArg(i, turned);
            }
        }
        if (s.isNextAskedForInstead) {
            // Nothing stands in front of what a landing pad begins with.
            Inst first = s.instead.first();
            s.next.replaceWith(add(builder, s, first.opcode() == Opcode.CAUGHT ? first.next() : first));
        }
        addition.block().remove(addition);
    }

    private static Value add(Builder builder, Step s, Inst before) {
        builder.setBefore(before);
        builder.setPosition(s.next.inst().position());
        return builder.binary(Opcode.ADD, s.counter, builder.iconst(s.counter.type(), s.constant()));
    }
}
