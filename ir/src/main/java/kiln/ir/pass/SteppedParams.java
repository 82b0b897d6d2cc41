package kiln.ir.pass;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
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
 * Makes one of two parameters of a loop's header of which the second one is always the first one plus the same
 * constant: an interpreter keeps where it reads and where it reads next, and every case passes both on. The sum is made
 * in the header instead, as late as possible, so that it can take the register of what it is made of.
 */
public final class SteppedParams implements Pass {
    @Override
    public String name() {
        return "stepped-params";
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
        Builder builder = new Builder(f);
        for (int h : cfg.postorder()) {
            if (cfg.block(h).params().size() > 1
                    && cfg.isLoopHeader(h)
                    && hasAlike(cfg.block(h).params())) {
                new Header(cfg, h).run(builder);
            }
        }
    }

    /** Whether two of the parameters are integers of one type. */
    private static boolean hasAlike(List<Value> params) {
        int narrow = 0;
        int wide = 0;
        for (int i = 0; i < params.size(); i++) {
            narrow += params.get(i).type() == Type.I32 ? 1 : 0;
            wide += params.get(i).type() == Type.I64 ? 1 : 0;
        }
        return narrow > 1 || wide > 1;
    }

    /** A value as another one, or nothing for constants, plus a constant. */
    private record Sum(Value base, long constant) {
        static Sum of(Value v) {
            if (v.is(Opcode.ICONST)) {
                return new Sum(null, v.inst().imm());
            }
            boolean isSum = v.is(Opcode.ADD) && v.inst().arg(1).is(Opcode.ICONST);
            return isSum ? new Sum(v.inst().arg(0), v.inst().arg(1).inst().imm()) : new Sum(v, 0);
        }

        /** The same with {@code by} in place of {@code old}. */
        Sum with(Value old, Sum by) {
            return base == old ? new Sum(by.base, by.constant + constant) : this;
        }
    }

    private static final class Header {
        private final Block block;
        private final List<Edge> entries = new ArrayList<>();
        private final List<Edge> all = new ArrayList<>();

        Header(Cfg cfg, int h) {
            block = cfg.block(h);
            int[] preds = cfg.predecessors(h);
            for (int i = 0; i < preds.length; i++) {
                all.add(cfg.edgeInto(h, i));
                if (!cfg.isInLoop(preds[i], h)) {
                    entries.add(cfg.edgeInto(h, i));
                }
            }
        }

        void run(Builder builder) {
            List<Value> params = block.params();
            boolean[] keep = new boolean[params.size()];
            boolean changed = false;
            // What the loop is entered with says which parameters come into question, and what they would differ by.
            Map<Value, List<Value>> byBase = new LinkedHashMap<>();
            Edge entry = entries.getFirst();
            for (Value p : params) {
                keep[p.index()] = true;
                if (p.type() == Type.I32 || p.type() == Type.I64) {
                    Value base = Sum.of(entry.arg(p.index())).base();
                    List<Value> alike = byBase.get(base);
                    if (alike == null) {
                        alike = new ArrayList<>(2);
                        byBase.put(base, alike);
                    }
                    alike.add(p);
                }
            }
            for (List<Value> alike : byBase.values()) {
                Value least = least(alike, entry);
                for (Value p : alike) {
                    if (p != least && p.type() == least.type()) {
                        long step = p.type().normalize(start(p, entry) - start(least, entry));
                        if (step != 0 && alwaysDiffer(least, p, step)) {
                            replace(builder, p, least, step);
                            keep[p.index()] = false;
                            changed = true;
                        }
                    }
                }
            }
            if (changed) {
                block.keepParams(keep);
                for (Edge e : all) {
                    e.keepArgs(keep);
                }
            }
        }

        private static long start(Value p, Edge entry) {
            return Sum.of(entry.arg(p.index())).constant();
        }

        private static Value least(List<Value> params, Edge entry) {
            Value least = params.getFirst();
            for (Value p : params) {
                least = start(p, entry) < start(least, entry) ? p : least;
            }
            return least;
        }

        /** Whether {@code q} is {@code p} plus {@code step} on all edges, if it is so in the turn before. */
        private boolean alwaysDiffer(Value p, Value q, long step) {
            Sum qAsSum = new Sum(p, step);
            for (Edge e : all) {
                Sum first = Sum.of(e.arg(p.index())).with(q, qAsSum);
                Sum second = Sum.of(e.arg(q.index())).with(q, qAsSum);
                if (first.base() != second.base() || p.type().normalize(second.constant() - first.constant()) != step) {
                    return false;
                }
            }
            return true;
        }

        private void replace(Builder builder, Value q, Value p, long step) {
            Inst before = block.first();
            while (before != block.terminator() && !uses(before, q)) {
                before = before.next();
            }
            builder.setBefore(before);
            builder.setPosition(before.position());
            q.replaceWith(builder.binary(Opcode.ADD, p, builder.iconst(p.type(), step)));
        }

        private static boolean uses(Inst inst, Value v) {
            for (int i = 0; i < inst.argCount(); i++) {
                if (inst.arg(i) == v) {
                    return true;
                }
            }
            return false;
        }
    }
}
