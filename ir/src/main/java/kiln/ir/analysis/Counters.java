package kiln.ir.analysis;

import java.util.HashMap;
import java.util.Map;
import kiln.ir.Edge;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Counters of loops: parameters of a header to which every back edge adds something positive, or something negative.
 * The tests without which no back edge is taken say how far a counter comes, and so how often the loop turns, and so
 * how far all other counters of the loop come.
 */
final class Counters {
    /**
     * A counter.
     *
     * @param least what is added at least
     * @param most what is added at most, of the same sign
     * @param start what it is on the edges that enter the loop, or null if nobody has looked
     */
    record Counter(Value param, long least, long most, Range start) {
        boolean isUp() {
            return least > 0;
        }

        /** Whether the same is added each time. */
        boolean isSteady() {
            return least == most;
        }

        Counter withStart(Range start) {
            return new Counter(param, least, most, start);
        }
    }

    /** {@code subject cond limit} holds whenever a back edge is taken; the subject is a counter or what follows it. */
    private record Test(Value param, Value subject, IntCond cond, Value limit) {}

    /** Beyond it numbers are not looked at, so that nothing here overflows. */
    private static final long MAX = 1L << 61;

    /** How many dominators of the ends of a loop are looked at for tests. */
    private static final int MAX_TESTS_BACK = 12;

    /** How many operations back start and limit of a counter are looked at. */
    private static final int DEPTH = 4;

    private static final int MAX_TESTS = 3;

    private final Cfg cfg;
    private final Ranges ranges;

    /** By header: tests, and what they say about the number of turns. */
    private final Map<Integer, Loop> loops = new HashMap<>();

    private static final class Loop {
        final Test[] tests = new Test[MAX_TESTS];
        int count;
        /** How often back edges are taken at most each time that the loop is entered, or -1. */
        long turns = -1;
    }

    Counters(Cfg cfg, Ranges ranges) {
        this.cfg = cfg;
        this.ranges = ranges;
    }

    /** The counter that a parameter of a block is, or null. */
    Counter of(Value param) {
        int h = param.paramOf().id();
        if (h >= cfg.nodes() || !cfg.isReachable(h) || !cfg.isLoopHeader(h)) {
            return null;
        }
        Counter c = null;
        int[] preds = cfg.predecessors(h);
        for (int i = 0; i < preds.length; i++) {
            if (cfg.isInLoop(preds[i], h)) {
                Counter here = stepTo(cfg.edgeInto(h, i).arg(param.index()), param);
                if (here == null || c != null && here.isUp() != c.isUp()) {
                    return null;
                }
                c = c == null
                        ? here
                        : new Counter(param, Math.min(c.least, here.least), Math.max(c.most, here.most), null);
            }
        }
        return c;
    }

    private Counter stepTo(Value next, Value param) {
        Value step = stepOf(next, param);
        if (step == null || Ranges.home(next) < 0) {
            return null;
        }
        Range r = ranges.at(step, next.inst().block(), DEPTH);
        boolean small = r.smin() >= -Integer.MAX_VALUE && r.smax() <= Integer.MAX_VALUE;
        return small && (r.smin() > 0 || r.smax() < 0) ? new Counter(param, r.smin(), r.smax(), null) : null;
    }

    /** What {@code next} adds to {@code param}, or null. */
    private static Value stepOf(Value next, Value param) {
        if (!next.is(Opcode.ADD)) {
            return null;
        }
        Inst add = next.inst();
        return add.arg(0) == param ? add.arg(1) : add.arg(1) == param ? add.arg(0) : null;
    }

    /** What a parameter of a loop's header may be. */
    Range range(Value param) {
        Range all = Range.all(param.type());
        Counter c = of(param);
        if (c == null || all.type() != Type.I32 && all.type() != Type.I64) {
            return all;
        }
        c = c.withStart(start(param));
        Loop loop = loop(param.paramOf().id());
        Range r = all;
        for (int i = 0; i < loop.count; i++) {
            Test t = loop.tests[i];
            if (t.param() == param) {
                r = r.intersect(range(c, t, true)).intersect(range(c, t, false));
            }
        }
        return loop.turns >= 0 ? r.intersect(after(c, loop.turns)) : r;
    }

    /** Whether {@code v} is what all back edges pass on. */
    private boolean isNext(Value v, Value param) {
        int h = param.paramOf().id();
        int[] preds = cfg.predecessors(h);
        for (int i = 0; i < preds.length; i++) {
            if (cfg.isInLoop(preds[i], h)) {
                Value next = cfg.edgeInto(h, i).arg(param.index());
                boolean equal = next == v
                        || v.is(Opcode.ADD)
                                && next.inst().arg(0) == v.inst().arg(0)
                                && next.inst().arg(1) == v.inst().arg(1);
                if (!equal && !(isConstSum(v) && isConstSum(next) && sameSum(v.inst(), next.inst()))) {
                    return false;
                }
            }
        }
        return true;
    }

