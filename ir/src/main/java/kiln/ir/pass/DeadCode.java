package kiln.ir.pass;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Opcode;
import kiln.ir.Value;
import kiln.ir.analysis.Cfg;

/**
 * Removes instructions and block parameters that nothing with an effect depends on, even in cycles. Runs after the
 * passes that replace values, which leave what they replaced behind, and before those that count instructions.
 *
 * <p>An object or exception that nobody reads disappears, with all that is stored to it: it was made and taken apart,
 * or thrown and caught, in the same function then, after inlining mostly.
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
        // Most functions make nothing that could vanish with what is stored to it.
        boolean makes = f.allocates() || f.makesExceptions();
        Worklist work = new Worklist(cfg, live);
        // What nobody has asked for yet: little, since users come before definitions.
        List<Inst> idle = new ArrayList<>();
        for (int b : cfg.postorder()) {
            for (Inst i = cfg.block(b).last(); i != null; i = i.prev()) {
                if (makes && isToNew(i)) {
                    work.addStore(i);
                    idle.add(i);
                } else if (!isRemovable(i)) {
                    work.addOperands(i);
                    work.drain();
                } else if (!live[i.result().id()]) {
                    idle.add(i);
                }
            }
            work.drain();
        }
        for (Inst i : idle) {
            if (!live[makes && isToNew(i) ? object(i).id() : i.result().id()]) {
                i.block().remove(i);
            }
        }
        for (int b : cfg.postorder()) {
            if (cfg.block(b) != f.entry()) {
                sweepParams(cfg, cfg.block(b), live);
            }
        }
    }

    /** Live values whose definitions have not been looked at yet. */
    private static final class Worklist {
        private final Cfg cfg;
        private final boolean[] live;
        private Value[] stack = new Value[64];
        private int depth;
        /** By object that this function has made: stores to it, as long as nobody is known who reads it. */
        private final Map<Integer, List<Inst>> stores = HashMap.newHashMap(0);

        Worklist(Cfg cfg, boolean[] live) {
            this.cfg = cfg;
            this.live = live;
        }

        void addOperands(Inst i) {
            for (int a = 0, n = i.argCount(); a < n; a++) {
                add(i.arg(a));
            }
        }

        void addStore(Inst store) {
            int object = object(store).id();
            if (live[object]) {
                addOperands(store);
            } else {
                stores.computeIfAbsent(object, _ -> new ArrayList<>()).add(store);
            }
        }

        private void add(Value v) {
            if (!live[v.id()]) {
                live[v.id()] = true;
                if (depth == stack.length) {
                    stack = Arrays.copyOf(stack, depth * 2);
                }
                stack[depth++] = v;
            }
        }

        void drain() {
            while (depth > 0) {
                Value v = stack[--depth];
                List<Inst> stored = stores.isEmpty() ? null : stores.remove(v.id());
                for (int i = 0; stored != null && i < stored.size(); i++) {
                    addOperands(stored.get(i));
                }
                Inst def = v.inst();
                Block b = v.paramOf();
                int n = def == null ? cfg.predecessors(b.id()).length : isRemovable(def) ? def.argCount() : 0;
                for (int a = 0; a < n; a++) {
                    add(def != null ? def.arg(a) : cfg.edgeInto(b.id(), a).arg(v.index()));
                }
            }
        }
    }

    private static boolean isNewException(Inst i) {
        return i.opcode() == Opcode.CALL && i.call().makesException();
    }

    /** Whether it is a store to an object that this function has made. */
    private static boolean isToNew(Inst i) {
        return switch (i.opcode()) {
            case STORE -> i.arg(0).inst() != null && isNewException(i.arg(0).inst());
            case HEAP_STORE -> object(i).is(Opcode.ALLOCATE);
            default -> false;
        };
    }

    /** What a store to an object is to. */
    private static Value object(Inst store) {
        return store.arg(store.opcode().addressOperands() - 1);
    }

    private static boolean isRemovable(Inst i) {
        return i.isRemovable() || isNewException(i);
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
