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
        Worklist work = new Worklist(cfg, live, makes);
        // What nobody has asked for yet: little, since users come before definitions.
        List<Inst> idle = new ArrayList<>();
        for (int b : cfg.postorder()) {
            Block block = cfg.block(b);
            for (Inst i = block.last(); i != null; i = i.prev()) {
                if (makes && isToNew(i)) {
                    work.addStore(i);
                    idle.add(i);
                } else if (isRemovable(i) && !live[i.result().id()]) {
                    idle.add(i);
                } else {
                    work.addOperands(i);
                }
            }
            work.pass(block);
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

    /** Live values whose definitions were passed, and have to be looked at once more: what back edges bring, mostly. */
    private static final class Worklist {
        private final Cfg cfg;
        private final boolean[] live;
        /** By block, whether what is live there by now was looked at. */
        private final boolean[] passed;

        private Value[] stack = new Value[64];
        private int depth;
        /** By object that this function has made: stores to it, as long as nobody is known who reads it. */
        private final Map<Integer, List<Inst>> stores = HashMap.newHashMap(0);

        /** @param all whether all values are looked at here, since what is stored to an object is known by it only */
        Worklist(Cfg cfg, boolean[] live, boolean all) {
            this.cfg = cfg;
            this.live = live;
            passed = new boolean[cfg.nodes()];
            Arrays.fill(passed, all);
        }

        /** Says that the instructions of a block were looked at. */
        void pass(Block b) {
            // A block may be its own predecessor.
            passed[b.id()] = true;
            for (Value p : b.params()) {
                if (live[p.id()]) {
                    addArguments(b, p);
                }
            }
            drain();
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
                Block at = v.inst() != null ? v.inst().block() : v.paramOf();
                if (passed[at.id()]) {
                    push(v);
                }
            }
        }

        private void push(Value v) {
            if (depth == stack.length) {
                stack = Arrays.copyOf(stack, depth * 2);
            }
            stack[depth++] = v;
        }

        /** What the edges into a block bring for one of its parameters. */
        private void addArguments(Block b, Value param) {
            for (int e = 0, n = cfg.predecessors(b.id()).length; e < n; e++) {
                add(cfg.edgeInto(b.id(), e).arg(param.index()));
            }
        }

        private void drain() {
            while (depth > 0) {
                Value v = stack[--depth];
                List<Inst> stored = stores.isEmpty() ? null : stores.remove(v.id());
                for (int i = 0; stored != null && i < stored.size(); i++) {
                    addOperands(stored.get(i));
                }
                if (v.inst() == null) {
                    addArguments(v.paramOf(), v);
                } else if (isRemovable(v.inst())) {
                    addOperands(v.inst());
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