    private static boolean isConstSum(Value v) {
        return v.is(Opcode.ADD) && v.inst().arg(1).is(Opcode.ICONST);
    }

    private static boolean sameSum(Inst x, Inst y) {
        return x.arg(0) == y.arg(0) && x.arg(1).inst().imm() == y.arg(1).inst().imm();
    }

    /** What the parameter is when the loop is entered. */
    private Range start(Value param) {
        int h = param.paramOf().id();
        Range r = null;
        int[] preds = cfg.predecessors(h);
        for (int i = 0; i < preds.length; i++) {
            if (!cfg.isInLoop(preds[i], h)) {
                Edge e = cfg.edgeInto(h, i);
                Range here = ranges.onEdge(e.arg(param.index()), cfg.block(preds[i]), e, DEPTH);
                r = r == null ? here : r.union(here);
            }
        }
        return r == null ? Range.all(param.type()) : r;
    }

    /** The range of a test's limit when the loop is entered; of a limit that changes in the loop at any time. */
    private Range limit(Value limit, int h) {
        if (!isInvariant(limit, h)) {
            return ranges.of(limit, DEPTH);
        }
        int[] preds = cfg.predecessors(h);
        int entry = -1;
        for (int i = 0; i < preds.length; i++) {
            if (!cfg.isInLoop(preds[i], h)) {
                if (entry >= 0) {
                    return ranges.at(limit, cfg.block(h), DEPTH);
                }
                entry = i;
            }
        }
        return ranges.onEdge(limit, cfg.block(preds[entry]), cfg.edgeInto(h, entry), DEPTH);
    }

    private boolean isInvariant(Value v, int h) {
        int def = Ranges.home(v);
        return v.is(Opcode.ICONST) || def >= 0 && !cfg.isInLoop(def, h);
    }

    /** How often the back edges of a loop are taken at most each time that it is entered, or -1. */
    long turns(int h) {
        return loop(h).turns;
    }

    // Tests.

    private Loop loop(int h) {
        Loop known = loops.get(h);
        if (known != null) {
            return known;
        }
        Loop loop = new Loop();
        loops.put(h, loop);
        findTests(h, loop);
        for (int i = 0; i < loop.count; i++) {
            Test t = loop.tests[i];
            // Known less exactly while what its step depends on is being looked at.
            Counter c = of(t.param());
            long turns = c == null ? -1 : turns(c.withStart(start(t.param())), t);
            if (turns >= 0 && (loop.turns < 0 || turns < loop.turns)) {
                loop.turns = turns;
            }
        }
        return loop;
    }

    /** Goes up from where all back edges come from. */
    private void findTests(int h, Loop loop) {
        int k = -1;
        Edge only = null;
        int[] preds = cfg.predecessors(h);
        for (int i = 0; i < preds.length; i++) {
            if (cfg.isInLoop(preds[i], h)) {
                only = k < 0 ? cfg.edgeInto(h, i) : null;
                k = k < 0 ? preds[i] : common(k, preds[i]);
                if (k < 0) {
                    return;
                }
            }
        }
        if (only != null) {
            addTests(h, loop, k, only);
        }
        for (int n = 0; n < MAX_TESTS_BACK && k != h; n++) {
            int up = cfg.idom(k);
            if (cfg.predecessors(k).length == 1) {
                addTests(h, loop, up, cfg.edgeInto(k, 0));
            }
            k = up;
        }
    }

    /** A dominator of both blocks not far up from the first, or -1. */
    private int common(int a, int b) {
        int k = a;
        for (int n = 0; n < MAX_TESTS_BACK; n++) {
            if (cfg.dominates(k, b)) {
                return k;
            }
            k = cfg.idom(k);
        }
        return -1;
    }

    private void addTests(int h, Loop loop, int from, Edge taken) {
        Inst t = cfg.block(from).terminator();
        if (t.opcode() != Opcode.BRANCH || t.target(0).target() == t.target(1).target()) {
            return;
        }
        boolean nonZero = t.target(0) == taken;
        Value c = t.arg(0);
        if (c.is(Opcode.ICMP)) {
            IntCond cond = nonZero ? c.inst().intCond() : c.inst().intCond().negate();
            add(h, loop, c.inst().arg(0), cond, c.inst().arg(1));
            add(h, loop, c.inst().arg(1), cond.swap(), c.inst().arg(0));
        } else if (nonZero) {
            add(h, loop, c, IntCond.NE, null);
        }
    }

