package kiln.ir.pass;

import java.util.HashMap;
import java.util.Map;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * A loop of one block that goes on as long as a counter has not come to a limit. Says from what numbers it can be known
 * in front of the loop how many turns there are at least.
 */
final class CountedLoop {
    /** How many additions of constants are looked at to find what a turn adds: simplification leaves one. */
    private static final int MAX_STEPS = 4;

    final Block block;
    /** From the loop's end to its beginning. */
    final Edge back;
    /** The only edge that enters the loop. */
    final Edge entry;
    /** By parameter: what each turn adds to it; meaningless if it is not stepped. */
    private final long[] steps;

    private final boolean[] stepped;

    /** What has been found about values; null for those that are no sums. */
    private final Map<Value, LinearValue> linearValues = new HashMap<>();

    /** What is compared at the end of each turn. */
    private Value tested;

    /** What that is in the first turn, and the limit; so that the loop goes on while it holds. */
    private LinearValue counter;

    private LinearValue limit;
    private IntCond condition;

    private CountedLoop(Block block, Edge back, Edge entry) {
        this.block = block;
        this.back = back;
        this.entry = entry;
        this.steps = new long[block.params().size()];
        this.stepped = new boolean[steps.length];
        for (int i = 0; i < steps.length; i++) {
            findStep(i);
        }
    }

    /** The edge from a block to itself, or null. */
    static Edge backEdge(Block b) {
        Inst t = b.terminator();
        if (t.opcode() != Opcode.BRANCH) {
            return null;
        }
        boolean first = t.target(0).target() == b;
        boolean second = t.target(1).target() == b;
        return first == second ? null : t.target(first ? 0 : 1);
    }

    /** The loop that {@code b} is, or null if it is none, or nothing is known about the number of its turns. */
    static CountedLoop of(Block b, Cfg cfg) {
        Edge back = backEdge(b);
        int[] preds = cfg.predecessors(b.id());
        if (back == null || preds.length != 2) {
            return null;
        }
        int outside = preds[0] == b.id() ? 1 : 0;
        // The results of a call that ends its block are there on its edge only.
        if (cfg.block(preds[outside]).terminator().opcode().isInvoke()) {
            return null;
        }
        CountedLoop loop = new CountedLoop(b, back, cfg.edgeInto(b.id(), outside));
        return loop.findTest() ? loop : null;
    }

    private void findStep(int i) {
        Value p = block.params().get(i);
        if (!p.type().isInt()) {
            return;
        }
        Value next = back.arg(i);
        long sum = 0;
        for (int n = 0; n < MAX_STEPS && isInside(next); n++) {
            if (!next.is(Opcode.ADD) || !next.inst().arg(1).is(Opcode.ICONST)) {
                break;
            }
            sum += next.inst().arg(1).inst().imm();
            next = next.inst().arg(0);
        }
        stepped[i] = next == p;
        steps[i] = p.type().normalize(sum);
    }

    private boolean findTest() {
        Inst t = block.terminator();
        boolean whileNonZero = t.target(0) == back;
        Value c = t.arg(0);
        if (c.is(Opcode.ICMP)) {
            condition = whileNonZero ? c.inst().intCond() : c.inst().intCond().negate();
            return setTest(c.inst().arg(0), c.inst().arg(1))
                    || swapped(c.inst().arg(1), c.inst().arg(0));
        }
        condition = IntCond.NE;
        tested = c;
        counter = whileNonZero ? LinearValue.of(c, this) : null;
        if (counter != null) {
            limit = counter.zero();
        }
        return counter != null && isTowardsLimit();
    }

    private boolean swapped(Value x, Value y) {
        condition = condition.swap();
        return setTest(x, y);
    }

    private boolean setTest(Value x, Value y) {
        tested = x;
        counter = LinearValue.of(x, this);
        limit = counter == null ? null : LinearValue.of(y, this);
        return limit != null && limit.step == 0 && isTowardsLimit();
    }

    private boolean isTowardsLimit() {
        long size = Math.abs(counter.step);
        if (size <= 0 || size > 1 << 20 || Long.bitCount(size) != 1) {
            return false;
        }
        return switch (condition) {
            case NE -> true;
            case SLT, ULT, SLE, ULE -> counter.step > 0;
            case SGT, UGT, SGE, UGE -> counter.step < 0;
            case EQ -> false;
        };
    }

    Map<Value, LinearValue> linearValues() {
        return linearValues;
    }

    boolean isInside(Value v) {
        return LinearValue.isIn(block, v);
    }

    /** Whether each turn adds the same to a parameter of the block. */
    boolean isStepped(Value param) {
        return stepped[param.index()];
    }

    long step(Value param) {
        return steps[param.index()];
    }

    /** What a parameter is in the first turn. */
    Value start(Value param) {
        return entry.arg(param.index());
    }

    /** What is compared at the end of each turn. */
    Value tested() {
        return tested;
    }

    /** What that is. */
    LinearValue counter() {
        return counter;
    }

    LinearValue limit() {
        return limit;
    }

    /** The loop goes on as long as this holds between counter and limit. */
    IntCond condition() {
        return condition;
    }
}
