package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.*;
import kiln.ir.analysis.Cfg;
import kiln.ir.analysis.Range;
import kiln.ir.analysis.Ranges;

/**
 * Makes counters of loops i64 whose sign extension is part of addresses: those that count below zero, as LLVM has them
 * count up to the end of an array. The loop need not extend them each time then. Runs behind the simplifier, which
 * makes the extensions, and in front of {@link LoopTests}.
 */
public final class WideCounters implements Pass {
    /** How many parameters of a block change, each of which costs time in proportion to all of them. */
    private static final int MAX_IN_BLOCK = 8;

    @Override
    public String name() {
        return "wide-counters";
    }

    @Override
    public Set<Property> keeps() {
        return Set.of(Property.REACHABLE, Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        Set<Value> extended = extended(f);
        if (!extended.isEmpty()) {
            new Walk(f).run(extended);
        }
    }

    /** Parameters that are sign-extended and not zero-extended as well, which their low halves would have to be. */
    private static Set<Value> extended(Function f) {
        Set<Value> signed = paramsThatAre(Opcode.SEXT, f);
        if (!signed.isEmpty()) {
            signed.removeAll(paramsThatAre(Opcode.ZEXT, f));
        }
        return signed;
    }

    private static Set<Value> paramsThatAre(Opcode extended, Function f) {
        Set<Value> found = Set.of();
        for (Block b : f.blocks()) {
            for (Inst i = b.first(); i != null; i = i.next()) {
                if (i.opcode() == extended && i.arg(0).paramOf() != null) {
                    found = found.isEmpty() ? new LinkedHashSet<>() : found;
                    found.add(i.arg(0));
                }
            }
        }
        return found;
    }

    private static final class Walk {
        /** An i64 in place of an i32. */
        private static final class Wide {
            final Value value;
            /** What adds the step, in front of which the low half is made; null for the parameter. */
            final Inst add;

            private Value low;

            Wide(Value value, Inst add) {
                this.value = value;
                this.add = add;
            }
        }

        private final Function f;
        private final Cfg cfg;
        private final Builder b;
        private final Map<Value, Wide> changed = new LinkedHashMap<>();

        Walk(Function f) {
            this.f = f;
            this.cfg = Cfg.of(f);
            this.b = new Builder(f);
        }

        void run(Set<Value> extended) {
            Ranges ranges = new Ranges(f);
            Map<Block, Integer> counts = new HashMap<>();
            List<Value> params = new ArrayList<>();
            for (Value v : extended) {
                if (canChange(v, ranges) && counts.merge(v.paramOf(), 1, Integer::sum) <= MAX_IN_BLOCK) {
                    params.add(v);
                }
            }
            for (Value v : params) {
                widen(v);
            }
            if (!params.isEmpty()) {
                for (Block block : f.blocks()) {
                    for (Inst i = block.first(); i != null; ) {
                        Inst next = i.next();
                        rewrite(block, i);
                        i = next;
                    }
                }
                params.forEach(this::remove);
            }
        }

        /** Whether {@code v} counts by a constant, and neither it nor what follows it ever wraps around. */
        private boolean canChange(Value v, Ranges ranges) {
            int h = v.paramOf().id();
            if (!cfg.isLoopHeader(h) || !ranges.isCounter(v)) {
                return false;
            }
            Range r = ranges.of(v);
            int[] preds = cfg.predecessors(h);
            for (int i = 0; i < preds.length; i++) {
                Value next = cfg.edgeInto(h, i).arg(v.index());
                if (cfg.isInLoop(preds[i], h)) {
                    if (!next.is(Opcode.ADD)
                            || next.inst().arg(0) != v
                            || !next.inst().arg(1).is(Opcode.ICONST)) {
                        return false;
                    }
                    long step = next.inst().arg(1).inst().imm();
                    if (r.smin() + step < Integer.MIN_VALUE || r.smax() + step > Integer.MAX_VALUE) {
                        return false;
                    }
                } else if (next.inst() == cfg.block(preds[i]).terminator()) {
                    // There is no place between a call that ends its block and the loop.
                    return false;
                }
            }
            return true;
        }

        /** Gives the header an i64 beside the counter. */
        private void widen(Value v) {
            Block header = v.paramOf();
            int h = header.id();
            Value wide = header.addParam(Type.I64);
            changed.put(v, new Wide(wide, null));
            int[] preds = cfg.predecessors(h);
            for (int i = 0; i < preds.length; i++) {
                Edge e = cfg.edgeInto(h, i);
                Value from = e.arg(v.index());
                Inst end = cfg.block(preds[i]).terminator();
                Value[] args = new Value[e.argCount() + 1];
                for (int a = 0; a < e.argCount(); a++) {
                    args[a] = e.arg(a);
                }
                args[e.argCount()] = cfg.isInLoop(preds[i], h) ? next(from, wide) : extension(from, end);
                e.setArgs(args);
            }
        }

        private Value extension(Value start, Inst before) {
            b.setBefore(before);
            b.setPosition(before.position());
            return b.convert(Opcode.SEXT, Type.I64, start);
        }

        private Value next(Value narrow, Value wide) {
            Wide known = changed.get(narrow);
            if (known == null) {
                Inst add = narrow.inst();
                b.setBefore(add);
                b.setPosition(add.position());
                Value step = b.i64(add.arg(1).inst().imm());
                known = new Wide(b.binary(Opcode.ADD, wide, step), add);
                changed.put(narrow, known);
            }
            return known.value;
        }

        /** Has an instruction use the wide values. */
        private void rewrite(Block block, Inst i) {
            if (i.resultCount() == 1 && changed.containsKey(i.result())) {
                // The low half takes its place if anybody needs it.
                return;
            }
            Wide first = i.argCount() > 0 ? changed.get(i.arg(0)) : null;
            if (first != null && (extended(block, i, first) || compared(block, i, first))) {
                return;
            }
            for (int a = 0, n = i.argCount(); a < n; a++) {
                Wide w = changed.get(i.arg(a));
                if (w != null) {
                    i.setArg(a, low(w));
                }
            }
            for (int t = 0, n = i.targetCount(); t < n; t++) {
                Edge e = i.target(t);
                for (int a = 0, k = e.argCount(); a < k; a++) {
                    Value v = e.arg(a);
                    // What goes back to the header's parameter vanishes with it.
                    boolean vanishes = a < e.target().params().size()
                            && changed.containsKey(e.target().params().get(a));
                    if (!vanishes && changed.containsKey(v)) {
                        e.setArg(a, low(changed.get(v)));
                    }
                }
            }
        }

        /** The low half, for what has no use for the whole. */
        private Value low(Wide w) {
            if (w.low == null) {
                Inst before = w.add != null ? w.add : w.value.paramOf().first();
                b.setBefore(before);
                b.setPosition(before.position());
                w.low = b.convert(Opcode.WRAP, Type.I32, w.value);
            }
            return w.low;
        }

        private boolean extended(Block block, Inst i, Wide w) {
            if (i.opcode() != Opcode.SEXT) {
                return false;
            }
            i.result().replaceWith(w.value);
            block.remove(i);
            return true;
        }

        /** Tests that come out the same for the extended value. */
        private boolean compared(Block block, Inst i, Wide w) {
            b.setBefore(i);
            b.setPosition(i.position());
            if (i.opcode() == Opcode.BRANCH) {
                i.setArg(0, b.icmp(IntCond.NE, w.value, b.i64(0)));
                return false;
            }
            boolean same = i.opcode() == Opcode.ICMP
                    && i.arg(1).is(Opcode.ICONST)
                    && (i.intCond() == IntCond.EQ
                            || i.intCond() == IntCond.NE
                            || i.intCond().isSigned());
            if (same) {
                long c = i.arg(1).inst().imm();
                i.result().replaceWith(b.icmp(i.intCond(), w.value, b.i64(c)));
                block.remove(i);
            }
            return same;
        }

        /** Takes a counter out of the edges to its header, and away what counted. */
        private void remove(Value v) {
            int index = v.index();
            int h = v.paramOf().id();
            v.paramOf().removeParam(index);
            for (int i = 0; i < cfg.predecessors(h).length; i++) {
                Edge e = cfg.edgeInto(h, i);
                Wide next = changed.get(e.arg(index));
                boolean[] keep = new boolean[e.argCount()];
                Arrays.fill(keep, true);
                keep[index] = false;
                e.keepArgs(keep);
                if (next != null && next.add != null && next.add.block() != null) {
                    next.add.block().remove(next.add);
                }
            }
        }
    }
}