    private void add(int h, Loop loop, Value subject, IntCond cond, Value limit) {
        if (loop.count == MAX_TESTS || cond == IntCond.EQ) {
            return;
        }
        if (cond == IntCond.NE
                && (limit == null || limit.is(Opcode.ICONST) && limit.inst().imm() == 0)) {
            findShrinking(h, loop, subject);
        }
        if (subject.is(Opcode.ADD)) {
            add(h, loop, subject.inst().arg(0), subject, cond, limit);
            add(h, loop, subject.inst().arg(1), subject, cond, limit);
        } else {
            add(h, loop, subject, subject, cond, limit);
        }
    }

    /**
     * Bounds the turns if no back edge is taken while {@code subject} is zero, and that is a parameter, or what follows
     * it, which each turn shifts to the right or takes the lowest bit from: after as many turns as it has bits it is 0.
     */
    private void findShrinking(int h, Loop loop, Value subject) {
        for (Value p : cfg.block(h).params()) {
            if (p != subject && subject.paramOf() == cfg.block(h) || !p.type().isInt() || p.type() == Type.REF) {
                continue;
            }
            boolean shrinks = true;
            int[] preds = cfg.predecessors(h);
            for (int i = 0; i < preds.length && shrinks; i++) {
                if (cfg.isInLoop(preds[i], h)) {
                    Value next = cfg.edgeInto(h, i).arg(p.index());
                    shrinks = (subject == p || subject == next) && isShrunk(next, p);
                }
            }
            if (shrinks) {
                long bits = 8L * p.type().bytes();
                // Twice: where there are several back edges, some may shift and others take bits.
                loop.turns = loop.turns < 0 ? 2 * bits : Math.min(loop.turns, 2 * bits);
            }
        }
    }

    /** Whether {@code next} has a shorter number or fewer bits set than {@code from}, unless that is 0, and no more. */
    private static boolean isShrunk(Value next, Value from) {
        if (next.is(Opcode.LSHR) && next.inst().arg(0) == from) {
            Value count = next.inst().arg(1);
            return count.is(Opcode.ICONST)
                    && (count.inst().imm() & 8L * from.type().bytes() - 1) != 0;
        }
        return next.is(Opcode.AND)
                && (isLessOne(next.inst().arg(0), from) && next.inst().arg(1) == from
                        || isLessOne(next.inst().arg(1), from) && next.inst().arg(0) == from);
    }

    private static boolean isLessOne(Value v, Value from) {
        return isConstSum(v)
                && v.inst().arg(0) == from
                && v.inst().arg(1).inst().imm() == -1;
    }

    private void add(int h, Loop loop, Value param, Value subject, IntCond cond, Value limit) {
        if (param.paramOf() == null || param.paramOf().id() != h || loop.count == MAX_TESTS) {
            return;
        }
        if (of(param) != null && (subject == param || isNext(subject, param))) {
            loop.tests[loop.count++] = new Test(param, subject, cond, limit);
        }
    }

    // How far a counter comes.

    /** The least and greatest value of a counter, and how often back edges are taken. */
    private record Reach(long min, long max, long turns) {}

    /** What the counter may be as {@code t} asks it before each back edge, among signed or unsigned numbers. */
    private Range range(Counter c, Test t, boolean signed) {
        Type type = c.param().type();
        Reach r = reach(c, t, signed);
        return r == null
                ? Range.all(type)
                : signed ? Range.signed(type, r.min, r.max) : Range.unsigned(type, r.min, r.max);
    }

    /** How often back edges are taken at most, or -1. */
    private long turns(Counter c, Test t) {
        Reach signed = reach(c, t, true);
        Reach unsigned = reach(c, t, false);
        return signed == null
                ? unsigned == null ? -1 : unsigned.turns
                : unsigned == null ? signed.turns : Math.min(signed.turns, unsigned.turns);
    }

