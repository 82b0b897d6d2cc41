package kiln.codegen;

import kiln.ir.Block;
import kiln.ir.Edge;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Value;

/** How often each value is used by code that will be emitted, and by whom if it is one instruction only. */
final class UseInfo {
    private final int[] count;
    private final Inst[] user;

    UseInfo(Function function, BlockPlan plan) {
        count = new int[function.valueIdBound()];
        user = new Inst[count.length];
        // Users come before definitions in this order, so that what is dead is seen to be dead.
        for (int node : plan.flow().postorder()) {
            Block block = plan.block(node);
            for (Inst inst = block.last(); inst != null; inst = inst.prev()) {
                if (inst.isRemovable() && !isUsed(inst)) {
                    continue;
                }
                for (int i = 0, n = inst.argCount(); i < n; i++) {
                    use(inst.arg(i), inst);
                }
                for (int i = 0, n = inst.targetCount(); i < n; i++) {
                    Edge e = inst.target(i);
                    for (int k = 0, m = e.argCount(); k < m; k++) {
                        use(e.arg(k), null);
                    }
                }
            }
        }
    }

    private void use(Value v, Inst by) {
        int id = v.id();
        user[id] = count[id]++ == 0 ? by : null;
    }

    private boolean isUsed(Inst inst) {
        for (int i = 0, n = inst.resultCount(); i < n; i++) {
            if (count[inst.result(i).id()] > 0) {
                return true;
            }
        }
        return false;
    }

    int count(Value v) {
        return count[v.id()];
    }

    /** The only user of a value, or null if there are several or it is an edge. */
    Inst soleUser(Value v) {
        return count[v.id()] == 1 ? user[v.id()] : null;
    }
}
