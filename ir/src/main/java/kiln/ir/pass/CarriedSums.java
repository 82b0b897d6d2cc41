package kiln.ir.pass;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Builder;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Type;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Adds what one turn of a loop hands to the next at the end: {@code (sum + a) + b} becomes {@code sum + (a + b)} where
 * {@code sum} comes from the turn before, and {@code a} and {@code b} do not. A processor that has several turns under
 * way at once waits for one addition a turn then, and not for all of them; loops that compilers have unrolled, and
 * carries of long numbers, are made of such chains. The same for the other operations that may be grouped anew.
 */
public final class CarriedSums implements Pass {
    /** How many operations lead from a parameter of the header to what the next turn gets for it, at most. */
    private static final int MAX_CHAIN = 24;
    /** How many values are looked at to find one such chain, or whether an operand is ready early. */
    private static final int MAX_LOOKED_AT = 64;

    @Override
    public String name() {
        return "carried-sums";
    }

    @Override
    public Set<Property> requires() {
        return Set.of(Property.REACHABLE);
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.complementOf(EnumSet.of(Property.SIMPLIFIED));
    }

    @Override
    public void run(Function f) {
        Cfg cfg = Cfg.of(f);
        if (!cfg.hasCycle()) {
            return;
        }
        LazyUses uses = new LazyUses(f);
        Builder builder = new Builder(f);
        for (int h : cfg.postorder()) {
            if (cfg.isLoopHeader(h) && !cfg.block(h).params().isEmpty()) {
                new Loop(cfg, h, uses, builder).run();
            }
        }
    }

    private static boolean isGroupable(Inst i) {
        return switch (i.opcode()) {
            case ADD, AND, OR, XOR -> i.type() == Type.I32 || i.type() == Type.I64;
            default -> false;
        };
    }

    private static final class Loop {
        private final Cfg cfg;
        private final int header;
        private final LazyUses uses;
        private final Builder builder;
        private final List<Edge> back = new ArrayList<>();
        /** Whether an operand does not wait for the turn before. */
        private final Map<Value, Boolean> early = new HashMap<>();

        private int budget;

        Loop(Cfg cfg, int header, LazyUses uses, Builder builder) {
            this.cfg = cfg;
            this.header = header;
            this.uses = uses;
            this.builder = builder;
            int[] preds = cfg.predecessors(header);
            for (int i = 0; i < preds.length; i++) {
                if (cfg.isInLoop(preds[i], header)) {
                    back.add(cfg.edgeInto(header, i));
                }
            }
        }

        void run() {
            for (Value p : cfg.block(header).params()) {
                if (p.type() == Type.I32 || p.type() == Type.I64) {
                    for (Edge e : back) {
                        List<Inst> chain = new ArrayList<>();
                        budget = MAX_LOOKED_AT;
                        if (find(e.arg(p.index()), p, chain)) {
                            regroup(chain, p);
                        }
                    }
                }
            }
        }

        /** Puts the operations from {@code p} to {@code v} into {@code chain}, if they are few. */
        private boolean find(Value v, Value p, List<Inst> chain) {
            if (v == p) {
                return true;
            }
            Inst i = v.inst();
            if (!isInLoop(v) || i == null || !i.opcode().isPure() || --budget < 0) {
                return false;
            }
            int n = isGroupable(i) ? 2 : Math.min(i.argCount(), 1);
            for (int a = 0; a < n; a++) {
                if (find(i.arg(a), p, chain)) {
                    chain.add(i);
                    return chain.size() <= MAX_CHAIN;
                }
            }
            return false;
        }

        private boolean isInLoop(Value v) {
            Block at = v.inst() != null ? v.inst().block() : v.paramOf();
            return at != null && at.id() < cfg.nodes() && cfg.isInLoop(at.id(), header);
        }

        /** Regroups each run of equal operations. */
        private void regroup(List<Inst> chain, Value p) {
            Value carried = p;
            for (int first = 0; first < chain.size(); ) {
                int last = first;
                while (last + 1 < chain.size() && goOn(chain.get(last), chain.get(last + 1))) {
                    last++;
                }
                if (last > first && areAllEarly(chain, first, last, carried)) {
                    regroup(chain.subList(first, last + 1), carried, chain.get(last));
                }
                carried = chain.get(last).result();
                first = last + 1;
            }
        }

        private boolean goOn(Inst i, Inst next) {
            return isGroupable(i)
                    && next.opcode() == i.opcode()
                    && next.type() == i.type()
                    && next.block() == i.block()
                    && uses.of(i.result()) == 1;
        }

        private boolean areAllEarly(List<Inst> chain, int first, int last, Value carried) {
            Value v = carried;
            for (int k = first; k <= last; k++) {
                budget = MAX_LOOKED_AT;
                if (!isEarly(other(chain.get(k), v))) {
                    return false;
                }
                v = chain.get(k).result();
            }
            return true;
        }

        private static Value other(Inst i, Value v) {
            return i.arg(0) == v ? i.arg(1) : i.arg(0);
        }

        /** Combines the other operands where they are used, and the carried one with the result at the end. */
        private void regroup(List<Inst> run, Value carried, Inst end) {
            Value sum = null;
            Value v = carried;
            for (Inst i : run) {
                Value x = other(i, v);
                v = i.result();
                builder.setBefore(i);
                builder.setPosition(i.position());
                sum = sum == null ? x : builder.binary(i.opcode(), sum, x);
            }
            end.setArg(0, carried);
            end.setArg(1, sum);
            for (int k = run.size() - 2; k >= 0; k--) {
                run.get(k).block().remove(run.get(k));
            }
        }

        /** Whether a value waits for nothing of the turn before but counters. */
        private boolean isEarly(Value v) {
            if (!isInLoop(v)) {
                return true;
            }
            Boolean known = early.get(v);
            if (known != null) {
                return known;
            }
            if (--budget < 0) {
                return false;
            }
            // What is being looked at comes round only by way of a parameter.
            boolean result = v.inst() != null ? isEarly(v.inst()) : isCounter(v);
            early.put(v, result);
            return result;
        }

        private boolean isEarly(Inst i) {
            boolean knows = i.opcode().isPure() || i.opcode() == Opcode.LOAD;
            for (int a = 0; knows && a < i.argCount(); a++) {
                knows = isEarly(i.arg(a));
            }
            return knows;
        }

        /** Whether all back edges add to a parameter of the header what does not change in the loop. */
        private boolean isCounter(Value p) {
            if (p.paramOf().id() != header) {
                return false;
            }
            for (Edge e : back) {
                Value next = e.arg(p.index());
                boolean isStep = next.is(Opcode.ADD)
                        && (next.inst().arg(0) == p && !isInLoop(next.inst().arg(1))
                                || next.inst().arg(1) == p
                                        && !isInLoop(next.inst().arg(0))
                                || next.inst().arg(0) == p && next.inst().arg(1).is(Opcode.ICONST));
                if (next != p && !isStep) {
                    return false;
                }
            }
            return true;
        }
    }
}
