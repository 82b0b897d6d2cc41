package kiln.ir.pass;

import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Removes instructions and block parameters that nothing with an effect depends on, even in cycles. Runs after the
 * passes that replace values, which leave what they replaced behind, and before those that count instructions.
 */
public final class DeadCode implements Pass {
    @Override
    public String name() {
        return "dead-code";
    }

    @Override
    public Set<Property> keeps() {
        return EnumSet.allOf(Property.class);
    }

    @Override
    public void run(Function f) {
        Cfg cfg = Cfg.of(f);
        boolean[] live = new boolean[f.valueIdBound()];
        Value[] stack = new Value[64];
        int depth = 0;
        for (int k = 0; k < cfg.reachable(); k++) {
            for (Inst i = cfg.block(cfg.inReversePostorder(k)).first(); i != null; i = i.next()) {
                if (!i.isRemovable()) {
                    for (int a = 0, n = i.argCount(); a < n; a++) {
                        Value v = i.arg(a);
                        if (!live[v.id()]) {
                            live[v.id()] = true;
                            stack = push(stack, depth++, v);
                        }
                    }
                }
            }
            while (depth > 0) {
                Value v = stack[--depth];
                Inst def = v.inst();
                Block b = v.paramOf();
                int n = def == null ? cfg.predecessors(b.id()).length : def.isRemovable() ? def.argCount() : 0;
                for (int a = 0; a < n; a++) {
                    Value u = def != null ? def.arg(a) : cfg.edgeInto(b.id(), a).arg(v.index());
                    if (!live[u.id()]) {
                        live[u.id()] = true;
                        stack = push(stack, depth++, u);
                    }
                }
            }
        }
        sweep(cfg, live);
    }

    private static Value[] push(Value[] stack, int depth, Value v) {
        Value[] s = depth < stack.length ? stack : Arrays.copyOf(stack, depth * 2);
        s[depth] = v;
        return s;
    }

    private static void sweep(Cfg cfg, boolean[] live) {
        for (int k = 0; k < cfg.reachable(); k++) {
            Block b = cfg.block(cfg.inReversePostorder(k));
            for (Inst i = b.first(); i != null; ) {
                Inst next = i.next();
                if (i.isRemovable() && !live[i.result().id()]) {
                    b.remove(i);
                }
                i = next;
            }
            if (k > 0) {
                sweepParams(cfg, b, live);
            }
        }
    }

    private static void sweepParams(Cfg cfg, Block b, boolean[] live) {
        List<Value> params = b.params();
        boolean all = true;
        for (int i = 0; i < params.size(); i++) {
            all &= live[params.get(i).id()];
        }
        if (all) {
            return;
        }
        boolean[] keep = new boolean[params.size()];
        for (int i = 0; i < keep.length; i++) {
            keep[i] = live[params.get(i).id()];
        }
        b.keepParams(keep);
        for (int p = 0, n = cfg.predecessors(b.id()).length; p < n; p++) {
            Edge e = cfg.edgeInto(b.id(), p);
            e.keepArgs(keep);
        }
    }
}
