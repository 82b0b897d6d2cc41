package kiln.ir.analysis;

import java.util.Arrays;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.IntCond;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.TypeRule;
import kiln.ir.Value;

/**
 * What integers may be: by their definitions, a few steps back, by the tests that end the loops whose counters they are
 * ({@link Counters}), and by the branches that lead to where they are used. Everything is found when it is asked for,
 * in bounded time; what parameters of blocks may be is kept, so that all questions about a function together take time
 * in proportion to its size.
 *
 * <p>The answers stay true while instructions are replaced by others that compute the same and while edges are taken
 * away, but not if anything else changes.
 */
public final class Ranges {
    /** How many definitions back the operands of operands are looked at. */
    private static final int MAX_DEPTH = 5;

    /** How many dominating branches are looked at. */
    private static final int MAX_BRANCHES = 12;

    /** How many conditions within a condition are looked at. */
    private static final int MAX_CONDITIONS = 3;

    /** How many parameters are looked at for the sake of each other. */
    private static final int MAX_NESTED = 16;

    /** How many parameters that hand on to each other what they get are looked at, and how many edges into them. */
    private static final int MAX_GROUP = 8;

    private static final int MAX_GROUP_EDGES = 128;

    private final Cfg cfg;
    private final Counters counters;

    /** By value; everything while it is being looked at. */
    private Range[] params = {};

    /** How many parameters are being looked at. */
    private int nested;

    public Ranges(Function f) {
        this.cfg = Cfg.of(f);
        this.counters = new Counters(cfg, this);
    }

    /** What {@code v}, an i32 or i64, may be, wherever it is there. */
    public Range of(Value v) {
        return of(v, MAX_DEPTH);
    }

    /** What {@code v}, an i32 or i64, may be in a block. */
    public Range at(Value v, Block b) {
        return at(v, b, MAX_DEPTH);
    }

    /** Whether {@code v} is a parameter to which all back edges of its loop add something positive, or negative. */
    public boolean isCounter(Value v) {
        return v.paramOf() != null && counters.of(v) != null;
    }

    /**
     * How often back edges of the loop with this header are taken at most each time that it is entered; -1: unknown.
     */
    public long turns(Block header) {
        return counters.turns(header.id());
    }

    /** The block in which {@code v} is defined; -1 if its instruction is gone, as in code that cannot be reached. */
    static int home(Value v) {
        Block b = v.inst() != null ? v.inst().block() : v.paramOf();
        return b == null ? -1 : b.id();
    }

    Range at(Value v, Block b, int depth) {
        Range r = of(v, depth);
        if (v.is(Opcode.ICONST) || depth == 0) {
            return r;
        }
        // Only what happens behind the definition can say more about it.
        int def = home(v);
        int k = def < 0 ? def : b.id();
        for (int i = 0; i < MAX_BRANCHES && k != def && k < cfg.nodes() && cfg.isReachable(k); i++) {
            int dominator = cfg.idom(k);
            if (dominator == k) {
                break;
            }
            if (cfg.predecessors(k).length == 1) {
                r = onEdge(r, v, cfg.block(dominator), cfg.edgeInto(k, 0), depth);
            }
            k = dominator;
        }
        return r;
    }

    /** What {@code v} may be when control takes {@code edge} out of {@code from}. */
    Range onEdge(Value v, Block from, Edge edge, int depth) {
        return onEdge(at(v, from, depth), v, from, edge, depth);
    }

    private Range onEdge(Range r, Value v, Block from, Edge edge, int depth) {
        Inst t = from.terminator();
        if (t.opcode() != Opcode.BRANCH || t.target(0).target() == t.target(1).target()) {
            return r;
        }
        boolean nonZero = t.target(0) == edge;
        return nonZero || t.target(1) == edge ? where(r, v, t.arg(0), nonZero, depth, MAX_CONDITIONS) : r;
    }