    /** Null if nothing is known. What counts down is looked at with all signs reversed. */
    private Reach reach(Counter c, Test t, boolean signed) {
        boolean up = c.isUp();
        IntCond cond = up ? t.cond() : t.cond().swap();
        boolean toLimit = cond == IntCond.NE;
        if (!toLimit && cond != (signed ? IntCond.SLT : IntCond.ULT) && cond != (signed ? IntCond.SLE : IntCond.ULE)) {
            return null;
        }
        if (toLimit && (!c.isSteady() || t.limit() != null && !isInvariant(t.limit(), header(c)))) {
            return null;
        }
        Range limit = t.limit() == null ? Range.constant(c.param().type(), 0) : limit(t.limit(), header(c));
        long first = bound(c.start(), signed, up, false);
        long last = bound(c.start(), signed, up, true);
        long nearest = bound(limit, signed, up, false);
        long farthest = bound(limit, signed, up, true);
        boolean wide = c.param().type() == Type.I64;
        if (wide && (isHuge(first) || isHuge(last) || isHuge(farthest) || toLimit && isHuge(nearest))) {
            return null;
        }
        long end = up || signed ? bound(Range.all(c.param().type()), signed, up, true) : 0;
        // The step is the same wherever the limit must be met.
        long step = up ? c.most() : -c.least();
        long leastStep = up ? c.least() : -c.most();
        boolean asksNext = t.subject() != c.param();
        if (toLimit && (asksNext ? last >= nearest : last > nearest)) {
            return null;
        }
        boolean constant = first == last && nearest == farthest;
        if (toLimit && (constant ? (farthest - first) % step != 0 : !isMultiple(c, t.limit()))) {
            return null;
        }
        // What has been asked is at most that if the loop goes on, and so is the counter behind the back edge.
        long asked = toLimit ? farthest - step : cond == IntCond.SLE || cond == IntCond.ULE ? farthest : farthest - 1;
        long behind = asksNext ? asked : asked + step;
        long next = asksNext ? Math.max(last, asked) + step : behind;
        if (!toLimit && next > end) {
            return null;
        }
        long max = Math.max(last, behind);
        long turns = behind < first ? 0 : (behind - first) / leastStep;
        return up ? new Reach(first, max, turns) : new Reach(-max, -first, turns);
    }

    private static int header(Counter c) {
        return c.param().paramOf().id();
    }

    private static boolean isHuge(long x) {
        return x > MAX || x < -MAX;
    }

    /** A bound of a range; of the same with reversed signs if not {@code up}. Unsigned longs above 2^63 are huge. */
    private static long bound(Range r, boolean signed, boolean up, boolean greatest) {
        if (!signed && r.umax() < 0) {
            return Long.MAX_VALUE;
        }
        long x = greatest == up ? signed ? r.smax() : r.umax() : signed ? r.smin() : r.umin();
        return up ? x : x == Long.MIN_VALUE ? Long.MAX_VALUE : -x;
    }

    /** Whether a counter's start and {@code limit} have as many zeros at their end as its step. */
    private boolean isMultiple(Counter c, Value limit) {
        long step = Math.abs(c.least());
        if (step == 1) {
            return true;
        }
        if ((step & step - 1) != 0) {
            return false;
        }
        int zeros = Long.numberOfTrailingZeros(step);
        if (limit != null && trailingZeros(limit, DEPTH) < zeros) {
            return false;
        }
        int h = header(c);
        int[] preds = cfg.predecessors(h);
        for (int i = 0; i < preds.length; i++) {
            if (!cfg.isInLoop(preds[i], h)
                    && trailingZeros(cfg.edgeInto(h, i).arg(c.param().index()), DEPTH) < zeros) {
                return false;
            }
        }
        return true;
    }

    /** How many of the lowest bits are certainly zero. */
    private static int trailingZeros(Value v, int depth) {
        Inst i = v.inst();
        if (i == null || depth == 0) {
            return 0;
        }
        return switch (i.opcode()) {
            case ICONST -> Long.numberOfTrailingZeros(i.imm());
            case ADD, SUB, OR, XOR -> Math.min(trailingZeros(i.arg(0), depth - 1), trailingZeros(i.arg(1), depth - 1));
            case AND -> Math.max(trailingZeros(i.arg(0), depth - 1), trailingZeros(i.arg(1), depth - 1));
            case SHL ->
                i.arg(1).is(Opcode.ICONST)
                        ? (int) i.arg(1).inst().imm() & i.type().bytes() * 8 - 1
                        : 0;
            default -> 0;
        };
    }

    /** What a counter may be if back edges are taken at most {@code turns} times. */
    private static Range after(Counter c, long turns) {
        Type type = c.param().type();
        Range all = Range.all(type);
        Range start = c.start();
        if (turns > MAX / Math.max(Math.abs(c.least()), Math.abs(c.most()))) {
            return all;
        }
        long way = turns * (c.isUp() ? c.most() : c.least());
        Range r = all;
        if (!isHuge(start.smin()) && !isHuge(start.smax())) {
            long min = start.smin() + Math.min(way, 0);
            long max = start.smax() + Math.max(way, 0);
            r = min >= all.smin() && max <= all.smax() ? Range.signed(type, min, max) : all;
        }
        if (!isHuge(start.umin()) && !isHuge(start.umax()) && start.umax() >= 0) {
            long min = start.umin() + Math.min(way, 0);
            long max = start.umax() + Math.max(way, 0);
            boolean exact = min >= 0 && (type == Type.I64 || max <= all.umax());
            r = exact ? r.intersect(Range.unsigned(type, min, max)) : r;
        }
        return r;
    }
}