    /** {@code r}, which {@code v} lies in, as far as a condition is not zero, or is zero. */
    private Range where(Range r, Value v, Value condition, boolean nonZero, int depth, int conditions) {
        if (condition == v) {
            return r.where(nonZero ? IntCond.NE : IntCond.EQ, Range.constant(v.type(), 0));
        }
        Inst d = condition.inst();
        if (d == null) {
            return r;
        }
        if (conditions > 0 && d.opcode() == (nonZero ? Opcode.AND : Opcode.OR) && d.type() == Type.I32) {
            Range first = where(r, v, d.arg(0), nonZero, depth, conditions - 1);
            return where(first, v, d.arg(1), nonZero, depth, conditions - 1);
        }
        if (d.opcode() != Opcode.ICMP || d.type() != v.type()) {
            return r;
        }
        IntCond cond = nonZero ? d.intCond() : d.intCond().negate();
        Value x = d.arg(0);
        Value y = d.arg(1);
        if (x == v) {
            return r.where(cond, of(y, depth - 1));
        }
        if (y == v) {
            return r.where(cond.swap(), of(x, depth - 1));
        }
        if (x.is(Opcode.ADD) && x.inst().arg(0) == v && x.inst().arg(1).is(Opcode.ICONST)) {
            Range sum = of(x, depth - 1).where(cond, of(y, depth - 1));
            return r.intersect(
                    sum.subtract(Range.constant(v.type(), x.inst().arg(1).inst().imm())));
        }
        return r;
    }

    Range of(Value v, int depth) {
        Range all = Range.all(v.type());
        if (depth <= 0) {
            return v.is(Opcode.ICONST) ? constant(v) : all;
        }
        Inst i = v.inst();
        if (i == null) {
            return ofParam(v, depth);
        }
        if (i.opcode().types().result() == TypeRule.Result.BOOL) {
            return Range.unsigned(Type.I32, 0, 1);
        }
        return switch (i.opcode()) {
            case ICONST -> constant(v);
            case ADD -> of(i.arg(0), depth - 1).add(of(i.arg(1), depth - 1));
            case SUB -> of(i.arg(0), depth - 1).subtract(of(i.arg(1), depth - 1));
            case AND -> {
                Range x = of(i.arg(0), depth - 1);
                Range y = of(i.arg(1), depth - 1);
                yield upTo(v.type(), least(x.umax(), y.umax()));
            }
            case OR, XOR ->
                upTo(
                        v.type(),
                        of(i.arg(0), depth - 1).possibleBits()
                                | of(i.arg(1), depth - 1).possibleBits());
            case SHL -> isConst(i.arg(1)) ? of(i.arg(0), depth - 1).shiftLeft(count(i)) : all;
            case LSHR -> {
                Range x = of(i.arg(0), depth - 1);
                yield isConst(i.arg(1)) ? x.shiftRight(count(i)) : upTo(v.type(), x.umax());
            }
            case ASHR -> {
                Range x = of(i.arg(0), depth - 1);
                yield isConst(i.arg(1))
                        ? x.shiftRightSigned(count(i))
                        : x.isNonNegative() ? upTo(v.type(), x.umax()) : all;
            }
            case CLZ, CTZ, POPCNT -> upTo(v.type(), v.type().bytes() * 8L);
            case UDIV -> {
                Range x = of(i.arg(0), depth - 1);
                long divisor = Math.max(1, of(i.arg(1), depth - 1).umin());
                yield upTo(v.type(), Long.divideUnsigned(x.umax(), divisor));
            }
            case UREM -> {
                Range x = of(i.arg(0), depth - 1);
                Range y = of(i.arg(1), depth - 1);
                yield upTo(v.type(), y.umax() == 0 ? x.umax() : least(x.umax(), y.umax() - 1));
            }
            case SELECT -> ofSelect(i, depth);
            case ZEXT -> of(i.arg(0), depth - 1).zeroExtended();
            case SEXT -> of(i.arg(0), depth - 1).signExtended();
            case WRAP -> of(i.arg(0), depth - 1).wrapped();
            case SEXT8 -> Range.signed(v.type(), Byte.MIN_VALUE, Byte.MAX_VALUE);
            case SEXT16 -> Range.signed(v.type(), Short.MIN_VALUE, Short.MAX_VALUE);
            case SEXT32 -> Range.signed(v.type(), Integer.MIN_VALUE, Integer.MAX_VALUE);
            case LOAD, HEAP_LOAD -> ofLoad(v, i);
            default -> all;
        };
    }

    private static Range constant(Value v) {
        return Range.constant(v.type(), v.inst().imm());
    }

    private static Range upTo(Type type, long umax) {
        return Range.unsigned(type, 0, umax);
    }

    private static long least(long a, long b) {
        return Long.compareUnsigned(a, b) <= 0 ? a : b;
    }

    private static boolean isConst(Value v) {
        return v.is(Opcode.ICONST);
    }

    private static int count(Inst shift) {
        return (int) shift.arg(1).inst().imm() & shift.type().bytes() * 8 - 1;
    }

    private static Range ofLoad(Value v, Inst load) {
        int bits = load.memory().width() * 8;
        if (bits >= v.type().bytes() * 8) {
            return Range.all(v.type());
        }
        return load.memory().signed()
                ? Range.signed(v.type(), -1L << bits - 1, (1L << bits - 1) - 1)
                : upTo(v.type(), (1L << bits) - 1);
    }

    /** Either operand, as far as the condition lets it be chosen: minima and maxima are written so. */
    private Range ofSelect(Inst i, int depth) {
        Value c = i.arg(0);
        Value x = i.arg(1);
        Value y = i.arg(2);
        Range first = where(of(x, depth - 1), x, c, true, depth - 1, 0);
        Range second = where(of(y, depth - 1), y, c, false, depth - 1, 0);
        return first.union(second);
    }

    private Range ofParam(Value v, int depth) {
        int id = v.id();
        if (id < params.length && params[id] != null) {
            return params[id];
        }
        if (nested == MAX_NESTED) {
            return Range.all(v.type());
        }
        if (id >= params.length) {
            params = Arrays.copyOf(params, id + id / 2 + 16);
        }
        params[id] = Range.all(v.type());
        int k = v.paramOf().id();
        if (k < cfg.nodes() && cfg.isReachable(k) && cfg.predecessors(k).length > 0) {
            nested++;
            Range r = cfg.isLoopHeader(k) ? counters.range(v) : Range.all(v.type());
            // What is no counter is one of what edges bring, whichever that is in the turn before.
            r = r.isAll() ? ofJoin(v, k, depth) : r;
            r = r.isAll() ? ofGroup(v, depth) : r;
            nested--;
            params[id] = r;
        }
        return params[id];
    }

    private Range ofJoin(Value v, int k, int depth) {
        Range r = null;
        for (int p = 0; p < cfg.predecessors(k).length; p++) {
            Edge e = cfg.edgeInto(k, p);
            Value arg = e.arg(v.index());
            if (arg == v) {
                continue;
            }
            Range here = onEdge(of(arg, depth - 1), arg, cfg.block(cfg.predecessors(k)[p]), e, depth - 1);
            r = r == null ? here : r.union(here);
            if (r.isAll()) {
                break;
            }
        }
        return r == null ? Range.all(v.type()) : r;
    }

    /**
     * One of what comes from outside to a group of parameters that hand on to each other what they get: the state of a
     * state machine, which each of its steps sets to a constant or keeps.
     */
    private Range ofGroup(Value v, int depth) {
        Range all = Range.all(v.type());
        Value[] group = new Value[MAX_GROUP];
        group[0] = v;
        int size = 1;
        int edges = 0;
        Range r = null;
        for (int i = 0; i < size; i++) {
            int k = group[i].paramOf().id();
            if (k >= cfg.nodes() || !cfg.isReachable(k)) {
                return all;
            }
            int preds = cfg.predecessors(k).length;
            edges += preds;
            if (preds == 0 || edges > MAX_GROUP_EDGES) {
                return all;
            }
            for (int p = 0; p < preds; p++) {
                Edge e = cfg.edgeInto(k, p);
                Value arg = e.arg(group[i].index());
                if (!handsOn(arg)) {
                    Range here = onEdge(of(arg, depth - 1), arg, cfg.block(cfg.predecessors(k)[p]), e, depth - 1);
                    r = r == null ? here : r.union(here);
                    if (r.isAll()) {
                        return all;
                    }
                } else if (!contains(group, size, arg)) {
                    if (size == MAX_GROUP) {
                        return all;
                    }
                    group[size++] = arg;
                }
            }
        }
        return r == null ? all : r;
    }

    /** Whether {@code v} is a parameter of which nothing is known yet but that it is one of its arguments. */
    private boolean handsOn(Value v) {
        return v.paramOf() != null && (v.id() >= params.length || params[v.id()] == null || params[v.id()].isAll());
    }

    private static boolean contains(Value[] group, int size, Value v) {
        for (int i = 0; i < size; i++) {
            if (group[i] == v) {
                return true;
            }
        }
        return false;
    }
}
